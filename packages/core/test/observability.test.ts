import {
  MessageHeaders,
  MessageQueue,
  type Mqrt,
  QueueManager,
  QueueSecurity,
  SecurityContext,
  SecurityContexts,
  Telemetry,
  Transaction
} from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Metric, Option, type Scope, Stream, type Tracer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { Otlp } from "effect/observability"
import { alice, certificates } from "./support/certificates.ts"
import { Observed } from "./support/Observed.ts"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layerWith({ certificates })))

/** One queue, open both ways, before anybody looks. */
const queue = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  return {
    sender: yield* MessageQueue.openSender(orders),
    receiver: yield* MessageQueue.openReceiver(orders)
  }
})

const shown = ({ attributes, kind, name }: Tracer.NativeSpan) => ({ name, kind, ...Object.fromEntries(attributes) })

const described = (operation: string, type: string, by: string) => ({
  name: `${operation} ${orders}`,
  kind: "client",
  "messaging.system": "msmq",
  "messaging.operation.name": operation,
  "messaging.operation.type": type,
  "messaging.destination.name": orders,
  "code.function.name": by
})

describe("spans", () => {
  it.effect("a send has one, with the message's id and the size of its body", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { sender } = yield* queue
      const id = yield* seen.by(sender.send({ body: new Uint8Array(5) }))
      assert.deepStrictEqual(seen.spans.map(shown), [
        {
          ...described("send", "send", "Sender.send"),
          "messaging.message.id": id,
          "messaging.message.body.size": 5
        } as never
      ])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a batch has one, however many slices it goes in, with the number of its messages", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { sender } = yield* queue
      const messages = Array.from({ length: 700 }, () => ({ label: "order" }))
      yield* seen.by(sender.sendAll(messages))
      yield* seen.by(Stream.run(Stream.fromIterable(messages), sender.sink()))
      assert.deepStrictEqual(seen.spans.map(shown), [
        { ...described("send", "send", "Sender.sendAll"), "messaging.batch.message_count": 700 } as never,
        { ...described("send", "send", "Sender.sink"), "messaging.batch.message_count": 700 } as never
      ])
      assert.isTrue(seen.spans.every(({ status }) => status._tag === "Ended" && Exit.isSuccess(status.exit)))
    }).pipe(Effect.provide(backend))
  )

  it.effect("one that fails says why, by the name in mq.h or the tag of the SDK's own reason, and what was sent", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 3, code: "MQ_ERROR_INSUFFICIENT_RESOURCES" })
      yield* seen.by(Effect.ignore(sender.sendAll([{}, {}, {}])))
      yield* seen.by(Effect.ignore(sender.send({ priority: 9 })))
      yield* seen.by(Effect.ignore(Transaction.singleMessage(sender.send({}))))
      yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      yield* seen.by(Effect.ignore(receiver.receive))
      yield* seen.by(Effect.ignore(Effect.scoped(MessageQueue.openSender(".\\private$\\nowhere"))))
      yield* seen.by(sender.send({}).pipe(Effect.andThen(receiver.receiveWithin(0))))
      const types = seen.spans.map(({ attributes, name }) => [name.split(" ")[0], attributes.get("error.type")])
      assert.deepStrictEqual(types, [
        ["send", "MQ_ERROR_INSUFFICIENT_RESOURCES"],
        ["send", "IllegalMessage"],
        ["send", "TransactionMismatch"],
        ["receive", "MQ_ERROR_ACCESS_DENIED"],
        ["MessageQueue.openSender", "MQ_ERROR_QUEUE_NOT_FOUND"],
        ["send", undefined],
        ["receive", undefined]
      ])
      assert.strictEqual(seen.spans[0]?.attributes.get("messaging.batch.message_count"), 2)
    }).pipe(Effect.provide(backend))
  )

  it.effect("an interruption is no failure", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver } = yield* queue
      const fiber = yield* start(seen.by(receiver.receive))
      yield* Fiber.interrupt(fiber)
      const [span] = seen.spans
      assert(span?.status._tag === "Ended" && Exit.isFailure(span.status.exit))
      assert.isTrue(Cause.hasInterruptsOnly(span.status.exit.cause))
      assert.isUndefined(span.attributes.get("error.type"))
    }).pipe(Effect.provide(backend))
  )

  const receives: ReadonlyArray<
    readonly [name: string, type: string, by: string, (use: Used) => Effect.Effect<unknown, unknown, never>]
  > = [
    ["receive", "receive", "Receiver.receive", ({ receiver }) => receiver.receive],
    ["receive", "receive", "Receiver.receiveWithin", ({ receiver }) => receiver.receiveWithin("1 second")],
    ["receive", "receive", "Receiver.poll", ({ receiver }) => receiver.poll],
    ["receive", "receive", "Receiver.messages", ({ receiver }) => Stream.runDrain(Stream.take(receiver.messages, 1))],
    ["peek", "receive", "Receiver.peek", ({ receiver }) => receiver.peek],
    ["peek", "receive", "Receiver.peekWithin", ({ receiver }) => receiver.peekWithin("1 second")],
    ["peek", "receive", "Receiver.pollPeek", ({ receiver }) => receiver.pollPeek],
    [
      "peek",
      "receive",
      "Cursor.next",
      ({ receiver }) => Effect.scoped(Effect.flatMap(receiver.cursor, (at) => at.next))
    ],
    ["peek", "receive", "Receiver.lookup.peekFirst", ({ receiver }) => receiver.lookup("peekFirst")],
    ["receive", "receive", "Receiver.lookup.receiveFirst", ({ receiver }) => receiver.lookup("receiveFirst")]
  ]
  type Used = Effect.Success<typeof queue>

  for (const [name, type, by, use] of receives) {
    it.effect(`${by} has one, with the message it gave, linked to the span the message was sent in`, () =>
      Effect.gen(function* () {
        const seen = new Observed()
        const sending = new Observed()
        const open = yield* queue
        const send = open.sender.send({ body: new Uint8Array(3) })
        const id = yield* sending.by(Effect.provideService(send, Telemetry.PropagateTraceContext, true))
        yield* seen.by(use(open))
        assert.deepStrictEqual(seen.spans.map(shown), [
          {
            ...described(name, type, by),
            "messaging.message.id": id,
            "messaging.message.body.size": 3
          } as never
        ])
        assert.deepStrictEqual(
          seen.spans[0]?.links.map(({ span }) => [span.traceId, span.spanId]),
          sending.spans.map(({ spanId, traceId }) => [traceId, spanId])
        )
      }).pipe(Effect.provide(backend))
    )
  }

  it.effect("one that gave no message says of none, and a message without headers is linked to nothing", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* seen.by(receiver.poll)
      yield* sender.send({ extension: new TextEncoder().encode("traceparent") })
      yield* seen.by(receiver.poll)
      const [empty, plain] = seen.spans
      assert.isFalse(empty?.attributes.has("messaging.message.id"))
      assert.isTrue(plain?.attributes.has("messaging.message.id"))
      assert.deepStrictEqual(plain?.links, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a stream of received messages that is sent on gives its spans their own messages", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* MessageQueue.create(".\\private$\\archive")
      const archive = yield* MessageQueue.openSender(".\\private$\\archive")
      const ids = (yield* sender.sendAll([{}, {}], { messageIds: true })).messageIds
      const moving = receiver.messages.pipe(
        Stream.take(2),
        Stream.map(({ body }) => ({ body }))
      )
      yield* seen.by(archive.sendAll(moving))
      const received = seen.named(`receive ${orders}`)
      assert.deepStrictEqual(
        received.map(({ attributes }) => attributes.get("messaging.message.id")),
        ids as never
      )
      const [sent] = seen.named("send .\\private$\\archive")
      assert.strictEqual(sent?.attributes.get("messaging.batch.message_count"), 2)
      assert.isFalse(sent?.attributes.has("messaging.message.id"))
      assert.isTrue(received.every(({ parent }) => Option.getOrUndefined(parent)?.spanId === sent?.spanId))
    }).pipe(Effect.provide(backend))
  )

  it.effect("moves, rejections and ends of transactions settle", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const name = ".\\private$\\transactional"
      yield* MessageQueue.create(name, { transactional: true })
      const sender = yield* MessageQueue.openSender(name)
      const receiver = yield* MessageQueue.openReceiver(name)
      yield* Transaction.run(sender.sendAll([{}, {}]))
      yield* Effect.gen(function* () {
        yield* receiver.move(yield* receiver.peek, "later")
        yield* Transaction.run(Effect.flatMap(receiver.receive, (message) => receiver.reject(message)))
        yield* Effect.ignore(Transaction.run(Effect.fail("no")))
      }).pipe(seen.by)
      const settled = seen.spans
        .filter(({ attributes }) => attributes.get("messaging.operation.type") === "settle")
        .map((span) => span.name)
      assert.deepStrictEqual(settled, [`move ${name}`, `reject ${name}`, "commit", "abort"])
      assert.isTrue(seen.spans.every(({ attributes }) => attributes.get("messaging.system") === "msmq"))
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "everything else that asks Message Queuing has one named after the function, with its queue and its failure",
    () =>
      Effect.gen(function* () {
        const seen = new Observed()
        const nowhere = ".\\private$\\nowhere"
        const asked: Readonly<Record<string, Effect.Effect<unknown, unknown, Mqrt.Mqrt | Scope.Scope>>> = {
          "MessageQueue.delete": MessageQueue.delete(nowhere),
          "MessageQueue.properties": MessageQueue.properties(nowhere),
          "MessageQueue.setProperties": MessageQueue.setProperties(nowhere, { label: "a" }),
          "MessageQueue.formatName": MessageQueue.formatName(nowhere),
          "MessageQueue.purge": MessageQueue.purge(nowhere),
          "MessageQueue.openSender": MessageQueue.openSender(nowhere),
          "MessageQueue.openReceiver": MessageQueue.openReceiver(nowhere),
          "QueueSecurity.get": QueueSecurity.get(nowhere),
          "QueueManager.queueInfo": QueueManager.queueInfo(nowhere),
          "QueueManager.pause": QueueManager.pause("not a name")
        }
        yield* Effect.forEach(Object.values(asked), (effect) => Effect.ignore(effect)).pipe(seen.by)
        yield* Effect.ignore(QueueManager.info("elsewhere")).pipe(seen.by)
        assert.deepStrictEqual(
          seen.spans.map((span) => span.name),
          [...Object.keys(asked), "QueueManager.info"]
        )
        for (const { attributes, kind, name } of seen.spans) {
          assert.strictEqual(kind, "client", name)
          assert.isString(attributes.get("error.type"), name)
          const queue =
            name === "QueueManager.info" ? undefined : name === "QueueManager.pause" ? "not a name" : nowhere
          assert.strictEqual(attributes.get("messaging.destination.name"), queue, name)
        }
      }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("where nobody sees them there are none", () =>
    Effect.gen(function* () {
      const { sender } = yield* queue
      const seen = new Observed()
      // What a batch reads runs in the batch's span.
      const current = yield* Effect.option(Effect.currentSpan)
      const span = yield* Effect.gen(function* () {
        let within = current
        const messages = Stream.fromEffect(
          Effect.map(Effect.option(Effect.currentSpan), (span) => {
            within = span
            return {}
          })
        )
        yield* sender.sendAll(messages)
        return within
      })
      assert.deepStrictEqual(span, current)
      yield* seen.by(Effect.withTracerEnabled(sender.send({}), false))
      yield* seen.withoutTracer(sender.send({}))
      assert.deepStrictEqual(seen.spans, [])
    }).pipe(Effect.provide(backend))
  )
})

