import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Run } from "../ownership/OwnedHandle.ts"

/** Shutdown of one consumer: once it has begun, no message is received and no attempt begins; running handlers may finish. */
export class Shutdown extends Run {
  hasBegun = false
  readonly #begun = Deferred.makeUnsafe<void>()

  /** Waits until the shutdown begins. */
  get begun(): Effect.Effect<void> {
    return Deferred.await(this.#begun)
  }

  /** Begins the shutdown. */
  override stop(): void {
    this.hasBegun = true
    Deferred.doneUnsafe(this.#begun, Exit.void)
  }

  /**
   * Runs a wait that the shutdown interrupts; returns `None` if it did. An interruption of the fiber begins the shutdown.
   */
  interrupts<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    return Effect.suspend(() => {
      if (this.hasBegun) return Effect.succeedNone
      const race = Effect.raceFirst(Effect.asSome(wait), Effect.as(this.begun, Option.none()))
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

  /** Returns `true` if the shutdown has begun. An interruption of the fiber begins it. */
  get check(): Effect.Effect<boolean> {
    return Effect.suspend(() =>
      this.hasBegun
        ? Effect.succeed(true)
        : Effect.map(Effect.exit(Effect.interruptible(Effect.void)), (exit) => {
            if (Exit.isFailure(exit)) this.stop()
            return this.hasBegun
          })
    )
  }
}
