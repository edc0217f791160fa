import type { Packet } from "../queue/Packet.ts"
import { messageId } from "../queue/Packet.ts"

/** A message that was dropped. */
export interface Rejection {
  /** Path name of the queue. */
  readonly queue: string
  readonly messageId: string
  /** Value of the class that says why. */
  readonly class: number
}

/** Log of the latest rejections, of limited length. */
export class RejectionLog {
  /** Number of rejections that are kept. */
  static readonly limit = 10_000
  #rejections: Array<Rejection> = []

  /** Adds a rejection. */
  add(queue: string, packet: Packet, rejectionClass: number): void {
    this.#rejections.push({
      queue,
      messageId: messageId(packet.envelope.sourceMachineId, packet.number),
      class: rejectionClass
    })
    // The array is cut at twice the limit, so that the cost of a cut is spread over many additions.
    if (this.#rejections.length >= 2 * RejectionLog.limit) this.#rejections = this.latest()
  }

  /** Returns the rejections that are kept, the oldest first. */
  latest(): Array<Rejection> {
    return this.#rejections.slice(-RejectionLog.limit)
  }
}
