import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { errors } from "@effect-msmq/core/ErrorCode"
import type { OutgoingProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  code,
  codeOf,
  create,
  direct,
  drained,
  ends,
  labelled,
  message,
  messages,
  path,
  plain,
  queueProperties,
  receiving,
  rejectedClasses,
  waiting
} from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl
const stop = control.use((msmq) => msmq.stopService)
const start = control.use((msmq) => msmq.startService)
const restart = Effect.andThen(stop, start)
const notAvailable = errors.MQ_ERROR_SERVICE_NOT_AVAILABLE
const stale = errors.MQ_ERROR_STALE_HANDLE

const single = { transaction: "singleMessage" } as const
const recoverable = (fields: Partial<OutgoingProperties> = {}) => message({ delivery: "recoverable", ...fields })

const labels = (formatName: string) =>
  Effect.map(drained(formatName), (received) => received.map((message) => message.label))

describe("the service", () => {
  it.effect("while it is stopped every call fails with that, except those that release a handle (C-13)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receiver, sender } = yield* ends()
      const cursor = yield* mqrt.createCursor(receiver)
      const transaction = yield* mqrt.beginTransaction
      const context = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
      yield* stop
      const calls: Record<string, Effect.Effect<unknown, Mqrt.MqrtFailure>> = {
        getSecurityContext: mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null),
        createQueue: mqrt.createQueue({ ...queueProperties, pathName: ".\\private$\\other" }, null),
        deleteQueue: mqrt.deleteQueue(formatName),
        getQueueProperties: mqrt.getQueueProperties(direct),
        pathNameToFormatName: mqrt.pathNameToFormatName(path),
        openQueue: mqrt.openQueue(direct, "send", "denyNone"),
        purgeQueue: mqrt.purgeQueue(receiver),
        createCursor: mqrt.createCursor(receiver),
        receiveMessage: mqrt.receiveMessage(receiver, receiving()),
        receiveMessageByLookupId: mqrt.receiveMessageByLookupId(receiver, 0n, "receiveFirst", {
          transaction: "none",
          read: usualRead
        }),
        beginTransaction: mqrt.beginTransaction,
        commitTransaction: mqrt.commitTransaction(transaction),
        abortTransaction: mqrt.abortTransaction(transaction),
        getMachineProperties: mqrt.getMachineProperties(null),
        getQueueInfo: mqrt.getQueueInfo(null, direct),
        getQueueManagerInfo: mqrt.getQueueManagerInfo(null)
      }
      for (const [name, call] of Object.entries(calls)) assert.strictEqual(yield* code(call), notAvailable, name)
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], plain)), notAvailable)
      yield* mqrt.freeSecurityContext(context)
      yield* mqrt.closeCursor(cursor)
      yield* mqrt.releaseTransaction(transaction)
      yield* mqrt.closeQueue(receiver)
      yield* mqrt.closeQueue(sender)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("after a restart a handle is stale until its queue is opened again, but it can be closed (C-37)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      const cursor = yield* mqrt.createCursor(receiver)
      yield* restart
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], plain)), stale)
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving())), stale)
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving({ cursor }))), stale)
      assert.strictEqual(yield* code(mqrt.createCursor(receiver)), stale)
      assert.strictEqual(yield* code(mqrt.purgeQueue(receiver)), stale)
      yield* mqrt.closeCursor(cursor)
      yield* mqrt.closeQueue(receiver)
      yield* mqrt.closeQueue(sender)
      assert.strictEqual(yield* code(mqrt.closeQueue(sender)), errors.MQ_ERROR_INVALID_HANDLE)
      const reopened = yield* mqrt.openQueue(direct, "send", "denyNone")
      yield* mqrt.sendMessages(reopened, labelled("after"), plain)
      assert.deepStrictEqual(yield* labels(direct), ["after"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a stale handle does not keep others from the queue (C-37)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const alone = yield* mqrt.openQueue(direct, "receive", "denyReceive")
      yield* restart
      const again = yield* mqrt.openQueue(direct, "receive", "denyReceive")
      yield* mqrt.closeQueue(alone)
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), errors.MQ_ERROR_SHARING_VIOLATION)
      yield* mqrt.closeQueue(again)
      yield* mqrt.openQueue(direct, "receive", "denyNone")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a wait fails when it stops (E-53)", () =>
    Effect.gen(function* () {
      const { wait } = yield* ends()
      const fiber = yield* waiting(code(wait))
      yield* stop
      assert.strictEqual(yield* Fiber.join(fiber), notAvailable)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("express messages are lost in every queue, and recoverable ones stay in their order (D-22)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends({ journal: true })
      yield* send([message({ label: "received" }), recoverable({ label: "received, recoverable" })])
      yield* poll
      yield* poll
      yield* send([message({ label: "a" }), recoverable({ label: "b" }), message({ label: "c" })])
      yield* send([recoverable({ label: "d", priority: 7 })])
      const journaling = { deadLetter: false, journal: true }
      yield* send([message({ label: "copied", journaling })])
      const remote = "DIRECT=OS:other\\private$\\orders"
      const away = yield* mqrt.openQueue(remote, "send", "denyNone")
      yield* mqrt.sendMessages(away, [message(), recoverable()], plain)
      yield* restart
      assert.deepStrictEqual(yield* labels(direct), ["d", "b"])
      assert.deepStrictEqual(yield* labels(`${direct};JOURNAL`), ["d", "received, recoverable", "b"])
      assert.deepStrictEqual(yield* labels("DIRECT=OS:.\\SYSTEM$;JOURNAL"), [])
      assert.strictEqual((yield* mqrt.getQueueInfo(null, remote)).messageCount, 1)
      assert.deepStrictEqual(yield* rejectedClasses, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("open transactions abort: received messages are back, and sent messages were never sent (F-37)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send(labelled("received"), single)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      yield* send(labelled("sent"), { transaction })
      yield* restart
      assert.strictEqual(yield* code(mqrt.commitTransaction(transaction)), errors.MQ_ERROR_TRANSACTION_SEQUENCE)
      const received = yield* drained(direct)
      assert.deepStrictEqual(
        received.map(({ abortCount, label }) => ({ abortCount, label })),
        [{ abortCount: 1, label: "received" }]
      )
      yield* mqrt.releaseTransaction(transaction)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the abort count of a message is kept over a restart (E-67)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send(labelled("poison"), single)
      for (let attempt = 0; attempt < 2; attempt++) {
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        yield* mqrt.abortTransaction(transaction)
      }
      yield* restart
      const transaction = yield* mqrt.beginTransaction
      const receiver = yield* mqrt.openQueue(direct, "receive", "denyNone")
      assert.strictEqual((yield* mqrt.receiveMessage(receiver, receiving({ transaction }))).abortCount, 2)
      yield* restart
      assert.deepStrictEqual(
        (yield* drained(direct)).map(({ abortCount }) => abortCount),
        [3]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a program that opens the queue again after the same codes as .NET and WCF goes on (C-38)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* create()
      const again = new Set<number>([
        errors.MQ_ERROR_STALE_HANDLE,
        errors.MQ_ERROR_QUEUE_DELETED,
        errors.MQ_ERROR_INVALID_HANDLE
      ])
      let handle = yield* mqrt.openQueue(direct, "send", "denyNone")
      let opened = 1
      const sendOnceMore = Effect.gen(function* () {
        const first = codeOf(yield* mqrt.sendMessages(handle, [recoverable()], plain))
        if (first === undefined) return
        assert.isTrue(again.has(first))
        handle = yield* mqrt.openQueue(direct, "send", "denyNone")
        opened++
        assert.strictEqual(codeOf(yield* mqrt.sendMessages(handle, [recoverable()], plain)), undefined)
      })
      yield* sendOnceMore
      yield* restart
      yield* sendOnceMore
      yield* mqrt.deleteQueue(formatName)
      yield* create()
      yield* sendOnceMore
      yield* mqrt.closeQueue(handle)
      yield* sendOnceMore
      assert.strictEqual(opened, 4)
      assert.strictEqual(yield* messages, 2)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("time limits that end while it is stopped are over when it starts (D-33)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends({ transactional: true })
      const journaling = { deadLetter: true, journal: false }
      yield* send(
        [message({ journaling, timeToBeReceived: 10 }), message({ journaling, timeToBeReceived: 99 })],
        single
      )
      yield* stop
      yield* elapse("20 seconds")
      yield* start
      const letters = Effect.map(drained("DIRECT=OS:.\\SYSTEM$;DEADXACT"), (dead) => dead.map((one) => one.arrivedTime))
      assert.deepStrictEqual(yield* letters, [20])
      yield* elapse("79 seconds")
      assert.deepStrictEqual(yield* letters, [99])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a second stop or start changes nothing", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send(labelled("express"))
      yield* start
      assert.strictEqual(yield* label, "express")
      yield* Effect.andThen(stop, restart)
      assert.strictEqual(yield* messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the machine's disk", () => {
  const fail = (failed: boolean) => control.use((msmq) => msmq.setStorageFailed(failed))
  const storageFailed = errors.MQ_ERROR_MESSAGE_STORAGE_FAILED

  it.effect("when it fails, sends that must write fail, and others do not (D-02)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* fail(true)
      const outcome = yield* send([message({ label: "express" }), recoverable(), message()])
      assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [1, storageFailed])
      assert.strictEqual(codeOf(yield* send([message()], single)), storageFailed)
      assert.deepStrictEqual(yield* rejectedClasses, [])
      yield* fail(false)
      yield* send([recoverable({ label: "written" })])
      assert.deepStrictEqual(yield* labels(direct), ["express", "written"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "when it fails, a transaction accepts no message, and the messages that it had accepted arrive (D-02)",
    () =>
      Effect.gen(function* () {
        const { mqrt, send } = yield* ends({ transactional: true })
        const transaction = yield* mqrt.beginTransaction
        yield* send(labelled("before"), { transaction })
        yield* fail(true)
        assert.strictEqual(codeOf(yield* send(labelled("then"), { transaction })), storageFailed)
        yield* fail(false)
        yield* send(labelled("after"), { transaction })
        yield* mqrt.commitTransaction(transaction)
        assert.deepStrictEqual(yield* labels(direct), ["before", "after"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the machine's quota", () => {
  const setQuota = (quota: MsmqControl.MachineQuota) => control.use((msmq) => msmq.setMachineQuota(quota))
  const kilobyte = message({ body: new Uint8Array(1024) })

  it.effect("a message beyond it is refused by the send, and not dropped (C-54, D-55, H-03, X-17)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const away = yield* mqrt.openQueue("DIRECT=OS:other\\private$\\orders", "send", "denyNone")
      yield* setQuota({ messages: 3 })
      yield* mqrt.sendMessages(away, [kilobyte], plain)
      const outcome = yield* send([kilobyte, kilobyte])
      assert.strictEqual(outcome.accepted, 1)
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.strictEqual(codeOf(yield* send([kilobyte], single)), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.deepStrictEqual(yield* rejectedClasses, [])
      yield* poll
      assert.strictEqual((yield* send([kilobyte])).accepted, 1)
      yield* setQuota({})
      assert.strictEqual((yield* send([kilobyte, kilobyte])).accepted, 2)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a copy or a dead letter beyond it is dropped silently, and its cause succeeds (D-59)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends({ journal: true })
      yield* setQuota({ journals: 2 })
      const wanted = { ...kilobyte, journaling: { deadLetter: true, journal: true } }
      yield* send([wanted, wanted])
      assert.strictEqual((yield* poll).body?.length, 1024)
      yield* send([wanted], single)
      assert.strictEqual((yield* drained("DIRECT=OS:.\\SYSTEM$;JOURNAL")).length, 1)
      assert.strictEqual((yield* drained(`${direct};JOURNAL`)).length, 0)
      assert.strictEqual((yield* drained("DIRECT=OS:.\\SYSTEM$;DEADXACT")).length, 0)
      yield* send([wanted], single)
      assert.strictEqual((yield* drained("DIRECT=OS:.\\SYSTEM$;DEADXACT")).length, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
