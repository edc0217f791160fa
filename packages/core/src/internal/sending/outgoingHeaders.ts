import * as Result from "effect/Result"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import { decode, encode, none } from "../../MessageHeaders.ts"
import { plainBytes } from "../bytes.ts"
import type { TraceHeaders } from "../telemetry/telemetry.ts"
import { NotRead } from "../messages/NotRead.ts"
import { Refusal, refusalOfNotRead } from "./outgoing.ts"

/**
 * Returns the extension of a message with its headers and the trace context. A message that has a trace context of its own, or
 * an extension, whose meaning only the program knows, keeps that. A message that was received has headers and an extension
 * with the same headers; its extension is sent as it is.
 */
export const extensionOf = (
  headers: MessageHeaders | undefined,
  extension: Uint8Array | undefined,
  index: number,
  trace: TraceHeaders | undefined
): Uint8Array | undefined | Refusal => {
  if (headers === undefined) return extension ?? trace?.extension
  if (NotRead.is(headers)) return refusalOfNotRead(headers, index, "headers")
  if (extension !== undefined) {
    return carries(headers, extension)
      ? extension
      : refuse(index, "it is carried in the extension: give one of the two", "given beside an extension")
  }
  const result = encode(trace === undefined || hasTraceContext(headers) ? headers : { ...trace.headers, ...headers })
  if (Result.isFailure(result)) {
    // The names of headers may be as private as their texts.
    return refuse(index, `it ${result.failure}`, typeof headers === "object" ? "an object" : `a ${typeof headers}`)
  }
  return result.success.length === 0 ? undefined : result.success
}

/** Returns `true` where a receiver reads these headers, and no others, in an extension. */
export const carries = (headers: unknown, extension: unknown): boolean => {
  const bytes = plainBytes(extension)
  if (typeof headers !== "object" || headers === null || bytes === undefined) return false
  const carried = Object.entries(Result.getOrElse(decode(bytes), () => none))
  const given = new Map(Object.entries(headers))
  return carried.length === given.size && carried.every(([name, value]) => given.get(name) === value)
}

const hasTraceContext = (headers: MessageHeaders): boolean =>
  typeof headers !== "object" || headers === null || headers["traceparent"] !== undefined

const refuse = (index: number, rule: string, actual: string): Refusal =>
  new Refusal({ index, field: "headers", rule, actual })
