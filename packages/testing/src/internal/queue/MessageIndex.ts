import type { Packet, Place, State } from "./Packet.ts"
import { lookupIdOf, placeOf } from "./Packet.ts"
import { SortedList } from "./SortedList.ts"

const inOrder = (a: Place, b: Place): number => a.place - b.place

/** Where a message is in the order in which time runs out. */
type Mortal = Pick<Packet, "deadline" | "place">

const byDeadline = (a: Mortal, b: Mortal): number => a.deadline - b.deadline || a.place - b.place

/**
 * All messages of a queue in its order, by priority, then by arrival. They are kept apart by who may see them, so that
 * nobody has to pass those that are not for him, however many these are.
 */
export class Places {
  readonly #available = new SortedList<Place, Packet>(inOrder)
  /** Locked, and shown to those who peek. */
  readonly #peekable = new SortedList<Place, Packet>(inOrder)
  /** Arriving, or locked. */
  readonly #hidden = new SortedList<Place, Packet>(inOrder)
  /** Those that may be seen, and not for ever. */
  readonly #mortal = new SortedList<Mortal, Packet>(byDeadline)

  /** Brings a message into another state, and so in, or out when it is gone. */
  turn(packet: Packet, state: State, allowsPeek = false): void {
    this.#listOf(packet)?.delete(packet)
    if (isMortal(packet)) this.#mortal.delete(packet)
    packet.state = state
    packet.allowsPeek = allowsPeek
    this.#listOf(packet)?.add(packet)
    if (isMortal(packet)) this.#mortal.add(packet)
  }

  /** All in order, as they are now. */
  get all(): ReadonlyArray<Packet> {
    return [this.#available, this.#peekable, this.#hidden].flatMap((list) => list.all).toSorted(inOrder)
  }

  /** The available ones, as they are now. */
  get available(): ReadonlyArray<Packet> {
    return this.#available.all
  }

  /** The one among those that may be seen whose time is over first. */
  get dying(): Packet | undefined {
    return this.#mortal.first
  }

  find(lookupId: bigint): Packet | undefined {
    const packet = this.at(placeOf(lookupId))
    return packet !== undefined && lookupIdOf(packet) === lookupId ? packet : undefined
  }

  /** The message at a place, whatever its state. */
  at(place: Place): Packet | undefined {
    return this.#available.get(place) ?? this.#peekable.get(place) ?? this.#hidden.get(place)
  }

  /** The first message that is available; to those who peek, also one that is locked for others to peek at. */
  first(peeking: boolean): Packet | undefined {
    return earlier(this.#available.first, peeking ? this.#peekable.first : undefined)
  }

  last(peeking: boolean): Packet | undefined {
    return later(this.#available.last, peeking ? this.#peekable.last : undefined)
  }

  /** The first such message behind a place. */
  after(place: Place, peeking: boolean): Packet | undefined {
    return earlier(this.#available.after(place), peeking ? this.#peekable.after(place) : undefined)
  }

  /** The last such message before a place. */
  before(place: Place, peeking: boolean): Packet | undefined {
    return later(this.#available.before(place), peeking ? this.#peekable.before(place) : undefined)
  }

  clear(): void {
    for (const list of [this.#available, this.#peekable, this.#hidden, this.#mortal]) list.clear()
  }

  #listOf({ allowsPeek, state }: Packet): SortedList<Place, Packet> | undefined {
    if (state === "available") return this.#available
    if (state === "gone") return undefined
    return allowsPeek ? this.#peekable : this.#hidden
  }
}

const isMortal = ({ allowsPeek, deadline, state }: Packet): boolean =>
  deadline !== Number.POSITIVE_INFINITY && (state === "available" || allowsPeek)

const earlier = (a: Packet | undefined, b: Packet | undefined): Packet | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return inOrder(a, b) < 0 ? a : b
}

const later = (a: Packet | undefined, b: Packet | undefined): Packet | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return inOrder(a, b) > 0 ? a : b
}
