import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, ends, message, rejectedClasses, text } from "./seam.ts"

describe("registering certificates", () => {
  const register = (certificate: Uint8Array | null, ifNotExists: boolean) =>
    Mqrt.Mqrt.use((mqrt) => mqrt.registerCertificate(certificate, ifNotExists))
  const context = (certificate: Uint8Array | null) =>
    Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(certificate, "MQGetSecurityContextEx", null))

  it.effect("an internal certificate is made if there is none, or made again on request (A-74 to A-76)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* code(context(null)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      assert.strictEqual(yield* register(null, true), "registered")
      yield* context(null)
      assert.strictEqual(yield* register(null, true), "existed")
      assert.strictEqual(yield* register(null, false), "registered")
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ internalCertificate: "absent" })))
  )

  it.effect("a damaged one is replaced (A-76)", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* register(null, false), "registered")
      yield* context(null)
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ internalCertificate: "corrupted" })))
  )

  it.effect("an external one is registered under the user's SID, without condition (A-58, A-74)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const certificate = text("external")
      const options = { securityContext: yield* context(certificate), authenticationLevel: "always" } as const
      yield* send([message()], options)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      assert.strictEqual(yield* code(register(certificate, true)), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* code(register(new Uint8Array(0), false)), errors.MQ_ERROR_INVALID_PARAMETER)
      assert.strictEqual(yield* register(certificate, false), "registered")
      yield* send([message()], options)
      assert.strictEqual((yield* poll).authenticated, 5)
    }).pipe(
      Effect.provide(InMemoryMqrt.layerWith({ certificates: [{ certificate: text("external"), privateKey: true }] }))
    )
  )
})
