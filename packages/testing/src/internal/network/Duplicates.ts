import type { StreamSourceProperties } from "@effect-msmq/core/mqrt/ManagementProperties"
import type { Packet } from "../queue/Packet.ts"
import { messageId } from "../queue/Packet.ts"

/** Largest number of message ids that are remembered. */
const limit = 10_000
/** Time for which a message id is remembered, in milliseconds: half an hour. */
const memory = 1_800_000

/** Place of a message in the outgoing queue that it came from. */
export interface StreamPosition {
  /** Name of the outgoing queue. */
  readonly queue: string
  readonly sequence: number
}

/** Stream of transactional messages. */
interface Stream {
  /** Place of the last message that came. */
  place: number
  readonly source: { -readonly [Field in keyof StreamSourceProperties]: StreamSourceProperties[Field] }
}

/**
 * Messages that came over a link before: transactional ones by their position in the stream of their queue, others by their
 * ids, for a while (behaviours D-11, D-69). Two machines with one GUID count as one (behaviour D-71).
 */
export class Duplicates {
  /** Time at which each id came, in milliseconds since 1970; the oldest first. */
  readonly #ids = new Map<string, number>()
  /** Ids that are not forgotten yet. One iterator for all, as a new one begins with the gaps that deleted ids have left. */
  readonly #oldest = this.#ids.keys()
  readonly #streams = new Map<string, Stream>()

  /** Sources of the streams of transactional messages. */
  get sources(): ReadonlyArray<StreamSourceProperties> {
    return Array.from(this.#streams.values(), ({ source }) => ({ ...source }))
  }

  /** Tells whether a message comes for the first time, and remembers it; `now` in milliseconds since 1970. */
  isNew(packet: Packet, position: StreamPosition, now: number): boolean {
    return packet.envelope.transactional ? this.#isNext(packet, position, now) : this.#isUnknown(packet, position, now)
  }

  #isNext({ envelope: { sourceMachineId } }: Packet, { queue, sequence }: StreamPosition, now: number): boolean {
    const name = `${sourceMachineId}>${queue.toLowerCase()}`
    const stream = this.#streams.get(name) ?? newStream(sourceMachineId, queue, now)
    this.#streams.set(name, stream)
    const { source } = stream
    source.lastAccessTime = Math.floor(now / 1000)
    const isNext = sequence > stream.place
    if (isNext) {
      stream.place = sequence
      source.sequenceNumber++
    } else source.rejectCount++
    return isNext
  }

  #isUnknown({ envelope, number }: Packet, { queue }: StreamPosition, now: number): boolean {
    // The copies for several queues have one id (behaviour D-04).
    const id = `${messageId(envelope.sourceMachineId, number)}>${queue.toLowerCase()}`
    const before = this.#ids.get(id)
    if (before !== undefined && now - before < memory) return false
    this.#ids.delete(id)
    this.#ids.set(id, now)
    if (this.#ids.size > limit) {
      const { value } = this.#oldest.next()
      if (value !== undefined) this.#ids.delete(value)
    }
    return true
  }
}

const newStream = (senderId: string, formatName: string, now: number): Stream => ({
  place: 0,
  source: { formatName, senderId, sequenceId: BigInt(now), sequenceNumber: 0, lastAccessTime: 0, rejectCount: 0 }
})
