import * as Exit from "effect/Exit"
import { CallElsewhere } from "./CallElsewhere.ts"
import type { Outcome } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import { ReceiveBuffers } from "./ReceiveBuffers.ts"
import type { ReceiveCall } from "./ReceiveCall.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** Most buffers of a kind that are kept for the calls off the main thread: as many as run at once. */
const mostSpare = 2

const isError = (hresult: number): boolean => hresult >= 0x80000000

/** Reads the message that a call brought, or why it brought none; `undefined` where it has to be made again. */
const outcomeOf = (call: ReceiveCall, buffers: ReceiveBuffers, hresult: number): Outcome | undefined => {
  if (!isError(hresult)) return Exit.succeed(buffers.read())
  if (call.goesOn(hresult)) return undefined
  if (!buffers.grow(hresult)) return Exit.fail(buffers.failure(call.name, hresult))
  call.grew()
  return undefined
}

/**
 * The receives and peeks of one layer. Those on the main thread share their buffers, since one ends before the next begins;
 * off the main thread each has its own as long as it runs (G-10).
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

  /** Makes a call on the main thread, until its buffers are large enough. */
  here(call: ReceiveCall, pace: Pace, rare: boolean): Outcome {
    const buffers = rare ? this.#rare : this.#usual
    for (;;) {
      buffers.prepare()
      const began = performance.now()
      const hresult = call.here(buffers.address) >>> 0
      pace.tookHere(performance.now() - began)
      const outcome = outcomeOf(call, buffers, hresult)
      if (outcome !== undefined) return outcome
    }
  }

  /** Makes a call on another thread. `ended` gets its outcome, `undefined` where it was abandoned before it began. */
  elsewhere(
    call: ReceiveCall,
    pace: Pace,
    rare: boolean,
    ended: (outcome: Outcome | undefined) => void
  ): CallElsewhere {
    const spare = rare ? this.#spareRare : this.#spareUsual
    let buffers: ReceiveBuffers | undefined
    let outcome: Outcome | undefined
    return new CallElsewhere(this.#running, pace, {
      name: call.name,
      begin: (_, returned) => {
        buffers ??= spare.pop() ?? new ReceiveBuffers({ rare })
        buffers.prepare()
        call.elsewhere(buffers.address, returned)
      },
      took: (hresult) => {
        outcome = buffers === undefined ? undefined : outcomeOf(call, buffers, hresult)
        return outcome !== undefined
      },
      ended: (defect) => {
        if (buffers !== undefined && this.#isOpen && spare.length < mostSpare) spare.push(buffers)
        else buffers?.close()
        ended(defect ?? outcome)
      }
    })
  }

  /** Frees the buffers; no call runs any more. */
  close(): void {
    this.#isOpen = false
    for (const buffers of [this.#usual, this.#rare, ...this.#spareUsual, ...this.#spareRare]) buffers.close()
  }
}
