import { MessageQueue, Transaction } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(InMemoryMqrt.layer)

const labelOf = ({ label }: { readonly label: string }): string => label

/** Queue with messages, and a receiver of it. */
const queueWith = (labels: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, { transactional: true })
    const sender = yield* MessageQueue.openSender(orders)
    const send = (...others: ReadonlyArray<string>) =>
      Transaction.singleMessage(sender.sendAll(others.map((label) => ({ label }))))
    yield* send(...labels)
    return { send, receiver: yield* MessageQueue.openReceiver(orders) }
  })

describe("an effect that receives", () => {
  it.effect("can be run by many fibers at once, and each gets a message of its own, in order", () =>
    Effect.gen(function* () {
      const { receiver, send } = yield* queueWith(["a"])
      const { receive } = receiver
      const first = yield* receive
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(receive, { startImmediately: true }))
      yield* send("b", "c", "d")
      const others = yield* Effect.forEach(waiting, Fiber.join)
      assert.deepStrictEqual([first, ...others].map(labelOf), ["a", "b", "c", "d"])
      assert.isTrue(Option.isNone(yield* receiver.poll))
    }).pipe(Effect.provide(backend))
  )

  it.effect("takes part in the transaction of each run, and in none outside of one", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queueWith(["a", "b"])
      const { receive } = receiver
      const seen: Array<string> = []
      const rollback = Effect.flatMap(receive, (message) => Effect.fail(seen.push(labelOf(message))))
      yield* Effect.flip(Transaction.run(rollback))
      assert.deepStrictEqual(seen, ["a"])
      assert.strictEqual(labelOf(yield* receive), "a")
      assert.strictEqual(labelOf(yield* Transaction.run(receive)), "b")
      assert.isTrue(Option.isNone(yield* receiver.poll))
    }).pipe(Effect.provide(backend))
  )

  it.effect("can be run after a restart of the service, and reopens its queue (C-37)", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      const { receiver } = yield* queueWith(["a", "b", "c", "d"])
      const { messages, receive } = receiver
      assert.strictEqual(labelOf(yield* receive), "a")
      const restart = Effect.andThen(control.stopService, control.startService)
      yield* restart
      assert.strictEqual(labelOf(yield* receive), "b")
      yield* restart
      assert.deepStrictEqual((yield* Stream.runCollect(Stream.take(messages, 2))).map(labelOf), ["c", "d"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails in each run after the receiver was closed, also in those that wait, and leaves no handle open", () =>
    Effect.gen(function* () {
      const { receive, waiting } = yield* Effect.scoped(
        Effect.gen(function* () {
          const { receiver } = yield* queueWith(["a"])
          const { receive } = receiver
          yield* receive
          const waiting = yield* Effect.forkDetach(receive, { startImmediately: true })
          return { receive, waiting }
        })
      )
      for (const run of [Fiber.join(waiting), receive, receive]) {
        assert.strictEqual((yield* Effect.flip(run)).reason._tag, "Released")
      }
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})
