import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import type { Pace } from "./Pace.ts"
import type { SendWatch } from "./SendBlock.ts"

/**
 * Least time of a slice in a turn, in milliseconds: most slices take less, and one that begins at the end of a turn is
 * not broken off for that.
 */
const least = 1

/** Bytes of a body, from which on the time to copy it is told from that of the call. */
const large = 16 * 1024

/**
 * Most calls between two looks at the clock while they take less than a microsecond: a look costs a third of such a send. A
 * slice begins with one call and doubles their number, so that a queue which has become slow since is seen by its first.
 */
const mostPerLook = 32

/** Sends on the main thread, until the turn of the event loop ends or the calls turn out slow. */
export class SendTurn implements SendWatch {
  readonly #pace: Pace
  readonly #end: number
  #last: number
  /** Calls since the last look, and until the next one. */
  #calls = 0
  #callsPerLook = 1

  constructor(pace: Pace) {
    const now = performance.now()
    this.#pace = pace
    this.#last = now
    this.#end = Math.max(EventLoopTurn.end(), now + least)
  }

  begin(bodyLength: number): void {
    if (bodyLength >= large && this.#calls === 0) this.#last = performance.now()
  }

  goesOn(isLast: boolean): boolean {
    if (++this.#calls < this.#callsPerLook && !isLast) return true
    const now = performance.now()
    const pace = this.#pace
    pace.recordHere((now - this.#last) / this.#calls)
    this.#last = now
    this.#calls = 0
    this.#callsPerLook = pace.isVeryQuick ? Math.min(2 * this.#callsPerLook, mostPerLook) : 1
    return now < this.#end && !pace.isSlow
  }
}
