import * as Schema from "effect/Schema"
import type { XmlOptions } from "../../MessageBody.ts"
import { isPlain, tableOf } from "./OptionTable.ts"
import { guarded, isString, listOf, text } from "./Rule.ts"

const texts = listOf(text)

const textsByName = guarded(
  "an object whose values are strings",
  (value): value is Readonly<Record<string, string>> =>
    typeof value === "object" && value !== null && isPlain(value) && Object.values(value).every(isString)
)

export const xmlOptions = tableOf<XmlOptions>()({
  root: text,
  items: textsByName,
  repeated: texts,
  attributes: texts,
  namespace: text
})

export const schema = guarded("a Schema", Schema.isSchema)
