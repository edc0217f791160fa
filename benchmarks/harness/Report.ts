/** Report of a run, which `--json` prints. */
import * as Schema from "effect/Schema"
import { Figure } from "./Figure.ts"

export const Report = Schema.Struct({
  node: Schema.String.annotate({ description: "Version of Node." }),
  platform: Schema.String.annotate({ description: "System and processor, such as `linux x64`." }),
  slack: Schema.Finite.annotate({ description: "Factor by which all limits are wider than usual." }),
  figures: Schema.Array(Figure),
  complaints: Schema.Array(Schema.String).annotate({
    description: "Sentence for each limit that is missed, or whose figure was not measured."
  })
})
export type Report = typeof Report.Type
