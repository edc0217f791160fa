import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Something that goes on by itself, such as one `consume`, until a closing asks it to stop. */
export abstract class Run {
  readonly #ended = Deferred.makeUnsafe<void>()
  /** Runs whose end a part of this one waits for, such as a handler that closes another receiver. */
  readonly #waits = new Set<{ readonly for: Run }>()

  /** Asks the run to take on nothing new. */
  abstract stop(): void

  /** Marks the run as ended. */
  end(): void {
    Deferred.doneUnsafe(this.#ended, Exit.void)
  }

  /** Waits until the run has ended. */
  awaitEnd(): Effect.Effect<void> {
    return Deferred.await(this.#ended)
  }

  /** Stops the run and waits until it has ended. Returns `false` at once where the effect is a part of the run itself. */
  stopAndAwaitEnd(): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      this.stop()
      return this.awaitFromOutside(this.awaitEnd())
    })
  }

  /** Waits for something that this run does. Returns `false` at once where the effect is a part of the run itself. */
  awaitFromOutside(done: Effect.Effect<void>): Effect.Effect<boolean> {
    return Effect.flatMap(Runs, (runs) => {
      if (runs.some((run) => this.#isWaitingFor(run))) return Effect.succeed(false)
      const wait = { for: this }
      for (const run of runs) run.#waits.add(wait)
      return Effect.ensuring(
        Effect.as(done, true),
        Effect.sync(() => {
          for (const run of runs) run.#waits.delete(wait)
        })
      )
    })
  }

  /** Returns `true` where this run waits for another, itself included. Waits form no circle: one that would is not begun. */
  #isWaitingFor(run: Run): boolean {
    return this === run || [...this.#waits].some((wait) => wait.for.#isWaitingFor(run))
  }
}

/** Runs that an effect is a part of, the outermost first. */
export const Runs = Context.Reference<ReadonlyArray<Run>>("@effect-msmq/core/Run/Runs", {
  defaultValue: () => []
})

/**
 * `true` for the work of a run itself, as opposed to a function of the program that it calls. It may still use a handle that
 * such a function has closed, which stays open until the run has ended.
 */
export const IsOwnWork = Context.Reference<boolean>("@effect-msmq/core/Run/IsOwnWork", { defaultValue: () => false })
