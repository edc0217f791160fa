import { errors } from "@effect-msmq/core/ErrorCode"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ends, message, plain, text } from "./seam.ts"

const guid = "0f5a7c1e-1111-4222-8333-444455556666"

describe("properties of a message", () => {
  it.effect("requests of the sender are received as they were sent (D-21, D-44, D-56)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const given = {
        acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: false },
        journaling: { deadLetter: true, journal: false },
        adminQueue: "DIRECT=OS:.\\private$\\acks",
        deadLetterQueue: ".\\private$\\dead",
        trace: true
      }
      yield* send([message(given), message()])
      const received = yield* poll
      assert.deepStrictEqual({ ...received, ...given }, received)
      assert.deepStrictEqual([received.rare, (yield* poll).acknowledge], [null, null])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("rare properties, and those of connectors, are received on request (A-84)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receive } = yield* ends()
      const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
      const connector = {
        type: guid,
        class: 0x4000,
        authenticated: true,
        signature: text("signature"),
        symmetricKey: text("key")
      }
      const provider = { name: "a provider", type: 1 }
      const encrypted = { ...plain, provider, privacyLevel: "bodyAes", encryptionAlgorithm: "aes128" } as const
      yield* mqrt.sendMessages(sender, [message({ connector })], encrypted)
      connector.signature.fill(0)
      const received = yield* receive({ read: { ...usualRead, rare: true } })
      assert.deepStrictEqual([received.class, received.authenticated], [0x4000, 1])
      assert.deepStrictEqual([received.privacyLevel, received.encryptionAlgorithm], ["bodyAes", "aes128"])
      assert.deepStrictEqual(received.rare, {
        version: 16,
        provider,
        signature: text("signature"),
        symmetricKey: text("key"),
        connectorType: guid,
        destinationFormatName: formatName,
        transactionStatusQueue: null,
        soapEnvelope: null,
        compoundMessage: null
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const field of ["responseQueue", "adminQueue"] as const) {
    it.effect(`a broken ${field} stops the send; one that leads nowhere does not (B-25, B-27)`, () =>
      Effect.gen(function* () {
        const { send } = yield* ends()
        const broken = yield* send([message(), message({ [field]: ".\\private$\\answers" })])
        assert.deepStrictEqual([broken.accepted, broken.failure?.code], [1, errors.MQ_ERROR_ILLEGAL_FORMATNAME])
        const nowhere = "DIRECT=OS:nowhere\\private$\\answers,DIRECT=OS:nowhere\\private$\\others"
        assert.strictEqual((yield* send([message({ [field]: nowhere })])).failure, null)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("with a certificate of the sender the user is still the context's (A-38)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const [captured, named] = [text("captured"), text("named")]
      const securityContext = yield* mqrt.getSecurityContext(captured, "MQGetSecurityContextEx", null)
      yield* send([message()])
      const { senderId } = yield* poll
      yield* MsmqControl.MsmqControl.use((msmq) => msmq.setUser({ sid: "S-1-5-21-1-2-3-1777" }))
      yield* send([message()], { authenticationLevel: "always", securityContext, senderCertificate: named })
      yield* MsmqControl.MsmqControl.use((msmq) =>
        msmq.setUser({ sid: "S-1-5-21-1000000000-2000000000-3000000000-1001" })
      )
      const received = yield* poll
      assert.deepStrictEqual([received.senderId, received.senderCertificate], [senderId, named])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({
          certificates: ["captured", "named"].map((name) => ({
            certificate: text(name),
            privateKey: true,
            registered: true
          }))
        })
      )
    )
  )

  it.effect(
    "a certificate of the message signs instead of the context's, and its key is fetched each time (A-38)",
    () =>
      Effect.gen(function* () {
        const { mqrt, poll, send } = yield* ends()
        const [a, b] = [text("certificate a"), text("certificate b")]
        const authenticationLevel = "always" as const
        const context = yield* mqrt.getSecurityContext(a, "MQGetSecurityContextEx", null)
        yield* send([message()], { authenticationLevel, senderCertificate: b, securityContext: context })
        assert.deepStrictEqual((yield* poll).senderCertificate, b)
        yield* send([message()], { authenticationLevel, senderCertificate: a })
        assert.deepStrictEqual((yield* poll).senderCertificate, a)
        const absent = yield* send([message()], { authenticationLevel, senderCertificate: text("absent") })
        assert.strictEqual(absent.failure?.code, errors.MQ_ERROR_INVALID_CERTIFICATE)
      }).pipe(
        Effect.provide(
          InMemoryMqrt.layerWith({
            certificates: ["a", "b"].map((name) => ({
              certificate: text(`certificate ${name}`),
              privateKey: true,
              registered: true
            }))
          })
        )
      )
  )
})
