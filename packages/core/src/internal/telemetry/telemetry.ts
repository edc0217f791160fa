/**
 * What can be seen of the SDK at work, by OpenTelemetry's conventions for messaging: the one place that makes its spans
 * and metrics. No body, header, label or certificate goes into either.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { QueueName } from "../names/queueName.ts"
import { nameOf } from "../names/queueName.ts"
import type { Meter } from "./Meter.ts"
import { anonymous, meterOf, system } from "./Meter.ts"
import type { Convention, Operation } from "./Operation.ts"
import * as traceContext from "./traceContext.ts"

/** Trace context of a span, for the messages that are sent in it. */
export interface TraceHeaders {
  readonly headers: MessageHeaders.MessageHeaders
  /** Extension of a message that has no other headers. */
  readonly extension: Uint8Array
}

export const traceHeaders = (headers: MessageHeaders.MessageHeaders): TraceHeaders => ({
  headers,
  extension: Result.getOrThrow(MessageHeaders.encode(headers))
})

/** Whether sends write the context of their span into the messages. */
export const PropagateTraceContext: Context.Reference<boolean> = Context.Reference<boolean>(
  "@effect-msmq/core/Telemetry/PropagateTraceContext",
  { defaultValue: () => false }
)

/** `error.type`: the name in `mq.h`, or the tag of what the SDK itself refused. */
const errorTypeOf = (reason: Reason): string => ("name" in reason ? reason.name : reason._tag)

/** `undefined` for success, and for an interruption: that is no failure. */
const failureOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return undefined
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error instanceof MsmqError ? errorTypeOf(error.reason) : "_OTHER"
}

/** The span that is open for what is being received; `undefined`: nobody looks. */
const Receiving = Context.Reference<Tracer.Span | undefined>("@effect-msmq/core/telemetry/Receiving", {
  defaultValue: () => undefined
})

