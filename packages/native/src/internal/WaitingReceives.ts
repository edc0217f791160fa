import type { CallElsewhere } from "./CallElsewhere.ts"

/** The notices of one handle of a queue. */
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

/** A look for a message that a call makes off the main thread. */
export type Looking = Pick<CallElsewhere, "abandon">

/** The outcome of a look: what it found, `undefined` where there was nothing, or the call that brings one of the two. */
export type Looked<A> = { readonly found: A } | Looking | undefined

/** Somebody who wants to wait. */
export interface Wait<A> {
  /** The handle that it waits through. */
  readonly handle: Notices
  /**
   * Looks once for a message. A look off the main thread calls `ended` with what it found, or with `undefined` also where it
   * was abandoned. It may throw nothing.
   */
  readonly look: (ended: (found: A | undefined) => void) => Looked<A>
  readonly found: (outcome: A) => void
}

/** Somebody who waits. */
export interface Waiter<A> {
  /** Takes the wait back. A look that is made for it is abandoned. */
  readonly giveUp: () => void
  /** Ends the wait with such an outcome, after a last look where none was made for it yet. */
  readonly timeOut: (outcome: A) => void
}

interface Waiting<A> extends Wait<A> {
  /** The time when it came, counted in looks. */
  readonly since: number
  readonly isCursor: boolean
  /** `true` once a look since it came has found nothing. */
  hasLooked: boolean
  /** The outcome that it ends with when the next look finds nothing. */
  last: A | undefined
}

/** After so many looks in a row the event loop has its turn. */
const turn = 64

/** Milliseconds between looks of cursors at a queue that has other messages only, while no notice tells of new ones. */
const cursorIntervals = { shortest: 20, longest: 1000 }

/**
 * Those who wait for a message of one queue, through however many handles, first come, first served.
 *
 * They wait by one notice of an arrival, and take their messages by receives that do not wait, one after the other. So a
 * wait that is given up takes no message with it, and a thousand of them cost Message Queuing no more than one.
 */
export class WaitingReceives<A> {
  /** In order of insertion. They all look at the same place: where one finds nothing, nobody does. */
  readonly #line = new Set<Waiting<A>>()
  /** Each looks at a place of its own. */
  readonly #cursors = new Set<Waiting<A>>()
  /** The cursors that have not looked since something came. */
  readonly #dueCursors = new Set<Waiting<A>>()
  /** `true` where something may have come since somebody of the line looked. */
  #lineIsDue = false
  /** Those of the line that have never looked. */
  #neverLooked = 0
  #looks = 0
  #isWorking = false
  /** `true` after a look of a cursor that was made elsewhere: the line has its turn before the next one. */
  #isTurnOfLine = false
  #running: { readonly waiting: Waiting<A>; readonly looking: Looking } | undefined
  #later: NodeJS.Immediate | undefined
  /** The handle whose notice of an arrival is asked for. */
  #asked: Notices | undefined
  /** The handle whose notice of the end of the queue is asked for. */
  #watched: Notices | undefined
  /** `true` where the queue has messages that no cursor which waits wants. */
  #hasMessages = false
  #pause: NodeJS.Timeout | undefined
  #interval = cursorIntervals.shortest

  /** Waits until a look finds something. `hasLooked`: the caller has just looked and found nothing. */
  add(wait: Wait<A>, hasLooked: boolean): Waiter<A> {
    return this.#add({ ...wait, since: this.#looks, isCursor: false, hasLooked, last: undefined })
  }

  /**
   * Waits until a look through a cursor finds something. A notice of an arrival tells of the queue, not of the place where a
   * cursor stands: while the queue has other messages only, a notice of what comes to its end serves.
   */
  addCursor(wait: Wait<A>, hasLooked: boolean): Waiter<A> {
    return this.#add({ ...wait, since: this.#looks, isCursor: true, hasLooked, last: undefined })
  }

  /** Looks again, since a message is kept for whoever comes first. */
  wake(): void {
    this.#allAreDue()
    this.#work()
  }

