import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { code, create, labelled, plain, receiving, waiting } from "./seam.ts"
import {
  cut,
  join,
  labelsIn,
  onStore,
  openSender,
  orders,
  queues,
  send,
  single,
  two
} from "../support/officeAndStore.ts"

const control = MsmqControl.MsmqControl

describe("reading another machine's queue", () => {
  const openReceiver = Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(orders, "receive", "denyNone"))

  it.effect("works as with a queue of one's own: receive, peek, cursors, lookup ids, purge (E-02, E-23)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      yield* send(labelled("a", "b", "c", "d"))
      const handle = yield* openReceiver
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent" }))).label, "a")
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
      const cursor = yield* mqrt.createCursor(handle)
      yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent", cursor }))
      const next = yield* mqrt.receiveMessage(handle, receiving({ action: "peekNext", cursor }))
      assert.strictEqual(next.label, "c")
      const options = { transaction: "none", read: usualRead } as const
      const found = yield* mqrt.receiveMessageByLookupId(handle, next.lookupId, "receiveCurrent", options)
      assert.strictEqual(found.label, "c")
      yield* mqrt.purgeQueue(handle)
      assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving())), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(two))
  )

  it.effect("waits for messages, and shares the queue with the receivers on its machine (E-09, C-24)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* mqrt.openQueue(orders, "receive", "denyReceive")
      assert.strictEqual(yield* code(onStore(openReceiver)), errors.MQ_ERROR_SHARING_VIOLATION)
      const fiber = yield* waiting(mqrt.receiveMessage(handle, receiving({ timeout: null })))
      yield* onStore(send(labelled("a")))
      assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("cannot be done in a transaction (E-45, E-75, H-21, X-08)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* onStore(create({ transactional: true }))
      yield* send(labelled("a"), single)
      const handle = yield* openReceiver
      const transaction = yield* mqrt.beginTransaction
      const usage = errors.MQ_ERROR_TRANSACTION_USAGE
      for (const argument of ["singleMessage", transaction] as const) {
        assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving({ transaction: argument }))), usage)
        const options = { transaction: argument, read: usualRead }
        assert.strictEqual(yield* code(mqrt.receiveMessageByLookupId(handle, 0n, "receiveFirst", options)), usage)
      }
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("fails if the machine cannot be reached or has no such queue (C-29)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      assert.strictEqual(yield* code(openReceiver), errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE)
      yield* join()
      yield* openReceiver
      const nowhere = "DIRECT=OS:STORE\\private$\\nowhere"
      const open = Mqrt.Mqrt.use((mqrt) => mqrt.openQueue(nowhere, "peek", "denyNone"))
      assert.strictEqual(yield* code(open), errors.MQ_ERROR_QUEUE_NOT_FOUND)
    }).pipe(Effect.provide(two))
  )

  it.effect("ends when the connection is lost, and new messages stay in the queue (E-76)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      yield* cut()
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      yield* onStore(send(labelled("a")))
      assert.strictEqual(
        yield* code(mqrt.receiveMessage(handle, receiving())),
        errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
      )
      yield* join()
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving())).label, "a")
    }).pipe(Effect.provide(two))
  )

  it.effect("after a restart of that machine the handle is stale (E-76, C-37)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      const there = yield* onStore(control)
      yield* there.stopService
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      yield* there.startService
      assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving())), errors.MQ_ERROR_STALE_HANDLE)
      yield* mqrt.closeQueue(handle)
      yield* openReceiver
    }).pipe(Effect.provide(two))
  )

  it.effect("a message that has not reached the reader when the link is cut is back in the queue (E-74, X-25)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* queues()
      const handle = yield* openReceiver
      const fiber = yield* waiting(Effect.flip(mqrt.receiveMessage(handle, receiving({ timeout: null }))))
      const there = yield* onStore(Mqrt.Mqrt)
      const sender = yield* onStore(openSender())
      // All in one step, before the reader runs.
      yield* Effect.andThen(there.sendMessages(sender, labelled("a"), plain), cut())
      assert.strictEqual((yield* Fiber.join(fiber)).code, errors.MQ_ERROR_QUEUE_NOT_AVAILABLE)
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )
})
