import { MessageId, MessageQueue, type MsmqError, type Receiver, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as CallLog from "../support/CallLog.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layer))
const unknown = String.raw`{01234567-89ab-cdef-0123-456789abcdef}\1`

/** A queue with the messages a to e, and their ids. */
const queue = (transactional = false) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, { transactional })
    const sender = yield* MessageQueue.openSender(orders)
    const labels = ["a", "b", "c", "d", "e"]
    const options = transactional ? ({ messageIds: true, transaction: "singleMessage" } as const) : { messageIds: true }
    const { messageIds = [] } = yield* sender.sendAll(
      labels.map((label) => ({ label })),
      options
    )
    const receiver = yield* MessageQueue.openReceiver(orders)
    const [a = "", b = "", c = "", d = "", e = ""] = messageIds
    return { sender, receiver, ids: { a, b, c, d, e } }
  })

const labelsIn = (receiver: Receiver.Receiver) =>
  Effect.map(Stream.runCollect(receiver.browse), (messages) => messages.map(({ label }) => label))

const label = (found: Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError.MsmqError>) =>
  Effect.map(found, (message) => Option.getOrUndefined(message)?.label)

describe("a message is received by its id", () => {
  it.effect("from any place, and the others stay in their order (E-50)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue()
      assert.strictEqual((yield* receiver.byId(ids.c).receive).label, "c")
      assert.strictEqual(yield* label(receiver.byId(ids.e).poll), "e")
      assert.strictEqual(yield* label(receiver.byId(ids.a).receiveWithin("1 second")), "a")
      assert.deepStrictEqual(yield* labelsIn(receiver), ["b", "d"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("in any form of the id", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue()
      const forms = [
        ids.c,
        ids.c.replaceAll(/[{}]/g, ""),
        ids.c.toUpperCase(),
        Result.getOrThrow(MessageId.toBytes(ids.c))
      ]
      for (const form of forms) assert.strictEqual((yield* receiver.byId(form).peek).label, "c")
    }).pipe(Effect.provide(backend))
  )

  it.effect("whole, and only its own body is read", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const body = new Uint8Array(100_000).fill(7)
      yield* sender.send({ label: "first", body: new Uint8Array(200_000) })
      const id = yield* sender.send({ label: "second", body, headers: { a: "b" } })
      const receiver = yield* MessageQueue.openReceiver(orders)
      const message = yield* receiver.byId(id).receive
      assert.deepStrictEqual([message.messageId, message.label, message.headers["a"]], [id, "second", "b"])
      assert.deepStrictEqual(message.body, body)
    }).pipe(Effect.provide(backend))
  )

  it.effect("and an id that is not there is none, at once", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue()
      assert.deepStrictEqual(yield* receiver.byId(unknown).poll, Option.none())
      assert.deepStrictEqual(yield* receiver.byId(unknown).pollPeek, Option.none())
      assert.deepStrictEqual(yield* receiver.byId(unknown).receiveWithin(0), Option.none())
      assert.deepStrictEqual(yield* labelsIn(receiver), ["a", "b", "c", "d", "e"])
      yield* MessageQueue.purge(orders)
      assert.deepStrictEqual(yield* receiver.byId(unknown).poll, Option.none())
    }).pipe(Effect.provide(backend))
  )

  it.effect("and what is no id is refused before any call, by each function", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue()
      const before = (yield* CallLog.calls).length
      for (const id of ["", "a", new Uint8Array(16), undefined, null, 5]) {
        for (const by of [receiver.byId(id as string), receiver.byCorrelationId(id as string)]) {
          for (const call of [by.receive, by.poll, by.peek, by.pollPeek, by.receiveWithin(1), by.peekWithin(1)]) {
            const { message, operation, reason } = yield* Effect.flip<unknown, MsmqError.MsmqError, never>(call)
            assert.deepStrictEqual([reason._tag, operation.split(".", 1)[0]], ["IllegalOption", "Receiver"])
            assert.include(message, String.raw`"{guid}\number"`)
          }
        }
      }
      assert.strictEqual((yield* CallLog.calls).length, before)
    }).pipe(Effect.provide(backend))
  )

  it.effect("that a peek finds, and it stays", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue()
      assert.strictEqual((yield* receiver.byId(ids.b).peek).label, "b")
      assert.strictEqual(yield* label(receiver.byId(ids.e).peekWithin("1 second")), "e")
      assert.strictEqual(yield* label(receiver.byId(ids.a).pollPeek), "a")
      assert.deepStrictEqual(yield* labelsIn(receiver), ["a", "b", "c", "d", "e"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("in the transaction that runs: the commit removes it, and an abort puts it back at its place", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue(true)
      yield* Effect.exit(Transaction.run(Effect.andThen(receiver.byId(ids.c).receive, Effect.fail("no"))))
      assert.deepStrictEqual(yield* labelsIn(receiver), ["a", "b", "c", "d", "e"])
      yield* Transaction.run(receiver.byId(ids.c).receive)
      assert.deepStrictEqual(yield* labelsIn(receiver), ["a", "b", "d", "e"])
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "and a receive in a transaction from a queue that is not transactional fails, also if it is not there",
    () =>
      Effect.gen(function* () {
        const { ids, receiver } = yield* queue()
        for (const id of [ids.c, unknown]) {
          const failure = yield* Effect.flip(Transaction.run(receiver.byId(id).receive))
          assert.strictEqual(failure.reason._tag, "TransactionMismatch")
          assert.isTrue(Option.isSome(yield* Transaction.run(receiver.byId(ids.c).pollPeek)))
        }
      }).pipe(Effect.provide(backend))
  )
})

describe("a message is received by its correlation id", () => {
  it.effect("the first of several first, and none without one", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      yield* sender.sendAll([
        { label: "response 1", correlationId: ids.a },
        { label: "another", correlationId: ids.b },
        { label: "response 2", correlationId: ids.a }
      ])
      const responses = receiver.byCorrelationId(ids.a)
      assert.strictEqual((yield* responses.peek).label, "response 1")
      assert.strictEqual((yield* responses.receive).label, "response 1")
      assert.strictEqual((yield* responses.receive).label, "response 2")
      assert.deepStrictEqual(yield* responses.poll, Option.none())
      assert.deepStrictEqual(yield* receiver.byCorrelationId(new Uint8Array(20)).poll, Option.none())
    }).pipe(Effect.provide(backend))
  )

  it.effect("that arrives while it is waited for, and others that arrive stay", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      const waiting = yield* Effect.forkChild(receiver.byCorrelationId(ids.a).receive, { startImmediately: true })
      yield* sender.send({ label: "another", correlationId: ids.b })
      yield* TestClock.adjust("500 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* sender.send({ label: "response", correlationId: ids.a })
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "response")
      assert.deepStrictEqual(yield* labelsIn(receiver), ["a", "b", "c", "d", "e", "another"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("that arrives before the messages that were searched, since its priority is higher (E-30)", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      const waiting = yield* Effect.forkChild(receiver.byCorrelationId(ids.a).receive, { startImmediately: true })
      yield* TestClock.adjust(0)
      yield* sender.send({ label: "urgent", correlationId: ids.a, priority: 7 })
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "urgent")
    }).pipe(Effect.provide(backend))
  )

  it.effect("within a time, and not after it, also where that is longer than one wait", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      const waiting = yield* Effect.forkChild(receiver.byCorrelationId(ids.a).receiveWithin("1 minute"), {
        startImmediately: true
      })
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(waiting), Option.none())
      yield* sender.send({ label: "late", correlationId: ids.a })
      assert.strictEqual((yield* labelsIn(receiver)).at(-1), "late")
      const second = yield* Effect.forkChild(receiver.byCorrelationId(ids.b).receiveWithin("1 minute"), {
        startImmediately: true
      })
      yield* TestClock.adjust("50 seconds")
      yield* sender.send({ label: "in time", correlationId: ids.b })
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* label(Fiber.join(second)), "in time")
    }).pipe(Effect.provide(backend))
  )
})

