/** Receives that are interrupted while their message is on its way. */
import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy, RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { withGateway } from "../support/gatewayOf.ts"

const orders = ".\\private$\\orders"

describe("a receive that is interrupted while its message is on its way", () => {
  for (const plainReceives of ["atLeastOnce", "atMostOnce"] as const) {
    it.live(`gives the message back where the connection holds, ${plainReceives}`, () =>
      withGateway({ policy: GatewayPolicy.unprotected, heartbeat: "1 minute" }, (url) =>
        Effect.gen(function* () {
          const proxy = yield* CuttingProxy.make(url)
          yield* MessageQueue.create(orders)
          const sender = yield* MessageQueue.openSender(orders)
          const direct = yield* MessageQueue.openReceiver(orders)
          yield* Effect.gen(function* () {
            const receiver = yield* MessageQueue.openReceiver(orders)
            yield* sender.send({ label: "order 1" })
            proxy.silence("gateway")
            const receiving = yield* Effect.forkChild(receiver.receive, { startImmediately: true })
            // The gateway has taken the message.
            yield* direct.pollPeek.pipe(Effect.repeat({ until: Option.isNone }))
            const interrupting = yield* Effect.forkChild(Fiber.interrupt(receiving), { startImmediately: true })
            proxy.hear()
            yield* Fiber.join(interrupting)
            assert.strictEqual(Option.getOrUndefined(yield* receiver.poll)?.label, "order 1")
          }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url: proxy.url, plainReceives }), { local: true }))
        }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true }))
      )
    )
  }
})
