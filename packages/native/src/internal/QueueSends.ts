import * as Effect from "effect/Effect"
import type { Address } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
import type { SendPaces } from "./QueuePaces.ts"

/** Place of a slice of messages that is not sent within one turn of the event loop. */
export interface Place {
  /** Function that lets the slice begin; `undefined` while it does not wait. */
  begin: (() => void) | undefined
}

/** Milliseconds between the beginnings of two sends within which the first cannot have been slow. */
const shortly = 0.1

/**
 * Sends on one open queue that go on over turns of the event loop. Sends that begin meanwhile wait behind them, so that
 * messages arrive in the order in which their sends began.
 */
export class QueueSends {
  /** Handle of the queue, as it is passed. */
  readonly handle: Address
  readonly paces: SendPaces
  readonly #line = new Set<Place>()
  /** Time when the last send began, in milliseconds of `performance.now()`. */
  #began = -Infinity

  /** `paces`: paces of the queue, which its other handles share. */
  constructor(handle: bigint, paces: SendPaces) {
    this.handle = addressOf(handle)
    this.paces = paces
  }

  /**
   * Notes that a send begins, at the time when core asked for a turn. Returns `true` when the last one began so shortly
   * before that it cannot have been slow. Returns `false` also where core has not asked since.
   */
  followsAtOnce(asked: number): boolean {
    const since = asked - this.#began
    this.#began = asked
    return since > 0 && since < shortly
  }

  /** `true` while a slice goes on, which all others wait for. */
  get isBusy(): boolean {
    return this.#line.size > 0
  }

  /** Takes a place behind all slices that have begun. The caller calls {@link leave} in every case. */
  enter(): Place {
    const place = { begin: undefined }
    this.#line.add(place)
    return place
  }

  /** Waits until the slices before this one have been sent. */
  first(place: Place): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.#first === place) resume(Effect.void)
      else place.begin = () => resume(Effect.void)
    })
  }

  /** Gives a place up. For one that was given up before it does nothing. */
  leave(place: Place): void {
    const wasFirst = this.#first === place
    if (!this.#line.delete(place) || !wasFirst) return
    const begin = this.#first?.begin
    // Later: slices that end at once would otherwise run within each other.
    if (begin !== undefined) queueMicrotask(begin)
  }

  get #first(): Place | undefined {
    for (const place of this.#line) return place
    return undefined
  }
}
