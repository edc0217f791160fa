/**
 * One trace across a queue: the span of the sender is the parent of the span in which the receiver handles the message. The spans go to
 * OpenTelemetry's console exporter; another exporter sends them to a collector.
 *
 *   node tracing.ts [--native]
 */
import { MessageQueue, Telemetry } from "@effect-msmq/core"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import { trace } from "@opentelemetry/api"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, Layer } from "effect"
import { backend } from "./backend.ts"

const queue = ".\\private$\\traced-orders"

const send = Effect.gen(function* () {
  const sender = yield* MessageQueue.openSender(queue)
  yield* sender.send({ label: "order 1" })
}).pipe(Effect.scoped, Effect.withSpan("place an order"))

const handle = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(queue)
  const message = yield* receiver.receive
  yield* Effect.withSpan(Effect.void, "write the bill").pipe(Telemetry.process(message, { queue, parent: "sender" }))
}).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  yield* MessageQueue.ensure(queue)
  yield* send
  yield* handle
})

// Whatever else in the process uses OpenTelemetry has the same provider.
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "orders" }),
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())]
})
trace.setGlobalTracerProvider(provider)
// The messages carry the context of the span that sends them.
const propagation = Layer.succeed(Telemetry.PropagateTraceContext)(true)

await Effect.runPromise(Effect.provide(program, Layer.mergeAll(backend, OtelTracer.layerGlobal, propagation)))
await provider.shutdown()
