import { MessageQueue, Transaction } from "@effect-msmq/core"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { control, missing } from "./theDouble.ts"
import {
  calls,
  elsewhere,
  endCalls,
  holdCalls,
  labelOf,
  layer,
  numbered,
  orders,
  setup,
  takeAll,
  whileCalling
} from "./support/heldReceives.ts"

/** Runs something that is interrupted while its call runs. A message that this takes is kept. */
const cutShort = (run: Effect.Effect<unknown, unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const fiber = yield* whileCalling(run)
    const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
    endCalls()
    yield* Fiber.join(interruption)
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
  })

/** Runs an effect while nothing else happens. */
const runNow = <A, E>(effect: Effect.Effect<A, E>): A => Effect.runSync(effect)

describe.skipIf(missing !== null)("receives whose calls run off the main thread", () => {
  beforeEach(() => control.reset())

  // A call on the main thread that ought to be held is one.
  afterEach(() => assert.deepStrictEqual(control.ledger().violations, []))

  it.live("a message that a call took after its receive was interrupted is the first for the next receive", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 3))
      yield* cutShort(receiver.poll)
      // Through another handle, by another name.
      const other = yield* MessageQueue.openReceiver(orders)
      assert.strictEqual(labelOf(yield* other.pollPeek), "0")
      assert.strictEqual((yield* other.peek).label, "0")
      const cursor = yield* other.cursor
      assert.deepStrictEqual([yield* cursor.next, yield* cursor.next].map(labelOf), ["0", "1"])
      const first = Option.getOrThrow(yield* other.lookup("peekFirst"))
      assert.strictEqual(first.label, "0")
      assert.strictEqual(labelOf(yield* other.lookup("peekCurrent", first.lookupId)), "0")
      assert.strictEqual(labelOf(yield* other.lookup("peekNext", first.lookupId)), "1")
      assert.deepStrictEqual(yield* takeAll(other), ["0", "1", "2"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a message that a call took after its receive was interrupted goes to a waiting receive", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      const other = yield* MessageQueue.openReceiver(orders)
      const waiting = yield* Effect.forkChild(other.receive, { startImmediately: true })
      while (control.callCount("MQReceiveMessage") < 3) yield* Effect.sleep(1)
      const poll = yield* whileCalling(receiver.poll)
      // In one turn of the event loop: the one who waits looks for the message when calls are held no more.
      runNow(sender.send({ label: "only" }))
      const interruption = yield* Effect.forkChild(Fiber.interrupt(poll), { startImmediately: true })
      endCalls()
      yield* Fiber.join(interruption)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "only")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message whose last receiver closes is logged as lost, with its id", () => {
    const logged: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { receiver, sender } = yield* Scope.provide(setup, scope)
      yield* sender.send({ label: "lost" })
      const { lookupId, messageId } = yield* receiver.peek
      yield* cutShort(receiver.poll)
      assert.deepStrictEqual(logged, [])
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(logged.length, 1)
      for (const part of [messageId, String(lookupId), "lost", "orders", "transaction"]) assert.include(logged[0], part)
    }).pipe(Effect.scoped, Effect.provide([layer, logger]))
  })

  it.live("a purge removes kept messages", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "purged" })
      yield* cutShort(receiver.poll)
      yield* MessageQueue.purge(orders)
      assert.isTrue(Option.isNone(yield* receiver.poll))
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live(
    "a transaction with a message that no receive got does not commit, and the message is in the queue again",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(elsewhere)
        yield* Transaction.singleMessage(sender.send({ label: "once" }))
        const given = Effect.gen(function* () {
          const taking = yield* Effect.forkChild(receiver.receive, { startImmediately: true })
          while (calls() === 0) yield* Effect.sleep(1)
          const interruption = yield* Effect.forkChild(Fiber.interrupt(taking), { startImmediately: true })
          endCalls()
          yield* Fiber.join(interruption)
        })
        holdCalls()
        const failure = yield* Effect.flip(Transaction.run(given))
        assert.deepStrictEqual([failure.operation, failure.reason._tag], ["Transaction.commit", "OperationCancelled"])
        assert.deepStrictEqual(yield* takeAll(receiver), ["once"])
      }).pipe(Effect.scoped, Effect.provide([layer, Logger.layer([])]))
  )

  it.live("a transaction receives the message that no receive got in it, and then commits", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "once" }))
      const label = yield* Effect.gen(function* () {
        const taking = yield* Effect.forkChild(receiver.receive, { startImmediately: true })
        while (calls() === 0) yield* Effect.sleep(1)
        const interruption = yield* Effect.forkChild(Fiber.interrupt(taking), { startImmediately: true })
        endCalls()
        yield* Fiber.join(interruption)
        return (yield* receiver.receive).label
      }).pipe((given) => Effect.andThen(Effect.sync(holdCalls), given), Transaction.run())
      assert.strictEqual(label, "once")
      assert.deepStrictEqual(yield* takeAll(receiver), [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message that a transaction receives is kept again when that aborts", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.sendAll(numbered(0, 2)))
      yield* cutShort(receiver.poll)
      const both = Effect.map(Effect.all([receiver.receive, receiver.receive]), (all) => all.map(({ label }) => label))
      yield* Effect.flip(Transaction.run(Effect.andThen(both, Effect.fail("no"))))
      assert.deepStrictEqual(yield* Transaction.run(both), ["0", "1"])
      assert.deepStrictEqual(yield* takeAll(receiver), [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a cursor returns the message of an interrupted move next", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 4))
      const cursor = yield* receiver.cursor
      assert.strictEqual(labelOf(yield* cursor.next), "0")
      yield* cutShort(cursor.next)
      assert.strictEqual(labelOf(yield* cursor.next), "1")
      yield* cutShort(cursor.receive)
      // It stands on the message that is kept.
      assert.strictEqual(labelOf(yield* cursor.current), "1")
      assert.strictEqual(labelOf(yield* cursor.receive), "1")
      assert.strictEqual(labelOf(yield* cursor.next), "2")
      yield* cutShort(cursor.next)
      const third = Option.getOrThrow(yield* receiver.lookup("peekLast"))
      yield* receiver.lookup("receiveCurrent", third.lookupId)
      assert.strictEqual(labelOf(yield* cursor.next), undefined)
      assert.deepStrictEqual(yield* takeAll(receiver), ["0", "2"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a cursor returns a kept message once, and then waits for others", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "kept" })
      yield* cutShort(receiver.poll)
      const cursor = yield* receiver.cursor
      assert.strictEqual(labelOf(yield* cursor.next), "kept")
      assert.isTrue(Option.isNone(yield* cursor.nextWithin("30 millis")))
      assert.isTrue(Option.isNone(yield* cursor.next))
      const waiting = yield* Effect.forkChild(cursor.nextWithin("1 hour"), { startImmediately: true })
      yield* Effect.sleep(30)
      yield* sender.send({ label: "late" })
      assert.strictEqual(labelOf(yield* Fiber.join(waiting)), "late")
      assert.isTrue(Option.isNone(yield* cursor.next))
      // And what is kept while it stands at the end.
      yield* sender.send({ label: "kept, too" })
      yield* receiver.receive
      yield* cutShort(receiver.lookup("receiveLast"))
      assert.strictEqual(labelOf(yield* cursor.next), "kept, too")
      assert.deepStrictEqual(yield* takeAll(receiver), ["kept, too", "late"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("kept messages have the order of their queue, and lookups lead to them from both sides (D-27)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 4))
      const [, second] = [yield* receiver.lookup("peekFirst"), yield* receiver.lookup("peekLast")]
      const ids = [...(yield* Stream.runCollect(receiver.browse))].map(({ lookupId }) => lookupId)
      yield* cutShort(receiver.lookup("receiveCurrent", ids[1] ?? 0n))
      yield* cutShort(receiver.lookup("receiveCurrent", ids[0] ?? 0n))
      const back: Array<string | undefined> = [labelOf(second)]
      for (let before = second; Option.isSome(before);) {
        before = yield* receiver.lookup("peekPrevious", before.value.lookupId)
        back.push(labelOf(before))
      }
      assert.deepStrictEqual(back, ["3", "2", "1", "0", undefined])
      assert.isTrue(Option.isNone(yield* receiver.lookup("peekPrevious", 1n)))
      const forth: Array<string | undefined> = []
      for (let next = yield* receiver.lookup("peekFirst"); Option.isSome(next);) {
        forth.push(next.value.label)
        next = yield* receiver.lookup("peekNext", next.value.lookupId)
      }
      assert.deepStrictEqual(forth, ["0", "1", "2", "3"])
      assert.strictEqual(labelOf(yield* receiver.lookup("receivePrevious", ids[2] ?? 0n)), "1")
      assert.deepStrictEqual(yield* takeAll(receiver), ["0", "2", "3"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message is unchanged after an abort, and counts it (F-26)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "kept", body: Uint8Array.of(1, 2, 3) }))
      yield* cutShort(receiver.poll)
      for (const aborts of [0, 1, 2]) {
        const tried = Effect.gen(function* () {
          const { abortCount, body } = yield* receiver.receive
          assert.deepStrictEqual([abortCount, ...body], [aborts, 1, 2, 3])
          body.fill(9)
          return yield* Effect.fail("no")
        })
        assert.strictEqual(yield* Effect.flip(Transaction.run(tried)), "no")
      }
    }).pipe(Effect.scoped, Effect.provide([layer, Logger.layer([])]))
  )

  it.live("a kept message goes after an abort to a receiver that was opened in the meantime", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      yield* Transaction.singleMessage(sender.send({ label: "kept" }))
      const scope = yield* Scope.make()
      const receiver = yield* Scope.provide(MessageQueue.openReceiver(elsewhere), scope)
      yield* cutShort(receiver.poll)
      const transaction = yield* Transaction.begin()
      const label = Effect.map(receiver.poll, labelOf)
      assert.strictEqual(yield* Effect.provideService(label, Transaction.Current, transaction), "kept")
      yield* Scope.close(scope, Exit.void)
      const other = yield* MessageQueue.openReceiver(elsewhere)
      yield* transaction.abort()
      assert.deepStrictEqual(yield* takeAll(other), ["kept"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message cannot be moved, and a consumer that has to move it fails and leaves it", () => {
    const logged: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    return Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "kept" }))
      yield* cutShort(receiver.poll)
      const policy = { retry: Schedule.recurs(1), poison: { subqueue: "bad" } }
      const error = yield* Effect.flip(receiver.consume(() => Effect.fail("no"), policy))
      assert.strictEqual(error.code, "MQ_ERROR_MESSAGE_ALREADY_RECEIVED")
      assert.isTrue(logged.some((line) => line.includes("cannot be moved") && line.includes("Receive it first")))
      assert.deepStrictEqual(yield* takeAll(receiver), ["kept"])
    }).pipe(Effect.scoped, Effect.provide([layer, logger]))
  })

  it.live("a queue that is created again has no messages of the one that was deleted", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "deleted" })
      yield* cutShort(receiver.poll)
      yield* MessageQueue.delete(orders)
      yield* MessageQueue.create(orders)
      assert.isTrue(Option.isNone(yield* (yield* MessageQueue.openReceiver(elsewhere)).poll))
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
