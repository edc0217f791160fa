import { errors } from "@effect-msmq/core/ErrorCode"
import type { SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { code, codeOf, ends, labelled, message, plain, rejectedClasses, text } from "./seam.ts"

const der = (value: string) => text(`certificate ${value}`)

const signed: SendParameters = { ...plain, authenticationLevel: "always" }

const control = MsmqControl.MsmqControl

const getter = (certificate: Uint8Array | null, api: Mqrt.SecurityContextApi = "MQGetSecurityContextEx") =>
  Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(certificate, api, null))

const counters = control.use((msmq) => msmq.counters)

describe("security contexts", () => {
  for (const [what, options, certificate, ex, old] of [
    [
      "no internal certificate (A-09)",
      { internalCertificate: "absent" },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_NO_INTERNAL_USER_CERT"
    ],
    [
      "a damaged internal certificate (A-09)",
      { internalCertificate: "corrupted" },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_NO_INTERNAL_USER_CERT"
    ],
    [
      "a damaged internal certificate, of MSMQ 1.0 (A-09, A-15)",
      { internalCertificate: "corrupted", version: 1 },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
    ],
    [
      "a certificate that is not in the store (A-10, A-17)",
      {},
      der("a"),
      "MQ_ERROR_INVALID_CERTIFICATE",
      "MQ_ERROR_INVALID_CERTIFICATE"
    ],
    [
      "a certificate without its private key (A-11, A-17)",
      { certificates: [{ certificate: der("a"), privateKey: false }] },
      der("a"),
      "MQ_ERROR_CORRUPTED_SECURITY_DATA",
      "MQ_ERROR_CORRUPTED_SECURITY_DATA"
    ],
    [
      "a user without a SID (A-12)",
      { user: { sid: null } },
      null,
      "MQ_ERROR_COULD_NOT_GET_USER_SID",
      "MQ_ERROR_COULD_NOT_GET_USER_SID"
    ],
    ["an empty certificate (A-13)", {}, new Uint8Array(0), "MQ_ERROR_INVALID_PARAMETER", "MQ_ERROR_INVALID_PARAMETER"],
    [
      "exhausted resources (A-14)",
      { resourcesExhausted: true },
      null,
      "MQ_ERROR_INSUFFICIENT_RESOURCES",
      "MQ_ERROR_INSUFFICIENT_RESOURCES"
    ]
  ] as const) {
    it.effect(`${what}: the getters fail with ${ex} and ${old}, and nothing needs freeing (A-18)`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(getter(certificate))
        assert.deepStrictEqual([failure.function, failure.code], ["MQGetSecurityContextEx", errors[ex]])
        const oldFailure = yield* Effect.flip(getter(certificate, "MQGetSecurityContext"))
        assert.deepStrictEqual([oldFailure.function, oldFailure.code], ["MQGetSecurityContext", errors[old]])
        assert.deepStrictEqual(yield* counters, {
          contextsAcquired: 0,
          contextsFreed: 0,
          keyFetches: 0,
          signatures: 0
        })
      }).pipe(Effect.provide(InMemoryMqrt.layerWith(options)))
    )
  }

  it.effect("the control changes the options at any time", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      yield* msmq.setResourcesExhausted(true)
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      yield* msmq.setResourcesExhausted(false)
      yield* msmq.setInternalCertificate("absent")
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      yield* msmq.setInternalCertificate("registered")
      yield* msmq.setUser({ sid: null })
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_COULD_NOT_GET_USER_SID)
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* getter(null)
      yield* msmq.addCertificate({ certificate: der("a"), privateKey: true })
      yield* getter(der("a"))
      assert.isTrue(yield* msmq.removeCertificate(der("a")))
      assert.isFalse(yield* msmq.removeCertificate(der("a")))
      assert.strictEqual(yield* code(getter(der("a"))), errors.MQ_ERROR_INVALID_CERTIFICATE)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("handles fit 32 bits, none is zero and none is given out twice (A-36)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handles = new Set<bigint>()
      for (let count = 0; count < 100; count++) {
        const handle = yield* getter(null)
        yield* mqrt.freeSecurityContext(handle)
        handles.add(handle)
        assert.isTrue(handle > 0n && handle <= 0xffffffffn)
      }
      assert.strictEqual(handles.size, 100)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a context fetches its key once, however many messages it signs (A-04, A-05)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message(), message()], { ...signed, securityContext })
      yield* send([message()], { ...signed, securityContext })
      yield* mqrt.freeSecurityContext(securityContext)
      assert.deepStrictEqual(yield* counters, {
        contextsAcquired: 1,
        contextsFreed: 1,
        keyFetches: 1,
        signatures: 3
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("without a context each signed message fetches the key of the internal certificate (A-24, A-40)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message(), message(), message()], signed)
      assert.deepStrictEqual(yield* counters, {
        contextsAcquired: 0,
        contextsFreed: 0,
        keyFetches: 3,
        signatures: 3
      })
      assert.strictEqual((yield* poll).authenticated, 5)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the received message is the same with a context and without one (A-08)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message()], { ...signed, securityContext })
      yield* send([message()], signed)
      const [first, second] = [yield* poll, yield* poll]
      assert.deepStrictEqual({ ...first, messageId: "", lookupId: 0n }, { ...second, messageId: "", lookupId: 0n })
      assert.isNotNull(first.senderCertificate)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a context keeps the user and the certificate of its creation, even if they change (A-20, A-43)", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { poll, send } = yield* ends()
      yield* msmq.setUser({ sid: "S-1-5-21-1-1001" })
      yield* msmq.addCertificate({ certificate: der("a"), privateKey: true, registered: true })
      const securityContext = yield* getter(der("a"))
      yield* msmq.removeCertificate(der("a"))
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* send([message()], { ...signed, securityContext })
      const received = yield* poll
      assert.deepStrictEqual(received.senderCertificate, der("a"))
      const sid = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 0xe9, 3, 0, 0)
      assert.deepStrictEqual(received.senderId, sid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a freed context and an unknown number are invalid, even if nothing is signed (A-30, X-01)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, sender, send } = yield* ends()
      const freed = yield* getter(null)
      yield* mqrt.freeSecurityContext(freed)
      for (const securityContext of [freed, BigInt(sender) as Mqrt.SecurityContextHandle]) {
        for (const options of [plain, signed]) {
          const outcome = yield* send([message()], { ...options, securityContext })
          assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_BAD_SECURITY_CONTEXT])
        }
      }
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("freeing a context twice is not reported, and frees one (A-27, A-29)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handle = yield* getter(null)
      yield* mqrt.freeSecurityContext(handle)
      yield* mqrt.freeSecurityContext(handle)
      assert.strictEqual((yield* counters).contextsFreed, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("authentication", () => {
  it.effect("a context alone signs nothing (A-39)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message()], { ...plain, securityContext })
      const { authenticated, hashAlgorithm, senderCertificate } = yield* poll
      assert.deepStrictEqual([authenticated, hashAlgorithm, senderCertificate], [0, null, null])
      assert.strictEqual((yield* counters).signatures, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [authenticationLevel, version] of [
    ["msmq10", 1],
    ["msmq20", 3],
    ["msmq30", 5],
    ["always", 5]
  ] as const) {
    it.effect(`a signature of level ${authenticationLevel} is received as version ${version} (A-45, A-47)`, () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        yield* send([message()], { ...plain, authenticationLevel })
        assert.strictEqual((yield* poll).authenticated, version)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("the hash is SHA-512 by default, and otherwise the requested one (A-53)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message()], signed)
      yield* send([message()], { ...signed, hashAlgorithm: "sha256" })
      assert.deepStrictEqual([(yield* poll).hashAlgorithm, (yield* poll).hashAlgorithm], ["sha512", "sha256"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const hashAlgorithm of ["md2", "md4", "md5"] as const) {
    it.effect(`no signature is made with ${hashAlgorithm} (A-42, A-54)`, () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const outcome = yield* send([message()], { ...signed, hashAlgorithm })
        assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_CANNOT_CREATE_HASH_EX])
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("a signed send without a context and without an internal certificate fails (A-41, D-05)", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { send } = yield* ends()
      yield* msmq.setInternalCertificate("absent")
      assert.strictEqual(codeOf(yield* send([message()], signed)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      yield* msmq.setInternalCertificate("corrupted")
      assert.strictEqual(codeOf(yield* send([message()], signed)), errors.MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE)
      assert.strictEqual((yield* send([message()])).accepted, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("without a SID no message with one can be sent (D-05)", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { send } = yield* ends()
      yield* msmq.setUser({ sid: null })
      assert.strictEqual(codeOf(yield* send([message()])), errors.MQ_ERROR_COULD_NOT_GET_USER_SID)
      assert.strictEqual((yield* send([message()], { ...plain, senderIdType: "none" })).accepted, 1)
      yield* msmq.setResourcesExhausted(true)
      const outcome = yield* send([message()], { ...plain, senderIdType: "none" })
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the sender id is the user's SID, the machine's guid or nothing, signed or not (A-61, A-62)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const senderIdType of ["sid", "queueManager", "none"] as const) {
        yield* send([message()], { ...plain, senderIdType })
      }
      const received = [yield* poll, yield* poll, yield* poll]
      assert.deepStrictEqual(
        received.map((one) => one.senderIdType),
        ["sid", "queueManager", "none"]
      )
      assert.deepStrictEqual(
        received.map((one) => one.senderId),
        [
          Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0),
          Uint8Array.of(0x71, 0x6d, 0x73, 0x6d, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1),
          null
        ]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ user: { sid: "S-1-5-18" } })))
  )

  it.effect(
    "an unregistered certificate authenticates without a SID, and is a bad signature with one (A-48, A-56 to A-58)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const securityContext = yield* getter(der("a"))
        assert.strictEqual((yield* send([message()], { ...signed, securityContext })).accepted, 1)
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
        yield* send([message()], { ...signed, securityContext, senderIdType: "none" })
        const received = yield* poll
        assert.deepStrictEqual(received.senderCertificate, der("a"))
        assert.deepStrictEqual([received.authenticated, received.senderId], [5, null])
      }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [{ certificate: der("a"), privateKey: true }] })))
  )

  it.effect("a certificate is registered under one SID and not under another (A-58)", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { label, poll, send } = yield* ends()
      const options = { ...signed, securityContext: yield* getter(der("a")) }
      yield* send(labelled("registered"), options)
      assert.strictEqual(yield* label, "registered")
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* send([message()], { ...signed, securityContext: yield* getter(der("a")) })
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({ certificates: [{ certificate: der("a"), privateKey: true, registered: true }] })
      )
    )
  )

  it.effect(
    "a queue that requires authentication drops unsigned messages, and the send succeeds (A-67, A-69, X-16)",
    () =>
      Effect.gen(function* () {
        const { label, poll, send } = yield* ends({ authenticate: true })
        const outcome = yield* send(labelled("unsigned"))
        assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
        yield* send(labelled("signed"), signed)
        assert.strictEqual(yield* label, "signed")
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a queue that does not require it accepts both (A-66)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message()])
      yield* send([message()], signed)
      assert.deepStrictEqual([(yield* poll).authenticated, (yield* poll).authenticated], [0, 5])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receiver that changes the bytes of a sender's id or certificate changes them for no other", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message(), message()], signed)
      const first = yield* poll
      first.senderId?.fill(0)
      first.senderCertificate?.fill(0)
      const second = yield* poll
      assert.strictEqual(second.senderId?.[0], 1)
      assert.strictEqual(second.senderCertificate?.[0], 0x30)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
