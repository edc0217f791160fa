import { errors } from "@effect-msmq/core/ErrorCode"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, create, direct, ends, labelled, machineId, message, plain, receiving } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

describe("opening", () => {
  it.effect("messages are moved to a handle to move, which can do nothing else (C-39)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* ends()
      yield* send(labelled("a"))
      const into = yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
      const denied = errors.MQ_ERROR_ACCESS_DENIED
      const lookup = { transaction: "none", read: usualRead } as const
      const calls: Record<string, Effect.Effect<unknown, Mqrt.MqrtFailure>> = {
        receive: mqrt.receiveMessage(into, receiving()),
        peek: mqrt.receiveMessage(into, receiving({ action: "peekCurrent" })),
        lookup: mqrt.receiveMessageByLookupId(into, 0n, "peekFirst", lookup),
        purge: mqrt.purgeQueue(into),
        cursor: mqrt.createCursor(into),
        reject: mqrt.markMessageRejected(into, 1n)
      }
      for (const [name, call] of Object.entries(calls)) assert.strictEqual(yield* code(call), denied, name)
      assert.strictEqual((yield* mqrt.sendMessages(into, [message()], plain)).failure?.code, denied)
      const { lookupId } = yield* mqrt.receiveMessage(receiver, receiving({ action: "peekCurrent" }))
      assert.strictEqual(yield* code(mqrt.moveMessage(into, receiver, lookupId, "none")), denied)
      yield* mqrt.moveMessage(receiver, into, lookupId, "none")
      const retry = yield* mqrt.openQueue(`${direct};retry`, "receive", "denyNone")
      assert.strictEqual((yield* mqrt.receiveMessage(retry, receiving())).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("only a queue or a subqueue of this machine can be moved to (C-39)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      yield* mqrt.openQueue(direct, "move", "denyNone")
      for (const [name, expected] of [
        [`${direct};JOURNAL`, errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=OS:.\\SYSTEM$;DEADLETTER", errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=HTTP://other/msmq/private$/orders", errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION],
        ["DIRECT=OS:other\\private$\\orders;retry", errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE]
      ] as const) {
        assert.strictEqual(yield* code(mqrt.openQueue(name, "move", "denyNone")), expected, name)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handle that peeks alone prevents others from receiving, and not from peeking (C-23, X-14)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const violation = errors.MQ_ERROR_SHARING_VIOLATION
      const alone = yield* mqrt.openQueue(direct, "peek", "denyReceive")
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
      yield* mqrt.openQueue(direct, "peek", "denyNone")
      yield* mqrt.closeQueue(alone)
      yield* mqrt.openQueue(direct, "receive", "denyNone")
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "peek", "denyReceive")), violation)
      const access = errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      assert.strictEqual(yield* code(mqrt.openQueue(direct, "move", "denyReceive")), access)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the outgoing queue of a name can be read and purged as an administrator (C-21, E-57)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = `DIRECT=OS:other\\private$\\q`
      const open = (access: Mqrt.Access) => mqrt.openQueue(name, access, "denyNone")
      assert.strictEqual(yield* code(open("receiveAdmin")), errors.MQ_ERROR_QUEUE_NOT_FOUND)
      const sender = yield* open("send")
      yield* mqrt.sendMessages(sender, labelled("a", "b", "c"), plain)
      const peeker = yield* open("peekAdmin")
      assert.strictEqual((yield* mqrt.receiveMessage(peeker, receiving({ action: "peekCurrent" }))).label, "a")
      assert.strictEqual(yield* code(mqrt.receiveMessage(peeker, receiving())), errors.MQ_ERROR_ACCESS_DENIED)
      const admin = yield* open("receiveAdmin")
      assert.strictEqual((yield* mqrt.receiveMessage(admin, receiving())).label, "a")
      yield* mqrt.purgeQueue(admin)
      assert.strictEqual(yield* code(mqrt.receiveMessage(admin, receiving())), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that cannot reach its queue in time leaves the outgoing queue (D-32, D-34, D-36, X-04)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = `DIRECT=OS:other\\private$\\q`
      const sender = yield* mqrt.openQueue(name, "send", "denyNone")
      yield* mqrt.sendMessages(
        sender,
        [message({ timeToReachQueue: 10 }), message({ timeToReachQueue: 99, timeToBeReceived: 5 }), message()],
        plain
      )
      const count = Effect.map(mqrt.getQueueInfo(null, name), (info) => info.messageCount)
      assert.strictEqual(yield* count, 3)
      yield* elapse("5 seconds")
      assert.strictEqual(yield* count, 2)
      yield* elapse("5 seconds")
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handle opened by its number is the same queue (B-07)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      yield* send(labelled("a"))
      const handle = yield* mqrt.openQueue(`PRIVATE=${machineId}\\00000001`, "peek", "denyNone")
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent" }))).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("names", () => {
  it.effect("a handle has the name that it was opened by (B-10)", () =>
    Effect.gen(function* () {
      yield* ends()
      const receiver = yield* MessageQueue.openReceiver(direct)
      assert.strictEqual(receiver.formatName, direct)
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("in a workgroup there is no search and no format name of a path in the directory (C-49)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      assert.strictEqual(yield* code(mqrt.locateBegin([])), errors.MQ_ERROR_NO_DS)
      assert.strictEqual(yield* code(mqrt.adsPathToFormatName("LDAP://CN=orders")), errors.MQ_ERROR_NO_DS)
      const handle = 1n as Mqrt.LocateHandle
      assert.strictEqual(yield* code(mqrt.locateNext(handle, 1)), errors.MQ_ERROR_INVALID_HANDLE)
      assert.strictEqual(yield* code(mqrt.locateEnd(handle)), errors.MQ_ERROR_INVALID_HANDLE)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )
})
