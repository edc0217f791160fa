import type { Arrivals } from "./Arrivals.ts"

/** One look for a message: what it found, or `undefined` where there was none. It may throw nothing. */
export type Look<A> = () => A | undefined

interface Waiting<A> {
  readonly look: Look<A>
  readonly found: (outcome: A) => void
}

/** After so many receives in a row the event loop has its turn. */
const turn = 64

/**
 * Those who wait for a message of one queue, first come, first served.
 *
 * They wait by one notice of an arrival, and take their messages by receives that do not wait. So a wait that is given up
 * takes no message with it, and a thousand of them cost Message Queuing no more than one.
 */
export class WaitingReceives<A> {
  readonly #queue: bigint
  readonly #arrivals: Arrivals
  /** In order of insertion. */
  readonly #waiting = new Set<Waiting<A>>()
  #closed = false

  constructor(queue: bigint, arrivals: Arrivals) {
    this.#queue = queue
    this.#arrivals = arrivals
  }

  /** Waits until a look finds something. Gives what takes the wait back. */
  add(look: Look<A>, found: (outcome: A) => void): () => void {
    const waiting = { look, found }
    this.#waiting.add(waiting)
    this.#ask()
    return () => void this.#waiting.delete(waiting)
  }

  /** The queue is being closed: everybody finds this, and no notice is asked for any more. */
  close(outcome: A): void {
    this.#closed = true
    for (const { found } of this.#waiting) found(outcome)
    this.#waiting.clear()
  }

  #ask(): void {
    if (this.#closed || this.#waiting.size === 0 || this.#arrivals.isPending(this.#queue)) return
    this.#arrivals.notify(this.#queue, () => this.#arrived())
  }

  #arrived(): void {
    let looks = 0
    for (const waiting of this.#waiting) {
      if (looks++ === turn) break
      const outcome = waiting.look()
      // All look at the same place: where one finds nothing, nobody does.
      if (outcome === undefined) break
      this.#waiting.delete(waiting)
      waiting.found(outcome)
    }
    this.#ask()
  }
}
