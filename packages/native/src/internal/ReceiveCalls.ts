import * as Exit from "effect/Exit"
import { performance } from "node:perf_hooks"
import { isError } from "./calls.ts"
import { CallElsewhere } from "./CallElsewhere.ts"
import type { Outcome } from "./Outcome.ts"
import { ReceiveBuffers } from "./ReceiveBuffers.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** Most sets of buffers of a kind that are kept for calls off the main thread: as many as run at once. */
const mostSpare = 2

/** Returns the outcome of a call; `undefined` where the call is to be made again. */
const outcomeOf = (request: ReceiveRequest, buffers: ReceiveBuffers, hresult: number): Outcome | undefined => {
  if (!isError(hresult)) return Exit.succeed(buffers.read())
  if (request.mustRepeat(hresult)) return undefined
  if (!buffers.grow(hresult)) return Exit.fail(buffers.failure(request.name, hresult))
  request.noteGrowth()
  return undefined
}

/**
 * Calls of the receives and peeks of one layer. On the main thread they share buffers, since one call ends before the
 * next begins. Off the main thread each has buffers of its own while it runs (G-10).
 */
export class ReceiveCalls {
  readonly #running: RunningCalls
  readonly #usual = new ReceiveBuffers({ rare: false })
  readonly #rare = new ReceiveBuffers({ rare: true })
  readonly #spareUsual: Array<ReceiveBuffers> = []
  readonly #spareRare: Array<ReceiveBuffers> = []
  #isOpen = true

  constructor(running: RunningCalls) {
    this.#running = running
  }

  /** Makes the call of a request on the main thread, until its buffers are large enough. */
  here(request: ReceiveRequest): Outcome {
    const buffers = request.rare ? this.#rare : this.#usual
    const { pace } = request
    request.begin()
    for (;;) {
      buffers.prepare()
      const began = performance.now()
      const hresult = request.here(buffers.address) >>> 0
      pace.recordHere(performance.now() - began)
      const outcome = outcomeOf(request, buffers, hresult)
      if (outcome !== undefined) return outcome
    }
  }

  /**
   * Makes the call of a request on another thread. `ended` gets the outcome; `undefined` where the call was abandoned
   * before it began.
   */
  elsewhere(request: ReceiveRequest, ended: (outcome: Outcome | undefined) => void): CallElsewhere {
    const { name, pace, rare } = request
    const spare = rare ? this.#spareRare : this.#spareUsual
    let buffers: ReceiveBuffers | undefined
    let outcome: Outcome | undefined
    request.begin()
    return new CallElsewhere(this.#running, pace, {
      name,
      begin: (returned) => {
        buffers ??= spare.pop() ?? new ReceiveBuffers({ rare })
        buffers.prepare()
        request.elsewhere(buffers.address, returned)
      },
      took: (hresult) => {
        outcome = buffers === undefined ? undefined : outcomeOf(request, buffers, hresult)
        return outcome !== undefined
      },
      ended: (defect) => {
        if (buffers !== undefined && this.#isOpen && spare.length < mostSpare) spare.push(buffers)
        else buffers?.close()
        ended(defect ?? outcome)
      }
    })
  }

  /** Frees the buffers. No call runs any more. */
  close(): void {
    this.#isOpen = false
    for (const buffers of [this.#usual, this.#rare, ...this.#spareUsual, ...this.#spareRare]) buffers.close()
  }
}
