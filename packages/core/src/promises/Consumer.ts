/**
 * Policy and handlers of `consume` for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ConsumePolicy as EffectConsumePolicy, ConsumeProgress } from "../Consumer.ts"
import { defaultReopen, defaultRetry } from "../Consumer.ts"
import type { Abortable } from "./Abortable.ts"
import type { ConsumeEvent, PoisonPolicy } from "./ConsumeEvents.ts"
import { eventOf, poisonPolicyOf } from "./ConsumeEvents.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import { awaitable, logRejection } from "../internal/options/handlers.ts"
import { Transaction } from "./Transaction.ts"
import { Current } from "../Transaction.ts"
import * as operations from "../internal/telemetry/Operation.ts"

/**
 * Number of retries, and the delays before them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retries {
  /** Largest number of retries, from 0 on. No limit by default. */
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
  /**
   * Number of handlers that may run at once, from 1 on; 1 by default, which keeps the order of the messages. No message is
   * received before a handler is free for it.
   */
  readonly concurrency?: number | undefined
  /**
   * Further attempts after a failed one; by default four, after about 1, 2, 4 and 8 seconds. Attempts before this process
   * count (`abortCount`).
   */
  readonly retry?: Retries | undefined
  /**
   * Place for a message after its last attempt, and for one whose body cannot be decoded, which is not attempted; `"fail"` by
   * default.
   */
  readonly poison?: PoisonPolicy | undefined
  /**
   * Time that running handlers have to finish when the signal aborts or the receiver is closed; 30 seconds by default. After
   * that their `signal` aborts, and their messages are back in the queue.
   */
  readonly shutdownTimeout?: Duration.Input | undefined
  /**
   * Further calls after a transient failure, such as a restart of the service; by default without end, after about half a
   * second at first and up to 30 seconds. They start again after every success.
   */
  readonly reopen?: Retries | undefined
  /**
   * Function that is called for each event, in order for each handler, with the counts so far. Nothing waits for it; its error,
   * or the rejection of a promise that it returns, is logged.
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
   * Transaction of the attempt, which the sends and receives of the handler take part in. It commits when the handler's promise is
   * fulfilled and aborts when it is rejected. `undefined` where the queue is not transactional.
   */
  readonly transaction: Transaction | undefined
  /** Signal that aborts when `shutdownTimeout` is over. */
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
  const { onEvent, poison, reopen, retry, signal: _, ...others } = policy
  return {
    ...others,
    poison: poison && poisonPolicyOf(poison),
    retry: scheduleOf(retry) ?? defaultRetry,
    reopen: scheduleOf(reopen) ?? defaultReopen,
    onEvent:
      onEvent &&
      ((event, progress) =>
        Effect.flatten(
          runner.call(() => logRejection(`onEvent failed for ${event._tag}`, onEvent(eventOf(event), progress)))
        ))
  }
}

/** @internal */
export const handlerOf =
  <Received>(handler: (message: Received, options: HandlerOptions) => Promise<unknown>, runner: Runner) =>
  (message: Received): Effect.Effect<unknown> =>
    Effect.flatMap(Current, (current) =>
      runner.await((signal) => {
        const given = handler(message, {
          transaction: typeof current === "string" ? undefined : Transaction.make(current, runner),
          signal
        })
        return awaitable({ operation: operations.Receiver.consume }, "handler", given)
      })
    )
