import { NativeMqrt } from "@effect-msmq/native"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { doubleLedger } from "./support/doubleLedger.ts"
import { control, files, missing } from "./theDouble.ts"

describe.skipIf(missing !== null)("the contract, on the test double", () => {
  beforeAll(() => control.reset())

  for (const { check, name } of [...MqrtContract.promises, MqrtContract.waitingReceives(1000)]) {
    it.live(name, () => check.pipe(Effect.provide(NativeMqrt.layerWith(files))))
  }

  it("every handle is released, and no call of mqrt.dll is illegal", () => doubleLedger(files.library).assertClean())
})
