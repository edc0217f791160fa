import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"

/** A gateway over a backend in memory, and a client of it, in this process. */
const remote = Layer.unwrap(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(RemoteMqrt.layer({ url }))))

describe("the contract, through a gateway", () => {
  for (const { check, name } of MqrtContract.promises) {
    it.live(name, () =>
      Effect.gen(function* () {
        const ledger = yield* HandleLedger.HandleLedger
        const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected })
        yield* check.pipe(Effect.scoped, Effect.provide(Layer.provide(remote, gateway), { local: true }))
        yield* ledger.expectNoLeaks
      }).pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer), { local: true }))
    )
  }
})
