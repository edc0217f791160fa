import { InMemoryMqrt } from "@effect-msmq/testing"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"

describe("the contract, in memory", () => {
  for (const { check, name } of [...MqrtContract.promises, MqrtContract.waitingReceives(1000)]) {
    it.live(name, () => check.pipe(Effect.provide(InMemoryMqrt.layer)))
  }
})
