/**
 * Ids of messages, for programs that do not use Effect: what is illegal throws an `MsmqError`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as MessageIds from "../MessageId.ts"

/**
 * Parses the id of a message as text, with or without braces, in any letter case, and returns it as `messageId` of a received
 * message is: `{guid}\number`.
 *
 * Throws an `MsmqError` with the reason `IllegalOption`. See {@link MessageIds.parse}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageId } from "@effect-msmq/core/promises"
 *
 * const id = MessageId.parse("6D736D71-0000-4000-8000-000000000001\\4711")
 * id // => "{6d736d71-0000-4000-8000-000000000001}\\4711"
 * MessageId.fromBytes(MessageId.toBytes(id)) // => id
 * MessageId.equals(id, MessageId.toBytes(id)) // => true
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): MessageIds.MessageId => Result.getOrThrow(MessageIds.parse(text))

/**
 * Returns the id of a message in 20 bytes, such as the `correlationId` of a received message, as text.
 *
 * Throws an `MsmqError` with the reason `IllegalOption`. See {@link MessageIds.fromBytes}.
 *
 * See the example of {@link parse}.
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): MessageIds.MessageId => Result.getOrThrow(MessageIds.fromBytes(bytes))

/**
 * Returns the id of a message as 20 bytes.
 *
 * Throws an `MsmqError` with the reason `IllegalOption`. See {@link MessageIds.toBytes}.
 *
 * See the example of {@link parse}.
 *
 * @category converting
 * @since 0.1.0
 */
export const toBytes = (id: MessageIds.MessageId | Uint8Array): Uint8Array => Result.getOrThrow(MessageIds.toBytes(id))

/**
 * Returns `true` if two ids are the same, each as text or as bytes. See {@link MessageIds.equals}.
 *
 * See the example of {@link parse}.
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals = (
  self: MessageIds.MessageId | Uint8Array | undefined,
  that: MessageIds.MessageId | Uint8Array | undefined
): boolean => MessageIds.equals(self, that)

export type { MessageId } from "../MessageId.ts"
