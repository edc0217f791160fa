/**
 * Spans and metrics of the SDK, by OpenTelemetry's conventions for messaging. No other file makes any. No body, header, label or
 * certificate goes into them.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import * as BackgroundClock from "../../mqrt/BackgroundClock.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import type { ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import * as MessageHeaders from "../../MessageHeaders.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { QueueName } from "../names/queueName.ts"
import { nameOf } from "../names/queueName.ts"
import type { Meter } from "./Meter.ts"
import { anonymous, meterOf } from "./Meter.ts"
import type { Convention, Operation } from "./Operation.ts"
import { errorTypeOf, spanOptions, system, withErrorType } from "./Operation.ts"
import { metricsOf } from "./Series.ts"
import * as traceContext from "./traceContext.ts"

/** The clock: the global is looked up by a getter each time. */
const { performance } = globalThis

/** Trace context of a span, for the messages that are sent in it. */
export interface TraceHeaders {
  readonly headers: MessageHeaders.MessageHeaders
  /** Extension of a message that has no other headers. */
  readonly extension: Uint8Array
}

const traceHeaders = (headers: MessageHeaders.MessageHeaders): TraceHeaders => ({
  headers,
  extension: Result.getOrThrow(MessageHeaders.encode(headers))
})

/** `true` makes sends write the context of their span into the messages. `false` by default. */
export const PropagateTraceContext: Context.Reference<boolean> = Context.Reference<boolean>(
  "@effect-msmq/core/Telemetry/PropagateTraceContext",
  { defaultValue: () => false }
)

/** Returns the attribute `error.type` of a failure; `undefined` for a success and for an interruption. */
const failureOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return undefined
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error instanceof MsmqError ? errorTypeOf(error.reason) : "_OTHER"
}

/** Span of the receive that runs; `undefined` where no tracer sees it. */
const Receiving = Context.Reference<Tracer.Span | undefined>("@effect-msmq/core/telemetry/Receiving", {
  defaultValue: () => undefined
})

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Makes an effect in the fiber that runs it. */
type InFiber<A, E, R> = (fiber: AnyFiber) => Effect.Effect<A, E, R>

/** Runs a read, which gets its span. */
const receiveIn = <A, E, R>(
  span: Tracer.Span | undefined,
  fiber: AnyFiber,
  read: InFiber<A, E, R>
): Effect.Effect<A, E, R> =>
  span === undefined ? read(fiber) : Effect.provideService(Effect.withFiber(read), Receiving, span)

/** Returns `true` where a tracer would see a span. A span costs more than the rest of a send, so no other is made. */
const isSeen = ({ cache }: AnyFiber): boolean =>
  cache.tracer !== undefined && cache.tracer !== Tracer.nativeTracer && cache.tracerEnabled

/** Settings of a context, and its clock; `undefined` for that of the system. */
const settingsOf = EventLoopTurn.readOnce((context) => {
  const clock = Context.get(context, Clock.Clock)
  return {
    clock: BackgroundClock.isSystem(clock) ? undefined : clock,
    propagates: Context.get(context, PropagateTraceContext)
  }
})

const propagates = ({ cache, context }: AnyFiber): boolean => cache.tracerEnabled && settingsOf(context).propagates

const kindOf = (type: Convention["type"], fiber: AnyFiber): Tracer.SpanKind =>
  type === "process" ? "consumer" : type === "send" && propagates(fiber) ? "producer" : "client"

/**
 * Runs a function that neither sends nor receives messages in its span, where a tracer sees the span, or where it is the parent of
 * one that goes into messages.
 */
export const spanOf = <A, E, R>(operation: Operation, run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) =>
    isSeen(fiber) || propagates(fiber)
      ? Effect.useSpan(operation.name, spanOptions, (span) => Effect.provideService(run, Tracer.ParentSpan, span))
      : run
  )

/** Returns options of a span beside its name, its kind and the attributes that all spans have. */
type ExtraOptions = (fiber: AnyFiber) => Pick<Tracer.SpanOptions, "links" | "parent" | "attributes">

