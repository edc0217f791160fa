/**
 * Events of `consume` for programs that do not use Effect: a failure is a value that was thrown, and a time is a number of
 * milliseconds.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import type * as effectful from "../Consumer.ts"
import type { Tagged } from "../internal/Tagged.ts"
import type { Message, ReceivedMessage } from "../Message.ts"
import type { MsmqError } from "../MsmqError.ts"

/**
 * Message that could not be handled, after its last attempt.
 *
 * @category models
 * @since 0.1.0
 */
export interface Poison extends Omit<effectful.Poison, "cause"> {
  /** Value that the handler threw the last time, or an `MsmqError` with the reason `UndecodableBody`. */
  readonly error: unknown
}

/**
 * Queue that copies of poison messages are sent to. See {@link effectful.PoisonQueue}.
 *
 * @category models
 * @since 0.1.0
 */
export interface PoisonQueue extends Omit<effectful.PoisonQueue, "copy"> {
  /**
   * Changes the copy before it is sent. By default it is the original with the headers `failure.queue`, `failure.messageId`,
   * `failure.attempts`, `failure.error` and `failure.time`, unless its extension holds data other than headers.
   */
  readonly copy?: ((copy: Message, poison: Poison) => Message) | undefined
}

/**
 * Place that a message goes to after its last attempt. See {@link effectful.PoisonPolicy}.
 *
 * @category models
 * @since 0.1.0
 */
export type PoisonPolicy = Exclude<effectful.PoisonPolicy, effectful.PoisonQueue> | PoisonQueue

/**
 * Event of an attempt that failed and is followed by another: the handler's promise was rejected or it aborted its transaction, or
 * the commit failed.
 *
 * @category events
 * @since 0.1.0
 */
export interface Retrying extends Tagged<"Retrying"> {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /** Number of the attempt that failed, counted from 1 and including those before this process. */
  readonly attempt: number
  /** Value that the handler threw. An `MsmqError` where the handler succeeded and its transaction failed. */
  readonly error: unknown
  /** Time until the next attempt, in milliseconds. */
  readonly delay: number
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
  /** Value that the handler threw. An `MsmqError` where the handler succeeded and its transaction failed. */
  readonly error: unknown
  /** Time until the message is moved back, in milliseconds. */
  readonly delay: number
}

/**
 * Event of a batch of `consumeBatches` that failed and was rolled back. The next batch has half as many messages.
 *
 * @category events
 * @since 0.1.0
 */
export interface BatchFailed extends Tagged<"BatchFailed"> {
  /** Messages of the batch as they were received; their bodies are bytes. */
  readonly messages: ReadonlyArray<ReceivedMessage>
  /** Value that the handler threw, or an `MsmqError`. */
  readonly error: unknown
}

/**
 * Event of a poison message that was moved as the policy says.
 *
 * @category events
 * @since 0.1.0
 */
export interface Poisoned extends Poison, Tagged<"Poisoned"> {}

/**
 * Event of a poison message that was removed from its queue while the arrival of its copy is not yet known.
 *
 * @category events
 * @since 0.1.0
 */
export interface PoisonSent extends Poison, Tagged<"PoisonSent"> {}

/**
 * Event of a failure of Message Queuing that may pass: the same call is made again later.
 *
 * @category events
 * @since 0.1.0
 */
export interface TransientFailure extends Tagged<"TransientFailure"> {
  /** Error of the call. */
  readonly error: MsmqError
  /** Time until the call is made again, in milliseconds. */
  readonly delay: number
}

type Converted = Retrying | Parked | BatchFailed | Poisoned | PoisonSent | TransientFailure

/**
 * Event that `onEvent` gets: those of `Consumer.ConsumeEvent`, in which a failure is an `error` and a `delay` a number.
 *
 * @category events
 * @since 0.1.0
 */
export type ConsumeEvent = Exclude<effectful.ConsumeEvent, Tagged<Converted["_tag"]>> | Converted

/** Returns a poison message, or an event of one, with the value that was thrown in place of its cause. */
const withError = <A extends { readonly cause: Cause.Cause<unknown> }>({
  cause,
  ...others
}: A): Omit<A, "cause"> & Pick<Poison, "error"> => ({ ...others, error: Cause.squash(cause) })

/** @internal Returns an event as a program without Effect gets it. */
export const eventOf = (event: effectful.ConsumeEvent): ConsumeEvent => {
  switch (event._tag) {
    case "Retrying":
      return { ...withError(event), delay: Duration.toMillis(event.delay) }
    case "Parked":
      return { ...withError(event), delay: Duration.toMillis(event.delay) }
    case "BatchFailed":
      return withError(event)
    case "Poisoned":
    case "PoisonSent":
      return withError(event)
    case "TransientFailure":
      return { ...event, delay: Duration.toMillis(event.delay) }
    default:
      return event
  }
}

/** @internal Returns a policy for poison messages whose function gets them as a program without Effect does. */
export const poisonPolicyOf = (policy: PoisonPolicy): effectful.PoisonPolicy => {
  if (typeof policy === "string" || !("queue" in policy)) return policy
  const { copy, ...others } = policy
  return copy === undefined ? others : { ...others, copy: (message, poison) => copy(message, withError(poison)) }
}
