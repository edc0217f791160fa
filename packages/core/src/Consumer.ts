/**
 * Policy and events of `Receiver.consume`.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { Intake } from "./internal/consuming/Intake.ts"
import { Described, facts } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { wholeNumber } from "./internal/options/Rule.ts"
import { unrecoverable } from "./internal/options/unrecoverable.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Tagged } from "./internal/Tagged.ts"
import type { Message, ReceivedMessage } from "./Message.ts"
import { MsmqError } from "./MsmqError.ts"

/**
 * Failure of an attempt that is not the handler's own error: the handler died or interrupted itself, or it succeeded but its
 * transaction was aborted or did not commit, or the body of the message did not come from its store, so that the handler was not
 * called. The `retry` schedule gets it as its input.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer } from "@effect-msmq/core"
 * import { Cause } from "effect"
 *
 * new Consumer.HandlerDefect({ cause: Cause.die("a defect") }).message // => "the handler died, or interrupted itself"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class HandlerDefect extends Data.TaggedError("HandlerDefect")<{
  /**
   * Cause of the failure. It holds an `MsmqError` where the handler succeeded and its transaction failed, and where the body did not
   * come.
   */
  readonly cause: Cause.Cause<unknown>
}> {
  override get message(): string {
    const error = Option.getOrUndefined(Cause.findErrorOption(this.cause))
    if (error instanceof HandlerTimeout) return error.message
    if (error instanceof MsmqError && error.reason._tag === "BodyUnavailable") {
      return `the handler was not called: ${error.message}`
    }
    return error instanceof MsmqError
      ? `the handler succeeded, but ${error.message}`
      : "the handler died, or interrupted itself"
  }
}

/**
 * Failure of an attempt that took longer than `handlerTimeout`. It is the error in the cause of a {@link HandlerDefect}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer } from "@effect-msmq/core"
 *
 * new Consumer.HandlerTimeout({ timeout: 500 }).message // => "the handler did not end within 500 ms (handlerTimeout)"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class HandlerTimeout extends Data.TaggedError("HandlerTimeout")<{
  /** Time that the attempt had, in milliseconds: the option `handlerTimeout`. */
  readonly timeout: number
}> {
  override get message(): string {
    return `the handler did not end within ${this.timeout} ms (handlerTimeout)`
  }
}

/**
 * Error with which a handler fails when no further attempt can succeed: its message is poison at once, whatever `retry` says. The sends
 * and receives of the handler in its transaction are rolled back.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Deferred, Effect, Fiber } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
 *
 *   const poison = yield* Deferred.make<Consumer.Poison>()
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const consumer = yield* orders
 *     .consume(() => Effect.fail(new Consumer.Unrecoverable({ because: "there is no such customer" })), {
 *       poison: { subqueue: "poison" },
 *       onEvent: (event) =>
 *         event._tag === "Poisoned" ? Effect.asVoid(Deferred.succeed(poison, event)) : Effect.void
 *     })
 *     .pipe(Effect.forkChild)
 *   const { attempts } = yield* Deferred.await(poison)
 *   yield* Fiber.interrupt(consumer)
 *   return attempts
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => 1
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class Unrecoverable extends Data.TaggedError("Unrecoverable")<{
  /** Reason in words, which the log and the header `failure.error` of a copy have. */
  readonly because: string
  /**
   * Place that the message goes to: `"poison"`, as the option `poison` says; `"reject"`, it is removed as refused, and becomes a
   * dead letter of its sender if the sender asked for that. `"poison"` by default, and in a queue that is not transactional, where
   * no message can be rejected.
   */
  readonly action?: "poison" | "reject" | undefined
  /** Error that is the cause of this one. None by default. */
  readonly cause?: unknown
}> {
  /** Throws an `MsmqError` with the reason `IllegalOption` for fields that are illegal. */
  constructor(fields: Pick<Unrecoverable, "because" | "action" | "cause">) {
    super(Given.optionsOrThrow({ operation: operations.Consumer.unrecoverable }, unrecoverable, fields, "fields"))
  }

  override get message(): string {
    return this.because
  }
}

/**
 * Message that could not be handled, after its last attempt.
 *
 * @category models
 * @since 0.1.0
 */
