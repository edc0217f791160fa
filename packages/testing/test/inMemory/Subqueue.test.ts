import { errors } from "@effect-msmq/core/ErrorCode"
import type { Access } from "@effect-msmq/core/Mqrt"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { code, create, direct, ends, labelled, message, path, receiving, rejectedClasses, waiting } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const open = (name: string, access: Access) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(`${direct};${name}`, access, "denyNone"))

const subqueues = Mqrt.Mqrt.use((mqrt) => Effect.map(mqrt.getQueueInfo(null, direct), (info) => info.subqueues))

/** Creates a queue with messages a, b and c, and opens it and its subqueue "retry". */
const withRetry = (transactional: boolean) =>
  Effect.gen(function* () {
    const queue = yield* ends({ transactional })
    yield* queue.send(labelled("a", "b", "c"), { transaction: transactional ? "singleMessage" : "none" })
    const into = yield* open("retry", "move")
    const from = yield* open("retry", "receive")
    const back = yield* queue.mqrt.openQueue(direct, "move", "denyNone")
    const { mqrt, receiver } = queue
    return {
      ...queue,
      into,
      from,
      back,
      retry: mqrt.receiveMessage(from, receiving()),
      move: (lookupId: bigint) => mqrt.moveMessage(receiver, into, lookupId, "none"),
      first: Effect.map(queue.peek, ({ lookupId }) => lookupId)
    }
  })

const timeout = errors.MQ_ERROR_IO_TIMEOUT

