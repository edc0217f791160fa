import * as Effect from "effect/Effect"
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
 * Calls a function that reports its failure by `GetLastError` on another thread. The last error is that of the call only until
 * koffi's callback returns. It can be interrupted as `RunningCalls.call` can.
 */
export const callForLastError = <Arguments extends ReadonlyArray<unknown>, Result>(
  { calls, identity }: Bindings,
  name: OffMainThreadName,
  bound: Bound<Arguments, Result>,
  ...args: Arguments
): Effect.Effect<Returned<Result>> =>
  calls.call(
    name,
    Effect.suspend(() => {
      // Looked up before the call: a look-up may overwrite the last error.
      const { GetLastError } = identity
      return callElsewhereOnce<Returned<Result>, Returned<Result>>(
        (returned) => returned,
        (returned) =>
          bound.async(...args, (error, result) => {
            const lastError = GetLastError()
            // koffi does not keep the memory that it was given: the reference in this closure does.
            void args.length
            returned(error, { result, lastError: hresultFromWin32(lastError) })
          })
      )
    })
  )

/** Returns the failure of a function that was called on this thread just now. */
export const lastFailure = ({ GetLastError }: Bindings["identity"], name: string): MqrtFailure =>
  failure(name, hresultFromWin32(GetLastError()))
