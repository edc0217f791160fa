/**
 * What `consume` of a receiver can be told, and what it tells.
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
import type { Message, ReceivedMessage } from "./Message.ts"
import { MsmqError } from "./MsmqError.ts"

/**
 * An attempt failed otherwise than by the handler's own error, in whose place a schedule for trying again gets this: the
 * handler died or interrupted itself, or it succeeded but its transaction was aborted or did not commit. `cause` is the
 * whole of it; in the last case, an `MsmqError`.
 *
 * @category errors
 * @since 0.1.0
 */
export class HandlerDefect extends Data.TaggedError("HandlerDefect")<{ readonly cause: Cause.Cause<unknown> }> {
  override get message(): string {
    const error = Option.getOrUndefined(Cause.findErrorOption(this.cause))
    return error instanceof MsmqError
      ? `the handler succeeded, but ${error.message}`
      : "the handler died, or interrupted itself"
  }
}

/**
 * A message that could not be handled, after the last try.
 *
 * - `attempts`: how often it was tried, before this process too; 0 if its body could not be read at the first
 * - `cause`: why the last try failed: with the handler's error, or with an `MsmqError` for `UndecodableBody`
 *
 * @category models
 * @since 0.1.0
 */
export interface Poison {
  readonly message: ReceivedMessage
  readonly attempts: number
  readonly cause: Cause.Cause<unknown>
}

/**
 * A queue for messages that could not be handled. What is sent there is a copy: the fields that the sender set, without
 * the acknowledgments, copies and time limits that it asked for, and with ids, times and sender of its own.
 *
 * Message Queuing drops what a queue does not take. So `consume` refuses a queue of which it can know that it takes no
 * copies, and otherwise asks for an acknowledgment of the copy, which comes to a private queue that it creates for that. In
 * a transaction the copy asks to be a dead letter instead where it does not arrive. `docs/consuming.md` says more.
 *
 * - `transactional`: whether that queue is; only to be given where it cannot be known, as for one of another machine
 * - `copy`: changes the copy. By default it is the message, and says what happened to it in the headers `failure.queue`,
 *   `failure.messageId`, `failure.attempts`, `failure.error` and `failure.time`, unless its extension is something else than
 *   headers
 *
 * @category models
 * @since 0.1.0
 */
export interface PoisonQueue {
  readonly queue: QueueName
  readonly transactional?: boolean | undefined
  readonly copy?: ((copy: Message, poison: Poison) => Message) | undefined
}

/**
 * What becomes of a message that could not be handled, after the last try.
 *
 * - `"fail"`: it stays in the queue, and `consume` fails with `PoisonMessage`
 * - `"reject"`: it counts as refused, and its sender has it among the dead letters, if it asked for that (behaviour E-69);
 *   otherwise it is gone. Only of a transactional queue
 * - `{ subqueue }`: it is moved to that subqueue, with one call that does it or not
 * - `{ queue }`: a copy is sent to that queue, and the message is gone only when the copy is known to be somewhere. See
 *   {@link PoisonQueue}
 *
 * @category models
 * @since 0.1.0
 */
export type PoisonPolicy = "fail" | "reject" | { readonly subqueue: string } | PoisonQueue

