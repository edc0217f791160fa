/** Order to measure figures of a room. */
import * as Schema from "effect/Schema"

export const Order = Schema.Struct({
  catalogue: Schema.String.annotate({ description: "URL of the module of the catalogue." }),
  room: Schema.String,
  figures: Schema.Array(Schema.String),
  slack: Schema.Finite,
  settings: Schema.Struct({
    rounds: Schema.Int,
    warmUp: Schema.Finite,
    time: Schema.Finite,
    iterations: Schema.Int,
    scale: Schema.Finite
  })
})
export type Order = typeof Order.Type
