import { isNegative as isNegativeClass, numbers } from "@effect-msmq/core/MessageClass"
import type { Acknowledge } from "@effect-msmq/core/mqrt/MessageProperties"

/** Outcome of a message, as `PROPID_M_CLASS` of its acknowledgment or its dead letter says it. */
export interface MessageClass {
  /** Value of `PROPID_M_CLASS`. */
  readonly value: number
  /** Kind of acknowledgment that the sender must have asked for, to get one (behaviour D-46). */
  readonly acknowledge: keyof Acknowledge
  /** `true` where an acknowledgment would help an attacker, so that machines send none by default (behaviour A-70). */
  readonly insecure: boolean
  /**
   * `true` where a message that was sent outside a transaction becomes a dead letter (behaviours A-72, D-64). A
   * transactional message becomes one for every negative class (behaviours A-71, D-61).
   */
  readonly deadLetter: boolean
}

const positive = (value: number, acknowledge: keyof Acknowledge): MessageClass => ({
  value,
  acknowledge,
  insecure: false,
  deadLetter: false
})

const negative = (
  value: number,
  acknowledge: keyof Acknowledge,
  { deadLetter = false, insecure = false }: { readonly deadLetter?: boolean; readonly insecure?: boolean }
): MessageClass => ({ value, acknowledge, insecure, deadLetter })

// Below are the classes that occur in memory, with the names of behaviour D-46.
export const arrived = positive(numbers.MQMSG_CLASS_ACK_REACH_QUEUE, "positiveArrival")
export const received = positive(numbers.MQMSG_CLASS_ACK_RECEIVE, "positiveReceive")
export const badDestinationQueue = negative(numbers.MQMSG_CLASS_NACK_BAD_DST_Q, "negativeArrival", {
  deadLetter: true,
  insecure: true
})
export const deletedOnItsWay = negative(numbers.MQMSG_CLASS_NACK_PURGED, "negativeArrival", {})
export const reachQueueTimeout = negative(numbers.MQMSG_CLASS_NACK_REACH_QUEUE_TIMEOUT, "negativeArrival", {
  deadLetter: true
})
export const quotaExceeded = negative(numbers.MQMSG_CLASS_NACK_Q_EXCEED_QUOTA, "negativeArrival", { deadLetter: true })
export const accessDenied = negative(numbers.MQMSG_CLASS_NACK_ACCESS_DENIED, "negativeArrival", { insecure: true })
export const badSignature = negative(numbers.MQMSG_CLASS_NACK_BAD_SIGNATURE, "negativeArrival", { insecure: true })
export const badEncryption = negative(numbers.MQMSG_CLASS_NACK_BAD_ENCRYPTION, "negativeArrival", { insecure: true })
export const couldNotEncrypt = negative(numbers.MQMSG_CLASS_NACK_COULD_NOT_ENCRYPT, "negativeArrival", {
  deadLetter: true
})
export const notTransactionalQueue = negative(numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_Q, "negativeArrival", {
  deadLetter: true
})
export const notTransactionalMessage = negative(numbers.MQMSG_CLASS_NACK_NOT_TRANSACTIONAL_MSG, "negativeArrival", {
  deadLetter: true
})
export const queueDeleted = negative(numbers.MQMSG_CLASS_NACK_Q_DELETED, "negativeReceive", {})
export const queuePurged = negative(numbers.MQMSG_CLASS_NACK_Q_PURGED, "negativeReceive", {})
export const receiveTimeout = negative(numbers.MQMSG_CLASS_NACK_RECEIVE_TIMEOUT, "negativeReceive", {
  deadLetter: true
})
export const receiveTimeoutAtSender = negative(numbers.MQMSG_CLASS_NACK_RECEIVE_TIMEOUT_AT_SENDER, "negativeReceive", {
  deadLetter: true
})
/** Class of a message that its receiver marked as rejected, and then received for good (behaviour E-69). */
export const receiveRejected = negative(numbers.MQMSG_CLASS_NACK_RECEIVE_REJECTED, "negativeReceive", {})

/** Tells whether a class means that the message failed: the highest bit says so. */
export const isNegative = ({ value }: MessageClass): boolean => isNegativeClass(value)
