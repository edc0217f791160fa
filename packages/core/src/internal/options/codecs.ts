/** Rules for codecs of bodies. */
import type { MessageBody } from "../bodies/Codec.ts"
import type { NameOf, OptionTable } from "./OptionTable.ts"
import { isPlain, tableOf } from "./OptionTable.ts"
import { func, guarded, isFunction, listOf, name, oneOf, required, wholeNumber } from "./Rule.ts"

const groups = ["extension", "queues", "security", "rare"] as const

const isGroups = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((group) => groups.some((known) => known === group)))

export const codec = guarded(
  'a codec of MessageBody, with name, encode and decode; its reads, if it has any, are of "extension", "queues", "security", "rare"',
  (value): value is MessageBody<never, unknown> =>
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "encode" in value &&
    isFunction(value.encode) &&
    "decode" in value &&
    isFunction(value.decode) &&
    (!("reads" in value) || isGroups(value.reads))
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

/**
 * Returns the options of an instance of a class, which may have properties of its own beside them, and any other value as it is.
 */
export const ofInstance = <O extends object>(table: OptionTable<NameOf<O>>, given: O): O => {
  try {
    if (typeof given !== "object" || given === null || Array.isArray(given) || isPlain(given)) return given
    const names = table.names.filter((name) => name in given)
    const getters = names.map((name) => [name, { enumerable: true, get: () => Reflect.get(given, name) as unknown }])
    return Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap) as O
  } catch {
    // The table describes what cannot be read.
    return given
  }
}
