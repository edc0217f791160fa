/**
 * Everything that a test of a program needs, in one layer: the in-memory MSMQ, the control over it, faults of its calls, and the
 * ledger of open handles.
 *
 * @since 0.1.0
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Given from "@effect-msmq/core/mqrt/Options"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as FaultInjection from "./FaultInjection.ts"
import * as HandleLedger from "./HandleLedger.ts"
import type { DirectoryOptions, MachineOptions, NetworkOptions } from "./InMemoryMqrt.ts"
import * as InMemoryMqrt from "./InMemoryMqrt.ts"
import type { MsmqControl } from "./MsmqControl.ts"

/**
 * Options of the in-memory MSMQ: those of one machine, or of several in a network.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = (MachineOptions & DirectoryOptions) | NetworkOptions

/**
 * Services that a test has.
 *
 * @category services
 * @since 0.1.0
 */
export type Services = Mqrt.Mqrt | MsmqControl | FaultInjection.FaultInjection | HandleLedger.HandleLedger

/**
 * Makes the layer of the in-memory MSMQ with its control, with faults, and with a ledger around them. See
 * `InMemoryMqrt.layerWith` for the options. Faults and ledger are those of the first machine.
 *
 * Fails with `IllegalOption` for an option that does not exist or is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { TestMsmq } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.map(QueueManager.machineProperties(), ({ pathName }) => pathName)
 * await Effect.runPromise(program.pipe(Effect.provide(TestMsmq.layerWith({ machineName: "OFFICE" })))) // => "OFFICE"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = (options: Options): Layer.Layer<Services, MsmqError> =>
  HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layerWith(options)))

/**
 * Layer of one machine named MACHINE, with its control, faults and a ledger. See {@link layerWith}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { FaultInjection, HandleLedger, MsmqControl, TestMsmq } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* FaultInjection.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_SERVICE_NOT_AVAILABLE" })
 *   const error = yield* Effect.flip(Effect.scoped(MessageQueue.openSender(".\\private$\\orders")))
 *   const control = yield* MsmqControl.MsmqControl
 *   const queues = yield* control.queues
 *   return [error.code, queues.length, (yield* HandleLedger.open).length]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(TestMsmq.layer)))
 * // => ["MQ_ERROR_SERVICE_NOT_AVAILABLE", 1, 0]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Services> = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

/**
 * Layer of a further connection to the backend that a test has: as another program on the same machine, it sees the same queues, and
 * its handles are its own. Each effect that it is provided to has a connection of its own. Faults and the ledger of the test are
 * those of the connection, too.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { TestMsmq } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = ".\\private$\\orders"
 * const shop = Effect.flatMap(MessageQueue.openSender(orders), (sender) => sender.send({ label: "order 1" }))
 * const warehouse = Effect.flatMap(MessageQueue.openReceiver(orders), (receiver) => receiver.receive)
 *
 * const test = Effect.gen(function* () {
 *   yield* MessageQueue.create(orders)
 *   yield* shop.pipe(Effect.scoped, Effect.provide(TestMsmq.connection))
 *   const { label } = yield* warehouse.pipe(Effect.scoped, Effect.provide(TestMsmq.connection))
 *   return label
 * })
 *
 * await Effect.runPromise(TestMsmq.run(test)) // => "order 1"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const connection: Layer.Layer<Mqrt.Mqrt, never, Mqrt.Mqrt> = Layer.fresh(
  Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make))
)

const anEffect = Given.guarded(
  "an Effect; for a function that returns a promise, import TestMsmq from @effect-msmq/testing/promises",
  Effect.isEffect
)

/** Rule for the effect of a test. No rule can check its type parameters. */
const effectRule = <A, E, R>(): Given.Rule<Effect.Effect<A, E, R>> => anEffect as Given.Rule<Effect.Effect<A, E, R>>

/**
 * Runs a test on an in-memory MSMQ of its own, and fails it with `HandlesLeaked` if it leaves something open: a handle that is still
 * open when the scope of the test has closed, or one that was used wrongly. It works with every test runner.
 *
 * Fails as the effect does, which is not checked for leaks then, and with `IllegalOption` for an option that does not exist or is not
 * allowed. Throws that at once for a value that is no effect, such as a function.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { TestMsmq } from "@effect-msmq/testing"
 * import { Effect, Scope } from "effect"
 *
 * const orders = ".\\private$\\orders"
 * const forgetful = Effect.gen(function* () {
 *   yield* MessageQueue.create(orders)
 *   const scope = yield* Scope.make()
 *   const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
 *   yield* sender.send({ label: "order 1" })
 * })
 *
 * const error = await Effect.runPromise(Effect.flip(TestMsmq.run(forgetful)))
 * error._tag === "HandlesLeaked" && error.open.map(({ kind }) => kind) // => ["queue"]
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run: <Test extends Effect.Effect<unknown, unknown, unknown> | Options | undefined = Options>(
  effect?: [Test] extends [Effect.Effect<unknown, unknown, unknown>] ? Test : Options,
  options?: Options
) => [Test] extends [Effect.Effect<infer A, infer E, infer R>]
  ? Effect.Effect<A, E | HandleLedger.HandlesLeaked | MsmqError, Exclude<Exclude<R, Scope.Scope>, Services>>
  : <A, E, R>(
      effect: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | HandleLedger.HandlesLeaked | MsmqError, Exclude<Exclude<R, Scope.Scope>, Services>> =
  dual(
    (args) => args.length > 1 || Effect.isEffect(args[0]) || (typeof args[0] !== "object" && args[0] !== undefined),
    <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      options: Options = {}
    ): Effect.Effect<A, E | HandleLedger.HandlesLeaked | MsmqError, Exclude<Exclude<R, Scope.Scope>, Services>> => {
      // A test runner passes a test that returns an effect, and does not run it.
      const test = Effect.runSync(
        Given.checkArgument({ operation: "TestMsmq.run" }, "effect", effectRule<A, E, R>(), effect)
      )
      // Each test has an MSMQ of its own, also where a fiber runs several.
      return HandleLedger.leakFree(test).pipe(Effect.provide(Layer.fresh(layerWith(options))))
    }
  )
