import * as Effect from "effect/Effect"
import { identity as same } from "effect/Function"
import type { MqrtFailure } from "@effect-msmq/core/Mqrt"
import type { Bindings } from "./bindings.ts"
import { failure } from "./calls.ts"
import type { Bound } from "./declarations.ts"
import type { OffMainThreadName } from "./lanes.ts"
import { callElsewhereOnce } from "./offMainThread.ts"

/** Returns the HRESULT of an error of Win32, as `HRESULT_FROM_WIN32` does; one that is an HRESULT already as it is. */
export const hresultFromWin32 = (error: number): number =>
  error === 0 ? 0x8000_4005 : error >= 0x8000_0000 ? error : 0x8007_0000 + (error & 0xffff)

/** Result of a function, and the last error of the thread that called it, as an HRESULT. */
export interface Returned<Result> {
  readonly result: Result
  readonly lastError: number
}

/**
 * Calls a function that reports its failure by `GetLastError` on another thread, and returns what `take` makes of the result. The
 * last error is that of the call only until koffi's callback returns, where `take` runs. It can be interrupted as
 * `RunningCalls.call` can.
 */
export const callForLastError = <Arguments extends ReadonlyArray<unknown>, Result, A>(
  { calls, identity }: Bindings,
  name: OffMainThreadName,
  take: (returned: Returned<Result>) => A,
  find: () => Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<A> =>
  calls.call(
    name,
    Effect.suspend(() => {
      // Looked up before the call: a look-up may overwrite the last error.
      const { GetLastError } = identity
      const bound = find()
      return callElsewhereOnce<A, A>(same, (returned) =>
        bound.async(...args, (error, result) => {
          const lastError = hresultFromWin32(GetLastError())
          // koffi does not keep the memory that it was given: the reference in this closure does.
          void args.length
          returned(error, take({ result, lastError }))
        })
      )
    })
  )

/** Returns the failure of a function that was called on this thread just now. */
export const lastFailure = ({ GetLastError }: Bindings["identity"], name: string): MqrtFailure =>
  failure(name, hresultFromWin32(GetLastError()))
