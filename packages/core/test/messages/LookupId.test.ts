import { MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(InMemoryMqrt.layer)

/** A queue with the messages a to e, and their lookup ids. */
const queue = Effect.gen(function* () {
  yield* MessageQueue.create(orders, { transactional: true })
  const sender = yield* MessageQueue.openSender(orders)
  const labels = ["a", "b", "c", "d", "e"]
  yield* Transaction.singleMessage(sender.sendAll(labels.map((label) => ({ label }))))
  const receiver = yield* MessageQueue.openReceiver(orders)
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = (yield* Stream.runCollect(receiver.browse)).map(
    ({ lookupId }) => lookupId
  )
  return { receiver, ids: { a, b, c, d, e } }
})

const label = (found: Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError.MsmqError>) =>
  Effect.map(found, (message) => Option.getOrUndefined(message)?.label)

describe("by lookup id", () => {
  it.effect("a message is peeked at, and its neighbours, and there is none behind the last (E-38, E-39, E-42)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      assert.strictEqual(yield* label(receiver.lookup("peekCurrent", ids.c)), "c")
      assert.strictEqual(yield* label(receiver.lookup("peekNext", ids.c)), "d")
      assert.strictEqual(yield* label(receiver.lookup("peekPrevious", ids.c)), "b")
      assert.strictEqual(yield* label(receiver.lookup("peekFirst")), "a")
      assert.strictEqual(yield* label(receiver.lookup("peekLast")), "e")
      assert.strictEqual(yield* label(receiver.lookup("peekNext", ids.e)), undefined)
      assert.strictEqual(yield* label(receiver.lookup("peekPrevious", ids.a)), undefined)
      assert.strictEqual(yield* label(receiver.lookup("peekCurrent", 12345n)), undefined)
      assert.strictEqual(yield* label(receiver.lookup("peekNext", 12345n)), undefined)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a message is received, and its neighbours, until there are none (E-38, E-41)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      assert.strictEqual(yield* label(receiver.lookup("receiveCurrent", ids.c)), "c")
      assert.strictEqual(yield* label(receiver.lookup("receiveCurrent", ids.c)), undefined)
      assert.strictEqual(yield* label(receiver.lookup("receiveNext", ids.a)), "b")
      assert.strictEqual(yield* label(receiver.lookup("receivePrevious", ids.e)), "d")
      assert.strictEqual(yield* label(receiver.lookup("receiveLast")), "e")
      assert.strictEqual(yield* label(receiver.lookup("receiveFirst")), "a")
      assert.strictEqual(yield* label(receiver.lookup("receiveFirst")), undefined)
      assert.deepStrictEqual(yield* receiver.poll, Option.none())
    }).pipe(Effect.provide(backend))
  )

  it.effect("a message in a transaction is locked, and passed over from its neighbours (E-43, E-44)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      const transaction = yield* Transaction.begin()
      assert.strictEqual(yield* Transaction.within(label(receiver.lookup("receiveCurrent", ids.b)), transaction), "b")
      const locked = yield* Effect.flip(receiver.lookup("receiveCurrent", ids.b))
      assert.strictEqual(locked.reason._tag, "MessageLockedUnderTransaction")
      assert.isTrue(locked.isRetryable)
      assert.strictEqual(yield* label(receiver.lookup("peekNext", ids.a)), "c")
      yield* transaction.abort()
      assert.strictEqual(yield* label(receiver.lookup("peekNext", ids.a)), "b")
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "a message that is received so that others may peek is visible to peeks until the commit (E-44, F-25)",
    () =>
      Effect.gen(function* () {
        const { ids, receiver } = yield* queue
        yield* Effect.gen(function* () {
          assert.strictEqual(yield* label(receiver.lookup("receiveAllowPeek", ids.a)), "a")
          assert.strictEqual(yield* label(receiver.lookup("peekCurrent", ids.a)), "a")
          assert.strictEqual(yield* label(receiver.lookup("peekFirst")), "a")
        }).pipe(Transaction.run())
        assert.strictEqual(yield* label(receiver.lookup("peekFirst")), "b")
      }).pipe(Effect.provide(backend))
  )
})

describe("moving", () => {
  const labelsIn = Effect.fnUntraced(function* (name: string) {
    const receiver = yield* MessageQueue.openReceiver(name)
    return (yield* Stream.runCollect(receiver.browse)).map((message) => message.label)
  }, Effect.scoped)

  it.effect("a message moves to a subqueue and back to its place, and counts the moves (E-59, E-64)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      yield* receiver.move({ lookupId: ids.b }, "retry")
      assert.deepStrictEqual(yield* labelsIn(orders), ["a", "c", "d", "e"])
      const retry = yield* MessageQueue.openReceiver(`${orders};retry`)
      const message = yield* retry.peek
      assert.deepStrictEqual([message.label, message.moveCount], ["b", 1])
      yield* retry.move(message, "later")
      assert.deepStrictEqual(yield* labelsIn(`${orders};later`), ["b"])
      const later = yield* MessageQueue.openReceiver(`${orders};later`)
      yield* later.move(message, null)
      assert.deepStrictEqual(yield* labelsIn(orders), ["a", "b", "c", "d", "e"])
      const missing = yield* Effect.flip(receiver.move({ lookupId: 12345n }, "retry"))
      assert.strictEqual(missing.reason._tag, "MessageNotFound")
      const illegal = yield* Effect.flip(receiver.move({ lookupId: ids.a }, "a;b"))
      assert.strictEqual(illegal.reason._tag, "IllegalName")
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("a message is moved in a transaction when that commits (E-65)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      const move = Effect.andThen(receiver.move({ lookupId: ids.a }, "retry"), labelsIn(`${orders};retry`))
      yield* Effect.andThen(move, Effect.fail("no")).pipe(Transaction.run(), Effect.ignore)
      assert.deepStrictEqual(yield* labelsIn(orders), ["a", "b", "c", "d", "e"])
      assert.deepStrictEqual(yield* Transaction.run(move), [])
      assert.deepStrictEqual(
        [yield* labelsIn(orders), yield* labelsIn(`${orders};retry`)],
        [["b", "c", "d", "e"], ["a"]]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a message is rejected when its transaction commits, and is in the queue again when it aborts (E-69)", () =>
    Effect.gen(function* () {
      const { ids, receiver } = yield* queue
      const reject = Effect.andThen(receiver.lookup("receiveCurrent", ids.a), () =>
        receiver.reject({ lookupId: ids.a })
      )
      yield* Effect.andThen(reject, Effect.fail("no")).pipe(Transaction.run(), Effect.ignore)
      assert.deepStrictEqual(yield* labelsIn(orders), ["a", "b", "c", "d", "e"])
      yield* Transaction.run(reject)
      assert.deepStrictEqual(yield* labelsIn(orders), ["b", "c", "d", "e"])
      const outside = yield* Effect.flip(receiver.reject({ lookupId: ids.b }))
      assert.strictEqual(outside.reason._tag, "TransactionUsage")
    }).pipe(Effect.provide(backend))
  )
})
