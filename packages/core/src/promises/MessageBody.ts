/**
 * Codecs between values and the bytes of a message body, for programs that do not use Effect. Give one to `openSender` and
 * `openReceiver` of a `Connection`, and messages have typed bodies.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import { describeValue } from "../internal/errors/describeValue.ts"
import type { XmlDescription, XmlValueOf } from "../internal/bodies/xml/members.ts"
import { xmlDescription } from "../internal/bodies/xml/members.ts"
import { argumentOrThrow, errorOf } from "../internal/options/illegalOption.ts"
import { codec as codecRule } from "../internal/options/codecs.ts"
import { Violation } from "../internal/options/Violation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type {
  BodyStore as EffectBodyStore,
  EncodedBody,
  EncodedMessage,
  MessageBody,
  XmlOptions
} from "../MessageBody.ts"
import * as MessageBodies from "../MessageBody.ts"

export type { XmlDescription, XmlMembers, XmlTypes, XmlValueOf } from "../internal/bodies/xml/members.ts"
export type {
  EncodedBody,
  EncodedMessage,
  MakeOptions,
  MessageBody,
  PartiallyEncoded,
  RawBody,
  XmlOptions
} from "../MessageBody.ts"
export { activeX, any, binaryFormatter, bytes, make, text } from "../MessageBody.ts"

const orThrow = <A>(operation: Operation, argument: string, given: unknown, converted: Result.Result<A, string>): A => {
  if (Result.isSuccess(converted)) return converted.success
  throw errorOf({ operation }, new Violation(argument, `it ${converted.failure}`, describeValue(given)))
}

/**
 * Encodes a value with a codec. `openSender` of a `Connection` does so for each message.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a value that the codec refuses.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core/promises"
 *
 * MessageBody.encode(MessageBody.text, "Åb") // => { body: Uint8Array.of(0xc3, 0x85, 0x62), bodyType: 0 }
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const encode = <Sent>(codec: MessageBody<Sent, unknown>, value: Sent): EncodedBody => {
  const operation = operations.MessageBody.encode
  argumentOrThrow({ operation }, "codec", codecRule, codec)
  return orThrow(operation, "value", value, codec.encode(value))
}

/**
 * Decodes a body with a codec. `openReceiver` of a `Connection` does so for each message.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a body that the codec refuses.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core/promises"
 *
 * MessageBody.decode(MessageBody.text, { body: Uint8Array.of(0xc5, 0, 0x62, 0), bodyType: 8 }) // => "Åb"
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const decode = <Received>(codec: MessageBody<never, Received>, encoded: EncodedMessage): Received => {
  const operation = operations.MessageBody.decode
  argumentOrThrow({ operation }, "codec", codecRule, codec)
  return orThrow(operation, "encoded", encoded, codec.decode(encoded))
}

/**
 * Makes a codec for JSON, of a schema of a library with [Standard Schema](https://standardschema.dev), such as zod, valibot or arktype.
 * The values to send are its input, as JSON has them, and those that are received its output; they are validated on both sides, at
 * once. See {@link MessageBodies.json}.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a value that is not a schema.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core/promises"
 * import { object, number } from "valibot"
 *
 * const order = MessageBody.json(object({ id: number() }))
 *
 * MessageBody.decode(order, MessageBody.encode(order, { id: 7 })) // => { id: 7 }
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const json = <Input, Output>(schema: StandardSchemaV1<Input, Output>): MessageBody<Input, Output> =>
  MessageBodies.json(schema)

/**
 * Store of bodies that are too large for a message: see {@link claimCheck}.
 *
 * @category models
 * @since 0.1.0
 */
export interface BodyStore extends Omit<EffectBodyStore, "put" | "get"> {
  /**
   * Stores the bytes of a body, and returns the reference that {@link get} finds them by: a text of 1 to 4,096 UTF-16 units, which is
   * no secret, since errors show it. It is called before the message is sent. The signal aborts when the send is interrupted.
   */
  readonly put: (body: Uint8Array, signal: AbortSignal) => PromiseLike<string>
  /**
   * Returns the bytes of a reference, all of them and unchanged. It may be called more than once for a message. The signal aborts when
   * the receive is interrupted. Anyone who may send to the queue can choose the reference: check it before it becomes a path or an
   * address.
   */
  readonly get: (reference: string, signal: AbortSignal) => PromiseLike<Uint8Array>
}

/**
 * Makes a codec for bodies that may be too large for a message: those of more than `above` bytes go to a store of the program, and the
 * message carries the reference. See {@link MessageBodies.claimCheck}.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for values that are not a codec or not a store.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect, MessageBody } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * const files = new Map<string, Uint8Array>()
 * const body = MessageBody.claimCheck(MessageBody.text, {
 *   above: 1024,
 *   put: async (bytes) => {
 *     files.set("file 1", bytes)
 *     return "file 1"
 *   },
 *   get: async (reference) => files.get(reference)!
 * })
 * await msmq.createQueue(".\\private$\\orders")
 * await using sender = await msmq.openSender(".\\private$\\orders", { body })
 * await sender.send({ label: "report", body: "x".repeat(5000) })
 * await using receiver = await msmq.openReceiver(".\\private$\\orders", { body })
 * const message = await receiver.receive()
 * message.body.length // => 5000
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const claimCheck = <Sent, Received>(
  codec: MessageBody<Sent, Received>,
  store: BodyStore
): MessageBody<Sent, Received> => MessageBodies.claimCheck(codec, store)

/**
 * Makes a codec for XML as .NET's `XmlMessageFormatter` writes and reads it, of a description of the class with the names that types
 * have in C#. A member whose name has `?` behind it may be null. `options` are those of {@link MessageBodies.xml}: `root` is the name
 * of the class, and `items` has the names of classes in lists.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a value that is not a description, and for an option that does not exist or is
 * not allowed, and otherwise what {@link MessageBodies.xml} throws.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody } from "@effect-msmq/core/promises"
 *
 * const order = MessageBody.xml(
 *   { Id: "int", "Due?": "DateTime", Lines: [{ Article: "string", Price: "decimal" }] },
 *   { root: "Order", items: { Lines: "Line" } }
 * )
 *
 * const encoded = MessageBody.encode(order, { Id: 7, Due: null, Lines: [{ Article: "tea", Price: "4.50" }] })
 * const text = new TextDecoder().decode(encoded.body)
 * text.includes("<Line>") // => true
 * MessageBody.decode(order, encoded).Lines // => [{ Article: "tea", Price: "4.50" }]
 * ```
 *
 * @category codecs
 * @since 0.1.0
 */
export const xml = <const D extends XmlDescription>(
  description: D,
  options?: XmlOptions
): MessageBody<XmlValueOf<D>> => {
  const schema = argumentOrThrow({ operation: operations.MessageBody.xml }, "description", xmlDescription, description)
  return MessageBodies.xml(schema as Schema.ConstraintCodec<XmlValueOf<D>, unknown>, options)
}
