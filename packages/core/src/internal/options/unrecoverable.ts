import { tableOf } from "./OptionTable.ts"
import { guarded, oneOf, required, text } from "./Rule.ts"

/** Fields of the error by which a handler says that no further attempt can succeed. */
export const unrecoverable = tableOf({
  because: required(text),
  action: oneOf(["poison", "reject"]),
  cause: guarded("any value", (_value): _value is unknown => true)
})
