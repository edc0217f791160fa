import { Lane } from "./Lane.ts"
import type { Packet } from "./Packet.ts"
import { lookupIdOf, placeOf } from "./Packet.ts"

const priorities = [0, 1, 2, 3, 4, 5, 6, 7]
const highest = 7

/** Whether a message is one that is looked for. It may take that very message out of its place. */
type Wanted = (packet: Packet) => boolean

/** All messages of a queue in its order: by priority, then by arrival. */
export class Places {
  readonly #lanes = priorities.map(() => new Lane())

  push(packet: Packet): void {
    this.#lane(packet).push(packet)
  }

  /** Puts a message where its lookup id belongs. */
  insert(packet: Packet): void {
    this.#lane(packet).place(packet)
  }

  remove(packet: Packet): void {
    this.#lane(packet).remove(packet)
  }

  /** Takes notice of a message that has become available. */
  notice(packet: Packet): void {
    this.#lane(packet).notice(packet)
  }

  find(lookupId: bigint): Packet | undefined {
    const { priority, sequence } = placeOf(lookupId)
    const packet = this.#lanes[priority]?.find(sequence)
    return packet !== undefined && lookupIdOf(packet) === lookupId ? packet : undefined
  }

  all(): ReadonlyArray<Packet> {
    const packets: Array<Packet> = []
    for (const lane of this.#lanes) for (let at = lane.first; at !== undefined; at = at.next) packets.push(at)
    return packets
  }

  /** The first one wanted. `everywhere`: also where no message is available. */
  first(wanted: Wanted, everywhere: boolean): Packet | undefined {
    return this.#firstUpTo(highest, wanted, everywhere)
  }

  last(wanted: Wanted): Packet | undefined {
    return this.#lastFrom(0, wanted)
  }

  /** The first one wanted behind a place. */
  after(place: Packet, wanted: Wanted, everywhere: boolean): Packet | undefined {
    return forwards(place.next, wanted) ?? this.#firstUpTo(place.content.priority - 1, wanted, everywhere)
  }

  /** The last one wanted before a place. */
  before(place: Packet, wanted: Wanted): Packet | undefined {
    return backwards(place.previous, wanted) ?? this.#lastFrom(place.content.priority + 1, wanted)
  }

  clear(): void {
    for (const lane of this.#lanes) lane.clear()
  }

  #firstUpTo(priority: number, wanted: Wanted, everywhere: boolean): Packet | undefined {
    for (let at = priority; at >= 0; at--) {
      const lane = this.#lanes[at]
      const found = forwards(everywhere ? lane?.first : lane?.head, wanted)
      if (found !== undefined) return found
    }
    return undefined
  }

  #lastFrom(priority: number, wanted: Wanted): Packet | undefined {
    for (let at = priority; at <= highest; at++) {
      const found = backwards(this.#lanes[at]?.last, wanted)
      if (found !== undefined) return found
    }
    return undefined
  }

  #lane(packet: Packet): Lane {
    const lane = this.#lanes[packet.content.priority]
    if (lane === undefined) throw new RangeError(`no priority ${packet.content.priority}`)
    return lane
  }
}

const forwards = (from: Packet | undefined, wanted: Wanted): Packet | undefined => {
  for (let at = from; at !== undefined;) {
    const { next }: Packet = at
    if (wanted(at)) return at
    at = next
  }
  return undefined
}

const backwards = (from: Packet | undefined, wanted: Wanted): Packet | undefined => {
  for (let at = from; at !== undefined;) {
    const { previous }: Packet = at
    if (wanted(at)) return at
    at = previous
  }
  return undefined
}
