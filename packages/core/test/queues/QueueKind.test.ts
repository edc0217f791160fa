import { ErrorCode, MessageQueue, type Mqrt, type MsmqError, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, type Scope, Stream } from "effect"
import * as CallLog from "../support/CallLog.ts"
import { connectObserved } from "../support/connection.ts"
import { elapse, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const poison = ".\\private$\\poison"
const single = { transaction: "singleMessage" } as const
const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

const labelsIn = Effect.fnUntraced(function* (queue: string) {
  const receiver = yield* MessageQueue.openReceiver(queue)
  return yield* Effect.map(Stream.runCollect(receiver.browse), (all) => all.map(({ label }) => label))
}, Effect.scoped)

/** The next look at the properties of a queue fails. */
const failLook = (code: ErrorCode.ErrorCodeName) =>
  FaultInjection.inject({ function: "MQGetQueueProperties", call: 1, code })

const openQueues = Effect.map(HandleLedger.counts, (counts) => counts.queue.open)

/** Deletes the queue and creates one of that name which is of the other kind. */
const replace = (transactional: boolean) =>
  Effect.andThen(MessageQueue.delete(orders), MessageQueue.create(orders, { transactional }))

const mismatch = (error: MsmqError.MsmqError) => {
  assert(error.reason._tag === "TransactionMismatch", error.message)
  return error.reason.queueIsTransactional
}

/** Error codes by which the kind of a queue cannot be known from here. */
const unknowable: ReadonlyArray<ErrorCode.ErrorCodeName> = [
  "MQ_ERROR_ACCESS_DENIED",
  "MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION",
  "MQ_ERROR_ILLEGAL_FORMATNAME",
  "MQ_ERROR_UNSUPPORTED_OPERATION"
]
const names = Object.keys(ErrorCode.errors) as Array<ErrorCode.ErrorCodeName>

type Open = Effect.Effect<{ readonly transactional: boolean | undefined }, MsmqError.MsmqError, Mqrt.Mqrt | Scope.Scope>

const openings: Readonly<Record<string, Open>> = {
  "a sender": MessageQueue.openSender(orders),
  "a receiver": MessageQueue.openReceiver(orders)
}

describe("a failure to look at a queue's kind", () => {
  for (const [what, open] of Object.entries(openings)) {
    it.effect(`fails the opening of ${what} with its reason and leaves nothing open, whatever code it is`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        for (const name of names.filter((name) => !unknowable.includes(name))) {
          yield* failLook(name)
          const error = yield* Effect.flip(open)
          assert("name" in error.reason)
          assert.deepStrictEqual([error.reason.name, error.queue], [name, orders])
          assert.strictEqual(yield* openQueues, 0)
        }
        assert.isTrue((yield* open).transactional)
      }).pipe(Effect.provide(backend))
    )

    it.effect(`leaves the kind of ${what} unknown if it cannot be read (C-51, C-52)`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        for (const name of unknowable) {
          yield* failLook(name)
          assert.isUndefined((yield* open).transactional)
        }
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )

    it.effect(`interrupted while it looks, the opening of ${what} leaves nothing open`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* FaultInjection.inject({ function: "MQGetQueueProperties", call: 1, stall: "1 hour" })
        const opening = yield* start(Effect.timeoutOption(open, "1 second"))
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* Fiber.await(opening), Exit.succeed(Option.none()))
        assert.strictEqual(yield* openQueues, 0)
      }).pipe(Effect.provide(backend))
    )
  }

  it.effect("fails consume before it receives a message if the queue for poison cannot be looked at", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      yield* MessageQueue.create(poison, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "order" }, single)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* failLook("MQ_ERROR_SERVICE_NOT_AVAILABLE")
      const error = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { queue: poison } }))
      assert.deepStrictEqual([error.reason._tag, error.queue], ["ServiceNotAvailable", poison])
      assert.deepStrictEqual(yield* labelsIn(orders), ["order"])
    }).pipe(Effect.provide(backend))
  )

  it("rejects the opening in promises, and the next one refuses messages that would be lost", async () => {
    const { expectNoLeaks, inject, msmq } = await connectObserved()
    await msmq.createQueue(orders, { transactional: true })
    await inject({ function: "MQGetQueueProperties", call: 1, code: "MQ_ERROR_INSUFFICIENT_RESOURCES" })
    const error = await msmq.openSender(orders).then(
      () => assert.fail("it opened"),
      (error: MsmqError.MsmqError) => error
    )
    assert.deepStrictEqual([error.code, error.isRetryable], ["MQ_ERROR_INSUFFICIENT_RESOURCES", true])
    await expectNoLeaks()
    const sender = await msmq.openSender(orders)
    const refused = await sender.send({}).catch((error: MsmqError.MsmqError) => error)
    assert.strictEqual(typeof refused === "string" ? "it was sent" : refused.code, "TransactionMismatch")
    await msmq.close()
  })
})

