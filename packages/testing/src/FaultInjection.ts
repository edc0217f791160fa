/**
 * Makes chosen calls of any `Mqrt` layer go wrong, to see that a program survives it.
 *
 * @since 0.1.0
 */
import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Faults } from "./internal/faults/Faults.ts"
import { faultyFunctions } from "./internal/faults/faultyFunctions.ts"
import { checkFault } from "./internal/faults/faultOptions.ts"
import type { functionNames, silentFunctionNames } from "./internal/faults/functionNames.ts"
import { decorate } from "./internal/options/arguments.ts"

/**
 * The functions of `mqrt.dll`, and of the transactions that it gives, that can be made to fail.
 *
 * @category models
 * @since 0.1.0
 */
export type FunctionName = (typeof functionNames)[number]

/**
 * The functions that report nothing, so that no call of them can fail.
 *
 * @category models
 * @since 0.1.0
 */
export type SilentFunctionName = (typeof silentFunctionNames)[number]

/**
 * What happens to one call.
 *
 * - `function`, `call`: which call: the how manyth of the function from now on, from 1. Each message of a batch is a call
 *   of `MQSendMessage`
 * - `code`: the call does not reach the backend and reports this error code. Not for a {@link SilentFunctionName}
 * - `stall`: the call reaches the backend only after this time, of Effect's `Clock`
 * - `interrupt`: the fiber that calls is interrupted as the call begins; the call still reaches the backend
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = { readonly call: number } & (
  | { readonly function: Exclude<FunctionName, SilentFunctionName>; readonly code: ErrorCodeName }
  | { readonly function: FunctionName; readonly stall: Duration.Input }
  | { readonly function: FunctionName; readonly interrupt: true }
)

/**
 * - `inject`: arms a fault; each strikes once. One that makes no sense is a defect: an
 *   `MsmqError` for `IllegalOption`
 * - `clear`: disarms all that have not struck yet
 * - `calls`: how often each function was called since the layer was built, failed calls included
 *
 * @category services
 * @since 0.1.0
 */
export class FaultInjection extends Context.Service<
  FaultInjection,
  {
    readonly inject: (fault: Fault) => Effect.Effect<void>
    readonly clear: Effect.Effect<void>
    readonly calls: Effect.Effect<Readonly<Partial<Record<FunctionName, number>>>>
  }
>()("@effect-msmq/testing/FaultInjection") {}

/**
 * Puts the faults between the SDK and a backend.
 *
 * @example
 * ```ts import.meta.vitest
 * import { SecurityContext } from "@effect-msmq/core"
 * import { FaultInjection, InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* FaultInjection.inject({ function: "MQGetSecurityContextEx", call: 1, code: "MQ_ERROR_COULD_NOT_GET_USER_SID" })
 *   return yield* Effect.flip(SecurityContext.acquire())
 * }).pipe(Effect.scoped)
 *
 * const error = await Effect.runPromise(program.pipe(Effect.provide(FaultInjection.layer(InMemoryMqrt.layer))))
 * error.reason._tag // => "CouldNotGetUserSid"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <Out, E, R>(
  base: Layer.Layer<Mqrt.Mqrt | Out, E, R>
): Layer.Layer<Mqrt.Mqrt | FaultInjection | Out, E, R> => decorate("FaultInjection.layer", decoration, base)

const decoration: Layer.Layer<Mqrt.Mqrt | FaultInjection, never, Mqrt.Mqrt> = Layer.effectContext(
  Effect.flatMap(Mqrt.Mqrt, (backend) => {
    const faults = new Faults()
    const control = FaultInjection.of({
      inject: (fault) => Effect.map(Effect.orDie(checkFault(fault)), (checked) => faults.arm(checked)),
      clear: Effect.sync(() => faults.clear()),
      calls: Effect.sync(() => faults.calls())
    })
    return Effect.map(Mqrt.make({ ...backend, ...faultyFunctions(backend, faults) }), (mqrt) =>
      Context.make(Mqrt.Mqrt, mqrt).pipe(Context.add(FaultInjection, control))
    )
  })
)

/**
 * Arms a fault.
 *
 * @category testing
 * @since 0.1.0
 */
export const inject = (fault: Fault): Effect.Effect<void, never, FaultInjection> =>
  FaultInjection.use((faults) => faults.inject(fault))

/**
 * How often each function was called.
 *
 * @category getters
 * @since 0.1.0
 */
export const calls: Effect.Effect<
  Readonly<Partial<Record<FunctionName, number>>>,
  never,
  FaultInjection
> = FaultInjection.use((faults) => faults.calls)
