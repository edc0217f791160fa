import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"

/** A gateway over a backend in memory, and a client of it, in this process. */
const remote = Layer.unwrap(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(RemoteMqrt.layer({ url }))))
const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(Layer.provide(Logger.layer([])))

/** Promises of thousands of messages, which `test:gateway` tries too. They take five times as long as all others together. */
const ofMany = /event loop|full queue|5,000|whose buffer is transferred between/

const promises = MqrtContract.promises.filter(({ name }) => !ofMany.test(name))

describe("the contract, through a gateway", () => {
  it("is tried but for what takes longest", () => assert.isAtLeast(promises.length, MqrtContract.promises.length - 20))

  for (const { check, name } of promises) {
    it.live(name, () =>
      Effect.gen(function* () {
        const ledger = yield* HandleLedger.HandleLedger
        yield* check.pipe(Effect.scoped, Effect.provide(Layer.provide(remote, gateway), { local: true }))
        yield* ledger.expectNoLeaks
      }).pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer), { local: true }))
    )
  }
})
