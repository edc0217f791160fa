/**
 * Conversion of values to JSON for logs, which never throws. A bigint becomes its digits, bytes become their count, an error
 * becomes its name and message, and a value that refers to itself becomes a text that says so.
 */
import * as Cause from "effect/Cause"
import { isUint8Array } from "node:util/types"

/** Replaces a value. It reads the value itself, since `converted` already has a `Buffer` as an array of numbers. */
function replace(this: unknown, key: string, converted: unknown): unknown {
  const value = (this as Readonly<Record<string, unknown>>)[key]
  if (typeof value === "bigint") return String(value)
  if (typeof converted === "bigint") return String(converted)
  if (isUint8Array(value)) return { bytes: value.byteLength }
  if (Cause.isCause(value)) return Cause.pretty(value)
  if (value instanceof Error && converted === value) return { name: value.name, message: value.message }
  return converted
}

/** Returns a value that JSON can hold, or a text with the reason where there is none. */
export const jsonOf = (value: unknown): unknown => {
  try {
    const text: string | undefined = JSON.stringify(value, replace)
    return text === undefined ? undefined : JSON.parse(text)
  } catch (error) {
    return `[not shown: ${error instanceof Error ? error.message.split("\n")[0] : typeof value}]`
  }
}
