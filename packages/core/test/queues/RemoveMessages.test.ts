import { type Message, MessageQueue, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { labelsIn, leakFree, send } from "../support/consuming.ts"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"
const target = ".\\private$\\target"

const report = (examined: number, removed: number): MessageQueue.RemoveReport => ({
  examined,
  removed,
  skipped: examined - removed
})

const isTest = ({ label }: Message.ReceivedMessage) => label.startsWith("test")

describe("removeMessages", () => {
  for (const transactional of [true, false]) {
    const kind = transactional ? "transactional" : "plain"

    it.effect(`removes the messages that a function chooses from a ${kind} queue, up to a limit`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* MessageQueue.create(orders, { transactional })
          yield* send(orders, "test 1", "order 1", "test 2", "order 2", "test 3")
          const told: Array<MessageQueue.RemoveReport> = []
          const onProgress = (progress: MessageQueue.RemoveReport) => void told.push(progress)
          assert.deepStrictEqual(
            yield* MessageQueue.removeMessages(orders, { where: isTest, limit: 2, dryRun: true }),
            report(3, 2)
          )
          assert.deepStrictEqual((yield* labelsIn(orders)).length, 5)
          const removed = yield* MessageQueue.removeMessages(orders, { where: isTest, limit: 2, onProgress })
          assert.deepStrictEqual(removed, report(3, 2))
          assert.deepStrictEqual(told, [report(1, 1), report(2, 1), report(3, 2)])
          assert.deepStrictEqual(yield* labelsIn(orders), ["order 1", "order 2", "test 3"])
          assert.deepStrictEqual(yield* MessageQueue.removeMessages(orders, { limit: 1 }), report(1, 1))
          assert.deepStrictEqual(yield* labelsIn(orders), ["order 2", "test 3"])
        })
      )
    )
  }

  it.effect("removes messages that arrived longer ago than a duration, and `where` sees only these", () =>
    leakFree(
      Effect.gen(function* () {
        yield* TestClock.setTime(1_700_000_000_000)
        yield* MessageQueue.create(orders)
        for (const label of ["oldest", "test old", "test new"]) {
          yield* send(orders, label)
          yield* TestClock.adjust("1 hour")
        }
        const seen: Array<string> = []
        const where = (message: Message.ReceivedMessage) => {
          seen.push(message.label)
          return isTest(message)
        }
        assert.deepStrictEqual(
          yield* MessageQueue.removeMessages(orders, { where, olderThan: "2 hours" }),
          report(3, 1)
        )
        assert.deepStrictEqual(seen, ["oldest", "test old"])
        assert.deepStrictEqual(yield* MessageQueue.removeMessages(orders, { olderThan: "3 hours" }), report(2, 1))
        assert.deepStrictEqual(yield* labelsIn(orders), ["test new"])
      })
    )
  )

  it.effect("in a transaction the messages are removed with its commit, or none; a plain queue is refused", () =>
    leakFree(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        yield* send(orders, "test 1", "order 1")
        const remove = MessageQueue.removeMessages(orders, { where: isTest })
        yield* Transaction.run(Effect.andThen(remove, Effect.fail("no"))).pipe(Effect.ignore)
        assert.deepStrictEqual(yield* labelsIn(orders), ["test 1", "order 1"])
        assert.deepStrictEqual(yield* Transaction.run(remove), report(2, 1))
        assert.deepStrictEqual(yield* labelsIn(orders), ["order 1"])
        yield* MessageQueue.delete(orders)
        yield* MessageQueue.create(orders)
        yield* send(orders, "test 1")
        const error = yield* Effect.flip(Transaction.run(remove))
        assert.strictEqual(error.reason._tag, "TransactionMismatch")
        assert.deepStrictEqual(yield* labelsIn(orders), ["test 1"])
      })
    )
  )

  it.effect("leaves a copy in the journal, and skips what another receiver holds", () =>
    leakFree(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true, journal: true })
        yield* send(orders, "test 1", "test 2", "test 3")
        const receiver = yield* MessageQueue.openReceiver(orders)
        const all = yield* Stream.runCollect(receiver.browse)
        const holding = yield* Transaction.begin()
        const here = yield* Effect.context<never>()
        const where = ({ label }: Message.ReceivedMessage) => {
          const take = Transaction.within(receiver.lookup("receiveCurrent", all[1]!.lookupId), holding)
          if (label === "test 2") Effect.runSyncWith(here)(take)
          return true
        }
        assert.deepStrictEqual(yield* MessageQueue.removeMessages(orders, { where }), report(3, 2))
        yield* holding.abort()
        assert.deepStrictEqual(yield* labelsIn(orders), ["test 2"])
        assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\orders;JOURNAL"), ["test 1", "test 3"])
      })
    )
  )

  it.effect("an interruption takes effect between two messages, and progress has counted those that are gone", () =>
    leakFree(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* send(orders, ...Array.from({ length: 10 }, (_, index) => `${index}`))
        let removed = 0
        const fiber = yield* Effect.forkChild(
          MessageQueue.removeMessages(orders, {
            limit: 10,
            onProgress: (progress) => {
              removed = progress.removed
              if (removed === 4) fiber.interruptUnsafe()
            }
          })
        )
        yield* Fiber.await(fiber)
        assert.strictEqual(removed, 4)
        assert.strictEqual((yield* labelsIn(orders)).length, 6)
      })
    )
  )

  it.effect("without a choice, with a wrong one, or with a function that answers wrongly, nothing is removed", () =>
    leakFree(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        yield* send(orders, "1")
        const calls = (yield* CallLog.calls).length
        const untyped = MessageQueue.removeMessages as (
          ...given: ReadonlyArray<unknown>
        ) => ReturnType<typeof MessageQueue.removeMessages>
        for (const given of [[orders], [orders, {}], [orders, { dryRun: true }], [orders, { olderThan: "soon" }]]) {
          const error = yield* Effect.flip(untyped(...given))
          assert.strictEqual(error.reason._tag, "IllegalOption", error.message)
        }
        assert.strictEqual((yield* CallLog.calls).length, calls)
        const none = yield* Effect.flip(untyped(orders, {}))
        assert.include(none.message, "options is without a choice, but one of where, olderThan and limit must be given")
        for (const where of [() => Promise.resolve(false), () => "yes", () => Effect.succeed(false)]) {
          const error = yield* Effect.flip(untyped(orders, { where }))
          assert.strictEqual(error.reason._tag, "IllegalOption")
          assert.isDefined(error.messageId)
          assert.isUndefined(error.progress)
        }
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )

  it("in promises, too", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.ensureQueue(orders)
    await using sender = await msmq.openSender(orders)
    await sender.sendAll([{ label: "test 1" }, { label: "order 1" }])
    const removed = await msmq.removeMessages(orders, { where: ({ label }) => label.startsWith("test") })
    assert.deepStrictEqual(removed, report(2, 1))
    const aborted = AbortSignal.abort(new Error("enough"))
    const error: unknown = await msmq
      .removeMessages(orders, { limit: 1, signal: aborted })
      .catch((cause: unknown) => cause)
    assert.strictEqual(error, aborted.reason)
    assert.strictEqual(await msmq.queueManager.messageCount(orders), 1)
  })

  describe.each(["where", "onProgress"] as const)("in promises, an abort by %s", (by) => {
    it.each(["removeMessages", "redriveMessages"] as const)("ends %s before the next message", async (name) => {
      await using msmq = await connect(InMemoryMqrt.layer)
      await Promise.all([msmq.ensureQueue(orders), msmq.ensureQueue(target)])
      await using sender = await msmq.openSender(orders)
      await sender.sendAll([{ label: "1" }, { label: "2" }, { label: "3" }])
      const enough = new Error("enough")
      const controller = new AbortController()
      const abort = (): true => {
        controller.abort(enough)
        return true
      }
      const options = { signal: controller.signal, limit: 3, [by]: abort }
      const running = name === "removeMessages" ? msmq[name](orders, options) : msmq[name](orders, target, options)
      assert.strictEqual(await running.catch((cause: unknown) => cause), enough)
      assert.isAtLeast(await msmq.queueManager.messageCount(orders), 2)
    })
  })
})
