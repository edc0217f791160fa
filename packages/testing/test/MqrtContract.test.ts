import { InMemoryMqrt, MqrtContract } from "@effect-msmq/testing"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"

/** Journals are not simulated. */
const missing: MqrtContract.Capability = "journals"

describe("the contract, in memory", () => {
  for (const { check, name, needs } of [...MqrtContract.promises, MqrtContract.waitingReceives(1000)]) {
    it.live.skipIf(needs === missing)(name, () => check.pipe(Effect.provide(InMemoryMqrt.layer)), 70_000)
  }
})