  /** A handle is being closed: those who wait through it find this, and the others ask through another handle. */
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

  /** Returns true when nobody waits. */
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
        // A notice that is asked for comes at once where there is a message.
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

  /** Takes somebody out. Returns `false` where that was done before. */
  #remove(waiting: Waiting<A>): boolean {
    const set = waiting.isCursor ? this.#cursors : this.#line
    if (!set.delete(waiting)) return false
    this.#dueCursors.delete(waiting)
    if (!waiting.isCursor && !waiting.hasLooked) this.#neverLooked--
    if (this.#running?.waiting === waiting) this.#running.looking.abandon()
    return true
  }

  #allAreDue(): void {
    this.#lineIsDue = true
    for (const cursor of this.#cursors) this.#dueCursors.add(cursor)
  }

  /** Looks as long as something may be there, and then sees to it that whoever waits learns of what comes. */
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
   * Returns who looks next. Cursors come first: a receive that is served takes the message away. Where looks take long, they
   * take turns with the line, which would wait for all of them.
   */
  #next(): Waiting<A> | undefined {
    const lineComes = this.#isTurnOfLine && this.#lineIsDue && this.#line.size > 0
    if (!lineComes) for (const cursor of this.#dueCursors) return cursor
    if (!this.#lineIsDue) return undefined
    for (const waiting of this.#line) return waiting
    this.#lineIsDue = false
    return undefined
  }

  /** Asks for a notice, and returns who looks when that is there: something may have come before. */
  #nextAfterAsking(): Waiting<A> | undefined {
    this.#ask()
    return this.#next()
  }

  /** Looks once. Returns `false` where the look goes on elsewhere. */
  #look(waiting: Waiting<A>): boolean {
    const began = ++this.#looks
    if (waiting.isCursor) this.#dueCursors.delete(waiting)
    else this.#lineIsDue = false
    const looked = waiting.look((found) => {
      this.#running = undefined
      this.#looked(waiting, began, found)
      this.#work()
    })
    if (looked !== undefined && "abandon" in looked) {
      this.#running = { waiting, looking: looked }
      this.#isTurnOfLine = waiting.isCursor
      return false
    }
    this.#looked(waiting, began, looked?.found)
    return true
  }

  #looked(waiting: Waiting<A>, began: number, found: A | undefined): void {
    const isWaiting = (waiting.isCursor ? this.#cursors : this.#line).has(waiting)
    if (!waiting.isCursor && (found !== undefined || !isWaiting)) this.#lineIsDue = true
    if (found !== undefined && isWaiting) {
      this.#remove(waiting)
      waiting.found(found)
    } else if (found === undefined && isWaiting) this.#foundNothing(waiting, began)
  }

  #foundNothing(waiting: Waiting<A>, began: number): void {
    if (waiting.isCursor) return this.#tookNote(waiting)
    this.#hasMessages = false
    if (this.#neverLooked === 0 && waiting.last === undefined) return
    for (const other of this.#line) if (other.since < began) this.#tookNote(other)
  }

  /** Somebody knows now that there is nothing. */
  #tookNote(waiting: Waiting<A>): void {
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

  /** Cursors only wait, and the queue has messages that they do not want. */
  #watch(): void {
    if (this.#isWatching) return this.#stopPause()
    // Until the notice serves, and where there can be none, they look from time to time.
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      this.#interval = Math.min(2 * this.#interval, cursorIntervals.longest)
      // Where no cursor could be made, another try is made.
      this.#watched?.end.cancel()
      this.#watched = undefined
      this.wake()
    }, this.#interval)
    if (this.#watched !== undefined) return
    const [first] = this.#cursors
    if (first === undefined) return
    this.#watched = first.handle
    first.handle.end.notify(
      // What came on the way is not told of.
      () => this.wake(),
      () => {
        this.#watched = undefined
        // Where the notice serves again at once the cursors look after that, and only once.
        if (this.#line.size === 0) this.#watch()
        if (!this.#isWatching) this.wake()
      }
    )
  }

  /** `true` where a notice tells of all that comes from now on. */
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
