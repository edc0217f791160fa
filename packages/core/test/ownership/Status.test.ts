import { type Cursor, MessageQueue, Mqrt, type Receiver, type Sender, Transaction } from "@effect-msmq/core"
import { errors } from "@effect-msmq/core/ErrorCode"
import { MqrtFailure } from "@effect-msmq/core/mqrt/MqrtFailure"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import * as Held from "../support/HeldCalls.ts"

const orders = ".\\private$\\orders"

interface Opened {
  readonly sender: Sender.Sender
  readonly receiver: Receiver.Receiver
  readonly cursor: Cursor.Cursor
}

const open = Effect.gen(function* (): Effect.fn.Return<Opened, unknown, Mqrt.Mqrt | Scope.Scope> {
  const sender = yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  return { sender, receiver, cursor: yield* receiver.cursor }
})

const statesOf = ({ cursor, receiver, sender }: Opened) => [sender.isOpen, receiver.isOpen, cursor.isOpen]

describe("isOpen of a sender, a receiver and a cursor", () => {
  it.effect("is true until their scope closes", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const scope = yield* Scope.make()
      const opened = yield* Scope.provide(open, scope)
      assert.deepStrictEqual(statesOf(opened), [true, true, true])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(statesOf(opened), [false, false, false])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("stays true for a queue that is reopened after a restart, whose cursors are closed", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const opened = yield* open
      yield* opened.sender.send({ label: "order" }).pipe(Effect.andThen(opened.receiver.peek))
      yield* MsmqControl.MsmqControl.use(({ startService, stopService }) => Effect.andThen(stopService, startService))
      yield* Effect.ignore(opened.receiver.pollPeek)
      assert.deepStrictEqual(statesOf(opened), [true, true, false])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is true in promises until they are closed, by themselves or with the connection", async () => {
    const msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const cursor = await receiver.cursor()
    const states = () => [sender.isOpen, receiver.isOpen, cursor.isOpen]
    assert.deepStrictEqual(states(), [true, true, true])
    await cursor.close()
    assert.deepStrictEqual(states(), [true, true, false])
    await sender.close()
    assert.deepStrictEqual(states(), [false, true, false])
    await msmq.close()
    assert.deepStrictEqual(states(), [false, false, false])
  })

  it("is false in a handler that has closed its receiver", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders, { transactional: true })
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    await sender.send({ label: "order" }, { transaction: "singleMessage" })
    const states: Array<boolean> = []
    await receiver
      .consume(async () => {
        states.push(receiver.isOpen)
        await receiver.close()
        states.push(receiver.isOpen)
      })
      .done.catch(() => {})
    assert.deepStrictEqual(states, [true, false])
  })

  it("stands beside the format name of the queue in promises", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    const formatName = await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    assert.deepStrictEqual([sender.formatName, receiver.formatName], [formatName, formatName])
  })
})

describe("the status of a transaction", () => {
  it.effect("is open, and then committed or aborted", () =>
    Effect.gen(function* () {
      const committed = yield* Transaction.begin()
      const aborted = yield* Transaction.begin()
      const scope = yield* Scope.make()
      const closed = yield* Scope.provide(Transaction.begin(), scope)
      const statuses = () => [committed.status, aborted.status, closed.status]
      assert.deepStrictEqual(statuses(), ["open", "open", "open"])
      yield* committed.commit()
      yield* aborted.abort()
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(statuses(), ["committed", "aborted", "aborted"])
      yield* Effect.ignore(aborted.commit())
      yield* committed.abort()
      assert.deepStrictEqual(statuses(), ["committed", "aborted", "aborted"])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "is aborted after a commit that Message Queuing refused, and unknown where the service did not answer",
    () =>
      Effect.gen(function* () {
        const backend = yield* Mqrt.Mqrt
        const statusAfter = Effect.fnUntraced(function* (name: keyof typeof errors) {
          const failure = new MqrtFailure({ function: "ITransaction::Commit", code: errors[name], properties: [] })
          const mqrt = yield* Mqrt.make({ ...backend, commitTransaction: () => Effect.fail(failure) })
          const transaction = yield* Effect.provideService(Transaction.begin(), Mqrt.Mqrt, mqrt)
          yield* Effect.flip(transaction.commit())
          return transaction.status
        })
        assert.strictEqual(yield* statusAfter("MQ_ERROR_TRANSACTION_SEQUENCE"), "aborted")
        assert.strictEqual(yield* statusAfter("MQ_ERROR_INSUFFICIENT_RESOURCES"), "aborted")
        assert.strictEqual(yield* statusAfter("MQ_ERROR_SERVICE_NOT_AVAILABLE"), "unknown")
        assert.strictEqual(yield* statusAfter("MQ_ERROR_STALE_HANDLE"), "unknown")
      }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("is unknown while it is committed", () =>
    Effect.gen(function* () {
      const backend = yield* Mqrt.Mqrt
      const [begun, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const slow = yield* Mqrt.make({
        ...backend,
        commitTransaction: (native) =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.andThen(Deferred.await(end)),
            Effect.andThen(backend.commitTransaction(native))
          )
      })
      const transaction = yield* Effect.provideService(Transaction.begin(), Mqrt.Mqrt, slow)
      const fiber = yield* Effect.forkChild(transaction.commit())
      yield* Deferred.await(begun)
      assert.deepStrictEqual([transaction.status, transaction.isOpen], ["unknown", false])
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.join(fiber)
      assert.strictEqual(transaction.status, "committed")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is the same in promises", async () => {
    const held = new Held.HeldCalls()
    await using msmq = await connect(Held.layer(held, InMemoryMqrt.layer))
    let seen: { readonly status: string } | undefined
    const commit = held.hold("commitTransaction")
    const run = msmq.transaction(async (transaction) => {
      seen = transaction
      assert.strictEqual(transaction.status, "open")
    })
    await commit.done
    assert.strictEqual(seen?.status, "unknown")
    commit.release()
    await run
    assert.strictEqual(seen?.status, "committed")
    await using transaction = await msmq.beginTransaction()
    await transaction.abort()
    assert.strictEqual(transaction.status, "aborted")
  })
})
