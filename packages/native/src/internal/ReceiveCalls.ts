import type { ReadProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import * as Exit from "effect/Exit"
import { performance } from "node:perf_hooks"
import { isError } from "./calls.ts"
import { CallElsewhere } from "./CallElsewhere.ts"
import type { Outcome } from "./Outcome.ts"
import { ReceiveBuffers } from "./ReceiveBuffers.ts"
import { everything } from "./receivedPropertyNames.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** Most sets of buffers for the same groups that are kept for calls off the main thread: as many as run at once. */
const mostSpare = 2

/** Returns the outcome of a call; `undefined` where the call is to be made again. */
const outcomeOf = (request: ReceiveRequest, buffers: ReceiveBuffers, hresult: number): Outcome | undefined => {
  if (!isError(hresult)) return buffers.read()
  if (request.mustRepeat(hresult)) return undefined
  if (!buffers.grow(hresult)) return Exit.fail(buffers.failure(request.name, hresult))
  request.noteGrowth()
  return undefined
}

/** Buffers of the calls that ask for the same groups. */
interface Sets {
  /** Buffers of the calls on the main thread. */
  readonly here: ReceiveBuffers
  /** Buffers for calls off the main thread that none uses now. */
  readonly spare: Array<ReceiveBuffers>
}

const setsFor = (read: ReadProperties): Sets => ({ here: new ReceiveBuffers(read), spare: [] })

/** Returns a number with a bit for each group that is asked for. */
const keyOf = ({ body, extension, queues, rare, security }: ReadProperties): number =>
  Number(body) | (Number(extension) << 1) | (Number(queues) << 2) | (Number(rare) << 3) | (Number(security) << 4)

/**
 * Calls of the receives and peeks of one layer. On the main thread those that ask for the same share buffers, since one
 * call ends before the next begins. Off the main thread each has buffers of its own while it runs (G-10).
 */
export class ReceiveCalls {
  readonly #running: RunningCalls
  readonly #usual = setsFor(usualRead)
  readonly #sets = new Map([[keyOf(usualRead), this.#usual]])
  #isOpen = true

  constructor(running: RunningCalls) {
    this.#running = running
  }

  /** Makes the call of a request on the main thread, until its buffers are large enough. */
  here(request: ReceiveRequest): Outcome {
    const { pace, read } = request
    const buffers = this.#setsOf(read).here
    request.begin()
    for (;;) {
      buffers.prepare()
      const began = pace.beginHere()
      const hresult = request.here(buffers.address) >>> 0
      if (began !== undefined) pace.recordHere(performance.now() - began)
      const outcome = outcomeOf(request, buffers, hresult)
      if (outcome !== undefined) return outcome
    }
  }

  /**
   * Makes the call of a request on another thread. `ended` gets the outcome; `undefined` where the call was abandoned
   * before it began. A message that is taken has all properties: it may go to another caller, who asks for others.
   */
  elsewhere(request: ReceiveRequest, ended: (outcome: Outcome | undefined) => void): CallElsewhere {
    const { name, pace, takes } = request
    const read = takes ? everything : request.read
    const { spare } = this.#setsOf(read)
    let buffers: ReceiveBuffers | undefined
    let outcome: Outcome | undefined
    request.begin()
    return new CallElsewhere(this.#running, pace, {
      name,
      begin: (returned) => {
        buffers ??= spare.pop() ?? new ReceiveBuffers(read)
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
    for (const { here, spare } of this.#sets.values()) for (const buffers of [here, ...spare]) buffers.close()
  }

  #setsOf(read: ReadProperties): Sets {
    if (read === usualRead || !this.#isOpen) return this.#usual
    const key = keyOf(read)
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    const made = setsFor({ ...read })
    this.#sets.set(key, made)
    return made
  }
}
