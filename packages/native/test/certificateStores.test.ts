import * as Certificate from "@effect-msmq/core/Certificate"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import * as SecurityContext from "@effect-msmq/core/SecurityContext"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { onDouble } from "./support/onDouble.ts"
import { control, type DoubleCertificate, missing } from "./theDouble.ts"

const read = (name: string): Certificate.Certificate =>
  Effect.runSync(
    Certificate.fromPem(readFileSync(new URL(`../../core/test/certificates/${name}.pem`, import.meta.url), "utf8"))
  )

const [orders, fabrikam, encrypting] = ["orders", "ordersOfFabrikam", "encrypting"].map(read) as [
  Certificate.Certificate,
  Certificate.Certificate,
  Certificate.Certificate
]

const place = (der: Uint8Array, changes: Partial<DoubleCertificate> = {}) =>
  control.addCertificate({
    store: "My",
    location: 1,
    der,
    thumbprint: createHash("sha1").update(der).digest(),
    friendlyName: null,
    provider: "Microsoft Enhanced RSA and AES Cryptographic Provider",
    providerType: 24,
    ...changes
  })

/** Asserts that each store and each certificate was given back exactly once. */
const assertAllIsClosed = Effect.sync(() =>
  assert.deepStrictEqual([control.openStores(), control.openCertificates(), control.identityViolations()], [0, 0, 0])
)

const checked = <A, E>(effect: Effect.Effect<A, E, Mqrt>) => Effect.andThen(onDouble(effect), assertAllIsClosed)

