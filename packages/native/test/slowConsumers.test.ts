/** Consumers of a queue whose calls take long. */
import { MessageQueue } from "@effect-msmq/core"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Ref } from "effect"
import { control, missing } from "./theDouble.ts"
import { calls, elsewhere, endCalls, layer, numbered, orders, whileCalling } from "./support/heldReceives.ts"

describe.skipIf(missing !== null)("a consumer that holds its queue alone", () => {
  beforeEach(() => control.reset())

  it.live("ends at once when it is interrupted during a peek that takes long, which loses nothing", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere, { shareMode: "denyReceive" })
      const handled = yield* Ref.make<ReadonlyArray<string>>([])
      const consume = receiver.consume(({ label }) => Ref.update(handled, (labels) => [...labels, label]))
      yield* sender.sendAll(numbered(0, 3))
      const consumer = yield* whileCalling(consume)
      const made = calls()
      yield* Fiber.interrupt(consumer)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(consumer)))
      // The call goes on.
      assert.strictEqual(calls(), made)
      endCalls()
      assert.deepStrictEqual(yield* Ref.get(handled), [])
      const again = yield* Effect.forkChild(consume)
      while ((yield* Ref.get(handled)).length < 3) yield* Effect.sleep(1)
      yield* Fiber.interrupt(again)
      assert.deepStrictEqual(yield* Ref.get(handled), ["0", "1", "2"])
    }).pipe(Effect.scoped, Effect.ensuring(Effect.sync(endCalls)), Effect.provide(layer, { local: true }))
  )
})
