/**
 * Health of Message Queuing and of the queues that a program needs, for readiness probes and monitoring.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { CheckOptions, QueueCheck, Report } from "./internal/health/CheckOptions.ts"
import { checksOf } from "./internal/health/checks.ts"
import { readQueueName } from "./internal/names/queueName.ts"
import { checkOptions } from "./internal/options/healthOptions.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"

export type { Check, CheckOptions, QueueCheck, Report } from "./internal/health/CheckOptions.ts"

/**
 * Checks that Message Queuing runs, that queues exist and are of the expected kind, and that no more messages wait in them, and for no
 * longer, than is allowed. It changes nothing.
 *
 * Succeeds for an unhealthy machine too: `healthy` is then `false`, and each failed check says what to do. It takes no longer than
 * `timeout`, also where Message Queuing does not answer; a call that is under way then ends by itself later.
 *
 * Fails only with `IllegalOption` or `IllegalName` for wrong options.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Health, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   return yield* Health.check({
 *     queues: [{ queue: ".\\private$\\orders", transactional: true }, ".\\private$\\invoices"],
 *     maximumDepth: 1000,
 *     maximumDeadLetters: 0
 *   })
 * })
 *
 * const { checks, healthy } = await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * healthy // => false
 * checks.filter((check) => !check.healthy).map(({ name, queue }) => `${name} ${queue}`)
 * // => ["queue .\\private$\\invoices", "depth .\\private$\\invoices"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const check = Effect.fn(operations.Health.check.name, spanOptions)(function* (
  options: CheckOptions = {}
): Effect.fn.Return<Report, MsmqError, Mqrt> {
  const operation = operations.Health.check
  const given = yield* Given.options({ operation }, checkOptions, options)
  const queues = (given.queues ?? []).map((queue): QueueCheck =>
    typeof queue === "object" && "queue" in queue && !("_tag" in queue) ? queue : { queue }
  )
  yield* Effect.forEach(queues, ({ queue }) => readQueueName(operation, queue), { discard: true })
  const checks = yield* checksOf(operation, queues, given)
  return { healthy: checks.every(({ healthy }) => healthy), checks }
}, withErrorType)
