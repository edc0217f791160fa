import type { Envelope, Packet } from "./Packet.ts"
import { messageId } from "./Packet.ts"
import type { Queue } from "./Queue.ts"

/** A message that was dropped, and the class that says why. */
export interface Rejection {
  readonly queue: string
  readonly messageId: string
  readonly class: number
}

interface Rule {
  /** `PROPID_M_CLASS` of the negative acknowledgment. */
  readonly class: number
  readonly isBroken: (queue: Queue, envelope: Envelope) => boolean
}

const notTransactionalQueue = 0x8009
const notTransactionalMessage = 0x800a
const badSignature = 0x8006
const badEncryption = 0x8007
const quotaExceeded = 0x8003
/** `PROPID_M_CLASS` of a message that its receiver marked and then received for good (behaviour E-69). */
export const receiveRejected = 0xc004

/** What is judged when a message arrives, after its send has succeeded; the first broken rule names the reason. */
const rules: ReadonlyArray<Rule> = [
  {
    class: notTransactionalQueue,
    isBroken: (queue, envelope) => envelope.transactional && !queue.properties.transactional
  },
  {
    class: notTransactionalMessage,
    isBroken: (queue, envelope) => !envelope.transactional && queue.properties.transactional
  },
  {
    // With a SID the certificate must be registered under it; without one the signature stands alone.
    class: badSignature,
    isBroken: (_, { senderIdType, signature }) =>
      signature !== null && senderIdType === "sid" && !signature.isRegistered()
  },
  {
    class: badSignature,
    isBroken: (queue, envelope) => queue.properties.authenticate && envelope.signature === null
  },
  {
    // A queue may want clear bodies only, or encrypted ones only (behaviour A-83).
    class: badEncryption,
    isBroken: (queue, { privacyLevel }) =>
      queue.properties.privacyLevel !== "optional" &&
      (queue.properties.privacyLevel === "body") !== (privacyLevel !== "none")
  }
]

/** The class with which a queue refuses what comes in this envelope, or `undefined`. */
export const judge = (queue: Queue, envelope: Envelope): number | undefined =>
  rules.find((rule) => rule.isBroken(queue, envelope))?.class

/** The class with which a queue refuses one more message that is too much for its quota (behaviours C-18, C-19, X-17). */
export const judgeSize = (queue: Queue, size: number): number | undefined => {
  const { bytes, properties } = queue.family
  return properties.quota !== null && bytes + size > properties.quota * 1024 ? quotaExceeded : undefined
}

/** The latest rejections, as an event log keeps them: bounded. */
export class RejectionLog {
  static readonly limit = 10_000
  #rejections: Array<Rejection> = []

  add(queue: Queue, packet: Packet, rejectionClass: number): void {
    this.#rejections.push({
      queue: queue.properties.pathName,
      messageId: messageId(packet.envelope.sourceMachineId, packet.number),
      class: rejectionClass
    })
    // Cut at twice the limit, so that a cut is paid for by the many additions before it.
    if (this.#rejections.length >= 2 * RejectionLog.limit) this.#rejections = this.latest()
  }

  latest(): Array<Rejection> {
    return this.#rejections.slice(-RejectionLog.limit)
  }
}
