import type { QueueProperties } from "@effect-msmq/core/QueueProperties"
import type { Family } from "./Family.ts"
import { deadlineIn, overAs, purgedAs } from "./Lifetime.ts"
import type { MessageClass } from "./MessageClass.ts"
import { queueDeleted } from "./MessageClass.ts"
import type { Packet } from "./Packet.ts"
import { Places } from "./Places.ts"
import type { Subqueues } from "./Subqueues.ts"
import type { WaitingReceive } from "./WaitingReceive.ts"

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
  readonly waiting = new Set<WaitingReceive>()
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
  /** How many of these are not here for ever. */
  #mortals = 0
  /** How many locked ones may be peeked at. */
  #peekable = 0
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
    this.hold(packet, arrivedTime)
    this.#count(packet, 1)
    this.#offer(packet)
  }

  /** Takes in a message that nobody sees before its transaction commits, at the place that it then has (F-24). */
  hold(packet: Packet, arrivedTime: number): void {
    packet.arrivedTime = arrivedTime
    packet.sequence = ++this.family.sequence
    packet.state = "arriving"
    this.#places.push(packet)
  }

  /** Shows a message whose transaction has committed, unless its time is over. */
  reveal(packet: Packet, now: number): void {
    this.#count(packet, 1)
    packet.state = "available"
    if (!this.#drop(packet, now)) this.#offer(packet)
  }

  /** Takes in a message of another queue of the family, at the place that its lookup id gives it. */
  adopt(packet: Packet): void {
    this.#places.insert(packet)
    this.#count(packet, 1)
    this.#offer(packet)
  }

  /** Reserves a message for a transaction, or for the receive that it came for. */
  lock(packet: Packet, allowsPeek = false): void {
    // A receive locks again what came for it while it waited.
    if (packet.state !== "locked") this.locked++
    packet.state = "locked"
    packet.allowsPeek = allowsPeek
    if (allowsPeek) this.#peekable++
  }

  /** Gives a locked message free again, unless its time is over or it was purged meanwhile. */
  release(packet: Packet, now: number): void {
    this.#unlock(packet)
    // The mark goes with the transaction (behaviour E-70).
    packet.rejected = false
    if (this.deleted) this.lose(packet, queueDeleted, now)
    else if (packet.purged) this.lose(packet, purgedAs(this), now)
    else if (this.isOver(packet, now)) this.lose(packet, overAs(this, packet), now)
    else this.#offer(packet)
  }

  /** Takes out a message that will never be received. */
  lose(packet: Packet, reason: MessageClass, now: number): void {
    this.remove(packet)
    this.family.manager.lost(this, packet, reason, now)
  }

  /** Takes out a message, which keeps its place as long as a cursor stands there. */
  remove(packet: Packet): void {
    if (this.deleted) return
    const counted = packet.state !== "arriving"
    this.#unlock(packet)
    packet.state = "gone"
    if (packet.pins === 0) this.#places.remove(packet)
    if (counted) this.#count(packet, -1)
    if (this.length === 0) this.#onUnused()
  }

  /** Keeps a message's place while something stands there. */
  pin(packet: Packet): void {
    packet.pins++
  }

  unpin(packet: Packet): void {
    packet.pins--
    if (packet.pins === 0 && packet.state === "gone" && packet.placed && !this.deleted) this.#places.remove(packet)
  }

  /** The message with a lookup id, if it is here and not arriving. */
  find(lookupId: bigint, now: number): Packet | undefined {
    const packet = this.#places.find(lookupId)
    if (packet === undefined || packet.state === "arriving" || packet.state === "gone") return undefined
    return this.#drop(packet, now) ? undefined : packet
  }

  /** The first message that is available; to those who peek, also one that was locked for others to peek at (F-25). */
  first(now: number, peeking = false): Packet | undefined {
    return this.#places.first(this.#wanted(now, peeking), peeking && this.#peekable > 0)
  }

  last(now: number, peeking = false): Packet | undefined {
    return this.#places.last(this.#wanted(now, peeking))
  }

  /** The first such message behind a place. */
  after(place: Packet, now: number, peeking = false): Packet | undefined {
    return this.#places.after(place, this.#wanted(now, peeking), peeking && this.#peekable > 0)
  }

  /** The last such message before a place. */
  before(place: Packet, now: number, peeking = false): Packet | undefined {
    return this.#places.before(place, this.#wanted(now, peeking))
  }

  isVisible(packet: Packet, now: number, peeking: boolean): boolean {
    const { allowsPeek, state } = packet
    return (state === "available" || (peeking && state === "locked" && allowsPeek)) && !this.isOver(packet, now)
  }

  /** Removes what is available; what is locked goes when its transaction ends (behaviour E-55). */
  purge(now: number): void {
    for (const packet of this.#places.all()) {
      if (packet.state === "available") this.lose(packet, purgedAs(this), now)
      if (packet.state === "locked") packet.purged = true
    }
  }

  /** Removes the messages whose time is over, and says when the next one's is, in milliseconds since 1970. */
  sweep(now: number): number {
    let next = Number.POSITIVE_INFINITY
    if (this.#mortals === 0) return next
    for (const packet of this.#places.all()) {
      if (packet.state === "gone" || this.#drop(packet, now) || this.isOver(packet, now)) continue
      next = Math.min(next, deadlineIn(this, packet))
    }
    return next
  }

  /** Drops what does not survive the queue manager (behaviour D-22). */
  forgetExpress(): void {
    for (const packet of this.#places.all()) {
      if (packet.state === "available" && packet.content.delivery === "express") this.remove(packet)
    }
  }

  /** Ends the queue with its subqueues and its journal; what is locked goes when its transaction ends (behaviour C-41). */
  delete(now: number): void {
    this.family.deleted = true
    const left = this.#places.all().filter(({ state }) => state === "available")
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
    return this.#places
      .all()
      .filter((packet) => packet.state === "locked" || (packet.state === "available" && !this.isOver(packet, now)))
      .toSorted((a, b) => b.content.priority - a.content.priority)
  }

  /** Says that a handle on it was closed. */
  closed(): void {
    this.handles--
    if (this.length === 0) this.#onUnused()
  }

  /** Whether a message may no longer be handed out (behaviours D-33, D-34, D-43). */
  isOver(packet: Packet, now: number): boolean {
    return now >= deadlineIn(this, packet)
  }

  /** Looks for what is visible, and on the way removes what is over. */
  #wanted(now: number, peeking: boolean): (packet: Packet) => boolean {
    return (packet) => !this.#drop(packet, now) && this.isVisible(packet, now, peeking)
  }

  /** Removes a message if its time is over, unless a transaction has it (behaviour D-38). */
  #drop(packet: Packet, now: number): boolean {
    if (this.#mortals === 0 || packet.state !== "available" || !this.isOver(packet, now)) return false
    this.lose(packet, overAs(this, packet), now)
    return true
  }

  #unlock(packet: Packet): void {
    if (packet.state === "locked") this.locked--
    if (packet.allowsPeek) this.#peekable--
    packet.allowsPeek = false
  }

  #count(packet: Packet, sign: 1 | -1): void {
    this.length += sign
    this.bytes += sign * packet.size
    this.family.bytes += sign * packet.size
    this.family.held.bytes += sign * packet.size
    const deadline = deadlineIn(this, packet)
    if (deadline === Number.POSITIVE_INFINITY) return
    this.#mortals += sign
    if (sign > 0) this.family.manager.expects(deadline)
  }

  /** Shows an available message to those who wait, until one takes it (behaviour E-10). */
  #offer(packet: Packet): void {
    packet.state = "available"
    this.#places.notice(packet)
    if (this.waiting.size === 0) return
    for (const waiter of this.waiting) {
      waiter.serve(packet)
      if (packet.state !== "available") return
    }
  }
}
