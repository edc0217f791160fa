/** A gateway that is stopped in order while clients use it, and started again over the same queues. */
import { MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Scope } from "effect"

const [held, waited, sentTo] = [".\\private$\\held", ".\\private$\\waited", ".\\private$\\sentTo"]

const isRetryable = ({ isRetryable }: MsmqError.MsmqError): boolean => isRetryable

/** Gateways over one backend, one after the other. */
const gatewaysOver = (context: Context.Context<Mqrt.Mqrt>) =>
  Effect.fnUntraced(function* (port: number) {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const layer = MqrtGateway.layer({ policy: GatewayPolicy.unprotected, port }).pipe(
      Layer.provide(Layer.succeed(Mqrt.Mqrt, Context.get(context, Mqrt.Mqrt))),
      Layer.provide(Logger.layer([]))
    )
    const { url } = Context.get(yield* Layer.buildWithScope(layer, scope), MqrtGateway.MqrtGateway)
    return { url, stop: Scope.close(scope, Exit.void) }
  })

describe("a gateway that is stopped", () => {
  it.live("releases all, tells its clients that it is unavailable, and they go on when it runs again", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(HandleLedger.layer(InMemoryMqrt.layer))
      const ledger = Context.get(context, HandleLedger.HandleLedger)
      const start = gatewaysOver(context)
      const first = yield* start(0)

      yield* Effect.gen(function* () {
        for (const name of [held, sentTo]) yield* MessageQueue.create(name, { transactional: true })
        yield* MessageQueue.create(waited)
        const sender = yield* MessageQueue.openSender(held)
        yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
        const receiver = yield* MessageQueue.openReceiver(held)
        const waiting = yield* Effect.flatMap(MessageQueue.openReceiver(waited), (waiter) =>
          Effect.forkChild(Effect.retry(waiter.receive, { while: isRetryable }))
        )

        // One transaction has received when the gateway stops.
        const out = yield* MessageQueue.openSender(sentTo)
        const ended = yield* Effect.flip(
          Transaction.run(
            Effect.gen(function* () {
              const { label } = yield* receiver.receive
              yield* out.send({ label })
              yield* first.stop
            })
          )
        )
        assert.strictEqual(ended.reason._tag, "GatewayUnavailable", ended.message)
        assert.isTrue(ended.isRetryable)
        yield* ledger.expectNoLeaks

        const unavailable = yield* Effect.flip(MessageQueue.openSender(waited))
        assert.strictEqual(unavailable.reason._tag, "GatewayUnavailable", unavailable.message)
        assert.isTrue(unavailable.isRetryable)

        yield* start(Number(new URL(first.url).port))
        const again = yield* Effect.retry(MessageQueue.openSender(waited), { while: isRetryable })
        yield* again.send({ label: "late" })
        assert.strictEqual((yield* Fiber.join(waiting)).label, "late")
        // The transaction was rolled back, and can be run again.
        const move = Transaction.run(Effect.flatMap(receiver.receive, ({ label }) => out.send({ label })))
        yield* Effect.retry(move, { while: isRetryable })
        const results = yield* MessageQueue.openReceiver(sentTo)
        assert.strictEqual((yield* results.receive).label, "order 1")
        assert.strictEqual((yield* results.poll)._tag, "None")
      }).pipe(
        Effect.scoped,
        Effect.provide(RemoteMqrt.layer({ url: first.url, connectWithin: "300 millis" }), { local: true })
      )
    }).pipe(Effect.scoped)
  )
})
