import { errors } from "@effect-msmq/core/ErrorCode"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { code, ends, labelled, message, messages, waiting } from "./seam.ts"
import { cpuTime } from "../../../core/test/support/cpuTime.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const notFound = errors.MQ_ERROR_MESSAGE_NOT_FOUND

/** Creates a queue with the messages "urgent", "a", "b", "c", and returns their lookup ids. */
const filled = (transactional = false) =>
  Effect.gen(function* () {
    const queue = yield* ends({ transactional })
    const transaction = transactional ? "singleMessage" : "none"
    if (transactional) yield* queue.send(labelled("urgent"), { transaction })
    yield* queue.send(labelled("a", "b", "c"), { transaction })
    if (!transactional) yield* queue.send([message({ label: "urgent", priority: 7 })])
    const cursor = yield* queue.mqrt.createCursor(queue.receiver)
    const ids: Record<string, bigint> = {}
    for (const action of ["peekCurrent", "peekNext", "peekNext", "peekNext"] as const) {
      const { label, lookupId } = yield* queue.receive({ action, cursor })
      ids[label] = lookupId
    }
    yield* queue.mqrt.closeCursor(cursor)
    const id = (label: string) => ids[label] ?? 0n
    return { ...queue, id }
  })

describe("receiving by lookup id", () => {
  for (const [action, anchor, expected] of [
    ["peekCurrent", "b", "b"],
    ["peekNext", "b", "c"],
    ["peekPrevious", "b", "a"],
    ["peekNext", "urgent", "a"],
    ["peekPrevious", "a", "urgent"],
    ["peekFirst", null, "urgent"],
    ["peekLast", null, "c"],
    ["receiveCurrent", "b", "b"],
    ["receiveNext", "b", "c"],
    ["receivePrevious", "b", "a"],
    ["receiveFirst", null, "urgent"],
    ["receiveLast", null, "c"],
    ["receiveAllowPeek", "b", "b"]
  ] as const) {
    it.effect(`${action} at ${anchor ?? "0"} returns ${expected} (E-38 to E-44)`, () =>
      Effect.gen(function* () {
        const { id, label, lookup } = yield* filled()
        const received = yield* lookup(action, anchor === null ? 0n : id(anchor))
        assert.strictEqual(received.label, expected)
        assert.strictEqual(received.lookupId, id(expected))
        const taken = action.startsWith("receive") ? [expected] : []
        const left = ["urgent", "a", "b", "c"].filter((one) => !taken.some((gone) => gone === one))
        assert.deepStrictEqual(yield* Effect.forEach(left, () => label), left)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect(
    "a message or an anchor that does not exist, and a message beyond the ends, are not found, without a wait (E-38, E-39, E-42)",
    () =>
      Effect.gen(function* () {
        const { id, lookup } = yield* filled()
        yield* lookup("receiveCurrent", id("b"))
        for (const action of ["peekCurrent", "peekNext", "peekPrevious", "receiveCurrent"] as const) {
          assert.strictEqual(yield* code(lookup(action, id("b"))), notFound)
          assert.strictEqual(yield* code(lookup(action, 12345678n)), notFound)
        }
        assert.strictEqual(yield* code(lookup("peekNext", id("c"))), notFound)
        assert.strictEqual(yield* code(lookup("peekPrevious", id("urgent"))), notFound)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the first and the last message need no id, and an empty queue has neither (E-40, E-41)", () =>
    Effect.gen(function* () {
      const { lookup } = yield* ends()
      for (const action of ["peekFirst", "peekLast", "receiveFirst", "receiveLast"] as const) {
        assert.strictEqual(yield* code(lookup(action, 0n)), notFound)
        assert.strictEqual(yield* code(lookup(action, 1n)), errors.MQ_ERROR_INVALID_PARAMETER)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message in a transaction cannot be received, is skipped, and can be an anchor (E-39, E-43, E-44, X-13)",
    () =>
      Effect.gen(function* () {
        const { id, lookup, mqrt } = yield* filled(true)
        const transaction = yield* mqrt.beginTransaction
        assert.strictEqual((yield* lookup("receiveCurrent", id("b"), transaction)).label, "b")
        const locked = errors.MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION
        assert.strictEqual(yield* code(lookup("peekCurrent", id("b"))), locked)
        assert.strictEqual(yield* code(lookup("receiveCurrent", id("b"))), locked)
        assert.strictEqual((yield* lookup("peekNext", id("a"))).label, "c")
        assert.strictEqual((yield* lookup("peekPrevious", id("c"))).label, "a")
        assert.strictEqual((yield* lookup("peekNext", id("b"))).label, "c")
        yield* mqrt.commitTransaction(transaction)
        assert.strictEqual(yield* code(lookup("peekNext", id("b"))), notFound)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that is received by receiveAllowPeek can be peeked at, and not received again (E-44, F-25)",
    () =>
      Effect.gen(function* () {
        const { id, label, lookup, mqrt, peek } = yield* filled(true)
        const transaction = yield* mqrt.beginTransaction
        yield* lookup("receiveAllowPeek", id("urgent"), transaction)
        assert.strictEqual((yield* peek).label, "urgent")
        assert.strictEqual((yield* lookup("peekCurrent", id("urgent"))).label, "urgent")
        assert.strictEqual((yield* lookup("peekFirst", 0n)).label, "urgent")
        assert.strictEqual((yield* lookup("receiveFirst", 0n)).label, "a")
        yield* mqrt.abortTransaction(transaction)
        assert.deepStrictEqual([yield* label, yield* label], ["urgent", "b"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that was received by receiveAllowPeek cannot be peeked at once its time limit is over (D-38, E-44)",
    () =>
      Effect.gen(function* () {
        const { id, lookup, mqrt, peek, send } = yield* filled(true)
        yield* send([message({ label: "mortal", timeToBeReceived: 10 })], { transaction: "singleMessage" })
        const { lookupId } = yield* lookup("peekLast", 0n)
        const transaction = yield* mqrt.beginTransaction
        yield* lookup("receiveAllowPeek", lookupId, transaction)
        yield* elapse("9 seconds")
        assert.strictEqual((yield* lookup("peekLast", 0n)).label, "mortal")
        yield* elapse("1 second")
        assert.strictEqual((yield* lookup("peekLast", 0n)).label, "c")
        assert.strictEqual(yield* code(lookup("peekNext", id("c"))), notFound)
        const locked = errors.MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION
        assert.strictEqual(yield* code(lookup("peekCurrent", lookupId)), locked)
        assert.strictEqual((yield* peek).label, "urgent")
        assert.strictEqual(yield* messages, 5)
        yield* mqrt.abortTransaction(transaction)
        assert.strictEqual(yield* messages, 4)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message whose time limit is over is not received, peeked at or counted (D-33, D-37, D-39, D-43)", () =>
    Effect.gen(function* () {
      const { id, label, lookup, send } = yield* filled()
      yield* send([message({ label: "mortal", priority: 7, timeToBeReceived: 10 })])
      yield* elapse("9999 millis")
      const { lookupId } = yield* lookup("peekNext", id("urgent"))
      assert.strictEqual((yield* lookup("peekCurrent", lookupId)).label, "mortal")
      assert.strictEqual(yield* messages, 5)
      yield* elapse("1 millis")
      assert.strictEqual(yield* code(lookup("peekCurrent", lookupId)), notFound)
      assert.strictEqual((yield* lookup("peekNext", id("urgent"))).label, "a")
      assert.strictEqual(yield* messages, 4)
      assert.strictEqual(yield* label, "urgent")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message with a time limit of zero reaches only receives that already wait (D-39)", () =>
    Effect.gen(function* () {
      const { poll, send, wait } = yield* ends()
      const now = message({ timeToBeReceived: 0 })
      yield* send([now])
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      const fiber = yield* waiting(wait)
      yield* send([now])
      assert.strictEqual((yield* Fiber.join(fiber)).timeToBeReceived, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a received message has the rest of its time limits; to reach a local queue takes no time (D-40, D-41, X-23)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        yield* send([message({ timeToBeReceived: 10, timeToReachQueue: 5 }), message({ timeToReachQueue: 0 })])
        yield* elapse("7500 millis")
        const { timeToBeReceived, timeToReachQueue } = yield* poll
        assert.deepStrictEqual([timeToBeReceived, timeToReachQueue], [3, 5])
        assert.strictEqual((yield* poll).timeToReachQueue, 0)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.live("lookups in a queue of a hundred thousand messages are fast, from the middle to both ends (D-27)", () =>
    Effect.gen(function* () {
      const { lookup, send } = yield* ends()
      const half = 50_000
      yield* send(Array.from({ length: 2 * half }, (_, index) => message({ appSpecific: index })))
      let { lookupId } = yield* lookup("peekFirst", 0n)
      const started = cpuTime()
      for (let index = 1; index <= half; index++) {
        const next = yield* lookup("peekNext", lookupId)
        assert.strictEqual(next.appSpecific, index)
        ;({ lookupId } = next)
      }
      for (let index = 0; index < half; index++) {
        const taken = yield* lookup("receivePrevious", lookupId)
        assert.strictEqual(taken.appSpecific, half - 1 - index)
      }
      // Walking the queue for each would take 5,000,000,000 steps.
      assert.isBelow(cpuTime() - started, 10_000)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
