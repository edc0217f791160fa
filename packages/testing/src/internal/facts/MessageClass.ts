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
export const arrived = positive(0x0002, "positiveArrival")
export const received = positive(0x4000, "positiveReceive")
export const badDestinationQueue = negative(0x8000, "negativeArrival", { deadLetter: true, insecure: true })
export const deletedOnItsWay = negative(0x8001, "negativeArrival", {})
export const reachQueueTimeout = negative(0x8002, "negativeArrival", { deadLetter: true })
export const quotaExceeded = negative(0x8003, "negativeArrival", { deadLetter: true })
export const accessDenied = negative(0x8004, "negativeArrival", { insecure: true })
export const badSignature = negative(0x8006, "negativeArrival", { insecure: true })
export const badEncryption = negative(0x8007, "negativeArrival", { insecure: true })
export const couldNotEncrypt = negative(0x8008, "negativeArrival", { deadLetter: true })
export const notTransactionalQueue = negative(0x8009, "negativeArrival", { deadLetter: true })
export const notTransactionalMessage = negative(0x800a, "negativeArrival", { deadLetter: true })
export const queueDeleted = negative(0xc000, "negativeReceive", {})
export const queuePurged = negative(0xc001, "negativeReceive", {})
export const receiveTimeout = negative(0xc002, "negativeReceive", { deadLetter: true })
export const receiveTimeoutAtSender = negative(0xc003, "negativeReceive", { deadLetter: true })
/** Class of a message that its receiver marked as rejected, and then received for good (behaviour E-69). */
export const receiveRejected = negative(0xc004, "negativeReceive", {})

/** Tells whether a class means that the message failed: the highest bit says so. */
export const isNegative = ({ value }: MessageClass): boolean => value >= 0x8000