describe.skipIf(missing !== null)("certificates of the Windows store, on the double", () => {
  beforeEach(() => control.reset())

  it.effect("all certificates of a store are read, with their names and the providers of their keys", () =>
    checked(
      Effect.gen(function* () {
        place(orders.der, { friendlyName: "Żółw 🐢" })
        place(fabrikam.der, { provider: "Microsoft Software Key Storage Provider", providerType: 0 })
        place(encrypting.der, { provider: null })
        place(encrypting.der, { location: 2 })
        const found = yield* Certificate.listStore()
        assert.deepStrictEqual(
          found.map(({ fingerprint, friendlyName, keyProvider }) => [fingerprint, friendlyName, keyProvider]),
          [
            [
              orders.fingerprint,
              "Żółw 🐢",
              { name: "Microsoft Enhanced RSA and AES Cryptographic Provider", api: "CryptoAPI" }
            ],
            [fabrikam.fingerprint, undefined, { name: "Microsoft Software Key Storage Provider", api: "CNG" }],
            [encrypting.fingerprint, undefined, undefined]
          ]
        )
      })
    )
  )

  it.effect("one is found by its thumbprint or its subject, and a context is acquired for it", () =>
    checked(
      Effect.gen(function* () {
        place(fabrikam.der)
        place(orders.der)
        const certificate = yield* Certificate.fromStore({ thumbprint: `\u200e${orders.thumbprint.toLowerCase()}` })
        assert.strictEqual(certificate.fingerprint, orders.fingerprint)
        yield* Effect.scoped(SecurityContext.acquire({ certificate }))
        assert.strictEqual(control.lastCertificateLength(), orders.der.length)
        const subject = yield* Certificate.fromStore({ subject: "CN=orders, O=Fabrikam" })
        assert.strictEqual(subject.fingerprint, fabrikam.fingerprint)
        const error = yield* Effect.flip(Certificate.fromStore({ subject: "CN=orders" }))
        assert(error.reason._tag === "AmbiguousCertificate")
        assert.deepStrictEqual(error.reason.thumbprints, [fabrikam.thumbprint, orders.thumbprint])
      })
    )
  )

  it.effect("the store of the computer is another one than that of the user, and so is one of another name", () =>
    checked(
      Effect.gen(function* () {
        place(orders.der, { location: 2 })
        place(fabrikam.der, { store: "Shop" })
        assert.deepStrictEqual(yield* Certificate.listStore(), [])
        const [machine] = yield* Certificate.listStore({ location: "LocalMachine" })
        assert.deepStrictEqual([machine?.fingerprint, machine?.location], [orders.fingerprint, "LocalMachine"])
        assert.strictEqual((yield* Certificate.listStore({ store: "SHOP" }))[0]?.fingerprint, fabrikam.fingerprint)
        const error = yield* Effect.flip(Certificate.listStore({ store: "Personal" }))
        assert.strictEqual(error.reason._tag, "CertificateStoreNotFound")
      })
    )
  )

  it.effect("a store that cannot be opened, and one that fails while it is read, are given back", () =>
    checked(
      Effect.gen(function* () {
        place(orders.der)
        place(fabrikam.der)
        for (const [name, nth] of [
          ["CertOpenStore", 1],
          ["CertEnumCertificatesInStore", 1],
          ["CertEnumCertificatesInStore", 2],
          ["CertEnumCertificatesInStore", 3]
        ] as const) {
          control.identityFailNext(name, 5, nth)
          const error = yield* Effect.flip(Certificate.listStore())
          assert.deepStrictEqual<object>(error.reason, { _tag: "WindowsFailure", function: name, code: 0x8007_0005 })
          yield* assertAllIsClosed
        }
        control.identityFailNext("CertFindCertificateInStore", 5)
        const error = yield* Effect.flip(Certificate.fromStore({ thumbprint: orders.thumbprint }))
        assert.strictEqual(error.reason._tag, "WindowsFailure")
      })
    )
  )

  it.effect("bytes that Node cannot read as a certificate are left out of a list", () =>
    checked(
      Effect.gen(function* () {
        place(Uint8Array.of(0x30, 1, 2, 3))
        place(orders.der)
        assert.deepStrictEqual(
          (yield* Certificate.listStore()).map(({ fingerprint }) => fingerprint),
          [orders.fingerprint]
        )
      })
    )
  )

  it.effect("what was read stays as it is when the store is closed and its memory is used for something else", () =>
    checked(
      Effect.gen(function* () {
        for (let time = 0; time < 50; time++) place(time % 2 === 0 ? orders.der : fabrikam.der)
        const mqrt = yield* Mqrt
        const found = yield* mqrt.findCertificates("My", "CurrentUser", null)
        yield* mqrt.findCertificates("My", "CurrentUser", null)
        assert.deepStrictEqual(
          found.map(({ der }) => Buffer.from(der).equals(orders.der)),
          Array.from({ length: 50 }, (_, at) => at % 2 === 0)
        )
      })
    )
  )

  it.live("interrupted anywhere in a store of 2,000 certificates, everything is given back exactly once", () =>
    checked(
      Effect.gen(function* () {
        for (let time = 0; time < 2000; time++) place(orders.der)
        const mqrt = yield* Mqrt
        const seen = new Set<string>()
        for (let turns = 0; turns < 60; turns++) {
          const cut = Effect.forEach(Array.from({ length: turns }), () => Effect.sleep(0), { discard: true })
          const outcome = yield* Effect.raceFirst(
            Effect.as(mqrt.findCertificates("My", "CurrentUser", null), "read"),
            Effect.as(cut, "cut")
          )
          seen.add(outcome)
          yield* assertAllIsClosed
        }
        assert.isTrue(seen.has("cut"))
        assert.strictEqual((yield* mqrt.findCertificates("My", "CurrentUser", null)).length, 2000)
      })
    )
  )

  it.live("a search that waits for other slow calls can be interrupted, and the next one works", () =>
    checked(
      Effect.gen(function* () {
        place(orders.der)
        const mqrt = yield* Mqrt
        control.hold("MQGetPrivateComputerInformation")
        const slow = yield* Effect.forEach([1, 2, 3], () =>
          Effect.forkChild(mqrt.getPrivateComputerInformation(null), { startImmediately: true })
        )
        const search = yield* Effect.forkChild(Certificate.listStore(), { startImmediately: true })
        yield* Fiber.interrupt(search)
        control.letGo("MQGetPrivateComputerInformation")
        yield* Fiber.awaitAll(slow)
        assert.strictEqual((yield* Certificate.listStore()).length, 1)
      })
    )
  )
})
