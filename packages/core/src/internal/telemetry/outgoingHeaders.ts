import * as Result from "effect/Result"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import { decode, encode, none } from "../../MessageHeaders.ts"
import { plainBytes } from "../bytes.ts"
import { Refusal } from "../errors/Refusal.ts"

/** A trace context, as headers and as the extension of a message that has no others. */
export interface TraceHeaders {
  readonly headers: MessageHeaders
  readonly extension: Uint8Array
}

export const traceHeaders = (headers: MessageHeaders): TraceHeaders => ({
  headers,
  extension: Result.getOrThrow(encode(headers))
})

/**
 * Returns the extension of a message, with its headers and the trace context in it: unless it has a trace context of its own,
 * or an extension, of which only the program knows what it is. A message that was received has both, which say the same, and
 * its extension is sent on as it is.
 */
export const extensionOf = (
  headers: MessageHeaders | undefined,
  extension: Uint8Array | undefined,
  index: number,
  trace: TraceHeaders | undefined
): Uint8Array | undefined | Refusal => {
  if (headers === undefined) return extension ?? trace?.extension
  if (extension !== undefined) {
    return sayTheSame(headers, extension)
      ? extension
      : illegal(index, "it is carried in the extension: give one of the two", "given beside an extension")
  }
  const result = encode(trace === undefined || hasTraceContext(headers) ? headers : { ...trace.headers, ...headers })
  if (Result.isFailure(result)) {
    // Names are no less private than texts.
    return illegal(index, `it ${result.failure}`, typeof headers === "object" ? "an object" : `a ${typeof headers}`)
  }
  return result.success.length === 0 ? undefined : result.success
}

/** Compares headers with those that a receiver reads in an extension, which are none where it carries something else. */
const sayTheSame = (headers: unknown, extension: unknown): boolean => {
  const bytes = plainBytes(extension)
  if (typeof headers !== "object" || headers === null || bytes === undefined) return false
  const carried = Object.entries(Result.getOrElse(decode(bytes), () => none))
  const given = new Map(Object.entries(headers))
  return carried.length === given.size && carried.every(([name, value]) => given.get(name) === value)
}

const hasTraceContext = (headers: MessageHeaders): boolean =>
  typeof headers !== "object" || headers === null || headers["traceparent"] !== undefined

const illegal = (index: number, rule: string, actual: string): Refusal =>
  new Refusal({ index, field: "headers", rule, actual })
