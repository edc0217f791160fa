/** Sends whose answers are cut off: the client asks what became of them, and says so where nobody knows. */
import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy, type MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Exit, Fiber } from "effect"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { withGateway } from "../support/gatewayOf.ts"

const orders = ".\\private$\\orders"

/** Sends a message whose answer does not arrive, and connects again after a pause. Returns how the send ended, and the number of messages in the queue. */
const sendWithoutAnswer = (options: Partial<MqrtGateway.Options>, pause: Duration.Input) =>
  withGateway({ policy: GatewayPolicy.unprotected, ...options }, (url) =>
    Effect.gen(function* () {
      const proxy = yield* CuttingProxy.make(url)
      yield* MessageQueue.create(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      const exit = yield* Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders)
        proxy.silence("gateway")
        const sending = yield* Effect.forkScoped(sender.send({ label: "order 1" }))
        yield* receiver.peek
        proxy.cutAll()
        proxy.silence("client")
        yield* Effect.sleep(pause)
        proxy.hear()
        return yield* Fiber.await(sending)
      }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url: proxy.url }), { local: true }))
      yield* receiver.receive
      return { exit, isAnotherThere: (yield* receiver.poll)._tag === "Some" }
    }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true }))
  )

describe("a send whose answer is cut off", () => {
  it.live("is known to have had its effect", () =>
    Effect.map(sendWithoutAnswer({}, "1 millis"), ({ exit, isAnotherThere }) => {
      assert.isTrue(Exit.isSuccess(exit))
      assert.isFalse(isAnotherThere)
    })
  )

  it.live("is in doubt where the gateway has forgotten it meanwhile, and is not said to have had no effect", () =>
    Effect.gen(function* () {
      const { exit, isAnotherThere } = yield* sendWithoutAnswer({ rememberedFor: 0 }, "500 millis")
      const error = yield* Effect.flip(exit)
      assert.strictEqual(error.reason._tag, "GatewayOutcomeUnknown")
      assert.isFalse(error.isRetryable)
      assert.match(error.message, /the gateway has forgotten the calls of this program by now/)
      assert.isFalse(isAnotherThere)
    })
  )
})
