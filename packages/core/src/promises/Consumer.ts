/**
 * Consuming for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ConsumeEvent, ConsumePolicy as EffectConsumePolicy, ConsumeProgress, PoisonPolicy } from "../Consumer.ts"
import { defaultReopen, defaultRetry } from "../Consumer.ts"
import type { Abortable } from "./Abortable.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { awaitable, logRejection } from "../internal/options/handlers.ts"
import type { ReceivedMessage } from "../Message.ts"
import { Transaction } from "./Transaction.ts"
import { Current } from "../Transaction.ts"

/**
 * Number of retries, and the delays before them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retries {
  /** Largest number of retries. No limit by default. */
  readonly times?: number | undefined
  /** Time before the first retry, in milliseconds or as `"5 seconds"`. */
  readonly delay: Duration.Input
  /** Factor, at least 0, by which the delay grows from one retry to the next. 1 by default. */
  readonly factor?: number | undefined
}

/**
 * Policy of `consume` of a `Receiver`: {@link EffectConsumePolicy}, in which `retry` and `reopen` are {@link Retries}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumePolicy {
  /** Largest number of handlers that run at once. 1 by default, which keeps the order. */
  readonly concurrency?: number | undefined
  /** Retries of a message whose handler failed. Four by default, after some 1, 2, 4 and 8 seconds. */
  readonly retry?: Retries | undefined
  /** Destination of a message after the last retry, and of one whose body cannot be read. `"fail"` by default. */
  readonly poison?: PoisonPolicy | undefined
  /** Time that running handlers have to finish once the signal aborts or the receiver is closed. 30 seconds by default. */
  readonly stopWithin?: Duration.Input | undefined
  /** Retries after a failure that passes, such as a restart of the service. Without end by default. */
  readonly reopen?: Retries | undefined
  /**
   * Function that is called for each event, in order for each handler. It is not waited for. What it throws is logged, and so
   * is what a promise that it returns rejects with. None by default.
   */
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => void) | undefined
}

/**
 * Second argument of a handler.
 *
 * @category models
 * @since 0.1.0
 */
export interface HandlerOptions {
  /**
   * Transaction of the attempt, for the sends and receives of the handler. It commits when the handler is fulfilled and
   * aborts when it is rejected. `undefined` where the queue is not transactional.
   */
  readonly transaction: Transaction | undefined
  /** Signal that aborts when the handler is to give up, as `stopWithin` says. */
  readonly signal: AbortSignal
}

const scheduleOf = (retries: Retries | undefined): Schedule.Schedule<unknown> | undefined => {
  if (retries === undefined) return undefined
  const { delay, factor = 1, times } = retries
  const schedule = Schedule.exponential(delay, factor)
  return times === undefined ? schedule : Schedule.upTo(schedule, { times })
}

/** @internal */
export const policyOf = (policy: ConsumePolicy & Abortable, runner: Runner): EffectConsumePolicy => {
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
    Effect.flatMap(Current, (current) =>
      runner.await((signal) => {
        const given = handler(message, {
          transaction: typeof current === "string" ? undefined : Transaction.make(current, runner),
          signal
        })
        return awaitable({ operation: "Receiver.consume" }, "handler", given)
      })
    )
