import type { MessageClass } from "../facts/MessageClass.ts"
import * as MessageClasses from "../facts/MessageClass.ts"
import type { Envelope, Packet } from "../queue/Packet.ts"
import { messageId } from "../queue/Packet.ts"
import { maySend } from "../security/Permission.ts"
import type { Queue } from "../queue/Queue.ts"
import * as Versions from "../facts/Version.ts"

/** A message that was dropped, and the class that says why. */
export interface Rejection {
  readonly queue: string
  readonly messageId: string
  readonly class: number
}

interface Rule {
  readonly reason: MessageClass
  readonly isBroken: (queue: Queue, envelope: Envelope, now: number) => boolean
}

/** What is judged when a message arrives, after its send has succeeded; the first broken rule names the reason. */
const rules: ReadonlyArray<Rule> = [
  {
    reason: MessageClasses.notTransactionalQueue,
    isBroken: (queue, envelope) => envelope.transactional && !queue.properties.transactional
  },
  {
    reason: MessageClasses.notTransactionalMessage,
    isBroken: (queue, envelope) => !envelope.transactional && queue.properties.transactional
  },
  {
    // With a SID the certificate must be registered under it; without one the signature stands alone.
    reason: MessageClasses.badSignature,
    isBroken: (queue, { senderIdType, signature }, now) =>
      signature !== null && senderIdType === "sid" && !queue.family.manager.verifies(signature, now)
  },
  {
    reason: MessageClasses.badSignature,
    isBroken: (queue, { signature }) =>
      signature !== null && !Versions.accepts(queue.family.manager.version, signature.hashAlgorithm)
  },
  {
    reason: MessageClasses.badSignature,
    isBroken: (queue, envelope) => queue.properties.authenticate && envelope.signature === null
  },
  {
    // A queue may want clear bodies only, or encrypted ones only (behaviour A-83).
    reason: MessageClasses.badEncryption,
    isBroken: (queue, { privacyLevel }) =>
      queue.properties.privacyLevel !== "optional" &&
      (queue.properties.privacyLevel === "body") !== (privacyLevel !== "none")
  },
  { reason: MessageClasses.accessDenied, isBroken: (queue, envelope) => !maySend(queue, envelope) }
]

/**
 * Why a queue refuses what comes in this envelope, or `undefined`; `now` in milliseconds since 1970. On its way out nothing
 * is judged.
 */
export const judge = (queue: Queue, envelope: Envelope, now: number): MessageClass | undefined =>
  queue.outgoing ? undefined : rules.find((rule) => rule.isBroken(queue, envelope, now))?.reason

/** Why a queue refuses one more message that is too much for its quota, or `undefined` (behaviours C-18, C-19, X-17). */
export const judgeSize = (queue: Queue, size: number): MessageClass | undefined =>
  queue.outgoing || hasRoom(queue, size) ? undefined : MessageClasses.quotaExceeded

export const hasRoom = ({ family: { bytes, properties } }: Queue, size: number): boolean =>
  properties.quota === null || bytes + size <= properties.quota * 1024

/** The latest rejections, as an event log keeps them: bounded. */
export class RejectionLog {
  static readonly limit = 10_000
  #rejections: Array<Rejection> = []

  add(queue: string, packet: Packet, rejectionClass: number): void {
    this.#rejections.push({
      queue,
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
