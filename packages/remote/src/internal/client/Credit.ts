import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { CallName } from "../wire/calls.ts"
import { weightOf, withoutCredit } from "../wire/credit.ts"

/** Room for the calls of a session. A call waits until the gateway can take it, instead of being refused there. */
export class Credit {
  readonly #calls: Semaphore.Semaphore
  readonly #bytes: Semaphore.Semaphore
  readonly #most: number

  /** `calls`, `bytes`: what the gateway takes of one connection at once. */
  constructor(calls: number, bytes: number) {
    this.#calls = Semaphore.makeUnsafe(calls)
    this.#bytes = Semaphore.makeUnsafe(bytes)
    this.#most = bytes
  }

  /** Makes a call when there is room for it. One that is larger than all the room waits until no other has bytes on their way. */
  within<A, E>(name: CallName, payload: object, call: Effect.Effect<A, E>): Effect.Effect<A, E> {
    if (withoutCredit.has(name)) return call
    const weight = Math.min(weightOf(name, payload), this.#most)
    const one = this.#calls.withPermit(call)
    return weight === 0 ? one : this.#bytes.withPermits(weight)(one)
  }
}
