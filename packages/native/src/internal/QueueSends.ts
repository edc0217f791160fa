import * as Effect from "effect/Effect"
import type { SendPaces } from "./QueuePaces.ts"

/** A slice of messages that is not sent within one turn of the event loop. */
export interface Place {
  /** Lets it begin; `undefined` as long as it does not wait. */
  begin: (() => void) | undefined
}

/** Milliseconds between two sends, in which the first cannot have been slow. */
const shortly = 0.1

/**
 * The sends on one open queue that are under way between two turns of the event loop. Those that begin meanwhile wait
 * behind these, so that messages arrive in the order in which their sends began.
 */
export class QueueSends {
  readonly paces: SendPaces
  readonly #line = new Set<Place>()
  /** The time when the last send began. */
  #began = -Infinity

  /** `paces`: those of the queue, which its other handles share. */
  constructor(paces: SendPaces) {
    this.paces = paces
  }

  /**
   * Takes note that a send begins, at the time when core asked for a turn. Returns true when the last one began so shortly
   * before that it cannot have been slow; false also when core has not asked since.
   */
  followsAtOnce(asked: number): boolean {
    const since = asked - this.#began
    this.#began = asked
    return since > 0 && since < shortly
  }

  /** True while a slice is under way, whose end all others wait for. */
  get isBusy(): boolean {
    return this.#line.size > 0
  }

  /** Takes a place behind all slices that have begun. Whoever calls it sees to it that {@link leave} is called. */
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

  /** Gives a place back; again, it does nothing. */
  leave(place: Place): void {
    const wasFirst = this.#first === place
    if (!this.#line.delete(place) || !wasFirst) return
    const begin = this.#first?.begin
    // Not at once: those that wait, each of which may end at once, would run within each other.
    if (begin !== undefined) queueMicrotask(begin)
  }

  get #first(): Place | undefined {
    for (const place of this.#line) return place
    return undefined
  }
}