describe("a message that two receivers ask for", () => {
  it.effect("goes to one of them, and the other finds none, or waits on", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      const other = yield* MessageQueue.openReceiver(orders)
      const ask = (one: Receiver.Receiver) => one.byCorrelationId(ids.a).receive
      const fibers = yield* Effect.forEach([receiver, other], (one) =>
        Effect.forkChild(ask(one), { startImmediately: true })
      )
      yield* TestClock.adjust(0)
      yield* sender.send({ label: "one", correlationId: ids.a })
      yield* TestClock.adjust(0)
      assert.strictEqual(fibers.filter((fiber) => fiber.pollUnsafe() !== undefined).length, 1)
      yield* sender.send({ label: "two", correlationId: ids.a })
      yield* TestClock.adjust(0)
      const labels = yield* Effect.forEach(fibers, (fiber) => Effect.map(Fiber.join(fiber), ({ label }) => label))
      assert.deepStrictEqual(labels.toSorted(), ["one", "two"])
      assert.deepStrictEqual(yield* label(other.byId(ids.a).poll), "a")
      assert.deepStrictEqual(yield* receiver.byId(ids.a).poll, Option.none())
    }).pipe(Effect.provide(backend))
  )

  it.effect("is not there while a transaction holds it, and is again after an abort", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue(true)
      const transaction = yield* Transaction.begin()
      yield* Transaction.within(receiver.byId(ids.b).receive, transaction)
      assert.deepStrictEqual(yield* receiver.byId(ids.b).poll, Option.none())
      const waiting = yield* Effect.forkChild(receiver.byId(ids.b).receive, { startImmediately: true })
      yield* TestClock.adjust("3 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* transaction.abort()
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "b")
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("is waited for also where the transaction lets others peek at it", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue(true)
      const { lookupId } = yield* receiver.byId(ids.b).peek
      const transaction = yield* Transaction.begin()
      yield* Transaction.within(receiver.lookup("receiveAllowPeek", lookupId), transaction)
      assert.deepStrictEqual(yield* receiver.byId(ids.b).poll, Option.none())
      const waiting = yield* Effect.forkChild(receiver.byId(ids.b).receive, { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* transaction.abort()
      yield* TestClock.adjust("32 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).label, "b")
    }).pipe(Effect.scoped, Effect.provide(backend))
  )
})