describe("the kind of a queue as the program gives it", () => {
  it.effect("is used without a request, even when the queue is opened again", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const told = yield* MessageQueue.openSender(orders, { transactional: true })
      assert.isTrue(mismatch(yield* Effect.flip(told.send({}))))
      yield* replace(true)
      yield* Effect.ignore(told.send({}, single))
      yield* told.send({ label: "arrives" }, single)
      assert.notInclude(yield* CallLog.calls, "getQueueProperties")
      assert.deepStrictEqual(yield* labelsIn(orders), ["arrives"])
    }).pipe(Effect.provide(backend))
  )
})

describe("a part of a queue", () => {
  it.effect("has the kind of its queue, by any name (B-31)", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders, { transactional: true, journal: true })
      assert.match(formatName, /^PRIVATE=/)
      for (const name of [
        `${formatName};JOURNAL`,
        `DIRECT=OS:${orders};JOURNAL`,
        `DIRECT=OS:${orders};later`,
        formatName
      ]) {
        assert.isTrue((yield* MessageQueue.openReceiver(name)).transactional, name)
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("a name of many queues has no kind, and none is requested", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      yield* failLook("MQ_ERROR_INSUFFICIENT_RESOURCES")
      const many = yield* MessageQueue.openSender(`DIRECT=OS:${orders},DIRECT=OS:elsewhere\\private$\\orders`)
      assert.isUndefined(many.transactional)
      assert.notInclude(yield* CallLog.calls, "getQueueProperties")
    }).pipe(Effect.provide(backend))
  )
})

describe("a queue that was deleted and made again with the other kind", () => {
  for (const transactional of [true, false]) {
    const now = transactional ? "transactional" : "plain"
    const right = transactional ? single : {}
    const wrong = transactional ? {} : single

    it.effect(`refuses a send of the wrong kind as soon as its sender is opened again: it is ${now} now`, () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: !transactional })
        const sender = yield* MessageQueue.openSender(orders)
        yield* replace(transactional)
        // What was right for the queue that is gone.
        yield* Effect.ignore(sender.send({ label: "lost" }, wrong))
        assert.strictEqual(mismatch(yield* Effect.flip(sender.send({ label: "lost" }, wrong))), transactional)
        assert.strictEqual(sender.transactional, transactional)
        yield* sender.send({ label: "arrives" }, right)
        assert.deepStrictEqual(yield* labelsIn(orders), ["arrives"])
        const rejected = yield* MsmqControl.MsmqControl.use((control) => control.rejected)
        assert.deepStrictEqual(rejected, [])
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )
  }

  it.effect("refuses a receive in a transaction as soon as its receiver is opened again: it is plain now (F-15)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* replace(false)
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: "order" })
      yield* Effect.ignore(receiver.poll)
      const error = yield* Effect.flip(Transaction.run(receiver.poll))
      assert.isFalse(mismatch(error))
      assert.isFalse(receiver.transactional)
      assert.strictEqual((yield* receiver.receive).label, "order")
    }).pipe(Effect.provide(backend))
  )

  it.effect("is looked at again by the next use after a failure, and no message is sent in between", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const before = yield* openQueues
      yield* replace(true)
      yield* Effect.ignore(sender.send({}))
      for (const code of ["MQ_ERROR_INSUFFICIENT_RESOURCES", "MQ_ERROR_QUEUE_NOT_FOUND"] as const) {
        yield* failLook(code)
        const error = yield* Effect.flip(sender.send({}))
        assert.strictEqual(error.code, code)
        assert.strictEqual(yield* openQueues, before - 1)
      }
      assert.isTrue(mismatch(yield* Effect.flip(sender.send({}))))
      yield* sender.send({ label: "arrives" }, single)
      assert.deepStrictEqual(yield* labelsIn(orders), ["arrives"])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )
})
