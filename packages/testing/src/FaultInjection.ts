/**
 * Fault injection for any `Mqrt` layer: chosen calls fail, stall or are interrupted, to test that a program survives it.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Fault, FunctionName } from "./internal/faults/Fault.ts"
import { Faults } from "./internal/faults/Faults.ts"
import { faultyFunctions } from "./internal/faults/faultyFunctions.ts"
import { checkFault } from "./internal/faults/faultOptions.ts"
import { decorate } from "./internal/arguments.ts"

export type { Fault, FunctionName, SilentFunctionName } from "./internal/faults/Fault.ts"

/**
 * Faults of a layer.
 *
 * See the example of {@link layer}.
 *
 * @category services
 * @since 0.1.0
 */
export class FaultInjection extends Context.Service<
  FaultInjection,
  {
    /** Arms a fault, which strikes once. A fault that is not allowed is a defect: an `MsmqError` for `IllegalOption`. */
    readonly inject: (fault: Fault) => Effect.Effect<void>
    /** Disarms all faults that have not struck yet. */
    readonly clear: Effect.Effect<void>
    /** Reads the number of calls of each function since the layer was built, failed calls included. */
    readonly calls: Effect.Effect<Readonly<Partial<Record<FunctionName, number>>>>
  }
>()("@effect-msmq/testing/FaultInjection") {}

/**
 * Puts fault injection between the SDK and a backend.
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
 * See the example of {@link layer}.
 *
 * @category testing
 * @since 0.1.0
 */
export const inject = (fault: Fault): Effect.Effect<void, never, FaultInjection> =>
  FaultInjection.use((faults) => faults.inject(fault))

/**
 * Reads the number of calls of each function since the layer was built.
 *
 * See the example of {@link layer}.
 *
 * @category getters
 * @since 0.1.0
 */
export const calls: Effect.Effect<
  Readonly<Partial<Record<FunctionName, number>>>,
  never,
  FaultInjection
> = FaultInjection.use((faults) => faults.calls)
