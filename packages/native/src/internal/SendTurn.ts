import * as EventLoopTurn from "@effect-msmq/core/EventLoopTurn"
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
 * Calls between two looks at the clock where they take less than a microsecond: a look would cost a fifth of the send.
 * No call takes so little that reaches the queue manager.
 */
const callsPerLook = 2

/** Sends on the main thread, until the turn of the event loop ends or the calls turn out slow. */
export class SendTurn implements SendWatch {
  readonly #pace: Pace
  readonly #end: number
  #last: number
  #calls = 0

  constructor(pace: Pace) {
    this.#pace = pace
    this.#last = performance.now()
    this.#end = Math.max(EventLoopTurn.end(this.#last), this.#last + least)
  }

  begin(bodyLength: number): void {
    if (bodyLength >= large && this.#calls === 0) this.#last = performance.now()
  }

  goesOn(isLast: boolean): boolean {
    this.#calls++
    if (!isLast && this.#calls < callsPerLook && this.#pace.isVeryQuick) return true
    const now = performance.now()
    this.#pace.tookHere((now - this.#last) / this.#calls)
    this.#last = now
    this.#calls = 0
    return now < this.#end && !this.#pace.isSlow
  }
}
