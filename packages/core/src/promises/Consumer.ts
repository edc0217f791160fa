/**
 * Consumers, their policy and their handlers, for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Schedule from "effect/Schedule"
import type { ConsumePolicy as EffectConsumePolicy, ConsumeProgress, ParkPolicy, RetryDecision } from "../Consumer.ts"
import { Control, defaultReopen, defaultRetry, HandlerDefect } from "../Consumer.ts"
import type { Abortable } from "./Abortable.ts"
import type { ConsumeEvent, PoisonPolicy } from "./ConsumeEvents.ts"
import { eventOf, poisonPolicyOf } from "./ConsumeEvents.ts"
import { Described, facts } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import { Runner } from "../internal/promises/Runner.ts"
import { checkMade } from "../internal/promises/construction.ts"
import { awaitable, awaited } from "../internal/options/handlers.ts"
import { argumentOrThrow } from "../internal/options/illegalOption.ts"
import { wholeNumber } from "../internal/options/Rule.ts"
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
  /** Longest delay, in milliseconds or as `"1 minute"`, that a growing one comes to. No limit by default. */
  readonly maximumDelay?: Duration.Input | undefined
  /**
   * `true` changes each delay at random by up to a fifth, so that messages that failed together are not retried together. `false` by
   * default.
   */
  readonly jitter?: boolean | undefined
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
   *
   * Or a function that decides on each failed attempt by its error and its number, counted from 1 and including those before this
   * process. The error is that of the handler; `HandlerTimeout`; or, where the transaction failed, `MsmqError`. A function that
   * throws ends the consumer.
   */
  readonly retry?: Retries | ((error: unknown, attempt: number) => RetryDecision) | undefined
  /**
   * Subqueue that a message waits in for its next attempt, while the messages behind it are handled. It comes back when its delay is
   * over, to the place that its priority and its arrival give it, and is received again. By default a message is held for its
   * delay, and the messages behind it wait.
   *
   * Messages of an earlier run are moved back when the consumer begins. In a transactional queue their attempts are known from the
   * numbers of moves and rollbacks. Not for queues whose messages are removed before they are handled.
   */
  readonly park?: ParkPolicy | undefined
  /**
   * Place for a message after its last attempt, and for one whose body cannot be decoded, which is not attempted; `"fail"` by
   * default.
   */
  readonly poison?: PoisonPolicy | undefined
  /**
   * Time that a handler has for one attempt; no limit by default. Then its `signal` aborts, and the attempt has failed with
   * `HandlerTimeout`: it is rolled back, and counts. A handler that goes on nevertheless takes part in no transaction any more.
   */
  readonly handlerTimeout?: Duration.Input | undefined
  /**
   * Time that running handlers have to finish when the consumer is stopped, the signal aborts or the receiver is closed; 30 seconds
   * by default. After that their `signal` aborts, and their messages are back in the queue.
   */
  readonly shutdownTimeout?: Duration.Input | undefined
  /**
   * Further calls after a transient failure, such as a restart of the service; by default without end, after about half a
   * second at first and up to 30 seconds. They start again after every success.
   */
  readonly reopen?: Retries | undefined
  /**
   * Function that is called for each event, in order for each handler, with the counts so far. The handler waits for a promise that
   * it returns, but no longer than `shutdownTimeout` in a shutdown. Its error, or the rejection of the promise, is logged.
   */
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => void | PromiseLike<void>) | undefined
}

/**
 * Policy of `consumeBatches` of a `Receiver`.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchPolicy extends ConsumePolicy {
  /** Largest number of messages in a batch, from 1 on. */
  readonly size: number
  /**
   * Time that a batch waits for further messages, from its first one on, in milliseconds or as `"1 second"`; 0 by default, so that it
   * has the messages that are there. It ends earlier when the batch has its `size`.
   */
  readonly within?: Duration.Input | undefined
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
  /** Signal that aborts when `handlerTimeout` is over, or `shutdownTimeout`. */
  readonly signal: AbortSignal
}

