import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** End of a connection while a call ran: whether the call had an effect is not known by this. */
export class Lost extends Data.TaggedError("Lost")<{ readonly detail: string }> {}

/** Loss of a connection, which ends all calls in it. */
export class Loss {
  readonly #listeners = new Set<(lost: Lost) => void>()
  #lost: Lost | undefined

  /** Notes that the connection is lost, and why. Only the first reason counts. */
  note(detail: string): void {
    if (this.#lost !== undefined) return
    const lost = new Lost({ detail })
    this.#lost = lost
    for (const listener of this.#listeners) listener(lost)
    this.#listeners.clear()
  }

  /** Waits for the loss. */
  get awaited(): Effect.Effect<never, Lost> {
    return this.ends(Effect.never)
  }

  /**
   * Runs a call, which ends as soon as the connection is lost. A call of Effect's client would then try for a second to tell the other
   * side that it is interrupted.
   */
  ends<A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E | Lost> {
    return Effect.withFiber((parent: Fiber.Fiber<unknown, unknown>) =>
      Effect.callback<A, E | Lost>((resume) => {
        if (this.#lost !== undefined) return resume(Effect.fail(this.#lost))
        const fiber = Effect.runForkWith(parent.context as never)(call)
        const listener = (lost: Lost): void => {
          resume(Effect.fail(lost))
          fiber.interruptUnsafe()
        }
        this.#listeners.add(listener)
        fiber.addObserver((exit) => {
          this.#listeners.delete(listener)
          resume(exit)
        })
        return Effect.suspend(() => {
          this.#listeners.delete(listener)
          return this.#lost === undefined ? Fiber.interrupt(fiber) : Effect.sync(() => fiber.interruptUnsafe())
        })
      })
    )
  }
}