/** Observation of an operation that runs. */
export class Observation {
  readonly #meter: Meter
  readonly #convention: Convention
  readonly #context: Context.Context<never>
  /** Clock that is not the system's, such as that of a test. */
  readonly #clock: Clock.Clock | undefined
  /** Beginning: nanoseconds of such a clock, or milliseconds of `performance.now()`. */
  readonly #began: bigint | number

  /** `asked`: `true` where core has asked for the turn just now, so that another look at the system's clock would tell the same. */
  constructor(meter: Meter, convention: Convention, { context }: AnyFiber, asked: boolean) {
    this.#meter = meter
    this.#convention = convention
    this.#context = context
    this.#clock = settingsOf(context).clock
    this.#began =
      this.#clock !== undefined
        ? this.#clock.monotonicTimeNanosUnsafe()
        : asked
          ? EventLoopTurn.askedAt()
          : performance.now()
  }

  #seconds(): number {
    const began = this.#began
    return typeof began === "number" || this.#clock === undefined
      ? (performance.now() - Number(began)) / 1e3
      : Number(this.#clock.monotonicTimeNanosUnsafe() - began) / 1e9
  }

  /** Measures the operation, which has ended. Returns its exit. */
  end<A, E>(exit: Exit.Exit<A, E>): Exit.Exit<A, E> {
    this.#meter.duration(this.#convention, failureOf(exit)).update(this.#seconds(), this.#context)
    return exit
  }

  /** Runs an effect, and measures the operation when that ends. */
  untilEnd<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.onExitPrimitive(effect, (exit) => {
      this.end(exit)
      return undefined
    })
  }
}

/** Observer of the work on one queue. */
export class Observer {
  readonly #queue: string | null
  readonly #meter: Meter

  /** `queue`: the name of the queue, `null` for work on none in particular. */
  constructor(queue: string | null) {
    this.#queue = queue
    this.#meter = queue === null ? anonymous : meterOf(queue)
  }

  /** Returns `true` for an operation that has a span, since a tracer would see it or its messages carry its context. */
  traces({ convention }: Operation, fiber: AnyFiber): boolean {
    return isSeen(fiber) || (convention.type === "send" && propagates(fiber))
  }

  /** Begins to measure an operation. `asked`: see {@link Observation}. */
  begin({ convention }: Operation, fiber: AnyFiber, asked = false): Observation {
    return new Observation(this.#meter, convention, fiber, asked)
  }

  /**
   * Runs an operation in its span, and measures it. `run` makes its effect, in the fiber that runs it. The span is `undefined`
   * where no tracer would see it. `options`: returns more options of the span, where there is one.
   */
  observe<A, E, R>(
    operation: Operation,
    run: (span: Tracer.Span | undefined, fiber: AnyFiber) => Effect.Effect<A, E, R>,
    options?: ExtraOptions
  ): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => this.#observeIn(fiber, operation, run, options))
  }

