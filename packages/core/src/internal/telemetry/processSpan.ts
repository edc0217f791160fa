import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReceivedMessage } from "../../Message.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { QueueName } from "../names/queueName.ts"
import * as operations from "./Operation.ts"
import type { Observer } from "./telemetry.ts"

/**
 * Options for the span in which a message is handled.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProcessOptions {
  /** Queue that the message was received from; by default the format name that it was sent to. */
  readonly queue?: QueueName | undefined
  /**
   * Parent of the span. `"current"`: the current span, with a link to that of the sender; `"sender"`: the span of the sender, in
   * one trace with it, with a link to the current one. `"current"` by default.
   */
  readonly parent?: "current" | "sender" | undefined
}

/** Runs an effect that handles a message in a span of its own, and records its duration. */
export const processSpan = <A, E, R>(
  observer: Observer,
  effect: Effect.Effect<A, E, R>,
  message: ReceivedMessage<unknown>,
  parentOption: ProcessOptions["parent"],
  attributes: Readonly<Record<string, unknown>> = {}
): Effect.Effect<A, E, R> =>
  observer.observe(
    operations.Telemetry.process,
    () => effect,
    ({ cache }) => {
      const sender = Option.getOrUndefined(MessageHeaders.traceContext(message))
      const parent = parentOption === "sender" ? sender : undefined
      const linked = parent === undefined ? [sender] : [sender, cache.span]
      return {
        parent,
        links: linked.flatMap((span) => (span === undefined ? [] : [{ span, attributes: {} }])),
        attributes: { "messaging.message.id": message.messageId, ...attributes }
      }
    }
  )

/** Runs an effect that handles a batch of messages in one span, with links to the spans of all senders. */
export const batchSpan = <A, E, R>(
  observer: Observer,
  handle: Effect.Effect<A, E, R>,
  messages: ReadonlyArray<ReceivedMessage>
): Effect.Effect<A, E, R> =>
  observer.observe(
    operations.Telemetry.process,
    () => handle,
    () => ({
      links: messages.flatMap((message) =>
        Option.match(MessageHeaders.traceContext(message), {
          onNone: () => [],
          onSome: (span) => [{ span, attributes: {} }]
        })
      ),
      attributes: { "messaging.batch.message_count": messages.length }
    })
  )

/** Runs one attempt of a consumer's handler in such a span, with the attempt's number. */
export const attemptSpan = <A, E, R>(
  observer: Observer,
  handle: Effect.Effect<A, E, R>,
  message: ReceivedMessage,
  attempt: number
): Effect.Effect<A, E, R> => processSpan(observer, handle, message, "current", { "msmq.message.attempt": attempt })
