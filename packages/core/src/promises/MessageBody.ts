/**
 * Codecs between values and the bytes of a message body, for programs that do not write Effect. Give one to `openSender` and
 * `openReceiver` of a `Connection`, and messages have typed bodies.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { describeValue } from "../internal/errors/describeValue.ts"
import type { XmlDescription, XmlValueOf } from "../internal/bodies/xml/members.ts"
import { xmlDescription } from "../internal/bodies/xml/members.ts"
import { argumentOrThrow, errorOf } from "../internal/options/illegalOption.ts"
import { codec as codecRule } from "../internal/options/queueOptions.ts"
import { Violation } from "../internal/options/Violation.ts"
import type { Operation } from "../internal/telemetry/Operation.ts"
import * as operations from "../internal/telemetry/Operation.ts"
import type { EncodedBody, MessageBody, XmlOptions } from "../MessageBody.ts"
import * as MessageBodies from "../MessageBody.ts"

export type { XmlDescription, XmlMembers, XmlTypes, XmlValueOf } from "../internal/bodies/xml/members.ts"
export type { EncodedBody, MessageBody, RawBody, XmlOptions } from "../MessageBody.ts"
export { activeX, any, binaryFormatter, bytes, text } from "../MessageBody.ts"

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
export const encode = <A>(codec: MessageBody<A>, value: A): EncodedBody => {
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
export const decode = <A>(codec: MessageBody<A>, encoded: EncodedBody): A => {
  const operation = operations.MessageBody.decode
  argumentOrThrow({ operation }, "codec", codecRule, codec)
  return orThrow(operation, "encoded", encoded, codec.decode(encoded))
}

/**
 * Makes a codec for XML as .NET's `XmlMessageFormatter` writes and reads it, of a description of the class with the names that types
 * have in C#. A member whose name has `?` behind it may be null. `options` are those of {@link MessageBodies.xml}: `root` is the name
 * of the class, and `items` has the names of classes in lists.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a description that is none, and for an option that does not exist or is not
 * allowed, and otherwise what {@link MessageBodies.xml} throws.
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
