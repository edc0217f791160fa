import { Mqrt } from "@effect-msmq/core/Mqrt"
import { NativeMqrt } from "@effect-msmq/native"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"

vi.mock("koffi", () => {
  throw new Error("Cannot find the native Koffi module; did you bundle it correctly?")
})

describe("where koffi has no binary", () => {
  it.effect("the package can be imported, and the layer fails with a typed error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provide(Effect.asVoid(Mqrt), NativeMqrt.layerWith({ library: "mqrt.dll" }))
      )
      assert.strictEqual(error.reason._tag, "MqrtUnavailable")
      assert.include(error.message, "mqrt.dll could not be loaded")
    })
  )
})
