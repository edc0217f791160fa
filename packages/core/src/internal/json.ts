/**
 * Conversion of values to JSON, which never throws. A bigint becomes its digits, an error becomes its name and message, and a value
 * that refers to itself becomes a text that says so.
 */
import * as Cause from "effect/Cause"
import { isUint8Array } from "node:util/types"

/** Key of the method by which an object is shown in the JSON of an error, where its bytes do not belong. */
export const withoutBytes: unique symbol = Symbol.for("~@effect-msmq/core/withoutBytes")

/** Object with a method of that key. */
interface Describable {
  readonly [withoutBytes]: () => unknown
}

const isDescribable = (value: unknown): value is Describable =>
  typeof value === "object" && value !== null && withoutBytes in value

/** Conversion of bytes. */
type OfBytes = (bytes: Uint8Array) => unknown

const countOf: OfBytes = (bytes) => ({ bytes: bytes.byteLength })
const base64Of: OfBytes = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

/** Makes the function that replaces a value. It reads the value itself, since `converted` already has a `Buffer` as an array of numbers. */
const replacing = (ofBytes: OfBytes) =>
  function (this: unknown, key: string, converted: unknown): unknown {
    const value = (this as Readonly<Record<string, unknown>>)[key]
    if (typeof value === "bigint") return String(value)
    if (typeof converted === "bigint") return String(converted)
    if (isUint8Array(value)) return ofBytes(value)
    if (ofBytes === countOf && isDescribable(value)) return value[withoutBytes]()
    if (Cause.isCause(value)) return Cause.pretty(value)
    if (value instanceof Error && converted === value) return { name: value.name, message: value.message }
    return converted
  }

const converting = (ofBytes: OfBytes) => {
  const replace = replacing(ofBytes)
  return (value: unknown): unknown => {
    try {
      const text: string | undefined = JSON.stringify(value, replace)
      return text === undefined ? undefined : JSON.parse(text)
    } catch (error) {
      return `[not shown: ${error instanceof Error ? error.message.split("\n")[0] : typeof value}]`
    }
  }
}

/** Returns a value that JSON can hold, with the number of bytes in place of bytes, or a text with the reason where there is none. */
export const jsonOf = converting(countOf)

/** Returns a value that JSON can hold, with bytes in base64, or a text with the reason where there is none. */
export const jsonWithBytes = converting(base64Of)
