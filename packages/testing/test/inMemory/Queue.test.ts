import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  code,
  codeOf,
  create,
  direct,
  ends,
  labelled,
  machineId,
  message,
  path,
  plain,
  queueProperties,
  receiving
} from "./seam.ts"

const control = MsmqControl.MsmqControl

describe("queues", () => {
  it.effect(
    "a path name becomes PRIVATE=<machine guid>\\<eight digits>, and the created queue has that name (B-07)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const formatName = yield* create()
        assert.strictEqual(formatName, `PRIVATE=${machineId}\\00000001`)
        assert.strictEqual(yield* mqrt.pathNameToFormatName(path), formatName)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const formatName of [
    "DIRECT=OS:.\\private$\\orders",
    "direct=os:Machine\\PRIVATE$\\ORDERS",
    "DIRECT=OS:localhost\\private$\\Orders",
    "Direct=Tcp:127.0.0.1\\Private$\\orders",
    `private=${machineId.toUpperCase()}\\1`
  ]) {
    it.effect(`${formatName} is the queue .\\private$\\orders (B-04, B-05, B-12, B-13)`, () =>
      Effect.gen(function* () {
        const { label, mqrt } = yield* ends()
        const handle = yield* mqrt.openQueue(formatName, "send", "denyNone")
        yield* mqrt.sendMessages(handle, labelled("here"), plain)
        assert.strictEqual(yield* label, "here")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("a queue is not created twice, in any letter case (C-04)", () =>
    Effect.gen(function* () {
      yield* create()
      assert.strictEqual(yield* code(create({ pathName: "machine\\PRIVATE$\\Orders" })), errors.MQ_ERROR_QUEUE_EXISTS)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a queue that cannot be created fails with the reason (B-01, C-07, C-10, C-11)", () =>
    Effect.gen(function* () {
      const of = (fields: Partial<NewQueueProperties>) => code(create(fields))
      assert.strictEqual(
        yield* of({ pathName: `.\\private$\\${"q".repeat(125)}` }),
        errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME
      )
      assert.strictEqual(yield* of({ pathName: ".\\private$\\a+b" }), errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
      assert.strictEqual(yield* of({ pathName: ".\\public" }), errors.MQ_ERROR_UNSUPPORTED_OPERATION)
      assert.strictEqual(yield* of({ pathName: "other\\private$\\q" }), errors.MQ_ERROR_UNSUPPORTED_OPERATION)
      const failure = yield* Effect.flip(create({ label: "l".repeat(125) }))
      assert.strictEqual(failure.code, errors.MQ_ERROR_PROPERTY)
      assert.deepStrictEqual(failure.properties, [
        { property: "PROPID_Q_LABEL", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }
      ])
      yield* create({ pathName: `.\\private$\\${"q".repeat(124)}`, label: "l".repeat(124) })
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )

  it.effect("the properties are those it was created with, under the machine's own name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const given = { label: "all orders", authenticate: true, transactional: true }
      yield* create(given)
      assert.deepStrictEqual(yield* mqrt.getQueueProperties(direct), {
        ...queueProperties,
        ...given,
        pathName: "MACHINE\\private$\\orders",
        instance: null,
        createTime: 0,
        modifyTime: 0,
        pathNameDns: null,
        adsPath: null
      })
      assert.strictEqual(
        yield* code(mqrt.getQueueProperties("DIRECT=OS:other\\private$\\orders")),
        errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a missing queue is not found by a send, a receive, a deletion or a request for properties (C-27, C-29, C-44)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const notFound = errors.MQ_ERROR_QUEUE_NOT_FOUND
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "send", "denyNone")), notFound)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), notFound)
        assert.strictEqual(yield* code(mqrt.deleteQueue(`PRIVATE=${machineId}\\1`)), notFound)
        assert.strictEqual(yield* code(mqrt.getQueueProperties(direct)), notFound)
        assert.strictEqual(yield* code(mqrt.pathNameToFormatName(path)), notFound)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a broken format name is illegal, and a legal one of the wrong form is not supported (B-23 to B-25)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const send = (formatName: string) => code(mqrt.openQueue(formatName, "send", "denyNone"))
      assert.strictEqual(yield* send(path), errors.MQ_ERROR_ILLEGAL_FORMATNAME)
      assert.strictEqual(yield* send("DIRECT=OS:."), errors.MQ_ERROR_ILLEGAL_FORMATNAME)
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* send(`MACHINE=${machineId};DEADLETTER`), unsupported)
      assert.strictEqual(yield* code(mqrt.deleteQueue(direct)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handle to send does not prevent others from receiving (C-22)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      assert.strictEqual(
        yield* code(mqrt.openQueue(direct, "send", "denyReceive")),
        errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a handle that receives alone keeps others from receiving, and not from sending, until it is closed (C-24, C-26)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* create()
        const alone = yield* mqrt.openQueue(direct, "receive", "denyReceive")
        const violation = errors.MQ_ERROR_SHARING_VIOLATION
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyReceive")), violation)
        const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
        yield* mqrt.closeQueue(sender)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
        yield* mqrt.closeQueue(alone)
        yield* mqrt.openQueue(direct, "receive", "denyNone")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("no handle receives alone from a queue that another receives from (C-25)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const first = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const second = yield* mqrt.openQueue(direct, "receive", "denyNone")
      yield* mqrt.closeQueue(first)
      assert.strictEqual(
        yield* code(mqrt.openQueue(direct, "receive", "denyReceive")),
        errors.MQ_ERROR_SHARING_VIOLATION
      )
      yield* mqrt.closeQueue(second)
      yield* mqrt.openQueue(direct, "receive", "denyReceive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handle has only the access that it was opened for (C-33, C-34)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      assert.strictEqual(yield* code(mqrt.receiveMessage(sender, receiving())), errors.MQ_ERROR_ACCESS_DENIED)
      const outcome = yield* mqrt.sendMessages(receiver, [message()], plain)
      assert.strictEqual(outcome.accepted, 0)
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_ACCESS_DENIED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a closed handle is invalid: to send, to receive, to close (C-35)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      yield* mqrt.closeQueue(sender)
      yield* mqrt.closeQueue(receiver)
      const invalid = errors.MQ_ERROR_INVALID_HANDLE
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], plain)), invalid)
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving({ timeout: null }))), invalid)
      assert.strictEqual(yield* code(mqrt.closeQueue(receiver)), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "open handles do not prevent a deletion; after it they fail with QUEUE_DELETED and can be closed (C-42, C-47)",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, poll, receiver, send } = yield* ends()
        yield* send(labelled("gone"))
        yield* mqrt.deleteQueue(formatName)
        assert.strictEqual(codeOf(yield* send([message()])), errors.MQ_ERROR_QUEUE_DELETED)
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_QUEUE_DELETED)
        yield* mqrt.closeQueue(receiver)
        const again = yield* ends()
        assert.notStrictEqual(again.formatName, formatName)
        assert.strictEqual(yield* code(again.poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "messages for another machine wait in a queue for each way of writing its name (B-13, C-28, C-29, D-01)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const names = [
          "DIRECT=OS:other\\private$\\q",
          "direct=os:OTHER\\private$\\Q",
          "DIRECT=TCP:10.0.0.7\\private$\\q"
        ]
        for (const name of names) {
          const handle = yield* mqrt.openQueue(name, "send", "denyNone")
          assert.strictEqual((yield* mqrt.sendMessages(handle, [message()], plain)).accepted, 1)
        }
        const queues = yield* control.use((msmq) => msmq.queues)
        assert.deepStrictEqual(
          queues.map(({ formatName, messages, outgoing }) => ({ formatName, messages, outgoing })),
          [
            { formatName: names[0], messages: 2, outgoing: true },
            { formatName: names[2], messages: 1, outgoing: true }
          ]
        )
        assert.strictEqual(
          yield* code(mqrt.openQueue("DIRECT=OS:other\\private$\\q", "receive", "denyNone")),
          errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
