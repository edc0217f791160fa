/**
 * Headers of messages: texts by name, in the extension of a message, as .NET programs on NServiceBus write and read them. For
 * programs that do not use Effect: what is illegal throws an `MsmqError`.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Headers from "../MessageHeaders.ts"
import type { MessageHeaders } from "../MessageHeaders.ts"
import { describeKind } from "../internal/errors/describeValue.ts"
import { errorOf } from "../internal/options/illegalOption.ts"
import { Violation } from "../internal/options/Violation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import * as operations from "../internal/telemetry/Operation.ts"

export type { MessageHeaders } from "../MessageHeaders.ts"

const orThrow = <A>(operation: Operation, argument: string, given: unknown, read: Result.Result<A, string>): A => {
  if (Result.isSuccess(read)) return read.success
  throw errorOf({ operation }, new Violation(argument, `it ${read.failure}`, describeKind(given)))
}

/**
 * Encodes headers as an extension: the XML of a list of `HeaderInfo` in UTF-8, or no bytes if there are no headers.
 *
 * Throws an `MsmqError` with the reason `IllegalOption`. See {@link Headers.encode}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageHeaders } from "@effect-msmq/core/promises"
 *
 * const extension = MessageHeaders.encode({ tenant: "north" })
 * MessageHeaders.decode(extension)["tenant"] // => "north"
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const encode = (headers: MessageHeaders): Uint8Array =>
  orThrow(operations.MessageHeaders.encode, "headers", headers, Headers.encode(headers))

/**
 * Decodes the headers in an extension; none if it has no bytes.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for bytes that are not headers. See {@link Headers.decode}.
 *
 * See the example of {@link encode}.
 *
 * @category codecs
 * @since 0.1.0
 */
export const decode = (extension: Uint8Array): MessageHeaders =>
  orThrow(operations.MessageHeaders.decode, "extension", extension, Headers.decode(extension))

/**
 * Trace context of the span that a message was sent in, by W3C Trace Context.
 *
 * @category models
 * @since 0.1.0
 */
export interface TraceContext {
  /** Id of the trace: 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** Id of the span: 16 lower-case hexadecimal digits. */
  readonly spanId: string
  /** `true` if the sender records the trace. */
  readonly sampled: boolean
}

/**
 * Reads the span that a message was sent in, from its headers `traceparent` and `tracestate`. It serves as the parent or a link
 * of a span that handles the message. Returns `undefined` without such headers, or if they are not well-formed. See `process` of
 * a `Connection`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageHeaders } from "@effect-msmq/core/promises"
 *
 * const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
 * MessageHeaders.traceContext({ headers: { traceparent } })
 * // => { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true }
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const traceContext = (message: {
  /** Headers of the message. */
  readonly headers: MessageHeaders
}): TraceContext | undefined =>
  Option.match(Headers.traceContext(message), {
    onNone: () => undefined,
    onSome: ({ sampled, spanId, traceId }) => ({ traceId, spanId, sampled })
  })

export { none } from "../MessageHeaders.ts"
