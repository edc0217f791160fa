import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Semaphore from "effect/Semaphore"
import type { Bound } from "./declarations.ts"

/**
 * Calls a function on another thread, so that the event loop goes on, and takes what it left behind by `take`.
 *
 * Waiting for a permit can be interrupted; a call that has begun cannot be taken back, so it is waited for, and so is what
 * `take` does: what a function allocated is never left lying. Memory among the arguments lives until the call has
 * returned; what it points to must lie within the same memory.
 */
export const offMainThreadThen = <Arguments extends ReadonlyArray<unknown>, Result, A>(
  permits: Semaphore.Semaphore,
  take: (result: Result) => A,
  function_: Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<A> =>
  permits.withPermit(
    Effect.uninterruptible(
      Effect.callback<A>((resume) => {
        function_.async(...args, (error, result) => {
          // koffi does not hold the memory it was given: that this closure mentions it does.
          void args.length
          resume(error === null || error === undefined ? Effect.sync(() => take(result)) : Effect.die(error))
        })
      })
    )
  )

/** The same, for a function that leaves nothing behind. */
export const offMainThread = <Arguments extends ReadonlyArray<unknown>, Result>(
  permits: Semaphore.Semaphore,
  function_: Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Result> => offMainThreadThen(permits, identity<Result>, function_, ...args)
