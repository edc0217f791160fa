import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { code, ends, message, text } from "./seam.ts"

describe("other users", () => {
  const layer = InMemoryMqrt.layerWith({
    users: [
      {
        user: "clerk",
        domain: "SHOP",
        password: "right",
        sid: "S-1-5-21-1-2002",
        certificates: [{ certificate: text("clerk's"), privateKey: true, registered: true }]
      },
      { user: "local", password: "too", sid: "S-1-5-21-1-2003" }
    ]
  })

  const contextOf = (user: string, domain: string | null, password: string, certificate: Uint8Array | null = null) =>
    Mqrt.Mqrt.use((mqrt) =>
      mqrt.getSecurityContext(certificate, "MQGetSecurityContextEx", {
        user,
        domain,
        password: Redacted.make(password)
      })
    )

  it.effect("a context got as another user carries that user's SID and certificate (A-19, A-20)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const [user, domain] of [
        ["clerk", "SHOP"],
        ["Clerk@shop", null]
      ] as const) {
        const securityContext = yield* contextOf(user, domain, "right", text("clerk's"))
        yield* send([message()], { securityContext, authenticationLevel: "always" })
        const received = yield* poll
        assert.deepStrictEqual([...(received.senderId ?? [])].slice(-4), [0xd2, 7, 0, 0])
        assert.deepStrictEqual(received.senderCertificate, text("clerk's"))
      }
      yield* send([message()])
      assert.deepStrictEqual([...((yield* poll).senderId ?? [])].slice(-4), [0xe9, 3, 0, 0])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a user holds no other user's certificate, and has an internal one of their own (A-10)", () =>
    Effect.gen(function* () {
      const invalid = errors.MQ_ERROR_INVALID_CERTIFICATE
      assert.strictEqual(yield* code(contextOf("local", null, "too", text("clerk's"))), invalid)
      yield* contextOf("local", null, "too")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a wrong password and an unknown user fail to log on, and no context is made", () =>
    Effect.gen(function* () {
      for (const [user, domain, password] of [
        ["clerk", "SHOP", "wrong"],
        ["clerk", null, "right"],
        ["nobody", null, ""]
      ] as const) {
        const failure = yield* Effect.flip(contextOf(user, domain, password))
        assert.deepStrictEqual([failure.function, failure.code], ["LogonUserW", 0x8007052e])
      }
    }).pipe(Effect.provide(layer))
  )
})