describe("a receive by id", () => {
  it.effect("that waits is ended by closing the receiver, and by the abort of its transaction", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(true)
      const transaction = yield* Transaction.begin()
      const inTransaction = yield* Effect.forkChild(
        Effect.flip(Transaction.within(receiver.byId(unknown).receive, transaction)),
        { startImmediately: true }
      )
      yield* TestClock.adjust(0)
      yield* transaction.abort()
      assert.strictEqual((yield* Fiber.join(inTransaction)).reason._tag, "Released")
      const closing = yield* Effect.scoped(
        Effect.gen(function* () {
          const closed = yield* MessageQueue.openReceiver(orders)
          return yield* Effect.forkDetach(Effect.flip(closed.byId(unknown).receive), { startImmediately: true })
        })
      )
      assert.strictEqual((yield* Fiber.join(closing)).reason._tag, "Released")
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("leaves no cursor open", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue()
      yield* receiver.byId(ids.c).receive
      yield* receiver.byId(unknown).poll
      const waiting = yield* Effect.forkChild(receiver.byId(unknown).receive, { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(waiting)
      const calls = yield* CallLog.calls
      const count = (name: string) => calls.filter((call) => call === name).length
      assert.isAbove(count("createCursor"), 2)
      assert.strictEqual(count("closeCursor"), count("createCursor"))
    }).pipe(Effect.provide(backend))
  )

  for (const arrives of ["before", "while"] as const) {
    it(`interrupted after any step hands its message out or leaves it in the queue: it arrives ${arrives} it is asked for`, () => {
      let handedOutInAll = 0
      interruptAtEveryStep(() => {
        const handedOut: Array<string> = []
        let sent = false
        const program = Effect.gen(function* () {
          yield* MessageQueue.create(orders)
          const sender = yield* MessageQueue.openSender(orders)
          const receiver = yield* MessageQueue.openReceiver(orders)
          yield* sender.send({ label: "another" })
          const send = Effect.tap(sender.send({ label: "response", correlationId: unknown }), () =>
            Effect.sync(() => (sent = true))
          )
          const take = Effect.map(receiver.byCorrelationId(unknown).receive, ({ label }) => void handedOut.push(label))
          if (arrives === "before") {
            yield* send
            return yield* take
          }
          const waiting = yield* Effect.forkChild(take, { startImmediately: true })
          yield* send
          yield* Fiber.join(waiting)
        }).pipe(Effect.scoped)
        return Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            yield* Effect.exit(restore(program))
            yield* HandleLedger.expectNoLeaks
            if (!sent) return
            const receiver = yield* MessageQueue.openReceiver(orders)
            const left = Option.isSome(yield* receiver.byCorrelationId(unknown).poll)
            assert.strictEqual(Number(left) + handedOut.length, 1)
            handedOutInAll += handedOut.length
          }).pipe(Effect.scoped)
        ).pipe(Effect.orDie, Effect.provide(backend))
      })
      assert.isAbove(handedOutInAll, 0)
    })
  }
})

