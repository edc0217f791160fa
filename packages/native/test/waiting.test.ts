import { MessageQueue } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { node } from "./support/runtimes.ts"
import { waitingPromises } from "./support/waitingPromises.ts"
import { control, files, missing } from "./theDouble.ts"

waitingPromises(node)

describe.skipIf(missing !== null)("a hundred receivers of one queue, each with a handle of its own,", () => {
  it.live("take two hundred messages by five hundred calls at most", () =>
    Effect.gen(function* () {
      control.reset()
      const orders = ".\\private$\\orders"
      const labels = Array.from({ length: 200 }, (_, index) => `message ${index}`)
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const fibers: Array<Fiber.Fiber<ReadonlyArray<string>, unknown>> = []
      for (let index = 0; index < 100; index++) {
        const receiver = yield* MessageQueue.openReceiver(orders)
        const twice = Effect.all([receiver.receive, receiver.receive])
        const both = Effect.map(twice, (messages) => messages.map(({ label }) => label))
        fibers.push(yield* Effect.forkChild(both, { startImmediately: true }))
      }
      yield* sender.sendAll(labels.map((label) => ({ label })))
      const got = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(got.flat().toSorted(), labels.toSorted())
      assert.isAtMost(control.callCount("MQReceiveMessage"), 500)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(NativeMqrt.layerWith(files)))
  )
})
