import { errors } from "@effect-msmq/core/ErrorCode"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import { code, create, ends, labelled, message, messages, rejectedClasses, settled, waiting } from "./seam.ts"
import { cpuTime } from "../../../core/test/support/cpuTime.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const usage = errors.MQ_ERROR_TRANSACTION_USAGE

const sequence = errors.MQ_ERROR_TRANSACTION_SEQUENCE

const timeout = errors.MQ_ERROR_IO_TIMEOUT

const single = { transaction: "singleMessage" } as const

const transactional = ends({ transactional: true })

describe("transactions", () => {
  it.effect("an abort puts a message back in its old place with its old id, and counts (E-66, F-26, F-27)", () =>
    Effect.gen(function* () {
      const { label, mqrt, poll, receive, send } = yield* transactional
      yield* send(labelled("a", "b", "c"), single)
      const counts: Array<number> = []
      const ids = new Set<bigint>()
      for (let round = 0; round < 3; round++) {
        const transaction = yield* mqrt.beginTransaction
        const { abortCount, lookupId } = yield* receive({ transaction })
        counts.push(abortCount)
        ids.add(lookupId)
        if (round === 0) assert.strictEqual(yield* label, "b")
        yield* mqrt.abortTransaction(transaction)
      }
      const last = yield* poll
      assert.deepStrictEqual([last.label, last.abortCount], ["a", 3])
      assert.deepStrictEqual([counts, ids.size], [[0, 1, 2], 1])
      assert.strictEqual(yield* label, "c")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an abort and a commit wake waiting receives (F-26, E-09)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send, wait } = yield* transactional
      yield* send(labelled("a"), single)
      const receiving = yield* mqrt.beginTransaction
      yield* receive({ transaction: receiving })
      const first = yield* waiting(wait)
      yield* mqrt.abortTransaction(receiving)
      assert.strictEqual((yield* Fiber.join(first)).label, "a")
      const second = yield* waiting(wait)
      const sending = yield* mqrt.beginTransaction
      yield* send(labelled("b"), { transaction: sending })
      yield* settled
      assert.isUndefined(second.pollUnsafe())
      yield* mqrt.commitTransaction(sending)
      assert.strictEqual((yield* Fiber.join(second)).label, "b")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a program that changes a received message gets it unchanged after an abort", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receive, send } = yield* transactional
      yield* send([message()], single)
      const transaction = yield* mqrt.beginTransaction
      ;(yield* receive({ transaction })).body?.fill(0)
      yield* mqrt.abortTransaction(transaction)
      assert.deepStrictEqual((yield* poll).body, message().body)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive for a single message and a receive without transaction are final at once (F-03, F-14)", () =>
    Effect.gen(function* () {
      const { label, receive, send } = yield* transactional
      yield* send(labelled("a", "b"), single)
      assert.strictEqual((yield* receive(single)).label, "a")
      assert.strictEqual(yield* label, "b")
      assert.strictEqual(yield* messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("no transaction receives from a plain queue, and none peeks (F-15, F-16)", () =>
    Effect.gen(function* () {
      const { lookup, mqrt, receive, send } = yield* ends()
      yield* send([message()])
      const transaction = yield* mqrt.beginTransaction
      for (const argument of [transaction, "singleMessage"] as const) {
        assert.strictEqual(yield* code(receive({ transaction: argument })), usage)
        assert.strictEqual(yield* code(receive({ transaction: argument, action: "peekCurrent" })), usage)
        assert.strictEqual(yield* code(lookup("receiveFirst", 0n, argument)), usage)
        assert.strictEqual(yield* code(lookup("peekFirst", 0n, argument)), usage)
      }
      yield* mqrt.commitTransaction(transaction)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive in a transaction may wait, and after a timeout the transaction goes on (F-18, F-19)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* transactional
      const transaction = yield* mqrt.beginTransaction
      const fiber = yield* waiting(code(receive({ transaction, timeout: 10 })))
      yield* elapse("10 millis")
      assert.strictEqual(yield* Fiber.join(fiber), timeout)
      const second = yield* waiting(receive({ transaction, timeout: null }))
      yield* send(labelled("a"), single)
      assert.strictEqual((yield* Fiber.join(second)).label, "a")
      yield* mqrt.abortTransaction(transaction)
      assert.strictEqual(yield* messages, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("when its transaction ends, a receive that waits ends too, and takes nothing (F-36)", () =>
    Effect.gen(function* () {
      const { label, mqrt, receive, send } = yield* transactional
      for (const served of [false, true]) {
        const transaction = yield* mqrt.beginTransaction
        const fiber = yield* waiting(code(receive({ transaction, timeout: null })))
        // The message came for it, but its fiber has not run yet: there is no yield in between.
        yield* Effect.provideService(
          Effect.andThen(served ? send(labelled("a"), single) : Effect.void, mqrt.abortTransaction(transaction)),
          References.PreventSchedulerYield,
          true
        )
        assert.strictEqual(yield* Fiber.join(fiber), sequence)
      }
      assert.strictEqual(yield* label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transacted receive that is interrupted when its message has come is not part of the transaction", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receive, send } = yield* transactional
      const transaction = yield* mqrt.beginTransaction
      const fiber = yield* waiting(receive({ transaction, timeout: null }))
      yield* send(labelled("a"), single)
      yield* Fiber.interrupt(fiber)
      yield* mqrt.commitTransaction(transaction)
      const left = yield* poll
      assert.deepStrictEqual([left.label, left.abortCount], ["a", 0])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that is purged on its way to a waiting receive is received, and purged if that aborts (E-55)",
    () =>
      Effect.gen(function* () {
        const { mqrt, receive, receiver, send } = yield* transactional
        const transaction = yield* mqrt.beginTransaction
        const fiber = yield* waiting(receive({ transaction, timeout: null }))
        yield* send(labelled("a"), single)
        yield* mqrt.purgeQueue(receiver)
        assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
        assert.strictEqual(yield* messages, 1)
        yield* mqrt.abortTransaction(transaction)
        assert.strictEqual(yield* messages, 0)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a purge removes what is there, through a handle to receive (E-55, E-56)", () =>
    Effect.gen(function* () {
      const { label, mqrt, poll, receiver, send, sender } = yield* ends()
      yield* send([...labelled("a", "b"), message({ priority: 7 })])
      assert.strictEqual(yield* code(mqrt.purgeQueue(sender)), errors.MQ_ERROR_ACCESS_DENIED)
      yield* mqrt.purgeQueue(receiver)
      assert.strictEqual(yield* code(poll), timeout)
      yield* send(labelled("c"))
      assert.strictEqual(yield* label, "c")
      yield* mqrt.closeQueue(receiver)
      assert.strictEqual(yield* code(mqrt.purgeQueue(receiver)), errors.MQ_ERROR_INVALID_HANDLE)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message marked as rejected is rejected when its transaction commits, and the sender's machine is told (E-69)",
    () =>
      Effect.gen(function* () {
        const { mqrt, receive, receiver, send } = yield* transactional
        yield* send(labelled("poison"), single)
        const transaction = yield* mqrt.beginTransaction
        const { lookupId, messageId } = yield* receive({ transaction })
        yield* mqrt.markMessageRejected(receiver, lookupId)
        assert.deepStrictEqual(yield* rejectedClasses, [])
        yield* mqrt.commitTransaction(transaction)
        assert.deepStrictEqual(yield* MsmqControl.MsmqControl.use((msmq) => msmq.rejected), [
          { queue: "MACHINE\\private$\\orders", messageId, class: 0xc004 }
        ])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an abort removes the mark (E-70)", () =>
    Effect.gen(function* () {
      const { label, mqrt, receive, receiver, send } = yield* transactional
      yield* send(labelled("a"), single)
      const transaction = yield* mqrt.beginTransaction
      const { lookupId } = yield* receive({ transaction })
      yield* mqrt.markMessageRejected(receiver, lookupId)
      yield* mqrt.abortTransaction(transaction)
      assert.strictEqual(yield* label, "a")
      assert.deepStrictEqual(yield* rejectedClasses, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("only what is received in an open transaction can be marked (E-69)", () =>
    Effect.gen(function* () {
      const { mqrt, peek, receiver, send } = yield* transactional
      assert.strictEqual(yield* code(mqrt.markMessageRejected(receiver, 1n)), errors.MQ_ERROR_MESSAGE_NOT_FOUND)
      yield* send(labelled("a"), single)
      assert.strictEqual(yield* code(mqrt.markMessageRejected(receiver, (yield* peek).lookupId)), usage)
      yield* create({ pathName: ".\\private$\\plain" })
      const handle = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\plain", "receive", "denyNone")
      assert.strictEqual(yield* code(mqrt.markMessageRejected(handle, 1n)), usage)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.live(
    "a transaction that receives fifty thousand messages does not look at each of them each time (E-06, F-33)",
    () =>
      Effect.gen(function* () {
        const { mqrt, receive, send } = yield* transactional
        const count = 50_000
        yield* send(
          Array.from({ length: count }, (_, index) => message({ appSpecific: index })),
          single
        )
        const started = cpuTime()
        const transaction = yield* mqrt.beginTransaction
        for (let index = 0; index < count; index++) {
          assert.strictEqual((yield* receive({ transaction })).appSpecific, index)
        }
        yield* mqrt.abortTransaction(transaction)
        assert.strictEqual(yield* messages, count)
        assert.isBelow(cpuTime() - started, 10_000)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