describe("trace context", () => {
  const propagating = Effect.provideService(Telemetry.PropagateTraceContext, true)

  it.effect("goes with no message unless it was asked for", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const { receiver, sender } = yield* queue
      yield* seen.by(sender.send({}))
      const message = yield* receiver.receive
      assert.deepStrictEqual([message.extension, { ...message.headers }], [undefined, {}])
    }).pipe(Effect.provide(backend))
  )

  it.effect("goes from one program to another: each message of a batch tells of the batch's span", () =>
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

  it.effect(
    "processing is by default a child of the current span, linked to the sender's, or the other way round",
    () =>
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

  it.effect("a traceparent or an extension of the program's own stays; the span is linked to what it says", () =>
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

  it.effect("the tracestate of a message goes with what is sent while it is processed, within its trace", () =>
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

  it.effect("is written where nobody sees the spans, and not where tracing is off", () =>
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

describe("metrics", () => {
  it.effect("count what was sent, what was not, and what was received, in messages and bytes", () =>
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

  it.effect("measure how long operations took, waits included, those that failed by their failure", () =>
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

  it.effect("tell how many handles of each kind are open, and none when their scopes have closed", () =>
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

  it("tell so of what is disposed by hand, too", async () => {
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

  it.effect("count the security contexts that were acquired, and how often the cache had one", () =>
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

it.effect("Effect's OTLP exporter sends spans and metrics as they are named, with their units", () =>
  Effect.gen(function* () {
    const requests: Array<{ readonly path: string; readonly body: string }> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        const { body } = request
        requests.push({
          path: url.pathname,
          body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
        })
        return HttpClientResponse.fromWeb(request, new Response("{}"))
      })
    )
    const exporter = Otlp.layerJson({ baseUrl: "http://collector:4318", resource: { serviceName: "orders" } })
    yield* Effect.flatMap(queue, ({ sender }) => sender.send({ body: new Uint8Array(4) })).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(backend, Layer.provide(exporter, Layer.succeed(HttpClient.HttpClient)(client)))),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
    const sent = (path: string) =>
      requests
        .filter((request) => request.path === path)
        .map((request) => request.body)
        .join("\n")
    assert.include(sent("/v1/traces"), JSON.stringify(`send ${orders}`))
    const metrics = sent("/v1/metrics")
    for (const [name, unit] of [
      ["messaging.client.sent.messages", "{message}"],
      ["msmq.client.sent.bytes", "By"],
      ["messaging.client.operation.duration", "s"],
      ["msmq.open_handles", "{handle}"]
    ]) {
      assert.match(metrics, new RegExp(`"name":"${name}","description":"[^"]*","unit":"${unit}"`))
    }
  })
)

it.effect("no body, header, label or certificate is in any span, metric or log, whether it goes well or fails", () =>
  Effect.gen(function* () {
    const seen = new Observed()
    const secret = "hunter2"
    const bytes = new TextEncoder().encode(secret)
    yield* Effect.gen(function* () {
      const { receiver, sender } = yield* queue
      const securityContext = yield* SecurityContext.acquire({ certificate: alice })
      const legal = { body: bytes, label: secret, headers: { [secret]: secret, note: secret } }
      yield* sender.send(legal, { securityContext })
      yield* sender.sendAll([legal, legal])
      yield* Effect.ignore(sender.send({ ...legal, extension: bytes }))
      yield* Effect.ignore(sender.send({ ...legal, headers: { [secret]: `${secret}\ud834` } }))
      yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      yield* sender.send(legal).pipe(
        Effect.tapCause((cause) => Effect.logError("not sent", cause)),
        Effect.ignore
      )
      const received = yield* receiver.receive
      yield* Effect.fail("no").pipe(Telemetry.process(received), Effect.ignore)
      yield* receiver.poll
      yield* SecurityContext.acquire({ certificate: alice })
    }).pipe(
      Effect.scoped,
      Effect.provide(backend),
      Effect.provideService(Telemetry.PropagateTraceContext, true),
      seen.by
    )
    const exits = seen.spans.map(({ status }) =>
      status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
    )
    const text = JSON.stringify(
      [
        seen.spans.map(({ attributes, events, links, name }) => [name, [...attributes], events, links]),
        exits,
        seen.logs,
        yield* seen.series
      ],
      (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)
    )
    assert.isAbove(seen.spans.length, 9)
    assert.include(text, "MQ_ERROR_ACCESS_DENIED")
    const der = Buffer.from(alice.der)
    for (const forbidden of [
      secret,
      Buffer.from(bytes).toString("base64"),
      [...bytes].join(","),
      der.toString("base64")
    ]) {
      assert.notInclude(text, forbidden)
    }
  })
)
