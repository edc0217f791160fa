/**
 * Headers of messages: texts by name, in the extension of a message, as .NET programs on NServiceBus write and read them.
 *
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import { plainBytes } from "./internal/bytes.ts"
import * as headerXml from "./internal/telemetry/headerXml.ts"
import * as internal from "./internal/telemetry/traceContext.ts"
import { isPlain } from "./internal/options/OptionTable.ts"

/**
 * Headers by their names, which are case-sensitive and may be any text. Received headers have no prototype, so that
 * `headers["constructor"]` is a header or `undefined`.
 *
 * To read typed values, decode the headers with a schema.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Schema } from "effect"
 *
 * const Headers = Schema.Struct({ tenant: Schema.NonEmptyString, attempt: Schema.FiniteFromString })
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   yield* sender.send({ headers: { tenant: "north", attempt: "3" } })
 *   const message = yield* receiver.receive
 *   return yield* Schema.decodeUnknownEffect(Headers)(message.headers)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => { tenant: "north", attempt: 3 }
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type MessageHeaders = Readonly<Record<string, string>>

/**
 * No headers.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageHeaders } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * MessageHeaders.encode(MessageHeaders.none) // => Result.succeed(new Uint8Array())
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: MessageHeaders = Object.freeze(Object.create(null) as MessageHeaders)

/**
 * Encodes headers as an extension: the XML of a list of `HeaderInfo` in UTF-8, or no bytes if there are no headers.
 *
 * Characters that XML forbids are encoded too. .NET reads a value that is only white space as empty.
 *
 * Fails with the rule that was broken for a value that is not text, and for a text with half a surrogate pair.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageHeaders } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const extension = Result.getOrThrow(MessageHeaders.encode({ tenant: "north" }))
 * { ...Result.getOrThrow(MessageHeaders.decode(extension)) } // => { tenant: "north" }
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const encode = (headers: MessageHeaders): Result.Result<Uint8Array, string> => {
  if (typeof headers !== "object" || headers === null || !isPlain(headers)) {
    return Result.fail("must be an object of texts, as a literal makes it")
  }
  const entries = Object.entries(headers)
  if (entries.some(([, value]) => typeof value !== "string")) return Result.fail("must have texts as values")
  if (entries.some((entry) => !entry.every((text) => text.isWellFormed()))) {
    return Result.fail("must have no half of a surrogate pair in names or values")
  }
  return Result.succeed(encoder.encode(entries.length === 0 ? "" : headerXml.print(entries)))
}

const encoder = new TextEncoder()

/**
 * Decodes the headers in an extension; none if it has no bytes.
 *
 * Reads the headers of every version of .NET: in any encoding, with or without a byte order mark, with references to characters
 * that XML forbids, and with the end of an earlier message after the XML. Ignores an entry without a key and all other XML;
 * reads a missing value as empty. Refuses a DOCTYPE, and entities other than the five of XML.
 *
 * Fails with the rule that was broken, as a sentence without a subject.
 *
 * See the example of {@link encode}.
 *
 * @category codecs
 * @since 0.1.0
 */
export const decode = (extension: Uint8Array): Result.Result<MessageHeaders, string> => {
  const bytes = plainBytes(extension)
  return bytes === undefined ? Result.fail("must be bytes") : read(bytes)
}

const read = (extension: Uint8Array): Result.Result<MessageHeaders, string> =>
  extension.length === 0
    ? Result.succeed(none)
    : Result.map(headerXml.parse(extension), (entries) => {
        const headers = Object.create(null) as Record<string, string>
        for (const [key, value] of entries) headers[key] = value
        return Object.freeze(headers)
      })

/**
 * Reads the span that a message was sent in, from its headers `traceparent` and `tracestate` (W3C Trace Context). It serves as
 * the parent or a link of the span that handles the message. `None` without such headers, or if they are not well-formed. See
 * `Telemetry.process`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageHeaders } from "@effect-msmq/core"
 * import { Option } from "effect"
 *
 * const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
 * const span = MessageHeaders.traceContext({ headers: { traceparent } })
 * Option.getOrThrow(span).spanId // => "b7ad6b7169203331"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const traceContext = (message: {
  /** Headers of the message. */
  readonly headers: MessageHeaders
}): Option.Option<Tracer.ExternalSpan> => internal.read(message.headers)
