import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { Family } from "./QueueTree.ts"
import { deadlineIn, overAs, purgedAs } from "./Lifetime.ts"
import type { MessageClass } from "../facts/MessageClass.ts"
import { queueDeleted } from "../facts/MessageClass.ts"
import type { Packet, Place, State } from "./Packet.ts"
import { placeAt } from "./Packet.ts"
import { Places } from "./MessageIndex.ts"
import { SortedList } from "./SortedList.ts"
import type { Subqueues } from "./Subqueues.ts"
import type { Turn, WaitingReceive } from "../calls/WaitingReceive.ts"

/** A queue or a subqueue: messages by priority and arrival, and those who wait for one. */
export class Queue {
  /** The name that it is known by. */
  readonly formatName: string
  readonly family: Family
  /** Whether messages wait here for another machine. */
  readonly outgoing: boolean
  /** Those that it has; `null`: it is one itself. */
  readonly subqueues: Subqueues | null
  /** What there is to do when the last message or handle of a subqueue has gone. */
  readonly #onUnused: () => void
  /** Those who wait, the longest waiting first. */
  readonly waiting = new SortedList<Turn, WaitingReceive>((a, b) => a.turn - b.turn)
  #lastTurn = 0
  /** How many handles are open. */
  handles = 0
  /** How many of them are open for receiving. */
  receivers = 0
  /** Whether one of them lets nobody else receive. */
  exclusive = false
  /** How many messages are here, locked ones too (behaviour F-25). */
  length = 0
  /** The bytes of these. */
  bytes = 0
  /** How many of these a transaction has, or wait for the end of a message on another machine. */
  locked = 0
  /** How often it was purged. */
  #purges = 0
  readonly #places = new Places()

  constructor(
    formatName: string,
    family: Family,
    outgoing: boolean,
    subqueues: Subqueues | null,
    onUnused: () => void = () => {}
  ) {
    this.formatName = formatName
    this.family = family
    this.outgoing = outgoing
    this.subqueues = subqueues
    this.#onUnused = onUnused
  }

  get properties(): QueueProperties {
    return this.family.properties
  }

  get deleted(): boolean {
    return this.family.deleted
  }

  /** Takes in a message that can be received at once. */
  insert(packet: Packet, arrivedTime: number): void {
    this.#place(packet, arrivedTime)
    this.#offer(packet)
  }

  /** Takes in a message that nobody sees before its transaction commits, at the place that it then has (F-24). */
  hold(packet: Packet, arrivedTime: number): void {
    this.#place(packet, arrivedTime)
    this.#turn(packet, "arriving")
  }

  /** Shows a message whose transaction has committed, unless its time is over. */
  reveal(packet: Packet, now: number): void {
    if (this.isOver(packet, now)) this.lose(packet, overAs(this, packet), now)
    else this.#offer(packet)
  }

  /** Takes in a message of another queue of the family, at its old place, unless its time is over (behaviour D-43). */
  adopt(packet: Packet, now: number): void {
    packet.deadline = deadlineIn(this, packet)
    this.reveal(packet, now)
  }

  /** Reserves a message for a transaction, or for the receive that it came for. */
  lock(packet: Packet, allowsPeek = false): void {
    // A receive locks again what came for it while it waited.
    if (packet.state !== "locked") packet.purges = this.#purges
    this.#turn(packet, "locked", allowsPeek)
  }

  /** Gives a locked message free again, unless its time is over or it was purged meanwhile. */
  release(packet: Packet, now: number): void {
    // The mark goes with the transaction (behaviour E-70).
    packet.rejected = false
    if (this.deleted) this.lose(packet, queueDeleted, now)
    else if (this.isPurged(packet)) this.lose(packet, purgedAs(this), now)
    else this.reveal(packet, now)
  }

  /** Takes out a message that will never be received. */
  lose(packet: Packet, reason: MessageClass, now: number): void {
    this.remove(packet)
    this.family.manager.lost(this, packet, reason, now)
  }

  remove(packet: Packet): void {
    if (this.deleted) return
    if (isCounted(packet)) this.#count(packet, -1)
    this.#turn(packet, "gone")
    if (this.length === 0) this.#onUnused()
  }

  /** The message with a lookup id, if it is here and not arriving. */
  find(lookupId: bigint, now: number): Packet | undefined {
    this.sweep(now)
    const packet = this.#places.find(lookupId)
    return packet?.state === "arriving" ? undefined : packet
  }

  /** The first message that is available; to those who peek, also one that was locked for others to peek at (F-25). */
  first(now: number, peeking = false): Packet | undefined {
    this.sweep(now)
    return this.#places.first(peeking)
  }

