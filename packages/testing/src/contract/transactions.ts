import type { TransactionArgument } from "@effect-msmq/core/mqrt/MessageProperties"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import {
  failsBecause,
  failsWith,
  fork,
  labelsIn,
  newChannel,
  newQueue,
  openHandle,
  receiveFrom,
  sendTo
} from "./givens.ts"

/** Creates a transactional queue, and opens two handles for receiving and one for sending. */
const transactional = Effect.gen(function* () {
  const queue = yield* newQueue({ transactional: true })
  const receive = yield* openHandle(queue, "receive")
  const other = yield* openHandle(queue, "receive")
  const send = yield* openHandle(queue, "send")
  return { queue, receive, other, send }
})

/** Begins a transaction that is released when the scope closes. */
const begun = Mqrt.use((mqrt) => Effect.acquireRelease(mqrt.beginTransaction, mqrt.releaseTransaction))

const singleMessage: { readonly transaction: TransactionArgument } = { transaction: "singleMessage" }

export const transactions: ReadonlyArray<ContractPromise> = [
  promise(
    "what is sent in a transaction is seen after the commit, in order, and by nobody before",
    Effect.gen(function* () {
      const { receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      yield* sendTo(send, [{ label: "one" }, { label: "two" }, { label: "three" }], { transaction })
      yield* failsWith(receiveFrom(receive), "MQ_ERROR_IO_TIMEOUT")
      yield* mqrt.commitTransaction(transaction)
      const messages = [yield* receiveFrom(receive), yield* receiveFrom(receive), yield* receiveFrom(receive)]
      assert.deepEqual(
        messages.map((message) => message.label),
        ["one", "two", "three"]
      )
      assert.deepEqual(
        messages.map((message) => [message.firstInTransaction, message.lastInTransaction]),
        [
          [true, false],
          [false, false],
          [false, true]
        ]
      )
      const ids = new Set(messages.map((message) => message.transactionId))
      assert.ok(ids.size === 1 && !ids.has(null), `transaction ids ${[...ids].join(", ")}`)
    })
  ),
  promise(
    "a commit wakes what waits",
    Effect.gen(function* () {
      const { receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      const fiber = yield* fork(receiveFrom(receive, { timeout: null }))
      yield* sendTo(send, [{ label: "committed" }], { transaction })
      yield* Effect.sleep("30 millis")
      assert.equal(fiber.pollUnsafe(), undefined, "it was received before the commit")
      yield* mqrt.commitTransaction(transaction)
      assert.equal((yield* Fiber.join(fiber)).label, "committed")
    })
  ),
  promise(
    "what is sent in a transaction vanishes with an abort",
    Effect.gen(function* () {
      const { receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      yield* sendTo(send, [{ label: "one" }], { transaction })
      yield* mqrt.abortTransaction(transaction)
      yield* failsWith(receiveFrom(receive), "MQ_ERROR_IO_TIMEOUT")
      yield* sendTo(send, [{ label: "next" }], singleMessage)
      assert.deepEqual(yield* labelsIn(receive), ["next"])
    })
  ),
  promise(
    "what is received in a transaction is gone for others, and back at its place after an abort",
    Effect.gen(function* () {
      const { other, receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{ label: "one" }, { label: "two" }], singleMessage)
      const transaction = yield* begun
      const one = yield* receiveFrom(receive, { transaction })
      assert.equal(one.abortCount, 0)
      assert.equal((yield* receiveFrom(other, { action: "peekCurrent" })).label, "two")
      yield* mqrt.abortTransaction(transaction)
      const again = yield* receiveFrom(other)
      assert.deepEqual([again.label, again.lookupId, again.abortCount], ["one", one.lookupId, 1])
      assert.deepEqual(yield* labelsIn(other), ["two"])
    })
  ),
  promise(
    "what is received in a transaction is gone for good after the commit",
    Effect.gen(function* () {
      const { other, receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{ label: "one" }, { label: "two" }], singleMessage)
      const transaction = yield* begun
      assert.equal((yield* receiveFrom(receive, { transaction })).label, "one")
      yield* mqrt.commitTransaction(transaction)
      assert.deepEqual(yield* labelsIn(other), ["two"])
    })
  ),
  promise(
    "a transaction that is let go of is aborted",
    Effect.gen(function* () {
      const { other, receive, send } = yield* transactional
      yield* sendTo(send, [{ label: "one" }], singleMessage)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const transaction = yield* begun
          yield* sendTo(send, [{ label: "never" }], { transaction })
          assert.equal((yield* receiveFrom(receive, { transaction })).label, "one")
        })
      )
      assert.deepEqual(yield* labelsIn(other), ["one"])
    })
  ),
  promise(
    "a transaction ends once",
    Effect.gen(function* () {
      const { send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      yield* mqrt.commitTransaction(transaction)
      yield* failsWith(mqrt.commitTransaction(transaction), "MQ_ERROR_TRANSACTION_SEQUENCE")
      yield* failsWith(mqrt.abortTransaction(transaction), "MQ_ERROR_TRANSACTION_SEQUENCE")
      yield* failsWith(sendTo(send, [{ label: "late" }], { transaction }), "MQ_ERROR_TRANSACTION_SEQUENCE")
    })
  ),
  promise(
    "a receive in a transaction that finds nothing leaves it usable",
    Effect.gen(function* () {
      const { other, receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      yield* failsWith(receiveFrom(receive, { transaction }), "MQ_ERROR_IO_TIMEOUT")
      yield* failsWith(receiveFrom(receive, { transaction, timeout: 30 }), "MQ_ERROR_IO_TIMEOUT")
      yield* sendTo(send, [{ label: "sent" }], { transaction })
      yield* mqrt.commitTransaction(transaction)
      assert.deepEqual(yield* labelsIn(other), ["sent"])
    })
  ),
  promise(
    "a receive in a transaction waits for what arrives",
    Effect.gen(function* () {
      const { other, receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      const transaction = yield* begun
      const fiber = yield* fork(receiveFrom(receive, { transaction, timeout: 30_000 }))
      yield* Effect.sleep("30 millis")
      yield* sendTo(send, [{ label: "arrived" }], singleMessage)
      assert.equal((yield* Fiber.join(fiber)).label, "arrived")
      yield* mqrt.abortTransaction(transaction)
      assert.deepEqual(yield* labelsIn(other), ["arrived"])
    })
  ),
  promise(
    "a transaction neither peeks nor receives from a queue that is not transactional",
    Effect.gen(function* () {
      const { receive } = yield* transactional
      const plain = yield* openHandle(yield* newQueue(), "receive")
      const transaction = yield* begun
      yield* failsWith(receiveFrom(receive, { action: "peekCurrent", transaction }), "MQ_ERROR_TRANSACTION_USAGE")
      yield* failsWith(receiveFrom(plain, { transaction }), "MQ_ERROR_TRANSACTION_USAGE")
    })
  ),
  promise(
    "a transactional message has no priority and is recoverable",
    Effect.gen(function* () {
      const { receive, send } = yield* transactional
      yield* sendTo(send, [{ label: "one" }, { label: "two", priority: 7 }], singleMessage)
      const one = yield* receiveFrom(receive)
      const { delivery, firstInTransaction, label, lastInTransaction, priority } = one
      assert.deepEqual(
        { delivery, firstInTransaction, label, lastInTransaction, priority },
        { delivery: "recoverable", firstInTransaction: true, label: "one", lastInTransaction: true, priority: 0 }
      )
    })
  ),
  promise(
    "a sender refuses what would vanish on arrival",
    Effect.gen(function* () {
      const plain = yield* newChannel()
      const strict = yield* newChannel({ transactional: true })
      yield* failsBecause(plain.sender.send({}, { transaction: "singleMessage" }), "TransactionMismatch")
      yield* failsBecause(strict.sender.send({}), "TransactionMismatch")
      yield* strict.sender.send({ label: "in a transaction" }, { transaction: "singleMessage" })
      assert.equal((yield* strict.receiver.receive).label, "in a transaction")
    })
  ),
  promise(
    "a move in a transaction is taken back by an abort",
    Effect.gen(function* () {
      const { queue, receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{ label: "one" }], singleMessage)
      const sub = yield* openHandle(`${queue};later`, "receive")
      const toSub = yield* openHandle(`${queue};later`, "move")
      const { lookupId } = yield* receiveFrom(receive, { action: "peekCurrent" })
      const transaction = yield* begun
      yield* mqrt.moveMessage(receive, toSub, lookupId, transaction)
      yield* mqrt.abortTransaction(transaction)
      yield* failsWith(receiveFrom(sub), "MQ_ERROR_IO_TIMEOUT")
      assert.deepEqual(yield* labelsIn(receive), ["one"])
    })
  ),
  promise(
    "a message is marked as rejected in the transaction that received it",
    Effect.gen(function* () {
      const { receive, send } = yield* transactional
      const mqrt = yield* Mqrt
      yield* sendTo(send, [{ label: "bad" }, { label: "good" }], singleMessage)
      const transaction = yield* begun
      const bad = yield* receiveFrom(receive, { transaction })
      yield* mqrt.markMessageRejected(receive, bad.lookupId)
      yield* mqrt.commitTransaction(transaction)
      assert.deepEqual(yield* labelsIn(receive), ["good"])
    })
  )
]
