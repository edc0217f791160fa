/** Calls that a cut left in doubt, where the gateway cannot be asked what became of them. */
import { MessageQueue } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { administration, clientAt, clientWith, withGateway } from "../support/gatewayOf.ts"

const orders = ".\\private$\\orders"

/** Sends a message that arrives, and whose answer a cut keeps away. `turnTo`: address of the gateway that the client then finds. */
const sentWithoutAnswer = Effect.fnUntraced(function* (url: string, turnTo: string) {
  const proxy = yield* CuttingProxy.make(url)
  yield* MessageQueue.create(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  return yield* Effect.gen(function* () {
    const sender = yield* MessageQueue.openSender(orders)
    proxy.silence("gateway")
    const sending = yield* Effect.forkChild(sender.send({ label: "order 1" }))
    yield* receiver.receive
    proxy.turnTo(turnTo)
    proxy.hear()
    proxy.cutAll()
    return yield* Effect.flip(Fiber.join(sending))
  }).pipe(
    Effect.scoped,
    Effect.provide(clientAt(proxy.url, administration, { connectWithin: "200 millis", outcomeWithin: "1 second" }), {
      local: true
    })
  )
}, Effect.scoped)

describe("a send whose answer was cut off", () => {
  it.live("is in doubt, and not refused, where the gateway does not let its client in any more", () =>
    withGateway({ policy: clientWith({}) }, (url) =>
      withGateway(
        { policy: { clients: [{ name: "other", token: Redacted.make("2f1d6c1e-5d0b-4c57-8d2a") }] } },
        (other) =>
          Effect.gen(function* () {
            const error = yield* sentWithoutAnswer(url, other)
            assert.strictEqual(error.reason._tag, "GatewayOutcomeUnknown", error.message)
            assert.match(error.message, /could not be asked within 1s: it knows no client with this token/)
            assert.match(error.message, /No message is known to be accepted\.$/)
            assert.isFalse(error.isRetryable)
          }).pipe(Effect.provide(RemoteMqrt.layer({ url, token: administration }), { local: true }))
      )
    )
  )
})
