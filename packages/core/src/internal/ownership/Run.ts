import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Something that goes on by itself, such as one `consume`, until a closing asks it to end. */
export abstract class Run {
  readonly #ended = Deferred.makeUnsafe<void>()
  /** Runs whose end a part of this one waits for, such as a handler that closes another receiver. */
  readonly #waits = new Set<{ readonly for: Run }>()

  /** Takes on nothing new from now on. */
  abstract stop(): void

  /** Says that it has ended. */
  end(): void {
    Deferred.doneUnsafe(this.#ended, Exit.void)
  }

  /** Waits until it has ended. */
  get ended(): Effect.Effect<void> {
    return Deferred.await(this.#ended)
  }

  /** Stops it and waits until it has ended; `false` at once where the wait would be for the effect that waits itself. */
  get stopped(): Effect.Effect<boolean> {
    return Effect.flatMap(Runs, (runs) => {
      this.stop()
      if (runs.some((run) => this.#isWaitingFor(run))) return Effect.succeed(false)
      const wait = { for: this }
      for (const run of runs) run.#waits.add(wait)
      return Effect.ensuring(
        Effect.as(this.ended, true),
        Effect.sync(() => {
          for (const run of runs) run.#waits.delete(wait)
        })
      )
    })
  }

  /** Waits never form a circle, since one that would close it is not begun. */
  #isWaitingFor(run: Run): boolean {
    return this === run || [...this.#waits].some((wait) => wait.for.#isWaitingFor(run))
  }
}

/** The runs that an effect is a part of, from the outermost in. */
export const Runs = Context.Reference<ReadonlyArray<Run>>("@effect-msmq/core/Run/Runs", {
  defaultValue: () => []
})

/**
 * `true` for what a run does itself, rather than a function of the program that it calls. It may still use a handle that
 * such a function has closed, which stays open until the run has ended.
 */
export const IsOwnWork = Context.Reference<boolean>("@effect-msmq/core/Run/IsOwnWork", { defaultValue: () => false })
