/** Runs the contract without a test runner, and removes what a run left behind. */
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Capability, ContractPromise } from "./ContractPromise.ts"
import { queuePrefix } from "./givens.ts"

/**
 * Promises that are tried, and the backend that must keep them.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunOptions<E> {
  /** Promises that are tried, in order. */
  readonly promises: ReadonlyArray<ContractPromise>
  /** Layer of the backend. Each promise has a backend of its own, which so is opened and closed as often. */
  readonly layer: Layer.Layer<Mqrt, E>
  /** Capabilities that the machine lacks, each with the reason. A promise that needs one of them is skipped. None by default. */
  readonly missing?: ReadonlyMap<Capability, string> | undefined
}

/**
 * Result of one promise.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunResult {
  /** Name of the promise. */
  readonly name: string
  /** `"kept"`, `"broken"`, or `"skipped"` where the machine lacks what it needs. */
  readonly outcome: "kept" | "broken" | "skipped"
  /** Sentence that says what was different, or what the machine lacks; empty for a promise that was kept. */
  readonly detail: string
}

/** Returns the text of a problem. */
const problemOf = (cause: Cause.Cause<unknown>): string => {
  const problem = Cause.squash(cause)
  return problem instanceof Error ? problem.message : String(problem)
}

/**
 * Tries promises one after the other, without a test runner. A broken promise does not end the run.
 *
 * @example
 * ```ts import.meta.vitest
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
 * import { Effect, Stream } from "effect"
 *
 * const promises = MqrtContract.promises.filter(({ name }) => name.startsWith("label arrives"))
 * const results = MqrtContract.run({ promises, layer: InMemoryMqrt.layer })
 *
 * await Effect.runPromise(Stream.runCollect(results)) // => [{ name: "label arrives as it was sent", outcome: "kept", detail: "" }]
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = <E>({ layer, missing, promises }: RunOptions<E>): Stream.Stream<RunResult> =>
  Stream.mapEffect(Stream.fromIterable(promises), ({ check, name, needs }): Effect.Effect<RunResult> => {
    const reasons = needs.flatMap((capability) => missing?.get(capability) ?? [])
    if (reasons.length > 0) return Effect.succeed({ name, outcome: "skipped", detail: reasons.join("; ") })
    const tried = check.pipe(Effect.scoped, Effect.provide(layer, { local: true }))
    return Effect.map(Effect.exit(tried), (exit) =>
      Exit.isSuccess(exit)
        ? { name, outcome: "kept", detail: "" }
        : { name, outcome: "broken", detail: problemOf(exit.cause) }
    )
  })

const isOfTheContract = (name: string): boolean => name.toLowerCase().startsWith(queuePrefix)

/**
 * Deletes the queues of the contract that a run left behind, as one that was killed does, and no others. Returns their names.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* MessageQueue.create(`.\\private$\\${MqrtContract.queuePrefix}left`)
 *   const swept = yield* MqrtContract.sweep
 *   return [swept.length, yield* MessageQueue.exists(".\\private$\\orders")]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [1, true]
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const sweep: Effect.Effect<ReadonlyArray<string>, MsmqError, Mqrt> = Effect.gen(function* () {
  const names = (yield* QueueManager.privateQueues())
    .map((pathName) => pathName.split("\\").at(-1) ?? "")
    .filter(isOfTheContract)
  yield* Effect.forEach(names, (name) => MessageQueue.delete(`.\\private$\\${name}`), { discard: true })
  return names
})
