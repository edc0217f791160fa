import { MessageHeaders, Telemetry } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream, type Tracer } from "effect"
import { Observed } from "../support/Observed.ts"
import { backend, orders, queue } from "../support/observedQueue.ts"

describe("trace context", () => {
  const propagating = Effect.provideService(Telemetry.PropagateTraceContext, true)

  it.effect("is in no message unless it is requested", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* seen.by(sender.send({}))
      const message = yield* receiver.receive
      assert.deepStrictEqual([message.extension, { ...message.headers }], [undefined, {}])
    }).pipe(Effect.provide(backend))
  )

  it.effect("goes from one program to another: each message of a batch has the span of the batch", () =>
    Effect.gen(function* () {
      const [producer, consumer] = [new Observed(), new Observed()]
      const { receiver, sender } = yield* queue
      yield* sender
        .sendAll([{ label: "plain" }, { label: "with headers", headers: { tenant: "north" } }])
        .pipe(Effect.withSpan("order"), propagating, producer.by)
      const messages = yield* Stream.runCollect(Stream.take(receiver.messages, 2))
      const [, sent] = producer.spans
      assert(sent !== undefined)
      assert.strictEqual(sent.kind, "producer")
      const traceparent = `00-${sent.traceId}-${sent.spanId}-01`
      assert.deepStrictEqual(
        messages.map(({ headers }) => ({ ...headers })),
        [{ traceparent }, { traceparent, tenant: "north" }]
      )

      yield* Effect.forEach(messages, (message) =>
        Effect.void.pipe(Telemetry.process(message, { queue: orders, parent: "sender" }), consumer.by)
      )
      assert.deepStrictEqual(
        consumer.spans.map((span) => [span.name, span.kind, span.traceId, Option.getOrThrow(span.parent).spanId]),
        messages.map(() => [`process ${orders}`, "consumer", sent.traceId, sent.spanId])
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("processing is by default a child of the current span and linked to the sender's, or the reverse", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* seen.by(propagating(sender.send({})))
      const message = yield* receiver.receive
      yield* Effect.void.pipe(Telemetry.process(message), Effect.withSpan("service"), seen.by)
      yield* Effect.void.pipe(Telemetry.process(message, { parent: "sender" }), Effect.withSpan("service"), seen.by)
      const [sent, service, process, other, reversed] = seen.spans
      const around = (span: Tracer.NativeSpan | undefined) => [
        Option.getOrUndefined(span!.parent)?.spanId,
        ...span!.links.map(({ span }) => span.spanId)
      ]
      assert.deepStrictEqual(around(process), [service?.spanId, sent?.spanId])
      assert.deepStrictEqual(around(reversed), [sent?.spanId, sent?.spanId, other?.spanId])
      assert.strictEqual(process?.name, `process ${message.destinationQueue}`)
      assert.strictEqual(process?.attributes.get("messaging.message.id"), message.messageId)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a traceparent or an extension of the program is kept, and the span is linked to it", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
      const extension = Uint8Array.of(1, 2, 3)
      yield* seen.by(propagating(sender.sendAll([{ headers: { traceparent } }, { extension }])))
      const [own, bytes] = yield* Stream.runCollect(Stream.take(receiver.messages, 2))
      assert.deepStrictEqual({ ...own?.headers }, { traceparent })
      assert.deepStrictEqual([bytes?.extension, { ...bytes?.headers }], [extension, {}])
      assert.deepStrictEqual(
        seen.spans[0]?.links.map(({ span }) => [span.spanId, span.sampled]),
        [["b7ad6b7169203331", false]]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("the tracestate of a message goes with the messages that are sent in its trace during its processing", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      const headers = {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        tracestate: "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"
      }
      yield* sender.send({ headers })
      const message = yield* receiver.receive
      const forward = propagating(sender.send({}))
      yield* forward.pipe(Telemetry.process(message, { parent: "sender" }), seen.by)
      yield* forward.pipe(Telemetry.process(message), Effect.withSpan("service"), seen.by)
      const [within, without] = yield* Stream.runCollect(Stream.take(receiver.messages, 2))
      assert.strictEqual(within?.headers["tracestate"], headers.tracestate)
      assert.strictEqual(
        Option.getOrThrow(MessageHeaders.traceContext(within!)).traceId,
        headers.traceparent.slice(3, 35)
      )
      assert.isUndefined(without?.headers["tracestate"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("is written without a tracer, and not if tracing is off", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* queue
      yield* propagating(sender.send({}))
      yield* propagating(Effect.withTracerEnabled(sender.send({}), false))
      const [native, off] = yield* Stream.runCollect(Stream.take(receiver.messages, 2))
      assert.isTrue(Option.isSome(MessageHeaders.traceContext(native!)))
      assert.isUndefined(off?.extension)
    }).pipe(Effect.provide(backend))
  )
})