export interface Poison {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of attempts, including those before this process. It is 0 if the body could not be decoded when it first came. */
  readonly attempts: number
  /** Cause of the last failure: the handler's error, or an `MsmqError` with the reason `UndecodableBody`. */
  readonly cause: Cause.Cause<unknown>
}

/**
 * Queue that copies of poison messages are sent to. A copy has the properties that the original's sender set, without the
 * acknowledgments, journaling and time limits, and with an id, times and a sender of its own.
 *
 * Message Queuing discards a message that its queue refuses. `consume` therefore fails with `IllegalPolicy` for a queue that is
 * known to refuse the copies. For other queues each copy requests an acknowledgment, which arrives in a private queue that
 * `consume` creates.
 * In a transaction, a copy that does not arrive becomes a dead letter. See
 * [Consuming](https://github.com/effect-msmq/effect-msmq/blob/main/docs/consuming.md#poison).
 *
 * @category models
 * @since 0.1.0
 */
export interface PoisonQueue {
  /** Queue, as for `MessageQueue.openSender`. It must be another one than the consumed queue. */
  readonly queue: QueueName
  /** Kind of the queue: `true` if it is transactional. Needed only where it cannot be read, as for queues of other machines. */
  readonly transactional?: boolean | undefined
  /**
   * Changes the copy before it is sent. By default it is the original with the headers `failure.queue`, `failure.messageId`,
   * `failure.attempts`, `failure.error` and `failure.time`, unless its extension holds data other than headers.
   */
  readonly copy?: ((copy: Message, poison: Poison) => Message) | undefined
}

/**
 * Place that a message goes to after its last attempt.
 *
 * - `"fail"`: it stays in the queue, and `consume` fails with `PoisonMessage`
 * - `"reject"`: it is removed as refused, and becomes a dead letter of its sender if the sender asked for that.
 *   Only for transactional queues
 * - `{ subqueue }`: one call moves it to that subqueue
 * - `{ queue }`: a copy is sent to that queue, and the message is removed once the copy is safe. See
 *   {@link PoisonQueue}
 *
 * @category models
 * @since 0.1.0
 */
export type PoisonPolicy =
  | "fail"
  | "reject"
  | {
      /** Name of the subqueue, which is created if it does not exist: 1 to 32 characters. */
      readonly subqueue: string
    }
  | PoisonQueue

/**
 * Subqueue in which messages wait for their next attempt, so that the messages behind them are handled meanwhile.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParkPolicy {
  /** Name of the subqueue, which is created if it does not exist: 1 to 32 characters. It must not be the one for poison messages. */
  readonly subqueue: string
}

/**
 * Decision on a failed attempt: the time until the next one; `"poison"`, the message goes where the option `poison` says; or
 * `"reject"`, it is removed as refused, as {@link Unrecoverable} says.
 *
 * @category models
 * @since 0.1.0
 */
export type RetryDecision = Duration.Input | "poison" | "reject"

/**
 * Control of a consumer from outside: pauses it, resumes it, changes the number of its handlers, and has its counts. Make it with
 * {@link makeControl}, and give it to `consume` as the option `control`. It serves one consumer at a time.
 *
 * See the example of {@link makeControl}.
 *
 * @category models
 * @since 0.1.0
 */
export class Control extends Described {
  readonly #intake = new Intake<ConsumeProgress>()

  private constructor() {
    super()
  }

  /** @internal */
  static make(): Control {
    return new Control()
  }

  /** @internal */
  static intakeOf(control: Control): Intake<ConsumeProgress> {
    return control.#intake
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Consumer.Control", state: this.#intake.state }
  }

  /** `true` from {@link pause} to {@link resume}. */
  get isPaused(): boolean {
    return this.#intake.isPaused
  }

  /** Number of handlers that may run at once. */
  get concurrency(): number {
    return this.#intake.concurrency
  }

  /** Number of messages that the consumer has at this moment: in a handler, or between two attempts. */
  get running(): number {
    return this.#intake.messages
  }

  /** Counts of events since the consumer began; zeros before it has begun. */
  get progress(): ConsumeProgress {
    return this.#intake.progress ?? noProgress
  }

