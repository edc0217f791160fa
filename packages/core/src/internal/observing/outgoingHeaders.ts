import * as Result from "effect/Result"
import type { Message } from "../../Message.ts"
import type { MessageHeaders } from "../../MessageHeaders.ts"
import { encode } from "../../MessageHeaders.ts"
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
 * A message with its headers in its extension, the trace context among them: unless it has one of its own, or an
 * extension, of which only the program knows what it is.
 */
export const withExtension = <Body>(
  message: Message<Body>,
  index: number,
  trace: TraceHeaders | undefined
): Message<Body> | Refusal => {
  const { headers } = message
  if (headers === undefined) {
    const keeps = trace === undefined || message.extension !== undefined
    return keeps ? message : { ...message, extension: trace.extension }
  }
  const { headers: _, ...others } = message
  if (others.extension !== undefined) {
    return illegal(index, "it is carried in the extension: give one of the two", "given beside an extension")
  }
  const result = encode(trace === undefined || hasTraceContext(headers) ? headers : { ...trace.headers, ...headers })
  if (Result.isFailure(result))
    return illegal(index, `it ${result.failure}`, typeof headers === "object" ? "an object" : `a ${typeof headers}`)
  return result.success.length === 0 ? others : { ...others, extension: result.success }
}

const hasTraceContext = (headers: MessageHeaders): boolean =>
  typeof headers !== "object" || headers === null || headers["traceparent"] !== undefined

const illegal = (index: number, rule: string, actual: string): Refusal =>
  new Refusal({ index, field: "headers", rule, actual })
