import { errors } from "@effect-msmq/core/ErrorCode"
import type { SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { securityContexts } from "../src/internal/securityContexts.ts"
import { fakeBindings, returnHandle } from "./fakeBindings.ts"

const der = Uint8Array.of(0x30, 0x82, 0x00, 0xff)

describe("securityContexts", () => {
  it.effect.each(["MQGetSecurityContextEx", "MQGetSecurityContext"] as const)(
    "%s gets the DER bytes unchanged",
    (api) =>
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        const rooms = securityContexts(
          fakeBindings({
            [api]: (certificate: unknown, length: number, slot: ArrayBuffer) => {
              seen.push(certificate, length)
              return returnHandle(slot, 0x1234n)
            }
          })
        )
        assert.strictEqual<bigint>(yield* rooms.getSecurityContext(der, api, null), 0x1234n)
        assert.deepStrictEqual(seen, [der, 4])
        assert.strictEqual<bigint>(yield* rooms.getSecurityContext(null, api, null), 0x1234n)
        assert.deepStrictEqual(seen.slice(2), [null, 0])
      })
  )

  it.effect("gets the context on the calling thread, whose identity it has", () =>
    Effect.gen(function* () {
      const rooms = securityContexts(
        fakeBindings({ MQGetSecurityContextEx: (_bytes, _length, slot) => returnHandle(slot, 7n) })
      )
      let later = false
      setImmediate(() => (later = true))
      yield* rooms.getSecurityContext(null, "MQGetSecurityContextEx", null)
      assert.isFalse(later)
    })
  )

  it.effect.each([
    [0x0000_0000_ffff_fff0n, "no sign"],
    [0xffff_ffff_8000_0010n, "a sign"]
  ] as const)("keeps the full handle %s that fits 32 bits with %s", ([handle]) =>
    Effect.gen(function* () {
      const freed: Array<unknown> = []
      const rooms = securityContexts(
        fakeBindings({
          MQGetSecurityContextEx: (_bytes, _length, slot) => returnHandle(slot, handle),
          MQFreeSecurityContext: (context) => void freed.push(context)
        })
      )
      const context = yield* rooms.getSecurityContext(null, "MQGetSecurityContextEx", null)
      assert.strictEqual<bigint>(context, handle)
      assert.deepStrictEqual(freed, [])
      yield* rooms.freeSecurityContext(context)
      assert.deepStrictEqual(freed, [handle])
    })
  )

  it.effect("frees a handle that does not fit 32 bits, and fails", () =>
    Effect.gen(function* () {
      const freed: Array<unknown> = []
      const rooms = securityContexts(
        fakeBindings({
          MQGetSecurityContextEx: (_bytes, _length, slot) => returnHandle(slot, 0x1_0000_0001n),
          MQFreeSecurityContext: (context) => void freed.push(context)
        })
      )
      const failure = yield* Effect.flip(rooms.getSecurityContext(null, "MQGetSecurityContextEx", null))
      assert.strictEqual(failure.code, 0x8007_0216)
      assert.include(failure.function, "MQGetSecurityContextEx")
      assert.deepStrictEqual(freed, [0x1_0000_0001n])
    })
  )

  it.effect("fails with every error code and the name of the function", () =>
    Effect.gen(function* () {
      for (const code of Object.values(errors)) {
        const rooms = securityContexts(fakeBindings({ MQGetSecurityContextEx: () => code }))
        const failure = yield* Effect.flip(rooms.getSecurityContext(der, "MQGetSecurityContextEx", null))
        assert.deepStrictEqual([failure.function, failure.code], ["MQGetSecurityContextEx", code])
      }
    })
  )

  it.effect.each([
    [0, "registered"],
    [0x400e000a, "existed"]
  ] as const)("registering: %s is %s", ([hresult, outcome]) =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const rooms = securityContexts(
        fakeBindings({
          MQRegisterCertificate: (...args) => {
            seen.push(...args)
            return hresult
          }
        })
      )
      assert.strictEqual(yield* rooms.registerCertificate(null, true), outcome)
      assert.strictEqual(yield* rooms.registerCertificate(der, false), outcome)
      assert.deepStrictEqual(seen, [2, null, 0, 1, der, 4])
    })
  )

  it.effect("frees on the calling thread", () =>
    Effect.gen(function* () {
      const freed: Array<unknown> = []
      const rooms = securityContexts(fakeBindings({ MQFreeSecurityContext: (handle) => void freed.push(handle) }))
      yield* rooms.freeSecurityContext(5n as SecurityContextHandle)
      assert.deepStrictEqual(freed, [5n])
    })
  )
})