const telling = <A, E, R>(span: Tracer.Span | undefined, receive: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  span === undefined ? receive : Effect.provideService(receive, Receiving, span)

/** A span costs more than the rest of a send: none is made where nobody would see it. */
const isSeen = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.tracer !== undefined && cache.tracer !== Tracer.nativeTracer && cache.tracerEnabled

const propagates = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(PropagateTraceContext) && fiber.cache.tracerEnabled

const kindOf = (type: Convention["type"], fiber: Fiber.Fiber<unknown, unknown>): Tracer.SpanKind =>
  type === "process" ? "consumer" : type === "send" && propagates(fiber) ? "producer" : "client"

/** What can be seen of the work on one queue; `null`: on none in particular. */
export class Observer {
  readonly #queue: string | null
  readonly #meter: Meter

  constructor(queue: string | null) {
    this.#queue = queue
    this.#meter = queue === null ? anonymous : meterOf(queue)
  }

  /** Runs an operation in its span, and measures it. The span is `undefined` where nobody would see it. */
  observe<A, E, R>(
    operation: Operation,
    run: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>,
    options?: Pick<Tracer.SpanOptions, "links" | "parent" | "attributes">
  ): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const began = clock.currentTimeNanosUnsafe()
      const { context } = fiber
      const running =
        isSeen(fiber) || (operation.convention.type === "send" && propagates(fiber))
          ? this.#inSpan(operation, fiber, run, options)
          : run(undefined)
      return Effect.onExitPrimitive(running, (exit) => {
        const seconds = Number(clock.currentTimeNanosUnsafe() - began) / 1e9
        this.#meter.duration(operation.convention, failureOf(exit)).updateUnsafe(seconds, context)
        return undefined
      })
    })
  }

  #inSpan<A, E, R>(
    { convention: { name, type }, name: functionName }: Operation,
    fiber: Fiber.Fiber<unknown, unknown>,
    run: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>,
    options: Pick<Tracer.SpanOptions, "links" | "parent" | "attributes"> | undefined
  ): Effect.Effect<A, E, R> {
    const attributes = {
      ...system,
      "messaging.operation.name": name,
      ...(type === undefined ? {} : { "messaging.operation.type": type }),
      ...(this.#queue === null ? {} : { "messaging.destination.name": this.#queue }),
      "code.function.name": functionName,
      ...options?.attributes
    }
    return Effect.useSpan(
      this.#queue === null ? name : `${name} ${this.#queue}`,
      { ...options, kind: kindOf(type, fiber), attributes },
      (span) =>
        Effect.onExitPrimitive(
          // A stack of its own would cost several times what a send or a receive does.
          Effect.withParentSpan(run(span), span, { captureStackTrace: false }),
          (exit) => {
            const failure = failureOf(exit)
            if (failure !== undefined) span.attribute("error.type", failure)
            return undefined
          }
        )
    )
  }

  /** As {@link observe}, for what receives one message at most. */
  observeReceive<A, E, R>(operation: Operation, receive: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.observe(operation, (span) => telling(span, receive))
  }

  /**
   * As {@link observeReceive}, for a receive that is repeated without end: not measured, and whether somebody sees the spans
   * is asked once. Either would cost a good part of what the receive does.
   */
  observeEach<A, E, R>(operation: Operation, receive: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> {
    return Effect.withFiberSucceed((fiber) =>
      isSeen(fiber) ? this.#inSpan(operation, fiber, (span) => telling(span, receive), undefined) : receive
    )
  }

  /** Tells of messages that went to the backend together; `failure`: why the one behind them was not taken. */
  sent(context: Context.Context<never>, accepted: number, bytes: number, failure: Reason | undefined): void {
    if (accepted > 0) {
      this.#meter.sent.updateUnsafe(accepted, context)
      this.#meter.sentBytes.updateUnsafe(bytes, context)
    }
    if (failure !== undefined) this.#meter.sentWith({ "error.type": errorTypeOf(failure) }).updateUnsafe(1, context)
  }

  /** Tells of a message that came; `taken`: that it is gone from the queue. */
  received(fiber: Fiber.Fiber<unknown, unknown>, properties: ReceivedProperties, taken: boolean): void {
    if (taken) {
      this.#meter.consumed.updateUnsafe(1, fiber.context)
      this.#meter.consumedBytes.updateUnsafe(properties.body.length, fiber.context)
    }
    const span = isSeen(fiber) ? fiber.getRef(Receiving) : undefined
    if (span === undefined) return
    describeMessage(span, properties.messageId, properties.body.length)
    if (properties.extension === null) return
    const headers = MessageHeaders.decode(properties.extension)
    if (Result.isSuccess(headers)) linkTo(span, headers.success)
  }
}

/** The most links of a span that OpenTelemetry keeps. */
const maximumLinks = 128

/** Links a span to the one whose context the headers carry, if they carry one. */
export const linkTo = (span: Tracer.Span, headers: MessageHeaders.MessageHeaders): void => {
  const producer = span.links.length < maximumLinks ? traceContext.read(headers) : Option.none()
  if (Option.isSome(producer)) span.addLinks([{ span: producer.value, attributes: {} }])
}

const describeMessage = (span: Tracer.Span, messageId: string, bodySize: number): void => {
  span.attribute("messaging.message.id", messageId)
  span.attribute("messaging.message.body.size", bodySize)
}

/** Tells a send's span what went out so far: the message, or how many. */
export const describeSent = (
  span: Tracer.Span,
  operation: Operation,
  report: { readonly accepted: number; readonly bytes: number; readonly messageIds: ReadonlyArray<string> | undefined }
): void => {
  if (operation.convention.isBatch === true) span.attribute("messaging.batch.message_count", report.accepted)
  else if (report.messageIds?.[0] !== undefined) describeMessage(span, report.messageIds[0], report.bytes)
}

/** The headers that carry a send's span to the receiver; `undefined`: nobody asked for it. */
export const propagated = (
  fiber: Fiber.Fiber<unknown, unknown>,
  span: Tracer.Span | undefined
): TraceHeaders | undefined => {
  const headers = span !== undefined && propagates(fiber) ? traceContext.write(span) : undefined
  return headers === undefined ? undefined : traceHeaders(headers)
}

/** For the spans of what is not the sending or receiving of messages: named after the function. */
export const spanOptions: Tracer.SpanOptionsNoTrace = { kind: "client", attributes: system }

/** Tells the current span why it failed: behind the body of an `Effect.fn`, whatever its arguments. */
export const withErrorType: <A, R>(
  effect: Effect.Effect<A, MsmqError, R>,
  ...others: ReadonlyArray<unknown>
) => Effect.Effect<A, MsmqError, R> = (effect) =>
  Effect.tapError(effect, ({ reason }) => Effect.annotateCurrentSpan("error.type", errorTypeOf(reason)))

/** Tells the current span its queue, which is the first argument, and why it failed. */
export const onQueue: <A, R>(
  effect: Effect.Effect<A, MsmqError, R>,
  queue: QueueName,
  ...others: ReadonlyArray<unknown>
) => Effect.Effect<A, MsmqError, R> = (effect, queue) =>
  Effect.andThen(
    Effect.suspend(() => Effect.annotateCurrentSpan("messaging.destination.name", nameOf(queue))),
    withErrorType(effect)
  )
