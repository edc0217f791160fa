import type { Packet, Place, State } from "./Packet.ts"
import { lookupIdOf, placeOf } from "./Packet.ts"
import { SortedList } from "./SortedList.ts"

const inOrder = (a: Place, b: Place): number => a.place - b.place

/** Key of a message in the order in which time runs out. */
type Expiring = Pick<Packet, "deadline" | "place">

const byDeadline = (a: Expiring, b: Expiring): number => a.deadline - b.deadline || a.place - b.place

/**
 * All messages of a queue in its order: by priority, then by arrival. There is one list for each kind of visibility, so that
 * no operation walks past messages that it must not see.
 */
export class MessageIndex {
  readonly #available = new SortedList<Place, Packet>(inOrder)
  /** Messages that are locked, and visible to peeks. */
  readonly #peekable = new SortedList<Place, Packet>(inOrder)
  /** Messages that are arriving, or locked and not visible. */
  readonly #hidden = new SortedList<Place, Packet>(inOrder)
  /** Visible messages that have a time limit. */
  readonly #expiring = new SortedList<Expiring, Packet>(byDeadline)

  /** Brings a message into another state: it is added, moved to another list, or removed when it is gone. */
  setState(packet: Packet, state: State, allowsPeek = false): void {
    this.#listOf(packet)?.delete(packet)
    if (expires(packet)) this.#expiring.delete(packet)
    packet.state = state
    packet.allowsPeek = allowsPeek
    this.#listOf(packet)?.add(packet)
    if (expires(packet)) this.#expiring.add(packet)
  }

  /** All messages in order, as they are now. */
  get all(): ReadonlyArray<Packet> {
    return [this.#available, this.#peekable, this.#hidden].flatMap((list) => list.all).toSorted(inOrder)
  }

  /** Available messages in order, as they are now. */
  get available(): ReadonlyArray<Packet> {
    return this.#available.all
  }

  /** Visible message whose time is over first. */
  get nextToExpire(): Packet | undefined {
    return this.#expiring.first
  }

  /** Returns the message of a lookup id. */
  find(lookupId: bigint): Packet | undefined {
    const packet = this.at(placeOf(lookupId))
    return packet !== undefined && lookupIdOf(packet) === lookupId ? packet : undefined
  }

  /** Returns the message at a place, whatever its state. */
  at(place: Place): Packet | undefined {
    return this.#available.get(place) ?? this.#peekable.get(place) ?? this.#hidden.get(place)
  }

  /** Returns the first message that is available or, for a peek, locked and visible to peeks. */
  first(peeking: boolean): Packet | undefined {
    return earlier(this.#available.first, peeking ? this.#peekable.first : undefined)
  }

  /** Returns the last such message. */
  last(peeking: boolean): Packet | undefined {
    return later(this.#available.last, peeking ? this.#peekable.last : undefined)
  }

  /** Returns the first such message behind a place. */
  after(place: Place, peeking: boolean): Packet | undefined {
    return earlier(this.#available.after(place), peeking ? this.#peekable.after(place) : undefined)
  }

  /** Returns the last such message before a place. */
  before(place: Place, peeking: boolean): Packet | undefined {
    return later(this.#available.before(place), peeking ? this.#peekable.before(place) : undefined)
  }

  /** Removes all messages. */
  clear(): void {
    for (const list of [this.#available, this.#peekable, this.#hidden, this.#expiring]) list.clear()
  }

  #listOf({ allowsPeek, state }: Packet): SortedList<Place, Packet> | undefined {
    if (state === "available") return this.#available
    if (state === "gone") return undefined
    return allowsPeek ? this.#peekable : this.#hidden
  }
}

const expires = ({ allowsPeek, deadline, state }: Packet): boolean =>
  deadline !== Number.POSITIVE_INFINITY && (state === "available" || allowsPeek)

const earlier = (a: Packet | undefined, b: Packet | undefined): Packet | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return inOrder(a, b) < 0 ? a : b
}

const later = (a: Packet | undefined, b: Packet | undefined): Packet | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return inOrder(a, b) > 0 ? a : b
}
