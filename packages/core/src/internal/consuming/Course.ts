import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Run } from "../handles/OwnedHandle.ts"
import { Runs } from "../handles/OwnedHandle.ts"

/** The course of one `consume`: goes on until somebody or something stops it, and has then yet to come to its end. */
export class Course implements Run {
  stopping = false
  readonly #stopped = Deferred.makeUnsafe<void>()
  readonly #ended = Deferred.makeUnsafe<void>()

  /** Done when it is to take on nothing new. */
  get stopped(): Effect.Effect<void> {
    return Deferred.await(this.#stopped)
  }

  stop(): void {
    this.stopping = true
    Deferred.doneUnsafe(this.#stopped, Exit.void)
  }

  ended(): void {
    Deferred.doneUnsafe(this.#ended, Exit.void)
  }

  get end(): Effect.Effect<void> {
    return Effect.flatMap(Runs, (runs) => {
      this.stop()
      // A handler that closes what it is fed from would wait for itself.
      return runs.includes(this) ? Effect.void : Deferred.await(this.#ended)
    })
  }

  /** Waits for something, which it may be interrupted in; `None` if the course stops first. */
  untilStopped<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    return Effect.suspend(() => {
      if (this.stopping) return Effect.succeedNone
      const race = Effect.raceFirst(Effect.asSome(wait), Effect.as(this.stopped, Option.none()))
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
