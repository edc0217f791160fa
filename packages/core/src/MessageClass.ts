/**
 * Classes of messages, `PROPID_M_CLASS`: they tell an ordinary message from a report and from an acknowledgment, and of a dead
 * letter why it is one.
 *
 * @since 0.1.0
 */

/**
 * Numbers of the classes, by their names in `mq.h`.
 *
 * @category constants
 * @since 0.1.0
 */
export const numbers = {
  /** Ordinary message. */
  MQMSG_CLASS_NORMAL: 0x0000,
  /** Report about the route of a message that was sent with `trace`. */
  MQMSG_CLASS_REPORT: 0x0001,
  /** Acknowledgment: the message arrived in its queue. */
  MQMSG_CLASS_ACK_REACH_QUEUE: 0x0002,
  /** Acknowledgment: the message was received. */
  MQMSG_CLASS_ACK_RECEIVE: 0x4000,
  /** There is no such queue. */
  MQMSG_CLASS_NACK_BAD_DST_Q: 0x8000,
  /** The message was deleted on its way, as by a purge of the outgoing queue. */
  MQMSG_CLASS_NACK_PURGED: 0x8001,
  /** The message did not arrive in time. */
  MQMSG_CLASS_NACK_REACH_QUEUE_TIMEOUT: 0x8002,
  /** The queue is full. */
  MQMSG_CLASS_NACK_Q_EXCEED_QUOTA: 0x8003,
  /** The sender may not write to the queue. */
  MQMSG_CLASS_NACK_ACCESS_DENIED: 0x8004,
  /** The message went through too many routing servers. */
  MQMSG_CLASS_NACK_HOP_COUNT_EXCEEDED: 0x8005,
  /** The signature of the message was not verified, or it has none and the queue takes signed messages only. */
  MQMSG_CLASS_NACK_BAD_SIGNATURE: 0x8006,
  /** The body could not be decrypted, or is not encrypted and the queue takes encrypted bodies only. */
  MQMSG_CLASS_NACK_BAD_ENCRYPTION: 0x8007,
  /** The sending computer could not encrypt the body. */
  MQMSG_CLASS_NACK_COULD_NOT_ENCRYPT: 0x8008,
  /** The message was sent in a transaction, and the queue is not transactional. */
  MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_Q: 0x8009,
  /** The queue is transactional, and the message was not sent in a transaction. */
  MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_MSG: 0x800a,
  /** The receiving computer does not have the cryptographic provider of the message. */
  MQMSG_CLASS_NACK_UNSUPPORTED_CRYPTO_PROVIDER: 0x800b,
  /** The sending computer has another GUID than before. */
  MQMSG_CLASS_NACK_SOURCE_COMPUTER_GUID_CHANGED: 0x800c,
  /** The message outgrew the limit by headers that were added on its way. */
  MQMSG_CLASS_NACK_MESSAGE_TOO_LARGE: 0x800d,
  /** The queue was deleted before the message was received. */
  MQMSG_CLASS_NACK_Q_DELETED: 0xc000,
  /** The queue was purged before the message was received. */
  MQMSG_CLASS_NACK_Q_PURGED: 0xc001,
  /** The message was not received in time. */
  MQMSG_CLASS_NACK_RECEIVE_TIMEOUT: 0xc002,
  /** The time to receive the message was over before it arrived. */
  MQMSG_CLASS_NACK_RECEIVE_TIMEOUT_AT_SENDER: 0xc003,
  /** The receiver rejected the message: see `reject` of a receiver. */
  MQMSG_CLASS_NACK_RECEIVE_REJECTED: 0xc004
} as const

/**
 * Name of a class in `mq.h`.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageClassName = keyof typeof numbers

const names = new Map<number, MessageClassName>(
  (Object.keys(numbers) as ReadonlyArray<MessageClassName>).map((name) => [numbers[name], name])
)

/**
 * Returns the name of a class; `undefined` for a number that `mq.h` has no name for, as connector applications may set.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageClass } from "@effect-msmq/core"
 *
 * MessageClass.nameOf(0x8003) // => "MQMSG_CLASS_NACK_Q_EXCEED_QUOTA"
 * MessageClass.nameOf(0x0100) // => undefined
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = (messageClass: number): MessageClassName | undefined => names.get(messageClass)

/**
 * Formats a class as its number, with its name if it has one.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageClass } from "@effect-msmq/core"
 *
 * MessageClass.format(2) // => "0x0002 (MQMSG_CLASS_ACK_REACH_QUEUE)"
 * MessageClass.format(0x0100) // => "0x0100"
 * ```
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (messageClass: number): string => {
  const name = nameOf(messageClass)
  const number = `0x${messageClass.toString(16).toUpperCase().padStart(4, "0")}`
  return name === undefined ? number : `${number} (${name})`
}

/** Bit of negative acknowledgments. */
const negative = 0x8000

/** Bit of acknowledgments about receiving; the others are about arrival. */
const aboutReceiving = 0x4000

/**
 * Returns `true` for a report about the route of a message.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageClass } from "@effect-msmq/core"
 *
 * const { MQMSG_CLASS_ACK_REACH_QUEUE, MQMSG_CLASS_NACK_Q_EXCEED_QUOTA, MQMSG_CLASS_REPORT } = MessageClass.numbers
 * MessageClass.isReport(MQMSG_CLASS_REPORT) // => true
 * MessageClass.isPositive(MQMSG_CLASS_ACK_REACH_QUEUE) // => true
 * MessageClass.isNegative(MQMSG_CLASS_NACK_Q_EXCEED_QUOTA) // => true
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const isReport = (messageClass: number): boolean => messageClass === numbers.MQMSG_CLASS_REPORT

/**
 * Returns `true` for a negative acknowledgment, and for a dead letter that was one: its highest bit is set.
 *
 * See the example of {@link isReport}.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isNegative = (messageClass: number): boolean => (messageClass & negative) !== 0

/**
 * Returns `true` for a positive acknowledgment: the message arrived, or was received.
 *
 * See the example of {@link isReport}.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isPositive = (messageClass: number): boolean =>
  messageClass === numbers.MQMSG_CLASS_ACK_REACH_QUEUE ||
  (messageClass & (negative | aboutReceiving)) === aboutReceiving

/**
 * Returns `true` for an acknowledgment, positive or negative. It is `false` for ordinary messages, for reports, and for classes
 * of connector applications without the bits of an acknowledgment.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageClass } from "@effect-msmq/core"
 *
 * const { MQMSG_CLASS_NACK_RECEIVE_TIMEOUT, MQMSG_CLASS_NORMAL } = MessageClass.numbers
 *
 * MessageClass.isAcknowledgment(MQMSG_CLASS_NACK_RECEIVE_TIMEOUT) // => true
 * MessageClass.isAcknowledgment(MQMSG_CLASS_NORMAL) // => false
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const isAcknowledgment = (messageClass: number): boolean => isPositive(messageClass) || isNegative(messageClass)
