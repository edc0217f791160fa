import { NativeMqrt } from "@effect-msmq/native"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { buildForLinux } from "./double/buildDouble.ts"
import { doubleLedger } from "./support/doubleLedger.ts"

const double = process.platform === "linux" ? await buildForLinux() : { missing: "it is built so only on Linux" }

describe("the contract, on the test double", () => {
  if ("missing" in double) {
    console.log(`The contract does not run on the test double: ${double.missing}`)
    it.skip(double.missing, () => {})
    return
  }
  const { identity: identityLibrary, mqrt: library } = double
  const ledger = doubleLedger(library)
  for (const { check, name } of [...MqrtContract.promises, MqrtContract.waitingReceives(1000)]) {
    it.live(name, () => check.pipe(Effect.provide(NativeMqrt.layerWith({ library, identityLibrary }))))
  }

  it("every handle is released, and no call of mqrt.dll is illegal", () => ledger.assertClean())
})
