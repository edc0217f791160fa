/**
 * Descriptions of values for errors. A value may be of any type, so only what is known to be safe is called on it. Texts inside
 * of objects are left out, since they may be secrets.
 */
import * as Duration from "effect/Duration"
import { isUint8Array } from "node:util/types"
import { NotRead } from "../messages/NotRead.ts"

/** Returns a number with its noun: `"1 attempt"`, `"2 attempts"`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Longest text that is quoted, in UTF-16 units. */
const longestText = 100
const mostFields = 5

const plainFields = (value: object): ReadonlyArray<readonly [string, unknown]> | undefined => {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return undefined
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value))
  return fields.length > mostFields
    ? undefined
    : fields.map(([name, { get, value }]) => [name, get === undefined ? value : get] as const)
}

const describeField = (value: unknown): string =>
  typeof value === "string"
    ? "a string"
    : typeof value === "object" && value !== null
      ? "an object"
      : describeValue(value)

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice("[object ".length, -1)

/** Returns `true` for a text that may hold a certificate or a private key. */
const isPem = (text: string): boolean => text.includes("-----BEGIN")

/** Returns a noun with its article. "U" as in "Uint8Array" does not sound like a vowel, "MS" does. */
const withArticle = (noun: string): string => `${/^(?:[aeio]|MS)/i.test(noun) ? "an" : "a"} ${noun}`

const describeClass = (value: object): string => {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null
  const name = prototype?.constructor?.name
  if (typeof name === "string" && /^[A-Z]\w*$/.test(name) && name !== "Object") return withArticle(name)
  const tag = tagOf(value)
  return /^[A-Z]\w*$/.test(tag) && tag !== "Object" ? withArticle(tag) : "an object"
}

const describeFunction = (value: object): string => {
  const tag = tagOf(value)
  if (tag.includes("Generator")) return "a generator function"
  if (tag === "AsyncFunction") return "an async function"
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false ? "a class" : "a function"
}

const describeObject = (value: object): string => {
  if (isUint8Array(value)) return countOf(value.length, "byte")
  if (NotRead.is(value)) return "a field that its receiver did not read"
  if (Duration.isDuration(value)) return `a Duration of ${String(value)}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid Date"
  const fields = plainFields(value)
  if (fields === undefined) return describeClass(value)
  return fields.length === 0
    ? "{}"
    : `{ ${fields.map(([name, field]) => `${name}: ${describeField(field)}`).join(", ")} }`
}

/** Returns a text as it is, unless it may be a secret, and the description of any other value. */
export const describeText = (value: unknown): string =>
  typeof value === "string" && !isPem(value) ? value : describeValue(value)

/** Returns a short description of any value. */
export const describeValue = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      if (isPem(value)) return `a text in PEM of ${value.length} units`
      return value.length <= longestText ? JSON.stringify(value) : `a string of ${value.length} units`
    case "number":
    case "boolean":
    case "undefined":
      return String(value)
    case "bigint": {
      const digits = String(value)
      return digits.length <= longestText ? `${digits}n` : `a bigint of ${digits.length} digits`
    }
    case "object":
      if (value === null) return "null"
      try {
        return describeObject(value)
      } catch {
        // A proxy, or a Duration with a field that throws.
        return "an object"
      }
    case "function":
      try {
        return describeFunction(value)
      } catch {
        // A proxy.
        return "a function"
      }
    default:
      return `a ${typeof value}`
  }
}

/** Returns the kind of a value, without the value itself, for secrets. */
export const describeKind = (value: unknown): string => {
  if (typeof value === "string") return `a string of ${value.length} units`
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return `a ${typeof value}`
  if (typeof value !== "object" || value === null || isUint8Array(value)) return describeValue(value)
  try {
    return Array.isArray(value) ? `an array of ${value.length}` : describeClass(value)
  } catch {
    return "an object"
  }
}