  last(now: number, peeking = false): Packet | undefined {
    this.sweep(now)
    return this.#places.last(peeking)
  }

  /** Such a message at a place. */
  at(place: Place, now: number, peeking = false): Packet | undefined {
    const packet = this.#places.at(place)
    return packet !== undefined && this.isVisible(packet, now, peeking) ? packet : undefined
  }

  /** The first such message behind a place. */
  after(place: Place, now: number, peeking = false): Packet | undefined {
    this.sweep(now)
    return this.#places.after(place, peeking)
  }

  /** The last such message before a place. */
  before(place: Place, now: number, peeking = false): Packet | undefined {
    this.sweep(now)
    return this.#places.before(place, peeking)
  }

  isVisible(packet: Packet, now: number, peeking: boolean): boolean {
    const { allowsPeek, state } = packet
    return (state === "available" || (peeking && state === "locked" && allowsPeek)) && !this.isOver(packet, now)
  }

  /** Removes what is available; what is locked goes when its transaction ends (behaviour E-55). */
  purge(now: number): void {
    this.#purges++
    for (const packet of this.#places.available) this.lose(packet, purgedAs(this), now)
  }

  /** Whether a locked message was purged since it was locked. */
  isPurged(packet: Packet): boolean {
    return packet.purges < this.#purges
  }

  /**
   * Removes the messages whose time is over, unless a transaction has them (behaviour D-38), and says when the next one's
   * is, in milliseconds since 1970.
   */
  sweep(now: number): number {
    for (let dying = this.#places.dying; dying !== undefined; dying = this.#places.dying) {
      if (!this.isOver(dying, now)) return dying.deadline
      if (dying.state === "available") this.lose(dying, overAs(this, dying), now)
      // Not even to look at.
      else this.#turn(dying, "locked")
    }
    return Number.POSITIVE_INFINITY
  }

  /** Drops what does not survive the queue manager (behaviour D-22). */
  forgetExpress(): void {
    for (const packet of this.#places.available) if (packet.content.delivery === "express") this.remove(packet)
  }

  /** Ends the queue with its subqueues and its journal; what is locked goes when its transaction ends (behaviour C-41). */
  delete(now: number): void {
    this.family.deleted = true
    const left = this.#places.available
    this.family.held.bytes -= this.bytes
    this.length = 0
    this.bytes = 0
    this.#places.clear()
    for (const waiter of this.waiting) waiter.fail("MQ_ERROR_QUEUE_DELETED")
    for (const subqueue of this.subqueues?.all ?? []) subqueue.delete(now)
    // A subqueue comes to it too, and then it is done.
    if (this.family.journal?.deleted === false) this.family.journal.delete(now)
    for (const packet of left) this.lose(packet, queueDeleted, now)
  }

  /** Every message in order, locked ones too, but those that are arriving. */
  contents(now: number): ReadonlyArray<Packet> {
    this.sweep(now)
    return this.#places.all.filter(isCounted)
  }

  /** Gives the last place among those who wait. */
  nextTurn(): number {
    return ++this.#lastTurn
  }

  /** Says that a handle on it was closed. */
  closed(): void {
    this.handles--
    if (this.length === 0) this.#onUnused()
  }

  /** Whether a message may no longer be handed out (behaviours D-33, D-34, D-43). */
  isOver(packet: Packet, now: number): boolean {
    return now >= packet.deadline
  }

  /** Gives a message that comes in the last place of its priority. */
  #place(packet: Packet, arrivedTime: number): void {
    packet.arrivedTime = arrivedTime
    packet.place = placeAt(packet.content.priority, ++this.family.sequence)
    packet.deadline = deadlineIn(this, packet)
  }

  #turn(packet: Packet, state: State, allowsPeek = false): void {
    if (packet.state === "locked") this.locked--
    if (state === "locked") this.locked++
    this.#places.turn(packet, state, allowsPeek)
  }

  #count(packet: Packet, sign: 1 | -1): void {
    this.length += sign
    this.bytes += sign * packet.size
    this.family.bytes += sign * packet.size
    this.family.held.bytes += sign * packet.size
  }

  /** Shows a message to those who wait, until one takes it (behaviour E-10). */
  #offer(packet: Packet): void {
    if (!isCounted(packet)) this.#count(packet, 1)
    this.#turn(packet, "available")
    if (packet.deadline !== Number.POSITIVE_INFINITY) this.family.manager.expects(packet.deadline)
    if (this.waiting.first === undefined) return
    for (const waiter of this.waiting) {
      waiter.serve(packet)
      if (packet.state !== "available") return
    }
  }
}

/** Behaviour F-25. */
const isCounted = ({ state }: Packet): boolean => state === "available" || state === "locked"
