import type { Packet } from "../queue/Packet.ts"
import { messageId } from "../queue/Packet.ts"

const limit = 10_000
/** Half an hour, in milliseconds. */
const memory = 1_800_000

/** Where a message had its place before it came over a link. */
export interface Place {
  /** The name of the outgoing queue. */
  readonly queue: string
  readonly sequence: number
}

/**
 * Knows what has come over a link before: transactional messages by their place in the stream from their queue, others
 * by their ids, for a while (behaviours D-11, D-69). A machine with the GUID of another is taken for it (behaviour D-71).
 */
export class Duplicates {
  /** When each came, in milliseconds since 1970, the oldest first. */
  readonly #ids = new Map<string, number>()
  readonly #streams = new Map<string, number>()

  isNew(packet: Packet, place: Place, now: number): boolean {
    return packet.envelope.transactional ? this.#isNext(packet, place) : this.#isUnknown(packet, place, now)
  }

  #isNext({ envelope }: Packet, { queue, sequence }: Place): boolean {
    const stream = `${envelope.sourceMachineId}>${queue.toLowerCase()}`
    if (sequence <= (this.#streams.get(stream) ?? 0)) return false
    this.#streams.set(stream, sequence)
    return true
  }

  #isUnknown({ envelope, number }: Packet, { queue }: Place, now: number): boolean {
    // The copies for several queues have one id (behaviour D-04).
    const id = `${messageId(envelope.sourceMachineId, number)}>${queue.toLowerCase()}`
    const before = this.#ids.get(id)
    if (before !== undefined && now - before < memory) return false
    this.#ids.delete(id)
    this.#ids.set(id, now)
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= limit) break
      this.#ids.delete(oldest)
    }
    return true
  }
}
