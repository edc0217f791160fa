/** A connection that is cut while many calls run in it. */
import { MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { administration, clientAt, clientWith, withGateway } from "../support/gatewayOf.ts"

const orders = ".\\private$\\orders"

describe("a client whose connection is cut", () => {
  it.live("says nothing to the error output of the program, however many calls ran", () =>
    withGateway({ policy: clientWith({}) }, (url) =>
      Effect.gen(function* () {
        const warnings: Array<string> = []
        const note = ({ message }: Error): void => void warnings.push(message)
        yield* Effect.acquireRelease(
          Effect.sync(() => process.on("warning", note)),
          () => Effect.sync(() => process.off("warning", note))
        )
        const proxy = yield* CuttingProxy.make(url)
        yield* Effect.gen(function* () {
          yield* MessageQueue.create(orders)
          const receiver = yield* MessageQueue.openReceiver(orders)
          const waiting = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.forkChild(receiver.receive))
          const sender = yield* MessageQueue.openSender(orders)
          yield* sender.send({ label: "first" })
          proxy.cutAll()
          yield* Effect.retry(sender.sendAll(Array.from({ length: 20 }, () => ({ label: "later" }))), {
            while: ({ isRetryable }) => isRetryable
          })
          yield* Effect.forEach(waiting, Fiber.interrupt)
        }).pipe(Effect.scoped, Effect.provide(clientAt(proxy.url, administration), { local: true }))
        assert.deepStrictEqual(warnings, [])
      }).pipe(Effect.scoped)
    )
  )
})
