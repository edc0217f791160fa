/** Rules for references to a message in a queue. */
import { lookupActions } from "../../mqrt/MessageValues.ts"
import { bytesOfText, readId } from "../messages/messageIds.ts"
import type { Rule } from "./Rule.ts"
import { guarded, name, orNull, violationOf, wordOf } from "./Rule.ts"

const largest = 2n ** 64n - 1n

export const lookupId = guarded(
  "a lookup id: a bigint from 0 to 18446744073709551615, as the lookupId of a received message is",
  (value): value is bigint => typeof value === "bigint" && value >= 0n && value <= largest
)

export const lookupAction = wordOf(lookupActions)

export const messageInQueue = guarded(
  "a received message, or an object with its lookupId, a bigint",
  (value): value is { readonly lookupId: bigint } =>
    typeof value === "object" &&
    value !== null &&
    "lookupId" in value &&
    typeof value.lookupId === "bigint" &&
    value.lookupId >= 0n &&
    value.lookupId <= largest
)

/** Rule for a message that can be answered. */
export const answerable = guarded(
  "a received message that names a response queue, by its responseQueue, and has its messageId: its sender asks for no response " +
    "otherwise, or the receiver does not read the names of queues",
  (value): value is { readonly messageId: string; readonly responseQueue: string } =>
    typeof value === "object" &&
    value !== null &&
    "messageId" in value &&
    typeof value.messageId === "string" &&
    bytesOfText(value.messageId) !== undefined &&
    "responseQueue" in value &&
    typeof value.responseQueue === "string"
)

export const subqueueOrQueue = orNull({ ...name, allowed: "the name of a subqueue" }, " for the queue itself")

/** Form of an id in text, for rules. */
export const messageIdForm =
  'the id of a message: "{guid}\\number", with or without braces, as messageId of a received message is'

const idRule = (allowed: string, read: (value: unknown) => Uint8Array | undefined): Rule<Uint8Array> => ({
  allowed,
  required: true,
  read: (value, option) => read(value) ?? violationOf(option, allowed, value)
})

/** Rule for the id of a message as bytes or as text, which is read into bytes. */
export const messageId = idRule(`${messageIdForm}, or its 20 bytes, as a correlationId is`, readId)

/** Rule for the id of a message as text, which is read into bytes. */
export const messageIdText = idRule(messageIdForm, (value) =>
  typeof value === "string" ? bytesOfText(value) : undefined
)

/** Rule for the id of a message as bytes. */
export const messageIdBytes = idRule(
  "a Uint8Array of exactly 20 bytes, as the correlationId of a received message is",
  (value) => (typeof value === "string" ? undefined : readId(value))
)
