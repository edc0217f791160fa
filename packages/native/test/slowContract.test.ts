/** The contract where each receive takes a while, so that most are made off the main thread. */
import { NativeMqrt } from "@effect-msmq/native"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { doubleLedger } from "./support/doubleLedger.ts"
import { control, files, missing } from "./theDouble.ts"

/** Milliseconds that a receive takes. */
const delay = 1

/** Promises of thousands of messages, which would take as many times that long. */
const ofMany = /event loop|5,000| loop over a full queue/

const setDelay = (milliseconds: number): void => {
  control.setDelay("MQReceiveMessage", milliseconds)
  control.setDelay("MQReceiveMessageByLookupId", milliseconds)
}

describe.skipIf(missing !== null)("the contract, where receives are slow", () => {
  beforeAll(() => {
    control.reset()
    setDelay(delay)
  })
  afterAll(() => setDelay(0))

  const promises = [...MqrtContract.promises, MqrtContract.waitingReceives(1000)]
  for (const { check, name } of promises.filter(({ name }) => !ofMany.test(name))) {
    it.live(name, () => check.pipe(Effect.provide(NativeMqrt.layerWith(files))))
  }

  it("every handle is released, and no call of mqrt.dll is illegal", () => doubleLedger(files.library).assertClean())
})
