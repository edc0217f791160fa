import { FormatName, MessageQueue, PathName } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

describe("create, exists, delete", () => {
  it.effect("a queue exists from its creation to its deletion", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* MessageQueue.exists(orders))
      yield* MessageQueue.create(orders, { label: "Orders" })
      assert.isTrue(yield* MessageQueue.exists(orders))
      yield* MessageQueue.delete(orders)
      assert.isFalse(yield* MessageQueue.exists(orders))
    }).pipe(Effect.provide(backend))
  )

  it.effect("C-04 an existing queue is not created again: the error names it and the code", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const error = yield* Effect.flip(MessageQueue.create(orders))
      assert.strictEqual(error.reason._tag, "QueueExists")
      assert.include(error.message, orders)
      assert.include(error.message, "MQ_ERROR_QUEUE_EXISTS (0xC00E0005)")
    }).pipe(Effect.provide(backend))
  )

  it.effect("C-44 deleting what is not there says so, with the likely causes", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.delete(orders))
      assert.strictEqual(error.reason._tag, "QueueNotFound")
      assert.include(error.message, "check its spelling")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an illegal name is refused with the place where it goes wrong, and calls nothing", () =>
    Effect.gen(function* () {
      for (const attempt of [
        MessageQueue.create("private$\\orders\\more"),
        MessageQueue.openSender("DIRECT=NOWHERE:x\\y"),
        MessageQueue.exists("orders"),
        MessageQueue.delete("PUBLIC=not-a-guid")
      ]) {
        const error = yield* Effect.flip(Effect.scoped(attempt))
        assert(error.reason._tag === "IllegalName")
        assert.isAtMost(error.reason.position, error.reason.input.length)
        assert.match(error.operation, /^MessageQueue\./)
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("C-51 whether another machine's private queue exists cannot be known", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(MessageQueue.exists("elsewhere\\private$\\orders"))
      assert.strictEqual(error.reason._tag, "UnsupportedFormatnameOperation")
    }).pipe(Effect.provide(backend))
  )
})

describe("opening", () => {
  it.effect("takes a path name, a format name, and either as a record", () =>
    Effect.gen(function* () {
      const formatName = yield* MessageQueue.create(orders)
      const names = [
        orders,
        formatName,
        "DIRECT=OS:.\\private$\\orders",
        Result.getOrThrow(PathName.parse(orders)),
        Result.getOrThrow(FormatName.parse(formatName))
      ]
      for (const name of names) {
        const sender = yield* MessageQueue.openSender(name)
        yield* sender.send({ label: sender.queue })
      }
      const receiver = yield* MessageQueue.openReceiver(orders)
      for (const name of names) {
        const { label } = yield* receiver.receive
        if (typeof name === "string") assert.strictEqual(label, name)
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("C-28 another machine's private queue opens by a direct name, whether it exists or not", () =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender("elsewhere\\private$\\orders")
      assert.strictEqual(sender.formatName, "DIRECT=OS:elsewhere\\private$\\orders")
      assert.strictEqual(sender.queue, "elsewhere\\private$\\orders")
      assert.isUndefined(sender.transactional)
    }).pipe(Effect.provide(backend))
  )

  it.effect("C-24 denyReceive keeps every other receiver out until it is closed", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* MessageQueue.openReceiver(orders, { shareMode: "denyReceive" })
          const error = yield* Effect.flip(MessageQueue.openReceiver(orders))
          assert.strictEqual(error.reason._tag, "SharingViolation")
          assert.isTrue(error.isRetryable)
        })
      )
      yield* MessageQueue.openReceiver(orders)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue that fails to close counts as closed, and does not hide what the program did", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* FaultInjection.inject({ function: "MQCloseQueue", call: 1, code: "MQ_ERROR_STALE_HANDLE" })
      const result = yield* Effect.scoped(Effect.as(MessageQueue.openSender(orders), "done"))
      assert.strictEqual(result, "done")
    }).pipe(Effect.provide(backend))
  )

  it.effect("what was opened in one scope is closed in reverse order", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      yield* MessageQueue.create(".\\private$\\answers")
      const order: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* MessageQueue.openReceiver(orders)
          yield* Effect.addFinalizer(() => Effect.map(Effect.exit(first.poll), ({ _tag }) => order.push(_tag)))
          const second = yield* MessageQueue.openReceiver(".\\private$\\answers")
          yield* Effect.addFinalizer(() => Effect.map(Effect.exit(second.poll), ({ _tag }) => order.push(_tag)))
        })
      )
      assert.deepStrictEqual(order, ["Success", "Success"])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})
