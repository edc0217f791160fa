import type { CallElsewhere } from "./CallElsewhere.ts"

/** Notices of one handle of a queue. */
export interface Notices {
  readonly arrival: {
    notify(arrived: () => void): void
    cancel(): void
  }
  readonly end: {
    readonly isArmed: boolean
    notify(armed: () => void, arrived: () => void): void
    cancel(): void
  }
}

/** Look for a message that is made off the main thread. */
export type Looking = Pick<CallElsewhere, "abandon">

/** Outcome of a look: the message, `undefined` where there was none, or the look that is made off the main thread. */
export type Looked<A> = { readonly found: A } | Looking | undefined

/** Wait for a message. */
export interface Wait<A> {
  /** Handle that it waits through. */
  readonly handle: Notices
  /**
   * Looks once for a message, and does not throw. A look off the main thread calls `ended` with the message, or with
   * `undefined` where it found none or was abandoned.
   */
  readonly look: (ended: (found: A | undefined) => void) => Looked<A>
  readonly found: (outcome: A) => void
}

/** Wait that has begun. */
export interface Waiter<A> {
  /** Ends the wait without an outcome, and abandons its look. */
  readonly giveUp: () => void
  /** Ends the wait with an outcome, after a last look where none has been made for it yet. */
  readonly timeOut: (outcome: A) => void
}

interface Waiting<A> extends Wait<A> {
  /** Number of looks before it began. */
  readonly since: number
  readonly isCursor: boolean
  /** `true` once a look has found nothing since it began. */
  hasLooked: boolean
  /** Outcome that it ends with when the next look finds nothing. */
  last: A | undefined
}

/** Looks in a row after which the event loop has its turn. */
const turn = 64

/**
 * Milliseconds between looks of cursors at a queue that has only other messages, while no notice tells of new ones. They
 * double from the shortest to the longest.
 */
const cursorIntervals = { shortest: 20, longest: 1000 }

/**
 * Waits for a message of one queue, through any number of handles, in the order in which they began.
 *
 * They share one notice of an arrival, and take their messages by receives that do not wait, one after the other. So a
 * wait that is given up takes no message with it, and a thousand waits cost Message Queuing no more than one.
 */
export class WaitingReceives<A> {
  /** Waits for the first message of the queue, in order. Where one finds nothing, none does. */
  readonly #line = new Set<Waiting<A>>()
  /** Waits through cursors, each for a message at its own place. */
  readonly #cursors = new Set<Waiting<A>>()
  /** Waits through cursors that have not looked since a message came. */
  readonly #dueCursors = new Set<Waiting<A>>()
  /** `true` where a message may have come since a wait of the line looked. */
  #lineIsDue = false
  /** Number of waits of the line that have never looked. */
  #neverLooked = 0
  #looks = 0
  #isWorking = false
  /** `true` after a look of a cursor off the main thread: the line has its turn before the next cursor. */
  #isTurnOfLine = false
  #running: { readonly waiting: Waiting<A>; readonly looking: Looking } | undefined
  #later: NodeJS.Immediate | undefined
  /** Handle whose notice of an arrival is used. */
  #asked: Notices | undefined
  /** Handle whose notice at the end of the queue is used. */
  #watched: Notices | undefined
  /** `true` where the queue has messages, and no waiting cursor wants them. */
  #hasMessages = false
  #pause: NodeJS.Timeout | undefined
  #interval = cursorIntervals.shortest

  /** Begins a wait for the first message. `hasLooked`: the caller has just looked and found nothing. */
  add(wait: Wait<A>, hasLooked: boolean): Waiter<A> {
    return this.#add({ ...wait, since: this.#looks, isCursor: false, hasLooked, last: undefined })
  }

  /**
   * Begins a wait through a cursor. A notice of an arrival tells of the queue, not of the place of a cursor: while the
   * queue has only other messages, the notice at the end of the queue is used.
   */
  addCursor(wait: Wait<A>, hasLooked: boolean): Waiter<A> {
    return this.#add({ ...wait, since: this.#looks, isCursor: true, hasLooked, last: undefined })
  }

  /** Makes all waits look again. */
  wake(): void {
    this.#markAllDue()
    this.#work()
  }

