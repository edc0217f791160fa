import { MessageQueue, PathName } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Stream } from "effect"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"
const answers = ".\\private$\\answers"

const asked = Effect.map(CallLog.calls, (calls) => calls.filter((call) => call === "getQueueProperties").length)

const world = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* MessageQueue.create(answers)
  const sender = yield* MessageQueue.openSender(orders, { transactional: false })
  const receiver = yield* MessageQueue.openReceiver(orders)
  return { receiver, sender, before: yield* asked }
})

const logged = CallLog.layer(InMemoryMqrt.layer)

describe("a message that names a queue of this computer by its path name", () => {
  it.effect("asks for its address once for a connection, whoever sends", () =>
    Effect.gen(function* () {
      const { before, receiver, sender } = yield* world
      for (let count = 0; count < 3; count++) yield* sender.send({ responseQueue: answers, adminQueue: answers })
      yield* sender.sendAll(Array.from({ length: 600 }, (_, index) => ({ label: `${index}`, responseQueue: answers })))
      const other = yield* MessageQueue.openSender(orders, { transactional: false })
      yield* other.send({ responseQueue: Result.getOrThrow(PathName.parse(answers.toUpperCase())) })
      assert.strictEqual((yield* asked) - before, 1)
      const names = yield* receiver.messages.pipe(
        Stream.take(604),
        Stream.map(({ responseQueue }) => responseQueue),
        Stream.runCollect
      )
      assert.deepStrictEqual([...new Set(names)], ["DIRECT=OS:MACHINE\\private$\\answers"])
    }).pipe(Effect.scoped, Effect.provide(logged))
  )

  it.effect("is read once, also where its address has to be asked for", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world
      const read: Array<string> = []
      const messages = [1, 2].map((number) => ({
        get label() {
          read.push(`label ${number}`)
          return `${number}`
        },
        get responseQueue() {
          read.push(`queue ${number}`)
          return answers
        }
      }))
      yield* sender.sendAll(messages)
      assert.deepStrictEqual(read.toSorted(), ["label 1", "label 2", "queue 1", "queue 2"])
      assert.deepStrictEqual([(yield* receiver.receive).label, (yield* receiver.receive).label], ["1", "2"])
    }).pipe(Effect.scoped, Effect.provide(logged))
  )

  it.effect("is refused without a call of the backend where its name is wrong, and the batch ends before it", () =>
    Effect.gen(function* () {
      const { sender } = yield* world
      const before = (yield* CallLog.calls).length
      for (const field of ["responseQueue", "adminQueue", "deadLetterQueue"] as const) {
        for (const wrong of [`${answers};late`, ".\\system$;DEADLETTER", `DIRECT=OS:here\\private$\\a;JOURNAL`]) {
          const error = yield* Effect.flip(sender.send({ [field]: wrong }))
          assert.strictEqual(error.reason._tag, "IllegalMessage")
          if (error.reason._tag !== "IllegalMessage") return
          assert.deepStrictEqual([error.reason.index, error.reason.field], [0, field])
        }
      }
      assert.strictEqual((yield* CallLog.calls).length, before)
    }).pipe(Effect.scoped, Effect.provide(logged))
  )

  it.effect("fails with the reason of a transient failure, and is sent the next time", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world
      yield* FaultInjection.inject({
        function: "MQGetQueueProperties",
        call: 1,
        code: "MQ_ERROR_SERVICE_NOT_AVAILABLE"
      })
      const error = yield* Effect.flip(sender.sendAll([{ label: "1" }, { label: "2", responseQueue: answers }]))
      assert.strictEqual(error.reason._tag, "ServiceNotAvailable")
      assert.deepStrictEqual(error.progress, { accepted: 1 })
      yield* sender.send({ label: "2", responseQueue: answers })
      assert.deepStrictEqual([(yield* receiver.receive).label, (yield* receiver.receive).label], ["1", "2"])
    }).pipe(Effect.scoped, Effect.provide(FaultInjection.layer(logged)))
  )

  it.effect("is not sent where its send is interrupted while the address is asked for", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world
      yield* FaultInjection.inject({ function: "MQGetQueueProperties", call: 1, stall: "Infinity" })
      const sending = yield* Effect.forkChild(sender.send({ responseQueue: answers }), { startImmediately: true })
      yield* Fiber.interrupt(sending)
      assert.strictEqual((yield* receiver.poll)._tag, "None")
      yield* sender.send({ label: "after", responseQueue: answers })
      assert.strictEqual((yield* receiver.receive).label, "after")
    }).pipe(Effect.scoped, Effect.provide(FaultInjection.layer(logged)))
  )

  it("is sent so in promises, too", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await msmq.createQueue(answers)
    await using sender = await msmq.openSender(orders)
    await sender.send({ responseQueue: answers })
    await using receiver = await msmq.openReceiver(orders)
    assert.strictEqual((await receiver.receive()).responseQueue, "DIRECT=OS:MACHINE\\private$\\answers")
  })
})
