/** Clients that were taken for dead, and come back: what they held is another's by then. */
import { MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { GatewayPolicy, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { CuttingProxy, type Silent } from "../support/CuttingProxy.ts"
import { withGateway } from "../support/gatewayOf.ts"

const [held, sentTo] = [".\\private$\\held", ".\\private$\\sentTo"]

const isRetryable = ({ isRetryable }: MsmqError.MsmqError): boolean => isRetryable

const holes: Readonly<Record<string, ReadonlyArray<Silent>>> = {
  "was cut off both ways": ["client", "gateway"],
  "was not heard": ["client"],
  "heard nothing": ["gateway"]
}

describe("a client that", () => {
  for (const [name, sides] of Object.entries(holes)) {
    it.live(`${name} for more than three heartbeats cannot commit what another has by now, and goes on`, () =>
      Effect.gen(function* () {
        const context = yield* Layer.build(HandleLedger.layer(InMemoryMqrt.layer))
        const ledger = Context.get(context, HandleLedger.HandleLedger)
        const backend = Layer.succeed(Mqrt.Mqrt, Context.get(context, Mqrt.Mqrt))
        yield* withGateway(
          { policy: GatewayPolicy.unprotected, heartbeat: 200 },
          (url) =>
            Effect.gen(function* () {
              const proxy = yield* CuttingProxy.make(url)
              for (const queue of [held, sentTo]) yield* MessageQueue.create(queue, { transactional: true })
              const source = yield* MessageQueue.openSender(held)
              yield* source.send({ label: "order 1" }, { transaction: "singleMessage" })
              const others = yield* MessageQueue.openReceiver(held)
              const [received, isBack] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]

              const client = yield* Effect.gen(function* () {
                const receiver = yield* MessageQueue.openReceiver(held)
                const sender = yield* MessageQueue.openSender(sentTo)
                const move = Effect.gen(function* () {
                  const { label } = yield* receiver.receive
                  yield* sender.send({ label: `from the client: ${label}` })
                  yield* Deferred.succeed(received, undefined)
                  yield* Deferred.await(isBack)
                })
                const error = yield* Effect.flip(Transaction.run(move))
                assert.strictEqual(error.reason._tag, "GatewayUnavailable", error.message)
                assert.isTrue(error.isRetryable)
                const send = sender.send({ label: "the client is back" }, { transaction: "singleMessage" })
                yield* Effect.retry(send, { while: isRetryable })
              }).pipe(
                Effect.scoped,
                Effect.provide(RemoteMqrt.layer({ url: proxy.url }), { local: true }),
                Effect.forkChild
              )

              yield* Effect.raceFirst(Deferred.await(received), Fiber.join(client))
              proxy.silence(...sides)
              assert.strictEqual((yield* Effect.retry(others.receive, { while: isRetryable })).label, "order 1")
              proxy.hear()
              yield* Deferred.succeed(isBack, undefined)
              yield* Fiber.join(client)

              const results = yield* MessageQueue.openReceiver(sentTo)
              assert.strictEqual((yield* results.receive).label, "the client is back")
              for (const queue of [results, others]) assert.strictEqual((yield* queue.poll)._tag, "None")
            }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true })),
          backend
        )
        yield* ledger.expectNoLeaks
      }).pipe(Effect.scoped)
    )
  }
})
