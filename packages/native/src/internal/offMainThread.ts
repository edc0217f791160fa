import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type { Bound } from "./declarations.ts"
import type { OffMainThreadName } from "./lanes.ts"
import type { RunningCalls } from "./RunningCalls.ts"

/** The error of koffi when as many calls run as it allows in this process, whoever makes them. */
export const isNoRoom = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("Too many asynchronous calls")

/** A callback at the end of a call on another thread. */
export type Returned<Result> = (error: unknown, result: Result) => void

/**
 * Makes the call on another thread that `begin` begins, and takes what it left behind by `take`; gives nothing where koffi has
 * no room. For `RunningCalls.call`.
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

/** Calls a function so. */
export const callOnOtherThread = <Arguments extends ReadonlyArray<unknown>, Result, A>(
  take: (result: Result) => A,
  bound: Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Option.Option<A>> =>
  callElsewhereOnce(take, (returned) =>
    bound.async(...args, (error, result) => {
      // koffi does not hold the memory it was given: that this closure mentions it does.
      void args.length
      returned(error, result)
    })
  )

/**
 * Calls a function on another thread, so that the event loop goes on, and takes what it left behind by `take`. `find`
 * looks the function up, when the call begins.
 *
 * Waiting for a permit can be interrupted; a call that has begun cannot be taken back, so it is waited for, and so is what
 * `take` does: what a function allocated is never left lying. Memory among the arguments lives until the call has
 * returned; what it points to must lie within the same memory.
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

/** The same, for a function that leaves nothing behind. */
export const callOffMainThread = <Arguments extends ReadonlyArray<unknown>, Result>(
  calls: RunningCalls,
  name: OffMainThreadName,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Result> => callOffMainThreadAndTake(calls, name, identity<Result>, find, ...args)
