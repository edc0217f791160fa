import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { OffMainThreadName } from "./lanes.ts"
import type { Returned } from "./offMainThread.ts"
import { callElsewhereOnce } from "./offMainThread.ts"
import type { Pace } from "./Pace.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** Work of a {@link CallElsewhere}. */
export interface Elsewhere {
  readonly name: OffMainThreadName
  /** Begins the call, and calls back when it has returned. */
  readonly begin: (returned: Returned<number>) => void
  /**
   * Takes the results of a call from memory. Returns `true` when it was the last call, `false` to have another one made.
   */
  readonly took: (hresult: number) => boolean
  /** Called once at the end. `defect`: a mistake of the program, such as the use of a closed layer. */
  readonly ended: (defect: Exit.Exit<never> | undefined) => void
}

/**
 * Call off the main thread whose caller may leave before it returns. It cannot be cancelled, so its results are taken
 * all the same.
 */
export class CallElsewhere {
  readonly #fiber: Fiber.Fiber<void>
  /** `true` when the caller has left. */
  isAbandoned = false

  constructor(calls: RunningCalls, pace: Pace, elsewhere: Elsewhere) {
    const call = calls.call(
      elsewhere.name,
      callElsewhereOnce(
        (hresult: number) => elsewhere.took(hresult >>> 0),
        (returned) => {
          const end = pace.recordBegin()
          elsewhere.begin((error, hresult) => {
            end()
            returned(error, hresult)
          })
        }
      )
    )
    const callUntilDone: Effect.Effect<void> = Effect.flatMap(call, (isDone) =>
      isDone || this.isAbandoned ? Effect.void : callUntilDone
    )
    this.#fiber = Effect.runFork(calls.together(callUntilDone))
    const exit = this.#fiber.pollUnsafe()
    const end = (exit: Exit.Exit<void>): void =>
      elsewhere.ended(
        Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? Exit.failCause(exit.cause) : undefined
      )
    // After the caller has the object.
    if (exit !== undefined) queueMicrotask(() => end(exit))
    else this.#fiber.addObserver(end)
  }

  /** Leaves the call. One that has not begun is not made. */
  abandon(): void {
    this.isAbandoned = true
    this.#fiber.interruptUnsafe()
  }

  /** `true` until the call has ended and its results are taken. */
  get isRunning(): boolean {
    return this.#fiber.pollUnsafe() === undefined
  }

  /** Waits until the call has ended and its results are taken. */
  get hasEnded(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const listenNoMore = this.#fiber.addObserver(() => resume(Effect.void))
      return Effect.sync(listenNoMore)
    })
  }
}