/**
 * Consumer that runs: see `consume` of a `Receiver`. Own it with `await using` or {@link stop}.
 *
 * A failure of the consumer rejects {@link done}. As for every promise, Node ends the process where nothing handles the rejection.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders", { transactional: true })
 * await using sender = await msmq.openSender(".\\private$\\orders")
 * await using receiver = await msmq.openReceiver(".\\private$\\orders")
 *
 * const labels: Array<string> = []
 * const idle = Promise.withResolvers<void>()
 * await sender.sendAll([{ label: "order 1" }, { label: "order 2" }], { transaction: "singleMessage" })
 * const consumer = receiver.consume(
 *   async ({ label }) => {
 *     labels.push(label)
 *   },
 *   {
 *     retry: (error, attempt) => (error instanceof TypeError || attempt === 5 ? "poison" : 1000 * attempt),
 *     poison: { subqueue: "poison" },
 *     handlerTimeout: "1 minute",
 *     onEvent: ({ _tag }) => {
 *       if (_tag === "Idle") idle.resolve()
 *     }
 *   }
 * )
 * await idle.promise
 * await consumer.stop()
 * labels // => ["order 1", "order 2"]
 * consumer.progress.handled // => 2
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Consumer extends Described implements AsyncDisposable {
  /**
   * Promise of the consumer's end. It is fulfilled after {@link stop}, and rejected with the signal's reason, with `Released` when
   * the receiver is closed, and with the failure that ended the consumer otherwise. A handler of the consumer must not wait for it.
   */
  readonly done: Promise<void>
  readonly #queue: string
  readonly #control: Control
  readonly #runner: Runner
  /** Promise that is fulfilled when `done` is fulfilled or rejected. It handles no rejection of `done`. */
  readonly #ended: Promise<void>
  #hasEnded = false

  private constructor(queue: string, control: Control, runner: Runner, end: Promise<void>) {
    super()
    checkMade(runner instanceof Runner)
    this.#queue = queue
    this.#control = control
    this.#runner = runner
    this.done = end.then(constVoid)
    const markEnded = () => {
      this.#hasEnded = true
    }
    this.#ended = end.then(markEnded, markEnded)
  }

  /** @internal Starts a consumer: `start` returns the promise of its end. */
  static start(queue: string, runner: Runner, start: (control: Control) => Promise<void>): Consumer {
    const control = Control.make()
    return new Consumer(queue, control, runner, start(control))
  }

  /** @internal */
  get [facts](): Facts {
    const { state } = Control.intakeOf(this.#control)
    // It begins when the program has it, unless it is refused.
    const begun = state === "new" ? "running" : state
    return { kind: "Consumer", queue: this.#queue, state: this.#hasEnded ? "ended" : begun }
  }

  /** `true` from {@link pause} to {@link resume}. */
  get isPaused(): boolean {
    return this.#control.isPaused
  }

  /** Number of handlers that may run at once. */
  get concurrency(): number {
    return this.#control.concurrency
  }

  /** Number of messages that the consumer has at this moment: in a handler, or between two attempts. */
  get running(): number {
    return this.#control.running
  }

  /** Counts of events since the consumer began. */
  get progress(): ConsumeProgress {
    return this.#control.progress
  }

  /**
   * Pauses the consumer: from this call on it begins no further receive, until {@link resume}. The promise is fulfilled
   * when the messages that it has are handled, with their further attempts, or when it is resumed. A handler that pauses its own
   * consumer does not wait.
   */
  pause(): Promise<void> {
    return this.#runner.promise(this.#control.pause, undefined)
  }

  /** Lets the consumer receive again. Does nothing if it is not paused. */
  resume(): void {
    Control.intakeOf(this.#control).resume()
  }

  /**
   * Changes the number of handlers that may run at once: a whole number from 1 on. More handlers begin at once; those that are too
   * many finish their messages first. Throws an `MsmqError` with the reason `IllegalOption` for another value.
   */
  setConcurrency(concurrency: number): void {
    const call = { operation: operations.Consumer.setConcurrency, queue: this.#queue }
    const read = argumentOrThrow(call, "concurrency", wholeNumber(1, Infinity), concurrency)
    Control.intakeOf(this.#control).setConcurrency(read)
  }

  /**
   * Stops the consumer: it receives no further message, lets handlers that run finish within `shutdownTimeout`, and returns
   * {@link done}. Called by a handler of the consumer or its `onEvent`, it returns at once, and the consumer ends after that. A second
   * call waits for the same end.
   */
  async stop(): Promise<void> {
    if (await this.#stopped()) await this.done
  }

  /** Stops the consumer, and waits for its end. A failure of the consumer rejects {@link done} alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (await this.#stopped()) await this.#ended
  }

  #stopped(): Promise<boolean> {
    return this.#runner.promise(Control.intakeOf(this.#control).stopAndAwaitEnd(), undefined)
  }
}

const scheduleOf = (retries: Retries | undefined): Schedule.Schedule<unknown> | undefined => {
  if (retries === undefined) return undefined
  const { delay, factor = 1, jitter = false, maximumDelay, times } = retries
  const growing = Schedule.exponential(delay, factor)
  const capped = maximumDelay === undefined ? growing : Schedule.min([growing, Schedule.spaced(maximumDelay)])
  const schedule = jitter ? Schedule.jittered(capped) : capped
  return times === undefined ? schedule : Schedule.upTo(schedule, { times })
}

const retryOf = (retry: ConsumePolicy["retry"]): NonNullable<EffectConsumePolicy["retry"]> =>
  typeof retry === "function"
    ? (error, attempt) => retry(error instanceof HandlerDefect ? Cause.squash(error.cause) : error, attempt)
    : (scheduleOf(retry) ?? defaultRetry)

/** @internal */
export const policyOf = (policy: ConsumePolicy & Abortable, control: Control, runner: Runner): EffectConsumePolicy => {
  const { concurrency = 1, onEvent, poison, reopen, retry, signal: _, ...others } = policy
  Control.intakeOf(control).setConcurrency(concurrency)
  return {
    ...others,
    control,
    poison: poison && poisonPolicyOf(poison),
    retry: retryOf(retry),
    reopen: scheduleOf(reopen) ?? defaultReopen,
    onEvent:
      onEvent &&
      ((event, progress) =>
        Effect.flatMap(
          runner.call(() => onEvent(eventOf(event), progress)),
          (given) => awaited(`onEvent failed for ${event._tag}`, given)
        ))
  }
}

/**
 * @internal Runs a consumer when the program has it, since the functions of its policy may use it. Turns the interruption by which a
 * consumer ends that was stopped into a success.
 */
export const untilStopped = <E>(control: Control, consume: Effect.Effect<never, E>): Effect.Effect<void, E> =>
  Effect.catchCauseIf(
    Effect.andThen(
      Effect.promise(() => Promise.resolve()),
      consume
    ),
    (cause) => Control.intakeOf(control).isStopped && Cause.hasInterruptsOnly(cause),
    () => Effect.void
  )

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
