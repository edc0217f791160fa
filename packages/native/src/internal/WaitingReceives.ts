import type { Arrivals } from "./Arrivals.ts"

/** One look for a message: what it found, or `undefined` where there was none. It may throw nothing. */
export type Look<A> = () => A | undefined

interface Waiting<A> {
  /** The handle that it waits through. */
  readonly queue: bigint
  readonly look: Look<A>
  readonly found: (outcome: A) => void
}

/** After so many receives in a row the event loop has its turn. */
const turn = 64

/** Milliseconds until cursors look again at a queue that has messages, none of which is for them. */
const cursorInterval = 20

/**
 * Those who wait for a message of one queue, through however many handles, first come, first served.
 *
 * They wait by one notice of an arrival, and take their messages by receives that do not wait. So a wait that is given up
 * takes no message with it, and a thousand of them cost Message Queuing no more than one.
 */
export class WaitingReceives<A> {
  readonly #arrivals: Arrivals
  /** In order of insertion. */
  readonly #waiting = new Set<Waiting<A>>()
  /** Each looks at a place of its own. */
  readonly #cursors = new Set<Waiting<A>>()
  #pause: NodeJS.Timeout | undefined
  /** The handle whose notice is asked for. */
  #asked: bigint | undefined

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  /** Waits until a look finds something. Gives what takes the wait back. */
  add(queue: bigint, look: Look<A>, found: (outcome: A) => void): () => void {
    return this.#add(this.#waiting, { queue, look, found })
  }

  /**
   * Waits until a look through a cursor finds something. Gives what takes the wait back.
   *
   * A notice tells of the queue, not of the place where a cursor stands: while the queue has other messages only, the
   * cursors that wait look at intervals.
   */
  addCursor(queue: bigint, look: Look<A>, found: (outcome: A) => void): () => void {
    return this.#add(this.#cursors, { queue, look, found })
  }

  /** A handle is being closed: those who wait through it find this, and the others ask through another handle. */
  close(queue: bigint, outcome: A): void {
    for (const set of [this.#waiting, this.#cursors]) {
      for (const waiting of set) {
        if (waiting.queue !== queue) continue
        set.delete(waiting)
        waiting.found(outcome)
      }
    }
    if (this.#asked === queue) {
      this.#asked = undefined
      this.#ask()
    } else this.#rest()
  }

  /** Returns true when nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#cursors.size === 0
  }

  #add(set: Set<Waiting<A>>, waiting: Waiting<A>): () => void {
    set.add(waiting)
    // Cursors only, after a look in vain: the next one comes at its time.
    if (set === this.#waiting || this.#pause === undefined) this.#ask()
    return () => {
      if (set.delete(waiting)) this.#rest()
    }
  }

  #ask(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    if (this.#asked !== undefined) return
    const [first] = this.#waiting.size > 0 ? this.#waiting : this.#cursors
    if (first === undefined) return
    this.#asked = first.queue
    this.#arrivals.notify(first.queue, () => this.#arrived())
  }

  #rest(): void {
    if (!this.isEmpty) return
    clearTimeout(this.#pause)
    this.#pause = undefined
    if (this.#asked === undefined) return
    this.#arrivals.rest(this.#asked)
    this.#asked = undefined
  }

  #arrived(): void {
    this.#asked = undefined
    // Cursors first: a receive that is served takes the message away.
    for (const waiting of this.#cursors) this.#serve(this.#cursors, waiting)
    let looks = 0
    for (const waiting of this.#waiting) {
      // All look at the same place: where one finds nothing, nobody does.
      if (looks++ === turn || !this.#serve(this.#waiting, waiting)) break
    }
    if (this.#waiting.size > 0 || this.#cursors.size === 0) this.#ask()
    else this.#pause ??= setTimeout(() => this.#ask(), cursorInterval)
  }

  #serve(set: Set<Waiting<A>>, waiting: Waiting<A>): boolean {
    const outcome = waiting.look()
    if (outcome === undefined) return false
    set.delete(waiting)
    waiting.found(outcome)
    return true
  }
}
