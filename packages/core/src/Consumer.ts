/**
 * Policy and events of `Receiver.consume`.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { QueueName } from "./internal/names/queueName.ts"
import type { Tagged } from "./internal/Tagged.ts"
import type { Message, ReceivedMessage } from "./Message.ts"
import { MsmqError } from "./MsmqError.ts"

/**
 * Failure of an attempt that is not the handler's own error: the handler died or interrupted itself, or it succeeded but its
 * transaction was aborted or did not commit, or the body of the message did not come from its store, so that the handler was not
 * called. The `retry` schedule gets it as its input.
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
    if (error instanceof MsmqError && error.reason._tag === "BodyUnavailable") {
      return `the handler was not called: ${error.message}`
    }
    return error instanceof MsmqError
      ? `the handler succeeded, but ${error.message}`
      : "the handler died, or interrupted itself"
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
 * Options of `Receiver.consume`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { type Consumer, MessageQueue } from "@effect-msmq/core"
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
   */
  readonly retry?: Schedule.Schedule<unknown, E | HandlerDefect, never, R> | undefined
  /**
   * Place for a message after its last attempt, and for one whose body cannot be decoded, which is not attempted; `"fail"` by
   * default.
   */
  readonly poison?: PoisonPolicy | undefined
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
  /**
   * Function that is called for each event, in order for each handler, with the counts so far. The handler waits for the effect
   * that it returns. A failure of the effect is logged. None by default.
   */
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => Effect.Effect<void, never, R>) | undefined
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
 * Event that `onEvent` gets.
 *
 * @category events
 * @since 0.1.0
 */
export type ConsumeEvent =
  | Received
  | Handled
  | Retrying
  | Poisoned
  | PoisonSent
  | Passed
  | Returned
  | TransientFailure
  | Reopened

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
  /** Number of failed attempts that were followed by another. */
  readonly retried: number
  /** Number of poison messages that were moved, including those of `PoisonSent`. */
  readonly poisoned: number
  /** Number of times that the queue was reopened. */
  readonly reopened: number
}

/**
 * Schedule of four more attempts, after about 1, 2, 4 and 8 seconds.
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
 * @category schedules
 * @since 0.1.0
 */
export const defaultReopen: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("30 seconds")
]).pipe(Schedule.jittered)