  #observeIn<A, E, R>(
    fiber: AnyFiber,
    operation: Operation,
    run: (span: Tracer.Span | undefined, fiber: AnyFiber) => Effect.Effect<A, E, R>,
    options?: ExtraOptions
  ): Effect.Effect<A, E, R> {
    return this.begin(operation, fiber).untilEnd(
      this.traces(operation, fiber) ? this.#inSpan(operation, fiber, run, options) : run(undefined, fiber)
    )
  }

  #inSpan<A, E, R>(
    { convention: { name, type }, name: functionName }: Operation,
    fiber: AnyFiber,
    run: (span: Tracer.Span, fiber: AnyFiber) => Effect.Effect<A, E, R>,
    given: ExtraOptions | undefined
  ): Effect.Effect<A, E, R> {
    const options = given?.(fiber)
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
          // A stack for the span would cost several times as much as a send or a receive.
          Effect.withParentSpan(
            Effect.withFiber((inner) => run(span, inner)),
            span,
            { captureStackTrace: false }
          ),
          (exit) => {
            const failure = failureOf(exit)
            if (failure !== undefined) span.attribute("error.type", failure)
            return undefined
          }
        )
    )
  }

  /** Returns a read of one message at most in its span, which is measured, as {@link observe} does. */
  observeReceive<A, E, R>(operation: Operation, read: InFiber<A, E, R>): InFiber<A, E, R> {
    return (fiber) => this.#observeIn(fiber, operation, (span, inner) => receiveIn(span, inner, read))
  }

  /**
   * Observes a receive that is repeated without end, as {@link observeReceive} does, but does not measure it, and looks for a
   * tracer only once: either would cost a good part of the time of the receive.
   */
  observeEach<A, E, R>(operation: Operation, read: InFiber<A, E, R>): Effect.Effect<InFiber<A, E, R>> {
    return Effect.withFiberSucceed((fiber) => {
      if (!isSeen(fiber)) return read
      return (fiber) => this.#inSpan(operation, fiber, (span, inner) => receiveIn(span, inner, read), undefined)
    })
  }

  /** Counts messages that the backend accepted in one call. `failure`: the reason that it refused the next one. */
  sent(context: Context.Context<never>, accepted: number, bytes: number, failure: Reason | undefined): void {
    if (accepted > 0) {
      this.#meter.sent.update(accepted, context)
      this.#meter.sentBytes.update(bytes, context)
    }
    if (failure !== undefined) this.#meter.sentWith({ "error.type": errorTypeOf(failure) }).update(1, context)
  }

  /** Counts and describes a message that was received or peeked at. `taken`: `true` where it has left the queue. */
  received(properties: ReceivedProperties, taken: boolean): void {
    const fiber = Fiber.getCurrent()
    if (fiber === undefined) return
    if (taken) {
      const metrics = metricsOf(fiber.context)
      this.#meter.consumed.update(1, fiber.context, metrics)
      this.#meter.consumedBytes.update(properties.bodySize, fiber.context, metrics)
    }
    const span = isSeen(fiber) ? fiber.getRef(Receiving) : undefined
    if (span === undefined) return
    describeMessage(span, properties.messageId, properties.bodySize)
    if (properties.extension === null) return
    const headers = MessageHeaders.decode(properties.extension)
    if (Result.isSuccess(headers)) linkTo(span, headers.success)
  }
}

/** Largest number of links of a span that OpenTelemetry keeps. */
const maximumLinks = 128

/** Links a span to the span whose context is in the headers, if there is one. */
export const linkTo = (span: Tracer.Span, headers: MessageHeaders.MessageHeaders): void => {
  const producer = span.links.length < maximumLinks ? traceContext.read(headers) : Option.none()
  if (Option.isSome(producer)) span.addLinks([{ span: producer.value, attributes: {} }])
}

const describeMessage = (span: Tracer.Span, messageId: string, bodySize: number): void => {
  span.attribute("messaging.message.id", messageId)
  span.attribute("messaging.message.body.size", bodySize)
}

/** Describes what was sent so far in the span of the send: the message, or the number of messages. */
export const describeSent = (
  span: Tracer.Span,
  operation: Operation,
  report: { readonly accepted: number; readonly bytes: number; readonly messageIds: ReadonlyArray<string> | undefined }
): void => {
  if (operation.convention.isBatch === true) span.attribute("messaging.batch.message_count", report.accepted)
  else if (report.messageIds?.[0] !== undefined) describeMessage(span, report.messageIds[0], report.bytes)
}

/** Returns the trace context of the span of a send for its messages; `undefined` where it is not to be propagated. */
export const traceOf = (fiber: AnyFiber, span: Tracer.Span | undefined): TraceHeaders | undefined => {
  const headers = span !== undefined && propagates(fiber) ? traceContext.write(span) : undefined
  return headers === undefined ? undefined : traceHeaders(headers)
}

/** Writes the queue, which is the first argument, and the failure of an effect into the current span. */
export const onQueue: <A, R>(
  effect: Effect.Effect<A, MsmqError, R>,
  queue: QueueName,
  ...others: ReadonlyArray<unknown>
) => Effect.Effect<A, MsmqError, R> = (effect, queue) =>
  Effect.andThen(
    Effect.suspend(() => Effect.annotateCurrentSpan("messaging.destination.name", nameOf(queue))),
    withErrorType(effect)
  )