  /**
   * Ends the waits through a handle that is being closed, with an outcome. The others use the notices of another handle.
   */
  close(handle: Notices, outcome: A): void {
    if (this.#asked === handle) this.#asked = undefined
    if (this.#watched === handle) this.#watched = undefined
    for (const set of [this.#line, this.#cursors]) {
      for (const waiting of set) {
        if (waiting.handle !== handle) continue
        this.#remove(waiting)
        waiting.found(outcome)
      }
    }
    this.#work()
  }

  /** `true` when no receive waits. */
  get isEmpty(): boolean {
    return this.#line.size === 0 && this.#cursors.size === 0
  }

  #add(waiting: Waiting<A>): Waiter<A> {
    if (waiting.isCursor) this.#cursors.add(waiting)
    else this.#line.add(waiting)
    if (!waiting.hasLooked) {
      if (waiting.isCursor) this.#dueCursors.add(waiting)
      else {
        this.#neverLooked++
        // A notice comes at once where there is a message.
        if (this.#asked === undefined) this.#lineIsDue = true
      }
    }
    this.#work()
    return {
      giveUp: () => {
        if (this.#remove(waiting)) this.#work()
      },
      timeOut: (outcome) => this.#timeOut(waiting, outcome)
    }
  }

  #timeOut(waiting: Waiting<A>, outcome: A): void {
    const isLookedFor = this.#running?.waiting === waiting
    if (!isLookedFor && waiting.hasLooked) return this.#end(waiting, outcome)
    waiting.last = outcome
    if (isLookedFor) return
    if (waiting.isCursor) this.#dueCursors.add(waiting)
    else this.#lineIsDue = true
    this.#work()
  }

  #end(waiting: Waiting<A>, outcome: A): void {
    if (!this.#remove(waiting)) return
    waiting.found(outcome)
    this.#work()
  }

  /** Removes a wait. Returns `false` where it was removed before. */
  #remove(waiting: Waiting<A>): boolean {
    const set = waiting.isCursor ? this.#cursors : this.#line
    if (!set.delete(waiting)) return false
    this.#dueCursors.delete(waiting)
    if (!waiting.isCursor && !waiting.hasLooked) this.#neverLooked--
    if (this.#running?.waiting === waiting) this.#running.looking.abandon()
    return true
  }

  #markAllDue(): void {
    this.#lineIsDue = true
    for (const cursor of this.#cursors) this.#dueCursors.add(cursor)
  }

  /** Looks as long as a message may be there, and then asks for a notice. */
  #work(): void {
    if (this.#isWorking || this.#running !== undefined || this.#later !== undefined) return
    this.#isWorking = true
    try {
      for (let looks = 0; ; looks++) {
        const waiting = this.#next() ?? this.#nextAfterAsking()
        if (waiting === undefined) return
        if (looks === turn) return this.#workLater()
        if (!this.#look(waiting)) return
      }
    } finally {
      this.#isWorking = false
    }
  }

  #workLater(): void {
    this.#later = setImmediate(() => {
      this.#later = undefined
      this.#work()
    })
  }

  /**
   * Returns the wait that looks next. Cursors come first: a receive of the line takes the message away. Where looks are
   * made off the main thread, cursors and line take turns.
   */
  #next(): Waiting<A> | undefined {
    const lineComes = this.#isTurnOfLine && this.#lineIsDue && this.#line.size > 0
    if (!lineComes) for (const cursor of this.#dueCursors) return cursor
    if (!this.#lineIsDue) return undefined
    for (const waiting of this.#line) return waiting
    this.#lineIsDue = false
    return undefined
  }

  /** Asks for a notice. Returns the wait that looks then, since a message may have come before. */
  #nextAfterAsking(): Waiting<A> | undefined {
    this.#ask()
    return this.#next()
  }

  /** Looks once. Returns `false` where the look is made off the main thread. */
  #look(waiting: Waiting<A>): boolean {
    const began = ++this.#looks
    if (waiting.isCursor) this.#dueCursors.delete(waiting)
    else this.#lineIsDue = false
    const looked = waiting.look((found) => {
      this.#running = undefined
      this.#handleFound(waiting, began, found)
      this.#work()
    })
    if (looked !== undefined && "abandon" in looked) {
      this.#running = { waiting, looking: looked }
      this.#isTurnOfLine = waiting.isCursor
      return false
    }
    this.#handleFound(waiting, began, looked?.found)
    return true
  }

  #handleFound(waiting: Waiting<A>, began: number, found: A | undefined): void {
    const isWaiting = (waiting.isCursor ? this.#cursors : this.#line).has(waiting)
    if (!waiting.isCursor && (found !== undefined || !isWaiting)) this.#lineIsDue = true
    if (found !== undefined && isWaiting) {
      this.#remove(waiting)
      waiting.found(found)
    } else if (found === undefined && isWaiting) this.#foundNothing(waiting, began)
  }

  #foundNothing(waiting: Waiting<A>, began: number): void {
    if (waiting.isCursor) return this.#noteNothing(waiting)
    this.#hasMessages = false
    if (this.#neverLooked === 0 && waiting.last === undefined) return
    for (const other of this.#line) if (other.since < began) this.#noteNothing(other)
  }

  /** Notes that a wait has looked and found nothing. */
  #noteNothing(waiting: Waiting<A>): void {
    if (!waiting.isCursor && !waiting.hasLooked) this.#neverLooked--
    waiting.hasLooked = true
    if (waiting.last !== undefined) this.#end(waiting, waiting.last)
  }

  #ask(): void {
    if (this.isEmpty) return this.#cancel()
    if (this.#line.size === 0 && this.#hasMessages) return this.#watch()
    this.#stopPause()
    if (this.#asked !== undefined) return
    const [first] = this.#line.size > 0 ? this.#line : this.#cursors
    if (first === undefined) return
    this.#asked = first.handle
    first.handle.arrival.notify(() => {
      this.#asked = undefined
      this.#hasMessages = true
      this.wake()
    })
  }

  /** Asks for the notice at the end of the queue: only cursors wait, and the queue has messages that they do not want. */
  #watch(): void {
    if (this.#isWatching) return this.#stopPause()
    // Until the notice is armed, and where there is none, they look from time to time.
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      this.#interval = Math.min(2 * this.#interval, cursorIntervals.longest)
      // Where no cursor could be created, it is tried again.
      this.#watched?.end.cancel()
      this.#watched = undefined
      this.wake()
    }, this.#interval)
    if (this.#watched !== undefined) return
    const [first] = this.#cursors
    if (first === undefined) return
    this.#watched = first.handle
    first.handle.end.notify(
      // A message may have come before the notice was armed.
      () => this.wake(),
      () => {
        this.#watched = undefined
        // Where the notice is armed again at once, the cursors look once, after that.
        if (this.#line.size === 0) this.#watch()
        if (!this.#isWatching) this.wake()
      }
    )
  }

  /** `true` where a notice tells of each message from now on. */
  get #isWatching(): boolean {
    return this.#watched?.end.isArmed === true
  }

  #stopPause(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#interval = cursorIntervals.shortest
  }

  #cancel(): void {
    this.#stopPause()
    this.#lineIsDue = false
    this.#asked?.arrival.cancel()
    this.#watched?.end.cancel()
    this.#asked = this.#watched = undefined
  }
}
