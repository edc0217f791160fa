import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Bindings } from "./bindings.ts"
import type { Functions, HresultArguments } from "./declarations.ts"
import { callOffMainThread, callOffMainThreadAndTake } from "./offMainThread.ts"

/** Returns `true` for an HRESULT, unsigned, that is an error. */
export const isError = (hresult: number): boolean => hresult >= 0x8000_0000

/** Makes the failure of a function that returned an error code. */
export const failure = (name: string, hresult: number, properties: MqrtFailure["properties"] = []): MqrtFailure =>
  new MqrtFailure({ function: name, code: hresult, properties })

/** Returns an HRESULT, or fails where it is an error. */
export const check = (name: string, hresult: number): Effect.Effect<number, MqrtFailure> =>
  isError(hresult) ? Effect.fail(failure(name, hresult)) : Effect.succeed(hresult)

/** Calls a function off the main thread. Returns its HRESULT, errors included. */
export const attempt = <Name extends keyof HresultArguments>(
  { calls, functions }: Bindings,
  name: Name,
  ...args: Parameters<Functions[Name]>
): Effect.Effect<number> => callOffMainThread(calls, name, () => functions[name], ...args)

/** Calls a function off the main thread, and fails where it returns an error code. */
export const call = <Name extends keyof HresultArguments>(
  bindings: Bindings,
  name: Name,
  ...args: Parameters<Functions[Name]>
): Effect.Effect<number, MqrtFailure> =>
  Effect.flatMap(attempt(bindings, name, ...args), (hresult) => check(name, hresult))

/**
 * Calls a function that allocates memory as {@link call} does. `take` copies the results and frees the memory, and is
 * never interrupted.
 */
export const callAndTake = <Name extends keyof HresultArguments, A>(
  { calls, functions }: Bindings,
  take: () => A,
  name: Name,
  ...args: Parameters<Functions[Name]>
): Effect.Effect<A, MqrtFailure> => {
  const settle = (hresult: number): Result.Result<A, MqrtFailure> =>
    isError(hresult) ? Result.fail(failure(name, hresult)) : Result.succeed(take())
  return Effect.flatMap(
    callOffMainThreadAndTake(calls, name, settle, () => functions[name], ...args),
    Effect.fromResult
  )
}
