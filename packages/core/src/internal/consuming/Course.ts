import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Run } from "../ownership/OwnedHandle.ts"

/** The course of one `consume`: goes on until somebody or something stops it, and has then yet to come to its end. */
export class Course extends Run {
  stopping = false
  readonly #stopping = Deferred.makeUnsafe<void>()

  /** Done when it is to take on nothing new. */
  get stops(): Effect.Effect<void> {
    return Deferred.await(this.#stopping)
  }

  override stop(): void {
    this.stopping = true
    Deferred.doneUnsafe(this.#stopping, Exit.void)
  }

  /** Waits for something, which it may be interrupted in; `None` if the course stops first. */
  untilStopped<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    return Effect.suspend(() => {
      if (this.stopping) return Effect.succeedNone
      const race = Effect.raceFirst(Effect.asSome(wait), Effect.as(this.stops, Option.none()))
      return Effect.catchCauseIf(
        Effect.interruptible(race),
        (cause) => Cause.hasInterruptsOnly(cause),
        () => {
          this.stop()
          return Effect.succeedNone
        }
      )
    })
  }

  /** Whether it stops, as it does when the fiber that asks has been interrupted. */
  get isStopping(): Effect.Effect<boolean> {
    return Effect.suspend(() =>
      this.stopping
        ? Effect.succeed(true)
        : Effect.map(Effect.exit(Effect.interruptible(Effect.void)), (exit) => {
            if (Exit.isFailure(exit)) this.stop()
            return this.stopping
          })
    )
  }
}
