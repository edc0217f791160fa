/**
 * Values as JSON for logs. What JSON has no form for is shortened rather than thrown over: a bigint is its digits, bytes are their
 * count, an error is its name and message, and what refers to itself is left out.
 */
import * as Cause from "effect/Cause"
import { isUint8Array } from "node:util/types"

/** Looks at the value itself, since a `Buffer` would be turned into an array of numbers before. */
function replace(this: unknown, key: string, converted: unknown): unknown {
  const value = (this as Readonly<Record<string, unknown>>)[key]
  if (typeof value === "bigint") return String(value)
  if (typeof converted === "bigint") return String(converted)
  if (isUint8Array(value)) return { bytes: value.byteLength }
  if (Cause.isCause(value)) return Cause.pretty(value)
  if (value instanceof Error && converted === value) return { name: value.name, message: value.message }
  return converted
}

/** Returns what JSON can say of a value; a text that says why, where it can say nothing. */
export const jsonOf = (value: unknown): unknown => {
  try {
    const text: string | undefined = JSON.stringify(value, replace)
    return text === undefined ? undefined : JSON.parse(text)
  } catch (error) {
    return `[not shown: ${error instanceof Error ? error.message.split("\n")[0] : typeof value}]`
  }
}