/**
 * How messages are consumed. Everything may be left out.
 *
 * - `concurrency`: how many handlers may run at once; 1 by default, which keeps the order. Nothing is received before a
 *   handler is free for it
 * - `retry`: when a message is tried again whose handler failed; its input is the handler's error, or {@link HandlerDefect}.
 *   {@link defaultRetry} by default. It is stepped once for each time the message came back before (`abortCount`, behaviour
 *   E-66), so a restart of the process does not begin anew; a limit of time, not of number, does
 * - `poison`: what becomes of a message after the last try, and of one whose body cannot be read, which is not tried.
 *   `"fail"` by default
 * - `shutdownTimeout`: how long running handlers have to finish once `consume` is interrupted, or its receiver closed; then they
 *   are interrupted and their messages are back. 30 seconds by default
 * - `reopen`: when it is tried again after a failure that passes, such as a restart of the service (behaviours C-37, C-38,
 *   H-25). {@link defaultReopen} by default, which never gives up. It begins anew after every success
 * - `onEvent`: told what happens, in order for each handler. What it takes, handling takes longer; a failure of it is logged
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumePolicy<in E = unknown, out R = never> {
  readonly concurrency?: number | undefined
  readonly retry?: Schedule.Schedule<unknown, E | HandlerDefect, never, R> | undefined
  readonly poison?: PoisonPolicy | undefined
  readonly shutdownTimeout?: Duration.Input | undefined
  readonly reopen?: Schedule.Schedule<unknown, MsmqError, never, R> | undefined
  readonly onEvent?: ((event: ConsumeEvent, progress: ConsumeProgress) => Effect.Effect<void, never, R>) | undefined
}

/**
 * What happened. The messages are as they came: bodies are bytes.
 *
 * - `Received`: a message is about to be handled; once for each time that it is received from the queue's end of waiting
 *   messages, not for each try
 * - `Handled`: it is done: its transaction is committed, or it is gone from the queue
 * - `Retrying`: its handler failed, or aborted its transaction, or its commit failed, and it is tried again after `delay`
 * - `Poisoned`: it is where the policy for poison says
 * - `PoisonSent`: it left its transactional queue for a transactional queue, and nothing says yet that it has arrived: it is
 *   on its way, as to a machine that is away, or it is a dead letter of this machine
 * - `Passed`: before it could be tried again another consumer had it, or its time was over
 * - `Returned`: `consume` ends before it is done; it is in the queue, or from a queue that takes nothing back in the queue
 *   for poison
 * - `TransientFailure`: Message Queuing failed in a way that passes; it is tried again after `delay`
 * - `Reopened`: the queue has been opened anew
 *
 * `attempt`, `attempts`: how manyth try it was, those before this process included.
 *
 * @category models
 * @since 0.1.0
 */
export type ConsumeEvent =
  | { readonly _tag: "Received"; readonly message: ReceivedMessage }
  | { readonly _tag: "Handled"; readonly message: ReceivedMessage; readonly attempt: number }
  | {
      readonly _tag: "Retrying"
      readonly message: ReceivedMessage
      readonly attempt: number
      readonly cause: Cause.Cause<unknown>
      readonly delay: Duration.Duration
    }
  | {
      readonly _tag: "Poisoned"
      readonly message: ReceivedMessage
      readonly attempts: number
      readonly cause: Cause.Cause<unknown>
    }
  | {
      readonly _tag: "PoisonSent"
      readonly message: ReceivedMessage
      readonly attempts: number
      readonly cause: Cause.Cause<unknown>
    }
  | { readonly _tag: "Passed"; readonly message: ReceivedMessage }
  | { readonly _tag: "Returned"; readonly message: ReceivedMessage }
  | { readonly _tag: "TransientFailure"; readonly error: MsmqError; readonly delay: Duration.Duration }
  | { readonly _tag: "Reopened" }

/**
 * How much has happened since `consume` began: how many messages were received, handled and poisoned, how many tries
 * failed that were followed by another, and how often the queue was opened anew. Messages of `PoisonSent` count as poisoned.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConsumeProgress {
  readonly received: number
  readonly handled: number
  readonly retried: number
  readonly poisoned: number
  readonly reopened: number
}

/**
 * Four more tries, after some 1, 2, 4 and 8 seconds.
 *
 * @category schedules
 * @since 0.1.0
 */
export const defaultRetry: Schedule.Schedule<unknown> = Schedule.exponential("1 second").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 4 })
)

/**
 * For ever, after some half second at first, then twice as long each time, up to 30 seconds.
 *
 * @category schedules
 * @since 0.1.0
 */
export const defaultReopen: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("500 millis"),
  Schedule.spaced("30 seconds")
]).pipe(Schedule.jittered)