  /**
   * Pauses the consumer: it receives no further message until {@link resume}. Waits until the messages that it has are handled,
   * with their further attempts, or until it is resumed. A handler that pauses its own consumer does not wait.
   *
   * @since 0.1.0
   */
  get pause(): Effect.Effect<void> {
    return this.#intake.pause()
  }

  /**
   * Lets the consumer receive again. Does nothing if it is not paused.
   *
   * @since 0.1.0
   */
  get resume(): Effect.Effect<void> {
    return Effect.sync(() => this.#intake.resume())
  }

  /**
   * Changes the number of handlers that may run at once: a whole number from 1 on. More handlers begin at once; those that are too
   * many finish their messages first. The option `concurrency` sets it back when a consumer begins.
   *
   * Fails with `IllegalOption` for another value.
   *
   * @since 0.1.0
   */
  setConcurrency(concurrency: number): Effect.Effect<void, MsmqError> {
    const call = { operation: operations.Consumer.setConcurrency }
    return Effect.map(Given.argument(call, "concurrency", wholeNumber(1, Infinity), concurrency), (read) =>
      this.#intake.setConcurrency(read)
    )
  }
}

/**
 * Makes a {@link Control}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Fiber } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const control = yield* Consumer.makeControl
 *   const consumer = yield* orders.consume(() => Effect.void, { control }).pipe(Effect.forkChild)
 *
 *   yield* control.pause
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
 *   const left = yield* orders.peek
 *   yield* control.resume
 *
 *   yield* Effect.yieldNow.pipe(Effect.repeat({ until: () => control.progress.handled === 1 }))
 *   yield* Fiber.interrupt(consumer)
 *   return left.label
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "order 1"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeControl: Effect.Effect<Control> = Effect.sync(() => Control.make())

/**
 * Options of `Receiver.consume`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Deferred, Effect, Fiber, Schedule } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
 *
 *   const moved = yield* Deferred.make<Consumer.ConsumeProgress>()
 *   const policy: Consumer.ConsumePolicy<string> = {
 *     concurrency: 2,
 *     retry: Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 3 })),
 *     poison: { subqueue: "poison" },
 *     shutdownTimeout: "10 seconds",
 *     onEvent: (event, progress) =>
 *       event._tag === "Poisoned" ? Effect.asVoid(Deferred.succeed(moved, progress)) : Effect.void
 *   }
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const consumer = yield* orders.consume(() => Effect.fail("out of stock"), policy).pipe(Effect.forkChild)
 *   const progress = yield* Deferred.await(moved)
 *   yield* Fiber.interrupt(consumer)
 *   return progress
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => { received: 1, handled: 0, retried: 3, poisoned: 1, reopened: 0 }
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumePolicy<in E = unknown, out R = never> {
  /**
   * Number of handlers that may run at once, from 1 on; 1 by default, which keeps the order of the messages. No message is
   * received before a handler is free for it.
   */
  readonly concurrency?: number | undefined
  /**
   * Schedule of further attempts after a failed one; {@link defaultRetry} by default. Its input is the handler's error, or
   * {@link HandlerDefect}. It advances one step for each earlier rollback of the message (`abortCount`), so that a limit
   * on the number of attempts includes those before this process. A limit on time begins anew.
   *
   * Or a function that decides on each failed attempt by its error and its number, counted from 1 and including those before this
   * process.
   */
  readonly retry?:
    | Schedule.Schedule<unknown, E | HandlerDefect, never, R>
    | ((error: E | HandlerDefect, attempt: number) => RetryDecision)
    | undefined
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
   * Time that a handler has for one attempt; no limit by default. Then the handler is interrupted, and the attempt has failed with
   * {@link HandlerDefect}, whose cause has {@link HandlerTimeout}: it is rolled back, and counts.
   */
  readonly handlerTimeout?: Duration.Input | undefined
  /**
   * Time that running handlers have to finish when `consume` is interrupted or its receiver is closed; 30 seconds by default.
   * After that they are interrupted, and their messages are back in the queue.
   */
  readonly shutdownTimeout?: Duration.Input | undefined
  /**
   * Schedule of further calls after a transient failure, such as a restart of the service; {@link defaultReopen} by default,
   * which never gives up. It starts again after every success.
   */
  readonly reopen?: Schedule.Schedule<unknown, MsmqError, never, R> | undefined
  /** Control that pauses and resumes the consumer: see {@link makeControl}. None by default. */
  readonly control?: Control | undefined
  /**
   * Function that is called for each event, in order for each handler, with the counts so far. The handler waits for the effect
   * that it returns. A failure of the effect is logged. None by default.
   */
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => Effect.Effect<void, never, R>) | undefined
}

