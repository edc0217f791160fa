/**
 * Spans and metrics of a program's work with Message Queuing, by OpenTelemetry's conventions for messaging. They are always
 * recorded; the page [Observability](https://github.com/effect-msmq/effect-msmq/blob/main/docs/observability.md) lists them, and
 * says how to export them.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as internal from "./internal/telemetry/telemetry.ts"
import { effect as effectRule } from "./internal/options/handlers.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { nameOf } from "./internal/names/queueName.ts"
import { processOptions, receivedMessage } from "./internal/options/telemetryOptions.ts"
import type { ReceivedMessage } from "./Message.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { ProcessOptions } from "./internal/telemetry/processSpan.ts"
import { processSpan } from "./internal/telemetry/processSpan.ts"

export type { ProcessOptions } from "./internal/telemetry/processSpan.ts"

/**
 * `true` for sends that write the context of their span into the messages, as the headers `traceparent` and `tracestate` of W3C
 * Trace Context. The spans in which receivers handle a message, also with NServiceBus, can then be linked to the span of the
 * send.
 *
 * `false` by default: the headers are in the extension, which every receiver gets, and add some 280 bytes to a message. A
 * message with a `traceparent` or an `extension` of its own is sent unchanged.
 *
 * Set it for an effect by `Effect.provideService`, or for a program by `Layer.succeed`.
 *
 * @category references
 * @since 0.1.0
 */
export const PropagateTraceContext: Context.Reference<boolean> = internal.PropagateTraceContext

/**
 * Runs the effect that handles a message in a span of its own, `process {queue}`, which is linked to the span of the send, and
 * records its duration: `messaging.process.duration`.
 *
 * Fails as the effect does, and with `IllegalOption` for an option that does not exist or is not allowed.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Telemetry } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1" })
 *   const message = yield* receiver.receive
 *   return yield* Effect.succeed(message.label).pipe(Telemetry.process(message, { queue: receiver.queue }))
 * }).pipe(Effect.scoped, Effect.provideService(Telemetry.PropagateTraceContext, true))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "order 1"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const process: {
  (
    message: ReceivedMessage<unknown>,
    options?: ProcessOptions
  ): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | MsmqError, R>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    message: ReceivedMessage<unknown>,
    options?: ProcessOptions
  ): Effect.Effect<A, E | MsmqError, R>
} = dual(
  (args) => args.length > 2 || Effect.isEffect(args[0]),
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    message: ReceivedMessage<unknown>,
    options: ProcessOptions = {}
  ): Effect.Effect<A, E | MsmqError, R> => {
    const call = { operation: operations.Telemetry.process }
    return Given.argument(call, "effect", effectRule<A, E, R>(), effect).pipe(
      Effect.andThen(Given.argument(call, "message", receivedMessage, message)),
      Effect.andThen(Given.options(call, processOptions, options)),
      Effect.flatMap(({ parent, queue = message.destinationQueue }) =>
        processSpan(new internal.Observer(nameOf(queue)), effect, message, parent)
      )
    )
  }
)