describe("subqueues", () => {
  for (const access of ["peek", "receive", "move"] as const) {
    it.effect(`opening one to ${access} creates it, and closing it removes it if it is empty (B-29, B-30)`, () =>
      Effect.gen(function* () {
        const { mqrt } = yield* ends()
        assert.deepStrictEqual(yield* subqueues, [])
        const first = yield* open("Retry", access)
        const second = yield* open("retry", access)
        assert.deepStrictEqual(yield* subqueues, ["Retry"])
        yield* mqrt.closeQueue(first)
        assert.deepStrictEqual(yield* subqueues, ["Retry"])
        yield* mqrt.closeQueue(second)
        assert.deepStrictEqual(yield* subqueues, [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("one that is closed disappears with its last message (B-30)", () =>
    Effect.gen(function* () {
      const { first, from, into, mqrt, move } = yield* withRetry(false)
      yield* move(yield* first)
      yield* mqrt.closeQueue(into)
      yield* mqrt.closeQueue(from)
      assert.deepStrictEqual(yield* subqueues, ["retry"])
      const again = yield* open("retry", "receive")
      assert.strictEqual((yield* mqrt.receiveMessage(again, receiving())).label, "a")
      yield* mqrt.closeQueue(again)
      assert.deepStrictEqual(yield* subqueues, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a queue that does not exist has no subqueue (B-29)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* code(open("retry", "receive")), errors.MQ_ERROR_QUEUE_NOT_FOUND)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "no message can be sent to one, and it cannot be created, changed or deleted by itself (B-32 to B-35)",
    () =>
      Effect.gen(function* () {
        const { mqrt } = yield* ends()
        const name = `${direct};retry`
        const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
        assert.strictEqual(yield* code(open("retry", "send")), unsupported)
        assert.strictEqual(yield* code(create({ pathName: `${path};retry` })), errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
        assert.strictEqual(yield* code(mqrt.getQueueProperties(name)), unsupported)
        assert.strictEqual(yield* code(mqrt.deleteQueue(name)), unsupported)
        assert.strictEqual(yield* code(mqrt.getQueueInfo(null, name)), unsupported)
        assert.strictEqual(yield* code(open("retry;deep", "receive")), errors.MQ_ERROR_ILLEGAL_FORMATNAME)
        assert.deepStrictEqual(yield* subqueues, [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("its path name has a format name, and its handle has the name that it was opened by (B-10, B-34)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* ends()
      const formatName = yield* mqrt.pathNameToFormatName(`${path};retry`)
      assert.strictEqual(formatName, "DIRECT=OS:MACHINE\\private$\\orders;retry")
      const receiver = yield* MessageQueue.openReceiver(`${path};retry`)
      // It is opened by a direct name, since only such a name can name a subqueue.
      assert.strictEqual(receiver.formatName, "DIRECT=OS:.\\private$\\orders;retry")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a moved message keeps its id, counts the move, and keeps its place among the others (D-29, E-64)", () =>
    Effect.gen(function* () {
      const { first, label, mqrt, move, receiver, retry, send } = yield* withRetry(false)
      yield* elapse("90 seconds")
      const lookupId = yield* first
      yield* move(lookupId)
      yield* send([message({ label: "urgent", priority: 7 })])
      const urgent = yield* first
      const into = yield* open("retry", "move")
      yield* mqrt.moveMessage(receiver, into, urgent, "none")
      assert.deepStrictEqual([yield* label, yield* label], ["b", "c"])
      assert.strictEqual((yield* retry).label, "urgent")
      const moved = yield* retry
      assert.deepStrictEqual(
        [moved.label, moved.lookupId, moved.moveCount, moved.lastMoveTime, moved.arrivedTime],
        ["a", lookupId, 1, 90, 0]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message moves back to the queue, or on to another subqueue, and every move counts (E-59, E-64, E-68)",
    () =>
      Effect.gen(function* () {
        const { back, first, from, mqrt, move, poll } = yield* withRetry(false)
        const lookupId = yield* first
        yield* move(lookupId)
        const [intoPoison, fromPoison] = [yield* open("poison", "move"), yield* open("poison", "receive")]
        yield* mqrt.moveMessage(from, intoPoison, lookupId, "none")
        yield* mqrt.moveMessage(fromPoison, back, lookupId, "none")
        const moved = yield* poll
        assert.deepStrictEqual([moved.label, moved.moveCount], ["a", 3])
        assert.strictEqual((yield* poll).label, "b")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a move that is not possible fails with its reason (E-59, E-60, E-61)", () =>
    Effect.gen(function* () {
      const { back, first, from, into, mqrt, receiver, sender } = yield* withRetry(false)
      const id = yield* first
      const failure = (source: Mqrt.QueueHandle, destination: Mqrt.QueueHandle, lookupId = id) =>
        code(mqrt.moveMessage(source, destination, lookupId, "none"))
      yield* create({ pathName: ".\\private$\\other" })
      const other = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\other", "move", "denyNone")
      assert.strictEqual(yield* failure(receiver, back), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* failure(receiver, other), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* failure(receiver, from), errors.MQ_ERROR_INVALID_HANDLE)
      assert.strictEqual(yield* failure(sender, into), errors.MQ_ERROR_ACCESS_DENIED)
      assert.strictEqual(yield* failure(receiver, into, 12345n), errors.MQ_ERROR_MESSAGE_NOT_FOUND)
      yield* mqrt.closeQueue(into)
      assert.strictEqual(yield* failure(receiver, into), errors.MQ_ERROR_INVALID_HANDLE)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a transaction moves only messages of a transactional queue that no other transaction has, and only while it is open (E-61, E-62)",
    () =>
      Effect.gen(function* () {
        yield* create({ pathName: ".\\private$\\plain" })
        const { first, into, mqrt, receive, receiver } = yield* withRetry(true)
        const lookupId = yield* first
        const dead = yield* mqrt.beginTransaction
        yield* mqrt.commitTransaction(dead)
        const move = (transaction: Mqrt.TransactionHandle) => mqrt.moveMessage(receiver, into, lookupId, transaction)
        assert.strictEqual(yield* code(move(dead)), errors.MQ_ERROR_TRANSACTION_SEQUENCE)
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        assert.strictEqual(yield* code(move(transaction)), errors.MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION)
        const name = "DIRECT=OS:.\\private$\\plain"
        const from = yield* mqrt.openQueue(name, "receive", "denyNone")
        const sub = yield* mqrt.openQueue(`${name};retry`, "move", "denyNone")
        assert.strictEqual(yield* code(mqrt.moveMessage(from, sub, 1n, transaction)), errors.MQ_ERROR_TRANSACTION_USAGE)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a committed move resets the abort count, and the message is hidden until the commit (E-64, E-66)", () =>
    Effect.gen(function* () {
      const { first, from, into, label, mqrt, receive, receiver, retry } = yield* withRetry(true)
      const lookupId = yield* first
      const aborted = yield* mqrt.beginTransaction
      yield* receive({ transaction: aborted })
      yield* mqrt.abortTransaction(aborted)
      const transaction = yield* mqrt.beginTransaction
      yield* mqrt.moveMessage(receiver, into, lookupId, transaction)
      assert.strictEqual(yield* label, "b")
      assert.strictEqual(yield* code(retry), timeout)
      yield* mqrt.closeQueue(into)
      yield* mqrt.closeQueue(from)
      assert.deepStrictEqual(yield* subqueues, ["retry"])
      yield* mqrt.commitTransaction(transaction)
      const again = yield* open("retry", "receive")
      const moved = yield* mqrt.receiveMessage(again, receiving())
      assert.deepStrictEqual([moved.label, moved.abortCount, moved.moveCount], ["a", 0, 1])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an aborted move leaves the message at its place, and counts as an abort (E-65)", () =>
    Effect.gen(function* () {
      const { first, into, mqrt, poll, receiver, retry } = yield* withRetry(true)
      const transaction = yield* mqrt.beginTransaction
      yield* mqrt.moveMessage(receiver, into, yield* first, transaction)
      yield* mqrt.abortTransaction(transaction)
      const left = yield* poll
      assert.deepStrictEqual([left.label, left.abortCount, left.moveCount], ["a", 1, 0])
      assert.strictEqual(yield* code(retry), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a move wakes waits on the subqueue, and needs no transaction in a transactional queue (E-09, E-63)", () =>
    Effect.gen(function* () {
      const { first, from, move, mqrt } = yield* withRetry(true)
      const fiber = yield* waiting(mqrt.receiveMessage(from, receiving({ timeout: null })))
      yield* move(yield* first)
      assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("one shares the quota of its queue and is deleted with it, but not purged with it (B-31, E-58)", () =>
    Effect.gen(function* () {
      const { first, formatName, mqrt, move, poll, receiver, retry } = yield* withRetry(false)
      yield* move(yield* first)
      yield* mqrt.purgeQueue(receiver)
      assert.strictEqual(yield* code(poll), timeout)
      assert.strictEqual((yield* retry).label, "a")
      yield* mqrt.deleteQueue(formatName)
      assert.strictEqual(yield* code(retry), errors.MQ_ERROR_QUEUE_DELETED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that is moved to one still counts toward the quota of the queue (B-31)", () =>
    Effect.gen(function* () {
      const { mqrt, peek, receiver, send } = yield* ends({ quota: 2 })
      const kilobyte = message({ body: new Uint8Array(1024) })
      yield* send([kilobyte])
      const into = yield* open("retry", "move")
      yield* mqrt.moveMessage(receiver, into, (yield* peek).lookupId, "none")
      yield* send([kilobyte])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8003])
      const retry = yield* open("retry", "receive")
      yield* mqrt.receiveMessage(retry, receiving())
      yield* send([kilobyte])
      assert.deepStrictEqual(yield* rejectedClasses, [0x8003])
      assert.strictEqual((yield* peek).body?.length, 1024)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a lookup id is never used again (D-29)", () =>
    Effect.gen(function* () {
      const { into, mqrt, peek, poll, receiver, retry, send } = yield* withRetry(false)
      const ids = new Set<bigint>()
      const seen = Effect.map(peek, ({ lookupId }) => {
        assert.isFalse(ids.has(lookupId))
        ids.add(lookupId)
        return lookupId
      })
      yield* seen
      yield* poll
      yield* mqrt.moveMessage(receiver, into, yield* seen, "none")
      yield* seen
      yield* mqrt.purgeQueue(receiver)
      yield* send(labelled("d"))
      yield* seen
      yield* poll
      yield* retry
      yield* send(labelled("e"))
      yield* seen
      assert.strictEqual(ids.size, 5)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor works as on any queue, even when its message is moved (E-23)", () =>
    Effect.gen(function* () {
      const { back, first, from, mqrt, move } = yield* withRetry(false)
      const ids = [yield* first]
      yield* move(yield* first)
      ids.push(yield* first)
      yield* move(yield* first)
      const cursor = yield* mqrt.createCursor(from)
      const through = (action: "peekCurrent" | "peekNext") => mqrt.receiveMessage(from, receiving({ action, cursor }))
      assert.strictEqual((yield* through("peekCurrent")).label, "a")
      yield* mqrt.moveMessage(from, back, ids[0] ?? 0n, "none")
      assert.strictEqual(yield* code(through("peekCurrent")), errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED)
      assert.strictEqual((yield* through("peekNext")).label, "b")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const left of [1, 4]) {
    it.effect(
      `a message with ${left} behind it that is moved away and back under a cursor is as it was (D-29, E-27)`,
      () =>
        Effect.gen(function* () {
          const { back, first, from, lookup, move, mqrt, receive, receiver, send } = yield* withRetry(false)
          yield* send(labelled("d", "e", "f").slice(3 - Math.max(left - 1, 0)))
          const cursor = yield* mqrt.createCursor(receiver)
          const current = receive({ action: "peekCurrent", cursor })
          yield* current
          if (left === 1) yield* receive({ action: "peekNext", cursor })
          const { label, lookupId } = yield* current
          yield* move(lookupId)
          assert.strictEqual(yield* code(current), errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED)
          yield* mqrt.moveMessage(from, back, lookupId, "none")
          assert.strictEqual((yield* current).label, label)
          const next = yield* receive({ action: "peekNext", cursor })
          assert.notStrictEqual(next.label, label)
          yield* mqrt.closeCursor(cursor)
          assert.strictEqual((yield* lookup("peekCurrent", lookupId)).label, label)
          assert.strictEqual((yield* lookup("peekPrevious", next.lookupId)).label, label)
          if (left === 4) assert.strictEqual(yield* first, lookupId)
        }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect(
    "a message that a transaction moves after its time limit reaches no wait on the subqueue (D-38, D-43)",
    () =>
      Effect.gen(function* () {
        const { from, into, lookup, mqrt, receiver, send } = yield* withRetry(true)
        yield* send([message({ timeToBeReceived: 10 })], { transaction: "singleMessage" })
        const { lookupId } = yield* lookup("peekLast", 0n)
        const transaction = yield* mqrt.beginTransaction
        yield* mqrt.moveMessage(receiver, into, lookupId, transaction)
        const fiber = yield* waiting(code(mqrt.receiveMessage(from, receiving({ timeout: 60_000 }))))
        yield* elapse("10 seconds")
        yield* mqrt.commitTransaction(transaction)
        yield* elapse("50 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), timeout)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