/**
 * Options of `Receiver.consume` by which the messages of one key are handled in order, one at a time, while those of different keys are
 * handled side by side.
 *
 * A parked message keeps its key: the later messages of the key wait in the queue until it is handled or poison. The later messages of
 * a poison message's key are handled after it was moved. The order is that of this consumer; other consumers of the queue do not share
 * its keys.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Deferred, Effect, Fiber } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const labels = ["north 1", "north 2", "south 1"]
 *   yield* sender.sendAll(labels.map((label) => ({ label })), { transaction: "singleMessage" })
 *
 *   const begun: Array<string> = []
 *   const two = yield* Deferred.make<void>()
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const handle = ({ label }: { readonly label: string }) =>
 *     Effect.gen(function* () {
 *       if (begun.push(label) === 2) yield* Deferred.succeed(two, undefined)
 *       yield* Deferred.await(two)
 *     })
 *   const consumer = yield* orders
 *     .consume(handle, { concurrency: 2, keys: ({ label }) => label.slice(0, 5) })
 *     .pipe(Effect.forkChild)
 *   yield* Deferred.await(two)
 *   yield* Fiber.interrupt(consumer)
 *   return begun.slice(0, 2)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["north 1", "south 1"]
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface KeyPolicy<in Received = ReceivedMessage> {
  /**
   * Function that returns the key of a message, such as the number of a customer. A message is poison if
   * the function throws for it, or returns anything but a string. Messages have no keys by default.
   */
  readonly keys?: ((message: Received) => string) | undefined
  /**
   * Number of messages that the consumer looks at, from the first one of the queue on, for one whose key is free: from 1 on, 100 by
   * default. Where the keys of all of them are in use, it waits for a key, though others may be free behind them.
   */
  readonly lookAhead?: number | undefined
}

/**
 * Options of `Receiver.consumeBatches`.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchPolicy<in E = unknown, out R = never> extends ConsumePolicy<E, R> {
  /** Largest number of messages in a batch, from 1 on. */
  readonly size: number
  /**
   * Time that a batch waits for further messages, from its first one on; 0 by default, so that it has the messages that are there. It
   * ends earlier when the batch has its `size`.
   */
  readonly within?: Duration.Input | undefined
}

/**
 * Event of a message that is about to be handled: one for each time that it is received, not for each attempt.
 *
 * @category events
 * @since 0.1.0
 */
export interface Received extends Tagged<"Received"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
}

/**
 * Event of a message that is handled: its transaction is committed, or it is removed from the queue.
 *
 * @category events
 * @since 0.1.0
 */
export interface Handled extends Tagged<"Handled"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of the attempt that succeeded, counted from 1 and including those before this process. */
  readonly attempt: number
}

/**
 * Event of an attempt that failed and is followed by another: the handler failed or aborted its transaction, or the commit
 * failed.
 *
 * @category events
 * @since 0.1.0
 */
export interface Retrying extends Tagged<"Retrying"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of the attempt that failed, counted from 1 and including those before this process. */
  readonly attempt: number
  /** Cause of the failure. */
  readonly cause: Cause.Cause<unknown>
  /** Time until the next attempt. */
  readonly delay: Duration.Duration
}

/**
 * Event of an attempt that failed, whose message waits in the subqueue of the option `park` for the next one. When it is back, it is
 * received again.
 *
 * @category events
 * @since 0.1.0
 */
export interface Parked extends Tagged<"Parked"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of the attempt that failed, counted from 1 and including those before this process. */
  readonly attempt: number
  /** Cause of the failure. */
  readonly cause: Cause.Cause<unknown>
  /** Time until the message is moved back. */
  readonly delay: Duration.Duration
}

