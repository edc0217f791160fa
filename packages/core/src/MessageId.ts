/**
 * Ids of messages: `{guid}\number`, the GUID of the sending machine and a number that it gives.
 *
 * A message has its id as text, `messageId`. In a correlation id the same id stands as 20 bytes, `OBJECTID` in `mqtypes.h`: the
 * GUID, whose first three fields are little-endian, and the number as four bytes, little-endian.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import { copyOfBytes } from "./internal/bytes.ts"
import type { MessageId } from "./internal/messages/messageIds.ts"
import { readId, textOf } from "./internal/messages/messageIds.ts"
import { argumentResult } from "./internal/options/illegalOption.ts"
import { messageId, messageIdBytes, messageIdText } from "./internal/options/messageReferences.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { MsmqError } from "./MsmqError.ts"

export type { MessageId } from "./internal/messages/messageIds.ts"

/**
 * Parses the id of a message as text, with or without braces, in any letter case. System.Messaging and NServiceBus write ids
 * without braces, and numbers from 2,147,483,648 on as negative ones.
 *
 * Fails with `IllegalOption` for another text.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageId } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * MessageId.parse("6D736D71-0000-4000-8000-000000000001\\4711")
 * // => Result.succeed("{6d736d71-0000-4000-8000-000000000001}\\4711")
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<MessageId, MsmqError> =>
  Result.map(argumentResult({ operation: operations.MessageId.parse }, "text", messageIdText, text), textOf)

/**
 * Returns the id of a message in 20 bytes, such as the `correlationId` of a received message, as text.
 *
 * Fails with `IllegalOption` for what is not 20 bytes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageId } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const correlationId = Uint8Array.of(0x71, 0x6d, 0x73, 0x6d, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1, 0x67, 0x12, 0, 0)
 *
 * MessageId.fromBytes(correlationId) // => Result.succeed("{6d736d71-0000-4000-8000-000000000001}\\4711")
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): Result.Result<MessageId, MsmqError> =>
  Result.map(argumentResult({ operation: operations.MessageId.fromBytes }, "bytes", messageIdBytes, bytes), textOf)

/**
 * Returns the id of a message as 20 bytes. A message to send takes text as its `correlationId`, too, so that few programs need
 * the bytes.
 *
 * Fails with `IllegalOption` for what is no id.
 *
 * See the example of {@link equals}.
 *
 * @category converting
 * @since 0.1.0
 */
export const toBytes = (id: MessageId | Uint8Array): Result.Result<Uint8Array, MsmqError> =>
  Result.map(argumentResult({ operation: operations.MessageId.toBytes }, "id", messageId, id), copyOfBytes)

/**
 * Returns `true` if two ids are the same, each as text or as bytes, such as the `correlationId` of a response and the
 * `messageId` of its request. It is `false` where one of them is no id, as the `correlationId` of a message that has none.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageId } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const id = "{6d736d71-0000-4000-8000-000000000001}\\4711"
 *
 * MessageId.equals(Result.getOrThrow(MessageId.toBytes(id)), id) // => true
 * MessageId.equals(undefined, id) // => false
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const equals: {
  (that: MessageId | Uint8Array | undefined): (self: MessageId | Uint8Array | undefined) => boolean
  (self: MessageId | Uint8Array | undefined, that: MessageId | Uint8Array | undefined): boolean
} = dual(2, (self: MessageId | Uint8Array | undefined, that: MessageId | Uint8Array | undefined): boolean => {
  const [one, other] = [readId(self), readId(that)]
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0
})
