import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { Run } from "../ownership/OwnedHandle.ts"

/** Shutdown of one consumer: once it has begun, no message is received and no attempt begins; running handlers may finish. */
export class Shutdown extends Run {
  hasBegun = false
  readonly #begun = Deferred.makeUnsafe<void>()
  readonly #onStop: () => void

  /** `onStop`: runs when the shutdown begins. */
  constructor(onStop: () => void) {
    super()
    this.#onStop = onStop
  }

  /** Waits until the shutdown begins. */
  get begun(): Effect.Effect<void> {
    return Deferred.await(this.#begun)
  }

  /** Begins the shutdown. */
  override stop(): void {
    if (this.hasBegun) return
    this.hasBegun = true
    Deferred.doneUnsafe(this.#begun, Exit.void)
    this.#onStop()
  }

  /**
   * Runs a wait that the shutdown interrupts; returns `None` if it did. An interruption of the fiber begins the shutdown.
   */
  interrupts<A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    return Effect.suspend(() => (this.hasBegun ? Effect.succeedNone : this.interruptsOr(this.begun, wait)))
  }

  /** Runs a wait that `end` interrupts; returns `None` if it did. An interruption of the fiber begins the shutdown. */
  interruptsOr<A, E, R>(end: Effect.Effect<void>, wait: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> {
    const begin = Effect.forkChild(Effect.interruptible(wait), { startImmediately: true })
    const waited = Effect.flatMap(begin, (fiber): Effect.Effect<Option.Option<A>, E> => {
      // Most messages are there already, and a race takes longer than all else does for one of them.
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return Effect.asSome(exit)
      const joined = Effect.onInterrupt(Fiber.join(fiber), () => Fiber.interrupt(fiber))
      return Effect.interruptible(Effect.raceFirst(Effect.asSome(joined), Effect.as(end, Option.none())))
    })
    return Effect.catchCauseIf(
      waited,
      (cause) => Cause.hasInterruptsOnly(cause),
      () => {
        this.stop()
        return Effect.succeedNone
      }
    )
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
