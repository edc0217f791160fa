/** Runs effects within a time, also where Message Queuing does not answer and a call that is under way cannot be interrupted. */
import { type Duration, Effect, Fiber, Option } from "effect"

export class TimeLimit {
  readonly limit: Duration.Duration
  private readonly running = new Set<Fiber.Fiber<unknown, unknown>>()

  constructor(limit: Duration.Duration) {
    this.limit = limit
  }

  /**
   * Runs an effect, and returns none where it takes longer than the limit. It is interrupted then and not waited for: it ends by
   * itself when its call returns.
   */
  run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkDetach(effect, { startImmediately: true }), (fiber) => {
        this.running.add(fiber)
        fiber.addObserver(() => this.running.delete(fiber))
        return Effect.tap(restore(Effect.timeoutOption(Fiber.join(fiber), this.limit)), (result) =>
          Option.isNone(result) ? Effect.sync(() => fiber.interruptUnsafe()) : Effect.void
        )
      })
    )
  }

  /** Interrupts all effects that run, and waits no longer than the limit for their ends. Returns `true` if all have ended. */
  get end(): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      for (const fiber of this.running) fiber.interruptUnsafe()
      return Effect.map(Effect.timeoutOption(Fiber.awaitAll(this.running), this.limit), Option.isSome)
    })
  }
}
