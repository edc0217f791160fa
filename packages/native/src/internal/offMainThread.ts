import * as Effect from "effect/Effect"
import { constVoid, identity } from "effect/Function"
import * as Option from "effect/Option"
import type { Bound } from "./declarations.ts"
import type { OffMainThreadName } from "./lanes.ts"
import { performance } from "node:perf_hooks"
import type { Pace } from "./Pace.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** Returns `true` for koffi's error when as many calls run in this process as it allows. */
export const isNoRoom = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("Too many asynchronous calls")

/** Callback at the end of a call on another thread. */
export type Returned<Result> = (error: unknown, result: Result) => void

/**
 * Makes the call that `begin` begins on another thread. Returns what `take` makes of its results, or `None` where koffi
 * has no room. For `RunningCalls.call`.
 */
export const callElsewhereOnce = <Result, A>(
  take: (result: Result) => A,
  begin: (returned: Returned<Result>) => void
): Effect.Effect<Option.Option<A>> =>
  Effect.callback<Option.Option<A>>((resume) => {
    try {
      begin((error, result) =>
        resume(error === null || error === undefined ? Effect.sync(() => Option.some(take(result))) : Effect.die(error))
      )
    } catch (error) {
      resume(isNoRoom(error) ? Effect.succeedNone : Effect.die(error))
    }
  })

/** Calls a function on another thread, as {@link callElsewhereOnce} does. */
export const callOnOtherThread = <Arguments extends ReadonlyArray<unknown>, Result, A>(
  take: (result: Result) => A,
  bound: Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Option.Option<A>> =>
  callElsewhereOnce(take, (returned) =>
    bound.async(...args, (error, result) => {
      // koffi does not keep the memory that it was given: the reference in this closure does.
      void args.length
      returned(error, result)
    })
  )

/**
 * Calls a function on another thread, so that the event loop goes on. Returns what `take` makes of its results. `find`
 * looks the function up when the call begins.
 *
 * It can be interrupted while it waits for a permit. A call that has begun cannot be cancelled, so an interruption waits
 * for it and for `take`, which frees the memory that the function allocated. Memory among the arguments lives until the
 * call has returned. Memory that it points to must be part of it.
 */
export const callOffMainThreadAndTake = <Arguments extends ReadonlyArray<unknown>, Result, A>(
  calls: RunningCalls,
  name: OffMainThreadName,
  take: (result: Result) => A,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<A> =>
  calls.call(
    name,
    Effect.suspend(() => callOnOtherThread(take, find(), ...args))
  )

/** Calls a function on another thread as {@link callOffMainThreadAndTake} does. Returns its result. */
export const callOffMainThread = <Arguments extends ReadonlyArray<unknown>, Result>(
  calls: RunningCalls,
  name: OffMainThreadName,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Result> => callOffMainThreadAndTake(calls, name, identity<Result>, find, ...args)

/** Calls a function on this thread while its calls are quick, and otherwise as {@link callOffMainThread} does. */
export const callByPace = <Arguments extends ReadonlyArray<unknown>, Result>(
  calls: RunningCalls,
  pace: Pace,
  name: OffMainThreadName,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Result> =>
  Effect.suspend(() => {
    if (pace.isSlow) return callAndTime(calls, pace, name, find, ...args)
    calls.assertOpen(name)
    const bound = find()
    const began = performance.now()
    const result = bound(...args)
    pace.recordHere(performance.now() - began)
    return Effect.succeed(result)
  })

const callAndTime = <Arguments extends ReadonlyArray<unknown>, Result>(
  calls: RunningCalls,
  pace: Pace,
  name: OffMainThreadName,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Result> => {
  let end = constVoid
  return callOffMainThreadAndTake(
    calls,
    name,
    (result: Result) => {
      end()
      return result
    },
    () => {
      end = pace.recordBegin()
      return find()
    },
    ...args
  )
}
