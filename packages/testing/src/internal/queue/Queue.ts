import type { QueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import type { MessageClass } from "../facts/MessageClass.ts"
import { queueDeleted } from "../facts/MessageClass.ts"
import type { Steps } from "../facts/Steps.ts"
import { finish } from "../facts/Steps.ts"
import { classOfExpiry, classOfPurge, deadlineIn } from "./Lifetime.ts"
import { MessageIndex } from "./MessageIndex.ts"
import type { Packet, Place, State } from "./Packet.ts"
import { placeAt } from "./Packet.ts"
import type { QueueTree } from "./QueueTree.ts"
import { SortedList } from "./SortedList.ts"
import type { Turn, Waiter } from "./Waiter.ts"

/** A queue, a subqueue or a journal: messages by priority and arrival, and the receives that wait for one. */
export class Queue {
  /** Format name that the queue is listed under. */
  readonly formatName: string
  /** State that the queue shares with its subqueues. */
  readonly tree: QueueTree
  /** Journal of the queue; `null` for a journal itself, an outgoing queue and a system queue. */
  readonly journal: Queue | null
  /** `true` where the messages wait for another machine. */
  readonly outgoing: boolean
  /** Subqueues of the queue; `null` where it can have none. */
  readonly subqueues: Subqueues | null
  /** Runs when the last message has gone, and when a handle is closed on an empty queue. */
  readonly #onUnused: () => void
  /** Receives and peeks that wait, the longest waiting first. */
  readonly waiting = new SortedList<Turn, Waiter>((a, b) => a.turn - b.turn)
  #lastTurn = 0
  /** Number of open handles. */
  handles = 0
  /** Number of handles that are open for receiving. */
  receivers = 0
  /** `true` while a handle lets no other receive. */
  exclusive = false
  /** Number of messages, locked ones included (behaviour F-25). */
  length = 0
  /** Size of these messages, in bytes. */
  bytes = 0
  /** Number of these that a transaction holds, or that wait for their end on another machine. */
  locked = 0
  /** Number of times that the queue was purged. */
  #purges = 0
  readonly #messages = new MessageIndex()

  constructor(
    formatName: string,
    tree: QueueTree,
    journal: Queue | null,
    outgoing: boolean,
    subqueues: Subqueues | null,
    onUnused: () => void = () => {}
  ) {
    this.formatName = formatName
    this.tree = tree
    this.journal = journal
    this.outgoing = outgoing
    this.subqueues = subqueues
    this.#onUnused = onUnused
  }

  /** Properties of the queue; a subqueue has those of its queue. */
  get properties(): QueueProperties {
    return this.tree.properties
  }

  /** `true` once the queue is deleted. */
  get deleted(): boolean {
    return this.tree.deleted
  }

  /** Sets the security descriptor of the queue and of its journal. */
  setSecurity(descriptor: SecurityDescriptor): void {
    this.tree.security = descriptor
    if (this.journal !== null) this.journal.tree.security = descriptor
  }

  /** Adds a message that can be received at once; `arrivedTime` in seconds since 1970. */
  insert(packet: Packet, arrivedTime: number): void {
    this.#setPlace(packet, arrivedTime)
    this.#offer(packet)
  }

  /** Adds a message that is invisible until its transaction commits, at the place that it then has (F-24). */
  hold(packet: Packet, arrivedTime: number): void {
    this.#setPlace(packet, arrivedTime)
    this.#setState(packet, "arriving")
  }

  /** Makes a message available whose transaction has committed, unless its time is over. */
  reveal(packet: Packet, now: number): void {
    if (this.isExpired(packet, now)) this.lose(packet, classOfExpiry(this, packet), now)
    else this.#offer(packet)
  }

  /** Adds a message of another queue of the tree, at its old place, unless its time is over (behaviour D-43). */
  adopt(packet: Packet, now: number): void {
    packet.deadline = deadlineIn(this, packet)
    this.reveal(packet, now)
  }

  /** Locks a message for a transaction, or for the receive that it came for. */
  lock(packet: Packet, allowsPeek = false): void {
    // A receive that waited locks its message when it comes, and once more when it hands it out.
    if (packet.state !== "locked") packet.purges = this.#purges
    this.#setState(packet, "locked", allowsPeek)
  }

  /** Unlocks a message, unless its time is over or the queue was purged or deleted meanwhile. */
  release(packet: Packet, now: number): void {
    // The mark ends with the transaction (behaviour E-70).
    packet.rejected = false
    if (this.deleted) this.lose(packet, queueDeleted, now)
    else if (this.isPurged(packet)) this.lose(packet, classOfPurge(this), now)
    else this.reveal(packet, now)
  }

  /** Removes a message that will never be received. */
  lose(packet: Packet, reason: MessageClass, now: number): void {
    this.remove(packet)
    this.tree.manager.onLoss(this.tree, packet, reason, now)
  }

  /** Removes a message. */
  remove(packet: Packet): void {
    if (this.deleted) return
    if (isCounted(packet)) this.#count(packet, -1)
    this.#setState(packet, "gone")
    if (this.length === 0) this.#onUnused()
  }

  /** Returns the message of a lookup id, unless it is still arriving. */
  find(lookupId: bigint, now: number): Packet | undefined {
    this.#sweepNow(now)
    const packet = this.#messages.find(lookupId)
    return packet?.state === "arriving" ? undefined : packet
  }

  /** Returns the first visible message: an available one or, for a peek, one that is locked and visible to peeks (F-25). */
  first(now: number, peeking = false): Packet | undefined {
    this.#sweepNow(now)
    return this.#messages.first(peeking)
  }

  /** Returns the last visible message. */
  last(now: number, peeking = false): Packet | undefined {
    this.#sweepNow(now)
    return this.#messages.last(peeking)
  }

  /** Returns the visible message at a place. */
  at(place: Place, now: number, peeking = false): Packet | undefined {
    const packet = this.#messages.at(place)
    return packet !== undefined && this.isVisible(packet, now, peeking) ? packet : undefined
  }

  /** Returns the first visible message behind a place. */
  after(place: Place, now: number, peeking = false): Packet | undefined {
    this.#sweepNow(now)
    return this.#messages.after(place, peeking)
  }

  /** Returns the last visible message before a place. */
  before(place: Place, now: number, peeking = false): Packet | undefined {
    this.#sweepNow(now)
    return this.#messages.before(place, peeking)
  }

  /** Tells whether a receive, or a peek, can see a message. */
  isVisible(packet: Packet, now: number, peeking: boolean): boolean {
    const { allowsPeek, state } = packet
    return (state === "available" || (peeking && state === "locked" && allowsPeek)) && !this.isExpired(packet, now)
  }

  /** Removes the available messages; locked ones are removed when their transaction ends (behaviour E-55). */
  *purge(now: number): Steps {
    this.#purges++
    for (const packet of this.#messages.available) {
      this.lose(packet, classOfPurge(this), now)
      yield
    }
  }

  /** Tells whether the queue was purged since a message was locked. */
  isPurged(packet: Packet): boolean {
    return packet.purges < this.#purges
  }

  /**
   * Removes the messages whose time is over, unless a transaction holds them (behaviour D-38), and returns the next
   * deadline, in milliseconds since 1970.
   */
  *sweep(now: number): Steps<number> {
    for (let next = this.#messages.nextToExpire; next !== undefined; next = this.#messages.nextToExpire) {
      if (!this.isExpired(next, now)) return next.deadline
      if (next.state === "available") this.lose(next, classOfExpiry(this, next), now)
      // A locked message is no longer visible to peeks.
      else this.#setState(next, "locked")
      yield
    }
    return Number.POSITIVE_INFINITY
  }

  /** Tells whether the time of a visible message is over. */
  isDue(now: number): boolean {
    const next = this.#messages.nextToExpire
    return next !== undefined && this.isExpired(next, now)
  }

  #sweepNow(now: number): void {
    if (this.isDue(now)) finish(this.sweep(now))
  }

  /** Removes the express messages, which do not survive a stop of the queue manager (behaviour D-22). */
  *dropExpress(): Steps {
    for (const packet of this.#messages.available) {
      if (packet.content.delivery === "express") this.remove(packet)
      yield
    }
  }

  /** Deletes the queue with its subqueues and its journal; locked messages go when their transaction ends (behaviour C-41). */
  *delete(now: number): Steps {
    this.tree.deleted = true
    const left = this.#messages.available
    this.tree.held.bytes -= this.bytes
    this.length = 0
    this.bytes = 0
    this.#messages.clear()
    for (const waiter of this.waiting) {
      waiter.fail("MQ_ERROR_QUEUE_DELETED")
      yield
    }
    for (const subqueue of this.subqueues?.all ?? []) yield* subqueue.delete(now)
    // A subqueue has deleted the journal already.
    if (this.journal?.deleted === false) yield* this.journal.delete(now)
    for (const packet of left) {
      this.lose(packet, queueDeleted, now)
      yield
    }
  }

  /** Returns every message in order, locked ones included, without those that are arriving. */
  contents(now: number): ReadonlyArray<Packet> {
    this.#sweepNow(now)
    return this.#messages.all.filter(isCounted)
  }

  /** Returns the turn of a new waiter, behind all others. */
  nextTurn(): number {
    return ++this.#lastTurn
  }

  /** Counts a handle as closed. */
  removeHandle(): void {
    this.handles--
    if (this.length === 0) this.#onUnused()
  }

  /** Tells whether the time of a message is over, so that it must not be handed out (behaviours D-33, D-34, D-43). */
  isExpired(packet: Packet, now: number): boolean {
    return now >= packet.deadline
  }

  /** Gives a message the last place of its priority. */
  #setPlace(packet: Packet, arrivedTime: number): void {
    packet.arrivedTime = arrivedTime
    packet.place = placeAt(packet.content.priority, ++this.tree.sequence)
    packet.deadline = deadlineIn(this, packet)
  }

  #setState(packet: Packet, state: State, allowsPeek = false): void {
    if (packet.state === "locked") this.locked--
    if (state === "locked") this.locked++
    this.#messages.setState(packet, state, allowsPeek)
  }

  #count(packet: Packet, sign: 1 | -1): void {
    this.length += sign
    this.bytes += sign * packet.size
    this.tree.bytes += sign * packet.size
    this.tree.held.bytes += sign * packet.size
  }

  /** Makes a message available and offers it to each waiter, until one takes it (behaviour E-10). */
  #offer(packet: Packet): void {
    if (!isCounted(packet)) this.#count(packet, 1)
    this.#setState(packet, "available")
    if (packet.deadline !== Number.POSITIVE_INFINITY) this.tree.manager.wakeAt(packet.deadline)
    if (this.waiting.first === undefined) return
    for (const waiter of this.waiting) {
      waiter.serve(packet)
      if (packet.state !== "available") return
    }
  }
}

/** Tells whether a message counts among those of its queue (behaviour F-25). */
const isCounted = ({ state }: Packet): boolean => state === "available" || state === "locked"

/** Subqueues of a queue. A subqueue exists while it holds a message or is open (behaviours B-29, B-30). */
export class Subqueues {
  readonly #byName = new Map<string, Queue>()
  readonly #names = new Map<Queue, string>()

  /** Subqueues in the order of creation. */
  get all(): ReadonlyArray<Queue> {
    return [...this.#byName.values()]
  }

  /** Their names, in the same order. */
  get names(): ReadonlyArray<string> {
    return [...this.#names.values()]
  }

  /** Returns the subqueue of a name, and creates it where there is none. */
  open(name: string, formatName: string, { journal, tree }: Queue): Queue {
    const key = name.toLowerCase()
    const known = this.#byName.get(key)
    if (known !== undefined) return known
    const subqueue: Queue = new Queue(formatName, tree, journal, false, null, () => {
      if (subqueue.handles > 0) return
      this.#byName.delete(key)
      this.#names.delete(subqueue)
    })
    this.#byName.set(key, subqueue)
    this.#names.set(subqueue, name)
    return subqueue
  }
}
