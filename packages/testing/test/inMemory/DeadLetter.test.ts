import { errors } from "@effect-msmq/core/ErrorCode"
import type { OutgoingProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  code,
  create,
  direct,
  drained,
  ends,
  machineId,
  message,
  path,
  plain,
  receiving,
  settled,
  text
} from "./seam.ts"
import { elapse, start } from "../../../core/test/support/settled.ts"

const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"
const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"
const journal = "DIRECT=OS:.\\SYSTEM$;JOURNAL"

const wanted = { deadLetter: true, journal: false }
const copied = { deadLetter: false, journal: true }
const single = { transaction: "singleMessage" } as const

const letter = (fields: Partial<OutgoingProperties> = {}) => message({ journaling: wanted, ...fields })

const classes = (formatName: string) =>
  Effect.map(drained(formatName), (received) => received.map((message) => message.class))

describe("system queues", () => {
  for (const formatName of [
    deadLetters,
    transactionalDeadLetters,
    journal,
    "direct=os:machine\\system$;deadletter",
    `MACHINE=${machineId};DEADLETTER`,
    `MACHINE=${machineId.toUpperCase()};DEADXACT`,
    `MACHINE=${machineId};JOURNAL`
  ]) {
    it.effect(`${formatName} can be peeked at and received from, but not sent to (D-66)`, () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* mqrt.openQueue(formatName, "peek", "denyNone")
        assert.deepStrictEqual(yield* drained(formatName), [])
        assert.strictEqual(
          yield* code(mqrt.openQueue(formatName, "send", "denyNone")),
          errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("those of another machine cannot be read, and none has properties", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      assert.strictEqual(
        yield* code(mqrt.openQueue("DIRECT=OS:other\\SYSTEM$;DEADLETTER", "receive", "denyNone")),
        errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
      )
      assert.strictEqual(
        yield* code(mqrt.getQueueProperties(deadLetters)),
        errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the machine's journal", () => {
  it.effect("a message outside a transaction is copied when it has arrived (D-24, D-26, D-57)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* elapse("5 seconds")
      yield* send([message({ journaling: copied, label: "kept" }), message({ label: "not asked for" })])
      const copies = yield* drained(journal)
      assert.deepStrictEqual(
        copies.map(({ arrivedTime, class: value, label, messageId }) => ({ arrivedTime, value, label, messageId })),
        [{ arrivedTime: 5, value: 0, label: "kept", messageId: `{${machineId}}\\1` }]
      )
      const received = yield* poll
      assert.strictEqual(received.messageId, copies[0]?.messageId)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transactional message is copied when it has been received, and not if that aborts (D-57)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send([message({ journaling: copied })], single)
      assert.strictEqual((yield* drained(journal)).length, 0)
      const aborted = yield* mqrt.beginTransaction
      yield* receive({ transaction: aborted })
      yield* mqrt.abortTransaction(aborted)
      assert.strictEqual((yield* drained(journal)).length, 0)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      assert.strictEqual((yield* drained(journal)).length, 0)
      yield* mqrt.commitTransaction(transaction)
      assert.strictEqual((yield* drained(journal)).length, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that is refused on arrival is not copied (D-57)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends({ transactional: true })
      yield* send([message({ journaling: copied })])
      assert.deepStrictEqual(yield* drained(journal), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a copy has bytes of its own: a program may change those of the received message", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message({ journaling: copied, body: text("body") })])
      const received = yield* poll
      received.body?.fill(0)
      const [copy] = yield* drained(journal)
      assert.deepStrictEqual(copy?.body, text("body"))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("dead letters", () => {
  it.effect(
    "a message outside a transaction goes to the machine's dead letters when the queue is full or of the other kind (D-60, D-64)",
    () =>
      Effect.gen(function* () {
        const { send } = yield* ends({ transactional: true })
        yield* send([letter(), message()])
        assert.deepStrictEqual(yield* classes(deadLetters), [0x800a])
        yield* create({ pathName: ".\\private$\\full", quota: 0 })
        const mqrt = yield* Mqrt.Mqrt
        const full = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\full", "send", "denyNone")
        yield* mqrt.sendMessages(full, [letter()], plain)
        assert.deepStrictEqual(yield* classes(deadLetters), [0x8003])
        assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a bad signature makes a dead letter of transactional messages only (A-71, A-72)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ authenticate: true, transactional: true })
      yield* send([letter({ label: "one" })], single)
      const transaction = yield* mqrt.beginTransaction
      yield* send([letter({ label: "two" }), message()], { transaction })
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0x8006, 0x8006])
      yield* create({ pathName: ".\\private$\\signed", authenticate: true })
      const signed = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\signed", "send", "denyNone")
      yield* mqrt.sendMessages(signed, [letter()], plain)
      assert.deepStrictEqual(yield* classes(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transactional message goes to the transactional dead letters (D-61)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* send([letter()], single)
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0x8009])
      assert.deepStrictEqual(yield* classes(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a transactional message does so when it is purged or rejected, or when its queue is deleted (D-61, E-55, E-69, C-41)",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, receive, receiver, send } = yield* ends({ transactional: true })
        yield* send([letter()], single)
        yield* mqrt.purgeQueue(receiver)
        yield* send([letter()], single)
        const transaction = yield* mqrt.beginTransaction
        const { lookupId } = yield* receive({ transaction })
        yield* mqrt.markMessageRejected(receiver, lookupId)
        yield* mqrt.commitTransaction(transaction)
        yield* send([letter(), message()], single)
        yield* mqrt.deleteQueue(formatName)
        assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0xc001, 0xc004, 0xc000])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a purge removes a message of a transaction when that aborts (E-55, X-18)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, receiver, send } = yield* ends({ transactional: true })
      yield* send([letter({ label: "received" }), letter({ label: "aborted" })], single)
      const [kept, aborted] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
      yield* receive({ transaction: kept })
      yield* receive({ transaction: aborted })
      yield* mqrt.purgeQueue(receiver)
      assert.deepStrictEqual(yield* drained(transactionalDeadLetters), [])
      yield* mqrt.commitTransaction(kept)
      yield* mqrt.abortTransaction(aborted)
      assert.deepStrictEqual(
        (yield* drained(transactionalDeadLetters)).map((received) => [received.label, received.class]),
        [["aborted", 0xc001]]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message whose receive aborts after its queue was deleted becomes a dead letter (F-41)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send([letter()], single)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      yield* mqrt.deleteQueue(formatName)
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [])
      yield* mqrt.abortTransaction(transaction)
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0xc000])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message outside a transaction that is purged, or deleted with its queue, is gone (D-64)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receiver, send } = yield* ends()
      yield* send([letter()])
      yield* mqrt.purgeQueue(receiver)
      yield* send([letter()])
      yield* mqrt.deleteQueue(formatName)
      assert.deepStrictEqual(yield* classes(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transaction that commits to a deleted queue makes a dead letter for a bad destination (D-64)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, send } = yield* ends({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* send([letter()], { transaction })
      yield* mqrt.deleteQueue(formatName)
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0x8000])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the class of a dead letter tells the reason, and the rest is as it was sent (D-24, D-26, D-65)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends({ transactional: true })
      yield* elapse("7 seconds")
      const sent = letter({
        label: "order",
        body: text("17"),
        bodyType: 8,
        priority: 6,
        appSpecific: 4711,
        extension: text("more"),
        correlationId: new Uint8Array(20).fill(1),
        responseQueue: direct,
        timeToBeReceived: 60
      })
      const { messageIds } = yield* send([sent], { messageIds: true })
      const [dead] = yield* drained(deadLetters)
      assert.isDefined(dead)
      const { connector: _, soap: __, timeToReachQueue: ___, ...properties } = sent
      assert.deepInclude(dead, { ...properties, class: 0x800a, arrivedTime: 7, sentTime: 7, destinationQueue: direct })
      assert.deepStrictEqual([dead.messageId], messageIds)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive that aborts again and again never makes a dead letter (D-68)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send([letter()], single)
      for (let attempt = 0; attempt < 20; attempt++) {
        const transaction = yield* mqrt.beginTransaction
        assert.strictEqual((yield* receive({ transaction })).abortCount, attempt)
        yield* mqrt.abortTransaction(transaction)
      }
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive can wait for a dead letter, which is gone after it", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ transactional: true })
      const graves = yield* mqrt.openQueue(deadLetters, "receive", "denyNone")
      const fiber = yield* start(mqrt.receiveMessage(graves, receiving({ timeout: null })))
      yield* send([letter()])
      yield* settled
      assert.strictEqual((yield* Fiber.join(fiber)).class, 0x800a)
      assert.deepStrictEqual(yield* classes(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the sender's own dead-letter queue", () => {
  const own = ".\\private$\\graves"
  const ownDirect = `DIRECT=OS:${own}`

  for (const deadLetterQueue of [own, ownDirect]) {
    it.effect(`${deadLetterQueue} gets a transactional message instead of the machine's (D-63)`, () =>
      Effect.gen(function* () {
        const { mqrt, receiver, send } = yield* ends({ transactional: true })
        yield* create({ pathName: own, transactional: true, journal: true })
        yield* send([letter({ deadLetterQueue })], single)
        yield* mqrt.purgeQueue(receiver)
        assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [])
        assert.deepStrictEqual(yield* classes(ownDirect), [0xc001])
        assert.deepStrictEqual(yield* classes(`${ownDirect};JOURNAL`), [0xc001])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  for (const [what, deadLetterQueue] of [
    ["that is not there", ".\\private$\\nowhere"],
    ["that is not transactional", path],
    ["on another machine", "other\\private$\\graves"]
  ] as const) {
    it.effect(`one ${what} leaves the message to the machine's (D-63)`, () =>
      Effect.gen(function* () {
        const { send } = yield* ends()
        yield* send([letter({ deadLetterQueue })], single)
        assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [0x8009])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("one that is full drops the message silently (D-59)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* create({ pathName: own, transactional: true, quota: 0 })
      yield* send([letter({ deadLetterQueue: own })], single)
      assert.deepStrictEqual(yield* classes(ownDirect), [])
      assert.deepStrictEqual(yield* classes(transactionalDeadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
