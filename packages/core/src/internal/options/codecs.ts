/** Rules for codecs of bodies. */
import type { MessageBody } from "../bodies/Codec.ts"
import { tableOf } from "./OptionTable.ts"
import { func, guarded, isFunction, listOf, name, oneOf, required, wholeNumber } from "./Rule.ts"

const groups = ["extension", "queues", "security", "rare"] as const

const isGroups = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((group) => groups.some((known) => known === group)))

const isStore = (value: unknown): boolean =>
  value === undefined ||
  (typeof value === "object" &&
    value !== null &&
    "put" in value &&
    isFunction(value.put) &&
    "get" in value &&
    isFunction(value.get))

export const codec = guarded(
  "a codec of MessageBody, with name, encode and decode",
  (value): value is MessageBody<never, unknown> =>
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "encode" in value &&
    isFunction(value.encode) &&
    "decode" in value &&
    isFunction(value.decode) &&
    (!("reads" in value) || isGroups(value.reads)) &&
    (!("store" in value) || isStore(value.store))
)

export const makeOptions = tableOf({
  name: required(name),
  encode: required(func),
  decode: required(func),
  reads: listOf(oneOf(groups))
})

export const storeOptions = tableOf({
  put: required(func),
  get: required(func),
  above: wholeNumber(0, 4_194_304)
})
