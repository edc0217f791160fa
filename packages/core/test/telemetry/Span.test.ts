import { MessageQueue, type Mqrt, QueueManager, QueueSecurity, Telemetry, Transaction } from "@effect-msmq/core"
import { FaultInjection } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, type Scope, Stream, type Tracer } from "effect"
import { Observed } from "../support/Observed.ts"
import { start } from "../support/settled.ts"
import { backend, orders, queue } from "../support/observedQueue.ts"

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

  it.effect("a batch has one, with the number of its messages, however many slices it has", () =>
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

  it.effect(
    "one of a failure has the reason, by the name in mq.h or the tag of the SDK's own, and the number of sent messages",
    () =>
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

  it.effect("one of an interruption has no failure", () =>
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

  it.effect("one without a message has no message's attributes, and one of a message without headers has no link", () =>
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

  it.effect("a stream of received messages that is sent on has spans with their own messages", () =>
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

  it.effect("moves, rejections and ends of transactions have spans that settle", () =>
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
    "all other calls of Message Queuing have one named after the function, with the queue and the failure",
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

  it.effect("a transaction has one, with those of its beginning, its end and what takes part in it", () =>
    Effect.gen(function* () {
      const seen = new Observed()
      const name = ".\\private$\\transactional"
      yield* MessageQueue.create(name, { transactional: true })
      const sender = yield* MessageQueue.openSender(name)
      yield* seen.by(Transaction.run(sender.send({})))
      const parents = seen.spans.map((span) => [span.name, Option.getOrUndefined(span.parent)?.spanId])
      const [run] = seen.named("Transaction.run")
      assert.deepStrictEqual(parents, [
        ["Transaction.run", undefined],
        ["Transaction.begin", run?.spanId],
        [`send ${name}`, run?.spanId],
        ["commit", run?.spanId]
      ])
      yield* seen.by(Effect.scoped(Transaction.begin()))
      assert.strictEqual(seen.named("Transaction.begin").length, 2)
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "without a tracer a transaction has one only where it goes into messages, which are then in one trace",
    () =>
      Effect.gen(function* () {
        const name = ".\\private$\\transactional"
        yield* MessageQueue.create(name, { transactional: true })
        const sender = yield* MessageQueue.openSender(name)
        const receiver = yield* MessageQueue.openReceiver(name)
        const span = Effect.option(Effect.currentSpan)
        assert.deepStrictEqual(yield* Transaction.run(span), yield* span)
        yield* Transaction.run(Effect.andThen(sender.send({}), sender.send({}))).pipe(
          Effect.provideService(Telemetry.PropagateTraceContext, true)
        )
        const traces = yield* Effect.forEach([receiver.receive, receiver.receive], (receive) =>
          Effect.map(receive, ({ headers }) => headers["traceparent"]?.split("-")[1])
        )
        assert.isString(traces[0])
        assert.strictEqual(traces[0], traces[1])
      }).pipe(Effect.provide(backend))
  )

  it.effect("without a tracer there are none", () =>
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
