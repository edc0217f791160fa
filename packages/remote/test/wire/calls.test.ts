import { Mqrt, type MqrtFunctions } from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Fits, handled, plain, type PlainName, servedBy } from "../../src/internal/wire/calls.ts"
import { rpcs } from "../../src/internal/wire/rpcs.ts"

/** Functions that no table has, or whose row has other types than the function. The compiler is the judge. */
type Wrong =
  | { [Name in PlainName]: Fits[Name] extends true ? never : Name }[PlainName]
  | Exclude<keyof MqrtFunctions, PlainName | keyof typeof servedBy>
  | Exclude<PlainName | keyof typeof servedBy, keyof MqrtFunctions>

const nothingIsWrong: [Wrong] extends [never] ? true : Wrong = true

/** Calls of the connection itself, which serve no function. */
const ofTheConnection: ReadonlyArray<string> = ["hello", "heartbeat", "describe", "cancel", "outcomeOf"]

describe("the tables of calls", () => {
  it.effect("have every function of a backend, with its types, and no other", () =>
    Effect.gen(function* () {
      assert.isTrue(nothingIsWrong)
      const { openHandles: _, ...functions } = yield* Mqrt
      const served = [...Object.keys(plain), ...Object.keys(servedBy)]
      assert.deepStrictEqual(served.toSorted(), Object.keys(functions).toSorted())
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it("have no call that serves no function", () => {
    const serving: ReadonlySet<string> = new Set(Object.values(servedBy).flat())
    const idle = Object.keys(handled).filter((name) => !serving.has(name))
    assert.deepStrictEqual(idle.toSorted(), ofTheConnection.toSorted())
  })

  it("are the procedures of a gateway", () => {
    const calls = [...Object.keys(plain), ...Object.keys(handled)]
    assert.deepStrictEqual([...rpcs.requests.keys()].toSorted(), calls.toSorted())
  })
})