/**
 * Event of a batch of `consumeBatches` that failed and was rolled back: its handler failed, a body could not be decoded, or the commit
 * failed. The next batch has half as many messages.
 *
 * @category events
 * @since 0.1.0
 */
export interface BatchFailed extends Tagged<"BatchFailed"> {
  /** Messages of the batch as they were received; their bodies are bytes. */
  readonly messages: ReadonlyArray<ReceivedMessage>
  /** Cause of the failure. */
  readonly cause: Cause.Cause<unknown>
}

/**
 * Event of a poison message that was moved as the policy says.
 *
 * @category events
 * @since 0.1.0
 */
export interface Poisoned extends Poison, Tagged<"Poisoned"> {}

/**
 * Event of a poison message that was removed from its queue while the arrival of its copy is not yet known: the copy is on its
 * way, for instance to a machine that is switched off, or it is a dead letter of this machine.
 *
 * @category events
 * @since 0.1.0
 */
export interface PoisonSent extends Poison, Tagged<"PoisonSent"> {}

/**
 * Event of a message that left its queue before it could be retried: another consumer received it, or it expired.
 *
 * @category events
 * @since 0.1.0
 */
export interface Passed extends Tagged<"Passed"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
}

/**
 * Event of a message that is not handled when `consume` ends: it is back in its queue, or in the queue for poison messages if
 * its own queue is not transactional.
 *
 * @category events
 * @since 0.1.0
 */
export interface Returned extends Tagged<"Returned"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
}

/**
 * Event of a failure of Message Queuing that may pass: the same call is made again later.
 *
 * @category events
 * @since 0.1.0
 */
export interface TransientFailure extends Tagged<"TransientFailure"> {
  /** Error of the call. */
  readonly error: MsmqError
  /** Time until the call is made again. */
  readonly delay: Duration.Duration
}

/**
 * Event of a reopening: the handle of the queue was stale, and the queue is open again.
 *
 * @category events
 * @since 0.1.0
 */
export interface Reopened extends Tagged<"Reopened"> {}

/**
 * Event of a consumer that has nothing to do: there is no message that it can receive, and no handler runs. It comes once, before
 * the consumer waits, and again when a message has been received since.
 *
 * @category events
 * @since 0.1.0
 */
export interface Idle extends Tagged<"Idle"> {}

/**
 * Event that `onEvent` gets.
 *
 * @category events
 * @since 0.1.0
 */
export type ConsumeEvent =
  | Received
  | Handled
  | Retrying
  | Parked
  | BatchFailed
  | Poisoned
  | PoisonSent
  | Passed
  | Returned
  | TransientFailure
  | Reopened
  | Idle

/**
 * Counts of events since `consume` began.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumeProgress {
  /** Number of messages that were received. */
  readonly received: number
  /** Number of messages that were handled. */
  readonly handled: number
  /** Number of failed attempts that are followed by another, including those of `Parked` and of `BatchFailed`. */
  readonly retried: number
  /** Number of poison messages that were moved, including those of `PoisonSent`. */
  readonly poisoned: number
  /** Number of times that the queue was reopened. */
  readonly reopened: number
}

const noProgress: ConsumeProgress = { received: 0, handled: 0, retried: 0, poisoned: 0, reopened: 0 }

/**
 * Schedule of four more attempts, after about 1, 2, 4 and 8 seconds.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Consumer } from "@effect-msmq/core"
 * import { Schedule } from "effect"
 *
 * // The default, but for ten attempts instead of four.
 * const retry = Schedule.exponential("1 second").pipe(Schedule.jittered, Schedule.upTo({ times: 10 }))
 * Schedule.isSchedule(retry) // => Schedule.isSchedule(Consumer.defaultRetry)
 * ```
 *
 * @category schedules
 * @since 0.1.0
 */
export const defaultRetry: Schedule.Schedule<unknown> = Schedule.exponential("1 second").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 4 })
)

/**
 * Schedule without end: after about half a second at first, then twice as long each time, up to 30 seconds.
 *
 * See the example of {@link defaultRetry}.
 *
 * @category schedules
 * @since 0.1.0
 */
export const defaultReopen: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("30 seconds")
]).pipe(Schedule.jittered)
