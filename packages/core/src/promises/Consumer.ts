/**
 * Consuming for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ConsumeEvent, ConsumePolicy, ConsumeProgress, PoisonPolicy } from "../Consumer.ts"
import { defaultReopen, defaultRetry } from "../Consumer.ts"
import type { Abortable } from "./Abortable.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { awaitable, logRejection } from "../internal/options/handlers.ts"
import type { ReceivedMessage } from "../Message.ts"
import { MsmqTransaction } from "./Transaction.ts"
import * as Transaction from "../Transaction.ts"
import * as operations from "../internal/telemetry/operations.ts"

/**
 * When something is tried again.
 *
 * - `times`: at most so often; without end if left out
 * - `delay`: before the first of them, and before each, unless there is a `factor`
 * - `factor`: by which the delay grows from one to the next; 1 by default
 *
 * @category models
 * @since 0.1.0
 */
export interface Retries {
  readonly times?: number | undefined
  readonly delay: Duration.Input
  readonly factor?: number | undefined
}

/**
 * How messages are consumed: {@link ConsumePolicy}, in which `retry` and `reopen` are {@link Retries}. What is left out is
 * as there.
 *
 * - `onEvent`: called as there, and not waited for. What it throws is logged, and so is what a promise that it returns
 *   rejects with
 *
 * @category models
 * @since 0.1.0
 */
export interface MsmqConsumePolicy {
  readonly concurrency?: number | undefined
  readonly retry?: Retries | undefined
  readonly poison?: PoisonPolicy | undefined
  readonly stopWithin?: Duration.Input | undefined
  readonly reopen?: Retries | undefined
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => void) | undefined
}

/**
 * What a handler is given beside its message.
 *
 * - `transaction`: the try's own, for the sends and receives of the handler; it commits when the handler is fulfilled and
 *   aborts when it is rejected. `undefined` where the queue is not transactional
 * - `signal`: aborts when the handler is to give up, as `stopWithin` says
 *
 * @category models
 * @since 0.1.0
 */
export interface HandlerOptions {
  readonly transaction: MsmqTransaction | undefined
  readonly signal: AbortSignal
}

const scheduleOf = (retries: Retries | undefined): Schedule.Schedule<unknown> | undefined => {
  if (retries === undefined) return undefined
  const { delay, factor = 1, times } = retries
  const schedule = Schedule.exponential(delay, factor)
  return times === undefined ? schedule : Schedule.upTo(schedule, { times })
}

/** @internal */
export const policyOf = (policy: MsmqConsumePolicy & Abortable, runner: Runner): ConsumePolicy => {
  const { onEvent, reopen, retry, signal: _, ...others } = policy
  return {
    ...others,
    retry: scheduleOf(retry) ?? defaultRetry,
    reopen: scheduleOf(reopen) ?? defaultReopen,
    onEvent:
      onEvent &&
      ((event, progress) =>
        Effect.flatMap(
          runner.call<unknown>(() => onEvent(event, progress)),
          (given) => logRejection(`onEvent failed for ${event._tag}`, given)
        ))
  }
}

/** @internal */
export const handlerOf =
  <Body>(handler: (message: ReceivedMessage<Body>, options: HandlerOptions) => Promise<unknown>, runner: Runner) =>
  (message: ReceivedMessage<Body>): Effect.Effect<unknown> =>
    Effect.flatMap(Transaction.Current, (current) =>
      runner.await((signal) => {
        const given = handler(message, {
          transaction: typeof current === "string" ? undefined : new MsmqTransaction(current, runner),
          signal
        })
        return awaitable({ operation: operations.Receiver.consume }, "handler", given)
      })
    )
