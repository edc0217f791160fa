import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Bindings } from "./bindings.ts"
import type { Functions, HresultArguments } from "./declarations.ts"
import { callOffMainThread, callOffMainThreadAndTake } from "./offMainThread.ts"

/** Whether an HRESULT, unsigned, is an error; information and success are not. */
export const isError = (hresult: number): boolean => hresult >= 0x8000_0000

/** That a function returned an error code. */
export const failure = (name: string, hresult: number, properties: MqrtFailure["properties"] = []): MqrtFailure =>
  new MqrtFailure({ function: name, code: hresult, properties })

/** Fails where an HRESULT is an error. */
export const check = (name: string, hresult: number): Effect.Effect<number, MqrtFailure> =>
  isError(hresult) ? Effect.fail(failure(name, hresult)) : Effect.succeed(hresult)

/** Calls a function off the main thread, whatever HRESULT it returns. */
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

/** The same, for a function that allocates what it gives: `take` copies and frees it, and is never interrupted. */
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
