import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
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
  parentOption: ProcessOptions["parent"]
): Effect.Effect<A, E, R> =>
  Effect.contextWith((context: Context.Context<never>) => {
    const sender = Option.getOrUndefined(MessageHeaders.traceContext(message))
    const current = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
    const parent = parentOption === "sender" ? sender : undefined
    const linked = parent === undefined ? [sender] : [sender, current]
    return observer.observe(operations.Telemetry.process, () => effect, {
      parent,
      links: linked.flatMap((span) => (span === undefined ? [] : [{ span, attributes: {} }])),
      attributes: { "messaging.message.id": message.messageId }
    })
  })

/** Runs one attempt of a consumer's handler in such a span, with the attempt's number, and names the message in its log lines. */
export const attemptSpan = <A, E, R>(
  observer: Observer,
  handle: Effect.Effect<A, E, R>,
  message: ReceivedMessage,
  queue: string,
  attempt: number
): Effect.Effect<A, E, R> =>
  Effect.annotateCurrentSpan("msmq.message.attempt", attempt).pipe(
    Effect.andThen(handle),
    Effect.annotateLogs({ "messaging.destination.name": queue, "messaging.message.id": message.messageId }),
    (handled) => processSpan(observer, handled, message, "current")
  )
