import { MessageQueue, SecurityContext, SecurityContexts, Telemetry, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Metric, Stream } from "effect"
import { alice } from "../support/certificates.ts"
import { Observed } from "../support/Observed.ts"
import { elapse, start } from "../support/settled.ts"
import { backend, orders, queue } from "../support/observedQueue.ts"

describe("metrics", () => {
  it.effect("count sent, refused and received messages, and their bytes", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* Effect.gen(function* () {
        yield* sender.send({ body: new Uint8Array(10) })
        yield* sender.sendAll(Array.from({ length: 600 }, () => ({ body: new Uint8Array(2) })))
        yield* FaultInjection.inject({
          function: "MQSendMessage",
          call: 3,
          code: "MQ_ERROR_INSUFFICIENT_RESOURCES"
        })
        yield* Effect.ignore(sender.sendAll([{}, {}, {}, {}]))
        yield* receiver.receive
        yield* receiver.peek
        yield* receiver.poll
        yield* Stream.runDrain(Stream.take(receiver.messages, 3))
      }).pipe(seen.withoutTracer)
      const destination = { "messaging.destination.name": orders, "messaging.system": "msmq" }
      const sent = { ...destination, "messaging.operation.name": "send" }
      const received = { ...destination, "messaging.operation.name": "receive" }
      const failed = { ...sent, "error.type": "MQ_ERROR_INSUFFICIENT_RESOURCES" }
      assert.deepStrictEqual(
        yield* Effect.all([
          seen.total("messaging.client.sent.messages", sent),
          seen.total("messaging.client.sent.messages", failed),
          seen.total("msmq.client.sent.bytes", sent),
          seen.total("messaging.client.consumed.messages", received),
          seen.total("msmq.client.consumed.bytes", received)
        ]),
        [604, 1, 1210, 5, 18]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("measure the duration of operations with their waits, and have the failure of those that failed", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      const waiting = yield* start(seen.withoutTracer(receiver.receive))
      yield* elapse("3 seconds")
      yield* sender.send({})
      yield* elapse("1 second")
      const message = yield* Fiber.join(waiting)
      const processing = yield* Effect.sleep("2 seconds").pipe(
        Telemetry.process(message, { queue: orders }),
        seen.withoutTracer,
        start
      )
      yield* elapse("2 seconds")
      yield* Fiber.join(processing)
      yield* Effect.ignore(seen.withoutTracer(sender.send({ priority: 9 })))
      const histograms = (yield* seen.series).filter(({ type }) => type === "Histogram")
      const durations = histograms.map(({ attributes, id, state }) => [
        id,
        attributes?.["messaging.operation.name"],
        attributes?.["messaging.operation.type"],
        attributes?.["error.type"],
        "sum" in state && state.sum
      ])
      assert.deepStrictEqual(durations, [
        ["messaging.client.operation.duration", "receive", "receive", undefined, 3],
        ["messaging.process.duration", "process", "process", undefined, 2],
        ["messaging.client.operation.duration", "send", "send", "IllegalMessage", 0]
      ])
      assert.isTrue(histograms.every(({ attributes }) => attributes?.["unit"] === "s"))
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "go into the registry that the sends and receives run with, also where its series were removed meanwhile",
    () =>
      Effect.gen(function* () {
        const { receiver, sender } = yield* queue
        const registries: ReadonlyArray<Metric.MetricRegistry> = [new Map(), new Map()]
        const [first, second] = [registries[0]!, registries[1]!]
        const exchange = (count: number, registry: Metric.MetricRegistry) =>
          Effect.provideService(
            Effect.replicateEffect(Effect.andThen(sender.send({ body: new Uint8Array(2) }), receiver.receive), count),
            Metric.MetricRegistry,
            registry
          )
        const counts = Effect.forEach(registries, (registry) =>
          Effect.map(Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry), (series) =>
            series.map(({ state }) => ("count" in state ? state.count : NaN))
          )
        )
        yield* exchange(3, first)
        yield* exchange(2, second)
        yield* exchange(1, first)
        // Sent and received: messages and bytes, and the durations of both.
        assert.deepStrictEqual(yield* counts, [
          [4, 8, 4, 4, 8, 4],
          [2, 4, 2, 2, 4, 2]
        ])
        first.clear()
        yield* exchange(2, first)
        assert.deepStrictEqual(yield* counts, [
          [2, 4, 2, 2, 4, 2],
          [2, 4, 2, 2, 4, 2]
        ])
      }).pipe(Effect.provide(backend))
  )

  it.effect("have the attributes of the context, each set in a series of its own", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { sender } = yield* queue
      const [tenantA, tenantB] = [{ tenant: "a" }, { tenant: "b" }]
      for (const attributes of [tenantA, tenantA, tenantB, tenantA, tenantB, { tenant: "b" }, {}]) {
        yield* sender
          .send({})
          .pipe(Effect.provideService(Metric.CurrentMetricAttributes, attributes), seen.withoutTracer)
      }
      const sent = (attributes: Readonly<Record<string, string>>) =>
        seen.total("messaging.client.sent.messages", attributes)
      assert.deepStrictEqual(yield* Effect.all([sent(tenantA), sent(tenantB), sent({})]), [3, 3, 7])
    }).pipe(Effect.provide(backend))
  )

  it.effect("count the open handles of each kind, and none once their scopes have closed", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const kinds = ["sender", "receiver", "cursor", "transaction", "security context"]
      const open = Effect.forEach(kinds, (kind) => seen.total("msmq.open_handles", { "msmq.handle.kind": kind }))
      yield* Effect.gen(function* () {
        const { receiver } = yield* queue
        yield* receiver.cursor
        yield* receiver.cursor
        yield* Transaction.begin()
        yield* SecurityContext.acquire({ certificate: alice })
        assert.deepStrictEqual(yield* open, [1, 1, 2, 1, 1])
        yield* Effect.scoped(MessageQueue.openSender(orders))
        assert.deepStrictEqual(yield* open, [1, 1, 2, 1, 1])
      }).pipe(Effect.scoped, seen.withoutTracer)
      assert.deepStrictEqual(yield* open, [0, 0, 0, 0, 0])
    }).pipe(Effect.provide(backend))
  )

  it("count the handles that are disposed by hand", async () => {
    const open = () =>
      Effect.runSync(Metric.snapshot)
        .filter(({ id }) => id === "msmq.open_handles")
        .reduce((sum, { state }) => sum + ("value" in state ? Number(state.value) : 0), 0)
    const before = open()
    {
      await using msmq = await connect(InMemoryMqrt.layer)
      await msmq.createQueue(orders)
      using _context = msmq.securityContext()
      await using _sender = await msmq.openSender(orders)
      assert.strictEqual(open(), before + 2)
    }
    assert.strictEqual(open(), before)
  })

  it.effect("count the acquired security contexts, and the hits of the cache", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      yield* Effect.gen(function* () {
        const contexts = yield* SecurityContexts.SecurityContexts
        yield* contexts.get(alice)
        yield* Effect.forEach([1, 2, 3], () => Effect.scoped(contexts.get(alice)))
        yield* contexts.get()
        yield* SecurityContext.acquire()
      }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(SecurityContexts.layer(), backend)), seen.withoutTracer)
      assert.strictEqual(yield* seen.total("msmq.security_contexts.acquired"), 3)
      assert.strictEqual(yield* seen.total("msmq.security_contexts.reused"), 3)
    })
  )
})
