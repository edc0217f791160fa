/** Classes of acknowledgments, and what they mean (behaviour D-46). */

import { numbers } from "../../MessageClass.ts"

/** Class of the positive acknowledgment of an arrival. */
export const arrived = numbers.MQMSG_CLASS_ACK_REACH_QUEUE

/** Meanings of the negative acknowledgments of a copy, each with the remedy. */
const ofCopies: ReadonlyMap<number, string> = new Map([
  [numbers.MQMSG_CLASS_NACK_BAD_DST_Q, "there is no such queue, or it was deleted: create it"],
  [numbers.MQMSG_CLASS_NACK_PURGED, "it was deleted on its way, by a purge of the outgoing queue"],
  [
    numbers.MQMSG_CLASS_NACK_REACH_QUEUE_TIMEOUT,
    "it did not get there in time: see that the other machine runs and can be reached"
  ],
  [numbers.MQMSG_CLASS_NACK_Q_EXCEED_QUOTA, "the queue is full: empty it, or raise its quota"],
  [
    numbers.MQMSG_CLASS_NACK_ACCESS_DENIED,
    "the queue denies this user: grant the right to write messages to it (MQSEC_WRITE_MESSAGE)"
  ],
  [numbers.MQMSG_CLASS_NACK_HOP_COUNT_EXCEEDED, "it went through too many routing servers"],
  [
    numbers.MQMSG_CLASS_NACK_BAD_SIGNATURE,
    "the queue takes signed messages only, and a copy is not signed: turn its authenticate off"
  ],
  [
    numbers.MQMSG_CLASS_NACK_BAD_ENCRYPTION,
    "the queue takes encrypted bodies only, and a copy is not encrypted: set its privacyLevel to optional"
  ],
  [numbers.MQMSG_CLASS_NACK_COULD_NOT_ENCRYPT, "it could not be encrypted"],
  [numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_Q, "the queue is not transactional: name it without transactional: true"],
  [numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_MSG, "the queue is transactional: name it without transactional: false"],
  [numbers.MQMSG_CLASS_NACK_UNSUPPORTED_CRYPTO_PROVIDER, "its cryptographic provider is not known there"],
  [numbers.MQMSG_CLASS_NACK_SOURCE_COMPUTER_GUID_CHANGED, "this machine has another GUID than the other one remembers"]
])

/** Returns the meaning of a class for a copy that was refused, and the remedy. */
export const meaningForCopy = (messageClass: number): string =>
  ofCopies.get(messageClass) ?? `it was refused with class 0x${messageClass.toString(16).padStart(4, "0")}`

/** Meanings of the negative acknowledgments of a message that a program sends, where they differ from those of a copy. */
const ofMessages: ReadonlyMap<number, string> = new Map([
  [
    numbers.MQMSG_CLASS_NACK_BAD_SIGNATURE,
    "its signature was not verified, or it has none and the queue takes signed messages only: sign it with a securityContext"
  ],
  [
    numbers.MQMSG_CLASS_NACK_BAD_ENCRYPTION,
    "its body could not be decrypted, or is not encrypted and the queue takes encrypted bodies only: give a privacyLevel"
  ],
  [
    numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_Q,
    "it was sent in a transaction, and the queue is not transactional: open the sender with { transactional: false }"
  ],
  [
    numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_MSG,
    "the queue is transactional, and it was not sent in a transaction: open the sender with { transactional: true }"
  ],
  [numbers.MQMSG_CLASS_NACK_MESSAGE_TOO_LARGE, "it outgrew the limit of 4 MB by headers that were added on its way"],
  [numbers.MQMSG_CLASS_NACK_Q_DELETED, "it arrived, and its queue was deleted before it was received"],
  [numbers.MQMSG_CLASS_NACK_Q_PURGED, "it arrived, and its queue was purged before it was received"],
  [numbers.MQMSG_CLASS_NACK_RECEIVE_TIMEOUT, "it arrived, and was not received in its timeToBeReceived"],
  [numbers.MQMSG_CLASS_NACK_RECEIVE_TIMEOUT_AT_SENDER, "its timeToBeReceived was over before it arrived"],
  [numbers.MQMSG_CLASS_NACK_RECEIVE_REJECTED, "its receiver rejected it"]
])

/** Returns the meaning of a class for a message that a program sent, and the remedy. */
export const meaningForMessage = (messageClass: number): string =>
  ofMessages.get(messageClass) ?? meaningForCopy(messageClass)

/** Refusals after which a message outside a transaction becomes a dead letter, if it asks for that (behaviour D-64). */
const deadLettered: ReadonlySet<number> = new Set([
  numbers.MQMSG_CLASS_NACK_BAD_DST_Q,
  numbers.MQMSG_CLASS_NACK_REACH_QUEUE_TIMEOUT,
  numbers.MQMSG_CLASS_NACK_Q_EXCEED_QUOTA,
  numbers.MQMSG_CLASS_NACK_HOP_COUNT_EXCEEDED,
  numbers.MQMSG_CLASS_NACK_COULD_NOT_ENCRYPT,
  numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_Q,
  numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_MSG
])

/** Returns `true` if a refused message that asked to be a dead letter is one (behaviours D-60, D-61). */
export const isDeadLettered = (messageClass: number, transactional: boolean): boolean =>
  transactional || deadLettered.has(messageClass)
