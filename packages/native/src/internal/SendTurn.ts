import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import { performance } from "node:perf_hooks"
import type { Pace } from "./Pace.ts"
import type { SendWatch } from "./SendBlock.ts"

/**
 * Least time of a slice in a turn, in milliseconds: most slices take less, so one that begins at the end of a turn is
 * not cut.
 */
const least = 1

/** Bytes of a body from which on the time to copy it is not counted as time of the call. */
const large = 16 * 1024

/**
 * Most calls between two readings of the clock while calls take less than a microsecond: a reading takes a third as long
 * as such a send. A slice begins with one call and doubles the number, so that a queue which has become slow is noticed
 * by the first.
 */
const mostPerLook = 32

/** Watch over sends on the main thread until the turn of the event loop ends, or the calls turn out slow. */
export class SendTurn implements SendWatch {
  readonly #pace: Pace
  readonly #end: number
  #last: number
  /** Calls since the clock was read. */
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
