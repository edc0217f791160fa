import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  AuthenticationLevel,
  EncryptionAlgorithm,
  HashAlgorithm,
  PrivacyLevel,
  SendParameters
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { code, codeOf, create, direct, drained, ends, labelled, message, plain, rejectedClasses, text } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl
const always = { authenticationLevel: "always" } as const
const single = { transaction: "singleMessage" } as const

const certificate = (name: string) => text(`certificate ${name}`)
const held = (name: string, registered = true) => ({ certificate: certificate(name), privateKey: true, registered })

const context = (of: Uint8Array | null) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(of, "MQGetSecurityContextEx", null))

const register = (of: Uint8Array | null, ifNotExists = false) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.registerCertificate(of, ifNotExists))

describe("the security options of a send", () => {
  const authenticated: Record<AuthenticationLevel, number> = { none: 0, always: 5, msmq10: 1, msmq20: 3, msmq30: 5 }

  it.effect("each authentication level works, and a received message tells its signature (A-44)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const authenticationLevel of Struct.keys(authenticated)) {
        yield* send([message()], { authenticationLevel })
        const received = yield* poll
        assert.strictEqual(received.authenticated, authenticated[authenticationLevel], authenticationLevel)
        assert.strictEqual(received.senderCertificate === null, authenticationLevel === "none", authenticationLevel)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  const made: Record<HashAlgorithm, boolean> = {
    md2: false,
    md4: false,
    md5: false,
    sha1: true,
    sha256: true,
    sha384: true,
    sha512: true
  }

  it.effect("each hash works, and arrives as it was named unless it is too weak (A-52)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const hashAlgorithm of Struct.keys(made)) {
        const outcome = yield* send([message()], { ...always, hashAlgorithm })
        assert.strictEqual(outcome.accepted === 1, made[hashAlgorithm], hashAlgorithm)
        if (made[hashAlgorithm]) assert.strictEqual((yield* poll).hashAlgorithm, hashAlgorithm)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  const byDefault: Record<PrivacyLevel, EncryptionAlgorithm | null> = {
    none: null,
    bodyBase: "rc2",
    bodyEnhanced: "rc2",
    bodyAes: "aes256"
  }
  const ciphers: Record<EncryptionAlgorithm, PrivacyLevel> = {
    rc2: "bodyBase",
    rc4: "bodyEnhanced",
    aes128: "bodyAes",
    aes192: "bodyAes",
    aes256: "bodyAes"
  }

  it.effect("each privacy level and each encryption algorithm works, and a received message tells both (A-80)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, poll } = yield* ends()
      // Messages to a direct name cannot be encrypted (behaviour A-81).
      const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
      const received = (options: Partial<SendParameters>) =>
        Effect.map(Effect.andThen(mqrt.sendMessages(sender, [message()], { ...plain, ...options }), poll), (one) => [
          one.privacyLevel,
          one.encryptionAlgorithm
        ])
      for (const privacyLevel of Struct.keys(byDefault)) {
        assert.deepStrictEqual(yield* received({ privacyLevel }), [privacyLevel, byDefault[privacyLevel]])
      }
      for (const encryptionAlgorithm of Struct.keys(ciphers)) {
        const privacyLevel = ciphers[encryptionAlgorithm]
        assert.deepStrictEqual(yield* received({ privacyLevel, encryptionAlgorithm }), [
          privacyLevel,
          encryptionAlgorithm
        ])
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the three modes of WCF work: by the user's domain, by a certificate alone, and none (A-85)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const received = (options: Partial<SendParameters>) => Effect.andThen(send([message()], options), poll)
      const windowsDomain = yield* received({ ...always, senderIdType: "sid" })
      assert.strictEqual(windowsDomain.authenticated, 5)
      assert.isNotNull(windowsDomain.senderId)
      const certificateAlone = yield* received({
        ...always,
        senderIdType: "none",
        senderCertificate: certificate("theirs")
      })
      assert.deepStrictEqual([certificateAlone.authenticated, certificateAlone.senderId], [5, null])
      assert.deepStrictEqual(certificateAlone.senderCertificate, certificate("theirs"))
      const none = yield* received({ authenticationLevel: "none" })
      assert.deepStrictEqual([none.authenticated, none.senderCertificate], [0, null])
      assert.deepStrictEqual(yield* rejectedClasses, [])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [held("theirs", false)] })))
  )

  it.effect("a signature makes a message larger by its own size and that of its certificate (A-60)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const bytes = Effect.map(mqrt.getQueueInfo(null, direct), ({ bytesInQueue }) => bytesInQueue)
      const size = (options: Partial<SendParameters>) =>
        Effect.gen(function* () {
          yield* send([message()], options)
          const size = yield* bytes
          yield* poll
          return size
        })
      const unsigned = yield* size({})
      for (const name of ["short", "a much longer certificate"]) {
        const der = certificate(name)
        const added = (yield* size({ ...always, senderCertificate: der })) - unsigned
        // A key of 2048 bits gives a signature of 256 bytes; sections are padded to four.
        assert.strictEqual(added, 256 + Math.ceil(der.length / 4) * 4, name)
      }
    }).pipe(
      Effect.provide(InMemoryMqrt.layerWith({ certificates: [held("short"), held("a much longer certificate")] }))
    )
  )

  it.effect("a message can be too large when it is signed, and not when it is unsigned (A-60)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      const body = new Uint8Array(4_194_304 - 512)
      assert.strictEqual((yield* send([message({ body })])).accepted, 1)
      assert.strictEqual(codeOf(yield* send([message({ body })], always)), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("verification", () => {
  const msmq = control
  const unregister = (name: string) => msmq.use((control) => control.unregisterCertificate(certificate(name)))

  it.effect("a machine notices after twenty minutes that a certificate is no longer registered (A-55)", () =>
    Effect.gen(function* () {
      const { label, poll, send } = yield* ends()
      const options = { ...always, securityContext: yield* context(certificate("a")) }
      yield* send(labelled("found"), options)
      assert.isTrue(yield* unregister("a"))
      assert.isFalse(yield* unregister("a"))
      yield* elapse("1199 seconds")
      yield* send(labelled("remembered"), options)
      assert.deepStrictEqual([yield* label, yield* label], ["found", "remembered"])
      yield* elapse("1 second")
      yield* send(labelled("forgotten"), options)
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [held("a")] })))
  )

  it.effect(
    "a certificate that was not found is looked up again each time, so a new registration counts at once (A-55)",
    () =>
      Effect.gen(function* () {
        const { label, send } = yield* ends()
        const options = { ...always, securityContext: yield* context(certificate("a")) }
        yield* send(labelled("too early"), options)
        yield* register(certificate("a"))
        yield* send(labelled("found"), options)
        assert.strictEqual(yield* label, "found")
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [held("a", false)] })))
  )

  const many = Array.from({ length: 54 }, (_, index) => `${index}`)

  it.effect("a machine remembers 53 certificates, and forgets the older half when it gets one more (A-55)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      const sendWith = (name: string) => send(labelled(name), { ...always, senderCertificate: certificate(name) })
      for (const name of many.slice(0, 53)) yield* sendWith(name)
      for (const name of many) yield* unregister(name)
      for (const name of many.slice(0, 53)) yield* sendWith(name)
      assert.strictEqual((yield* drained(direct)).length, 2 * 53)
      yield* register(certificate("53"))
      for (const name of ["53", ...many.slice(0, 53)]) yield* sendWith(name)
      assert.deepStrictEqual(
        (yield* drained(direct)).map(({ label }) => label),
        ["53", ...many.slice(26, 53)]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: many.map((name) => held(name)) })))
  )

  it.effect("a certificate without a SID is not looked up, and so not remembered (A-55)", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      const options = { ...always, securityContext: yield* context(certificate("a")) }
      yield* send(labelled("alone"), { ...options, senderIdType: "none" })
      yield* send(labelled("with a SID"), options)
      assert.strictEqual(yield* label, "alone")
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [held("a", false)] })))
  )

  it.effect(
    "after the internal certificate was renewed, older contexts sign with the old one, and their messages are refused (A-59)",
    () =>
      Effect.gen(function* () {
        const { label, poll, send } = yield* ends()
        const old = { ...always, securityContext: yield* context(null) }
        yield* register(null)
        yield* send(labelled("old"), old)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
        yield* send(labelled("without context"), always)
        yield* send(labelled("new"), { ...always, securityContext: yield* context(null) })
        assert.deepStrictEqual([yield* label, yield* label], ["without context", "new"])
        yield* send(labelled("not signed"), { securityContext: old.securityContext })
        assert.strictEqual(yield* label, "not signed")
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "messages of the old certificate arrive while it is remembered, those on their way too, and not later (A-59)",
    () =>
      Effect.gen(function* () {
        const { mqrt, send } = yield* ends({ transactional: true })
        const options = { ...always, securityContext: yield* context(null) }
        yield* send(labelled("before"), { ...options, ...single })
        const [soon, late] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
        yield* send(labelled("soon"), { ...options, transaction: soon })
        yield* send(labelled("late"), { ...options, transaction: late })
        yield* register(null)
        yield* mqrt.commitTransaction(soon)
        yield* elapse("20 minutes")
        yield* mqrt.commitTransaction(late)
        const received = yield* drained(direct)
        assert.deepStrictEqual(
          received.map(({ label }) => label),
          ["before", "soon"]
        )
        assert.deepStrictEqual(received[0]?.senderCertificate, received[1]?.senderCertificate)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "each renewal makes another certificate, and a registration only if none exists renews nothing (A-59)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const signing = Effect.map(Effect.andThen(send([message()], always), poll), (one) => `${one.senderCertificate}`)
        const first = yield* signing
        assert.strictEqual(yield* register(null, true), "existed")
        assert.strictEqual(yield* signing, first)
        const seen = [first]
        for (let renewal = 0; renewal < 3; renewal++) {
          assert.strictEqual(yield* register(null), "registered")
          seen.push(yield* signing)
        }
        assert.strictEqual(new Set(seen).size, 4)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("a queue that requires signatures", () => {
  const admin = "DIRECT=OS:.\\private$\\admin"
  const asking = message({
    acknowledge: { positiveArrival: false, positiveReceive: false, negativeArrival: true, negativeReceive: false },
    adminQueue: admin,
    journaling: { deadLetter: true, journal: false }
  })
  const classes = (formatName: string) =>
    Effect.map(drained(formatName), (received) => received.map((one) => one.class))

  it.effect("a sender learns of a refusal only by acknowledgments and dead letters (A-73)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends({ authenticate: true, transactional: true })
      yield* create({ pathName: ".\\private$\\admin" })
      const outcome = yield* send([asking, asking], { ...single, messageIds: true })
      assert.deepStrictEqual([outcome.accepted, outcome.messageIds?.length, outcome.failure], [2, 2, null])
      const transaction = yield* mqrt.beginTransaction
      yield* send([asking], { transaction })
      yield* mqrt.commitTransaction(transaction)
      assert.strictEqual((yield* mqrt.getQueueInfo(null, direct)).messageCount, 0)
      assert.deepStrictEqual(yield* classes(admin), [0x8006, 0x8006, 0x8006])
      assert.deepStrictEqual(yield* classes("DIRECT=OS:.\\SYSTEM$;DEADXACT"), [0x8006, 0x8006, 0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ permitInsecureNacks: true })))
  )

  it.effect(
    "no call fails with MESSAGE_NOT_AUTHENTICATED: the message is dropped, in a transaction or not (A-72b, X-16)",
    () =>
      Effect.gen(function* () {
        const { mqrt, poll, send } = yield* ends({ authenticate: true })
        assert.strictEqual(codeOf(yield* send([message(), message()])), undefined)
        assert.strictEqual(codeOf(yield* send([message()], single)), undefined)
        const transaction = yield* mqrt.beginTransaction
        assert.strictEqual(codeOf(yield* send([message()], { transaction })), undefined)
        yield* mqrt.commitTransaction(transaction)
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        // A message of the wrong kind is refused for that, before its signature is checked.
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006, 0x8006, 0x8009, 0x8009])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