describe("a wait by id", () => {
  it.effect("goes on when another call of the receiver reopens its queue (C-38)", () =>
    Effect.gen(function* () {
      const { ids, receiver, sender } = yield* queue()
      const faults = yield* FaultInjection.FaultInjection
      const waiting = yield* Effect.forkChild(receiver.byCorrelationId(ids.a).receive, { startImmediately: true })
      yield* TestClock.adjust(0)
      yield* faults.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      assert.strictEqual(yield* label(receiver.pollPeek), "a")
      assert.isAbove((yield* CallLog.calls).filter((call) => call === "openQueue").length, 2)
      assert.isUndefined(waiting.pollUnsafe())
      yield* sender.send({ label: "response", correlationId: ids.a })
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "response")
    }).pipe(Effect.provide(FaultInjection.layer(backend)))
  )

  it.effect("makes a call again whose handle was lost (C-38)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue()
      const faults = yield* FaultInjection.FaultInjection
      for (const call of [1, 2, 3]) {
        yield* faults.inject({ function: "MQReceiveMessage", call, code: "MQ_ERROR_STALE_HANDLE" })
        assert.strictEqual(yield* label(receiver.byId(ids.c).pollPeek), "c")
      }
      yield* faults.inject({ function: "MQReceiveMessageByLookupId", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      assert.strictEqual(yield* label(receiver.byId(ids.c).poll), "c")
    }).pipe(Effect.provide(FaultInjection.layer(backend)))
  )

  it.effect("finds a message that came to a place before the search while that ran, when it searches anew (E-31)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.sendAll(Array.from({ length: 400 }, () => ({ label: "another" })))
      let missed = 0
      for (let turns = 0; turns < 30; turns++) {
        const waiting = yield* Effect.forkChild(receiver.byCorrelationId(unknown).receive, { startImmediately: true })
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* sender.send({ label: "urgent", correlationId: unknown, priority: 7 })
        yield* TestClock.adjust(0)
        if (waiting.pollUnsafe() === undefined) missed++
        for (let second = 0; second < 5; second++) yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(waiting)).label, "urgent")
      }
      assert.isAbove(missed, 0)
    }).pipe(Effect.provide(backend))
  )
})

describe("in promises", () => {
  it("a message is received by its id and by its correlation id, or is undefined", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    await sender.send({ label: "a" })
    const id = await sender.send({ label: "b" })
    await sender.send({ label: "c", correlationId: id })
    assert.strictEqual((await receiver.byId(id).peek()).label, "b")
    assert.strictEqual((await receiver.byCorrelationId(id).receive()).label, "c")
    assert.strictEqual((await receiver.byId(id).receiveWithin(1000))?.label, "b")
    assert.isUndefined(await receiver.byId(id).poll())
    assert.isUndefined(await receiver.byId(id).pollPeek())
    assert.isUndefined(await receiver.byId(id).peekWithin(1))
    assert.strictEqual((await receiver.receive()).label, "a")
  })

  it("a wait is ended by an abort, also after another receiver took the message first", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receivers = [await msmq.openReceiver(orders), await msmq.openReceiver(orders)]
    const aborts = receivers.map(() => new AbortController())
    const waits = receivers.map((receiver, index) =>
      receiver
        .byCorrelationId(unknown)
        .receive({ signal: aborts[index]!.signal })
        .then(
          ({ label }) => label,
          (error: unknown) => (error instanceof Error ? error.name : "no error")
        )
    )
    await sender.send({ label: "response", correlationId: unknown })
    assert.strictEqual(await Promise.race(waits), "response")
    for (const abort of aborts) abort.abort()
    assert.deepStrictEqual((await Promise.all(waits)).toSorted(), ["AbortError", "response"])
  })

  it("a message is received in a transaction, and an abort puts it back", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders, { transactional: true })
    const sender = await msmq.openSender(orders)
    const id = await sender.send({ label: "a" }, { transaction: "singleMessage" })
    const receiver = await msmq.openReceiver(orders)
    await msmq
      .transaction(async (transaction) => {
        assert.strictEqual((await receiver.byId(id).receive({ transaction })).label, "a")
        throw new Error("no")
      })
      .catch(() => {})
    assert.strictEqual((await receiver.byId(id).receive()).label, "a")
  })

  it("what is no id is a rejection", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const receiver = await msmq.openReceiver(orders)
    const error: unknown = await receiver
      .byId("order 1")
      .poll()
      .catch((failure: unknown) => failure)
    assert.include(String(error), "Receiver.byId")
  })
})
