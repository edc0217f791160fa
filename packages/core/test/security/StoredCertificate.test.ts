import { Certificate, MessageQueue, Mqrt, SecurityContext } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Equal } from "effect"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { inspect } from "node:util"

const read = (name: string): Certificate.Certificate =>
  Effect.runSync(Certificate.fromPem(readFileSync(new URL(`../certificates/${name}.pem`, import.meta.url), "utf8")))

const [orders, fabrikam, encrypting, elliptic] = ["orders", "ordersOfFabrikam", "encrypting", "alice"].map(read) as [
  Certificate.Certificate,
  Certificate.Certificate,
  Certificate.Certificate,
  Certificate.Certificate
]

const thumbprintOf = ({ der }: Certificate.Certificate): string =>
  createHash("sha1").update(der).digest("hex").toUpperCase()

const machine = InMemoryMqrt.layerWith({
  certificates: [
    { certificate: orders.der, privateKey: true, friendlyName: "Orders Desk" },
    { certificate: encrypting.der, privateKey: false },
    { certificate: elliptic.der, privateKey: true, keyApi: "CNG" },
    { certificate: fabrikam.der, privateKey: true, location: "LocalMachine" },
    { certificate: fabrikam.der, privateKey: true, store: "Shop" }
  ]
})

/** Within the validity of all certificates here. */
const inValidity = TestClock.setTime(Date.UTC(2030, 0, 1))

describe("a certificate of a store", () => {
  it.effect("it is found by its thumbprint, and signs as one of a file does", () =>
    Effect.gen(function* () {
      yield* inValidity
      const certificate = yield* Certificate.fromStore({ thumbprint: thumbprintOf(orders) })
      assert.isTrue(Equal.equals(certificate, orders))
      assert.deepStrictEqual(certificate.der, orders.der)
      assert.deepStrictEqual(
        [
          certificate.thumbprint,
          certificate.store,
          certificate.location,
          certificate.friendlyName,
          certificate.canSign
        ],
        [thumbprintOf(orders), "My", "CurrentUser", "Orders Desk", true]
      )
      yield* MessageQueue.create(".\\private$\\orders", { authenticate: true })
      const securityContext = yield* SecurityContext.acquire({ certificate })
      const sender = yield* MessageQueue.openSender(".\\private$\\orders")
      yield* sender.send({ label: "order 1" }, { securityContext })
      const message = yield* (yield* MessageQueue.openReceiver(".\\private$\\orders")).receive
      assert.isTrue(message.authenticated)
      assert.isTrue(Equal.equals(message.senderCertificate, orders))
    }).pipe(Effect.scoped, Effect.provide(machine))
  )

  it.effect.each([
    ["in lower case", (hex: string) => hex.toLowerCase()],
    ["with colons", (hex: string) => hex.replaceAll(/..(?!$)/g, "$&:")],
    ["with spaces, as Windows shows it", (hex: string) => hex.replaceAll(/..(?!$)/g, "$& ").toLowerCase()],
    ["with the invisible mark that the certificate manager copies", (hex: string) => `\u200e${hex}`],
    ["with such a mark behind, and white space", (hex: string) => ` ${hex}\u200e\u202c\r\n`],
    ["with hyphens", (hex: string) => hex.replaceAll(/..(?!$)/g, "$&-")]
  ] as const)("a thumbprint is taken %s", ([, write]) =>
    Effect.gen(function* () {
      const certificate = yield* Certificate.fromStore({ thumbprint: write(thumbprintOf(orders)) })
      assert.strictEqual(certificate.fingerprint, orders.fingerprint)
    }).pipe(Effect.provide(machine))
  )

  it.effect.each([
    "orders",
    "ORDERS",
    "CN=orders",
    "cn = Orders",
    "CN=orders, O=Contoso",
    "O=Contoso, CN=orders",
    "O=Contoso;CN=orders",
    "O=Contoso\nCN=orders",
    'CN="orders"'
  ])("the subject %j is that of the certificate", (subject) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Certificate.fromStore({ subject })).fingerprint, orders.fingerprint)
    }).pipe(Effect.provide(machine))
  )

  it.effect.each([
    'CN=Message "Desk" + more',
    'Message "Desk" + more',
    "E=it@contoso.com",
    "emailAddress=IT@contoso.com, S=WA",
    "O=Contoso, Ltd.",
    'O="Contoso, Ltd.", ST=WA',
    "O=Contoso\\, Ltd."
  ])("the subject %j is found, as Windows, Node or a person writes it", (subject) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Certificate.fromStore({ subject })).fingerprint, encrypting.fingerprint)
    }).pipe(Effect.provide(machine))
  )

  it.effect.each(["order", "CN=order", "CN=orders, O=Fabrikam", "O=orders", "CN=", "=orders", "CN=orders, OU=x"])(
    "the subject %j is that of no certificate: a part of a value does not choose one",
    (subject) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Certificate.fromStore({ subject }))
        assert(error.reason._tag === "CertificateNotFound")
        assert.deepStrictEqual(
          [error.reason.subject, error.reason.thumbprint, error.reason.store, error.reason.location],
          [subject, undefined, "My", "CurrentUser"]
        )
        assert.include(error.message, "Certificate.listStore")
      }).pipe(Effect.provide(machine))
  )

  it.effect("a private key in place of a subject is in no error", () =>
    Effect.gen(function* () {
      const subject = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n"
      const error = yield* Effect.flip(Certificate.fromStore({ subject }))
      assert.strictEqual(error.reason._tag, "CertificateNotFound")
      assert.notInclude(`${inspect(error)} ${JSON.stringify(error)}`, "MIIsecret")
    }).pipe(Effect.provide(machine))
  )

  it.effect("a subject that several certificates have is refused, with the thumbprints of all", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* control.addCertificate({ certificate: fabrikam.der, privateKey: true })
      const error = yield* Effect.flip(Certificate.fromStore({ subject: "CN=orders" }))
      assert(error.reason._tag === "AmbiguousCertificate")
      assert.deepStrictEqual(error.reason.thumbprints, [thumbprintOf(orders), thumbprintOf(fabrikam)])
      assert.include(error.message, `${thumbprintOf(orders)}, ${thumbprintOf(fabrikam)}`)
      const chosen = yield* Certificate.fromStore({ subject: "CN=orders, O=Fabrikam" })
      assert.strictEqual(chosen.fingerprint, fabrikam.fingerprint)
    }).pipe(Effect.provide(machine))
  )

  it.effect("stores have names and two places, and a certificate of one is not in another", () =>
    Effect.gen(function* () {
      const found = yield* Certificate.fromStore({ subject: "orders", store: "my", location: "LocalMachine" })
      assert.deepStrictEqual([found.fingerprint, found.location], [fabrikam.fingerprint, "LocalMachine"])
      assert.strictEqual((yield* Certificate.fromStore({ subject: "orders", store: "Shop" })).store, "Shop")
      const thumbprint = thumbprintOf(fabrikam)
      const error = yield* Effect.flip(Certificate.fromStore({ thumbprint }))
      assert(error.reason._tag === "CertificateNotFound")
      assert.deepStrictEqual([error.reason.thumbprint, error.reason.subject], [thumbprint, undefined])
      assert.include(error.message, `no certificate with the thumbprint ${thumbprint}`)
      assert.include(error.message, "the store of the computer is LocalMachine")
    }).pipe(Effect.provide(machine))
  )

  it.effect("a store that does not exist is an error, and one that exists may be empty", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Certificate.listStore({ store: "Personal" }))
      assert.deepStrictEqual<object>(error.reason, {
        _tag: "CertificateStoreNotFound",
        store: "Personal",
        location: "CurrentUser"
      })
      assert.include(error.message, '"My"')
      assert.deepStrictEqual(yield* Certificate.listStore({ store: "Root", location: "LocalMachine" }), [])
    }).pipe(Effect.provide(machine))
  )

  it.effect(
    "a context for a certificate that is not in the user's own store is refused, as Message Queuing refuses it (A-10)",
    () =>
      Effect.gen(function* () {
        const certificate = yield* Certificate.fromStore({ subject: "orders", location: "LocalMachine" })
        const error = yield* Effect.flip(SecurityContext.acquire({ certificate }))
        assert.strictEqual(error.reason._tag, "InvalidCertificate")
      }).pipe(Effect.scoped, Effect.provide(machine))
  )

  it.effect("neither a choice nor two choices, and other mistakes, are refused before any call", () =>
    Effect.gen(function* () {
      const fromStore = Certificate.fromStore as (options: unknown) => ReturnType<typeof Certificate.fromStore>
      for (const [options, said] of [
        [undefined, "an object with options of"],
        [{}, "a thumbprint or a subject"],
        [{ store: "My" }, "a thumbprint or a subject"],
        [{ subject: "orders", thumbprint: thumbprintOf(orders) }, "cannot stand beside thumbprint"],
        [{ thumbprint: "abc" }, "40 hexadecimal digits"],
        [{ thumbprint: orders.fingerprint }, "as the fingerprint by SHA-256 is"],
        [{ thumbprint: `${thumbprintOf(orders)}0` }, "40 hexadecimal digits"],
        [{ thumbprint: 42 }, "40 hexadecimal digits"],
        [{ subject: " " }, "the subject of a certificate"],
        [{ subject: "orders", location: "currentUser" }, '"CurrentUser" or "LocalMachine"'],
        [{ subject: "orders", store: "" }, "not empty"],
        [{ subject: "orders", storeName: "My" }, "does not exist"]
      ] as const) {
        const error = yield* Effect.flip(fromStore(options))
        assert.strictEqual(error.reason._tag, "IllegalOption")
        assert.include(error.message, said)
      }
    }).pipe(
      Effect.provideServiceEffect(
        Mqrt.Mqrt,
        Effect.flatMap(Mqrt.Mqrt, (mqrt) => Mqrt.make({ ...mqrt, findCertificates: () => Effect.die("it was called") }))
      ),
      Effect.scoped,
      Effect.provide(machine)
    )
  )

  it.effect("a store that Windows does not open is a failure of the call", () =>
    Effect.gen(function* () {
      yield* FaultInjection.inject({ function: "CertOpenStore", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      assert.strictEqual((yield* Effect.flip(Certificate.listStore())).reason._tag, "AccessDenied")
      assert.strictEqual((yield* Certificate.listStore()).length, 3)
    }).pipe(Effect.provide(FaultInjection.layer(machine)))
  )
})

describe("whether a stored certificate can sign", () => {
  it.effect("what keeps it from signing is said, one by one", () =>
    Effect.gen(function* () {
      yield* inValidity
      const all = yield* Certificate.listStore()
      assert.deepStrictEqual(
        all.map(({ canSign, hasPrivateKey, keyProvider, signingObstacles }) => [
          canSign,
          hasPrivateKey,
          keyProvider?.api,
          ...signingObstacles
        ]),
        [
          [true, true, "CryptoAPI"],
          [false, false, undefined, "noPrivateKey", "keyUsage"],
          [false, true, "CNG", "notRsa", "notCryptoApi"]
        ]
      )
      assert.strictEqual(all[0]?.keyProvider?.name, "Microsoft Enhanced RSA and AES Cryptographic Provider")
    }).pipe(Effect.provide(machine))
  )

  it.effect("a certificate without key usage may sign, and the validity is that of the clock", () =>
    Effect.gen(function* () {
      const read = Certificate.fromStore({ subject: "orders", location: "LocalMachine" })
      assert.deepStrictEqual((yield* read).signingObstacles, ["notYetValid"])
      yield* TestClock.setTime(fabrikam.notBefore.getTime())
      const valid = yield* read
      assert.deepStrictEqual(valid.signingObstacles, [])
      yield* TestClock.setTime(fabrikam.notAfter.getTime() + 1)
      assert.deepStrictEqual((yield* read).signingObstacles, ["expired"])
      assert.deepStrictEqual(valid.signingObstacles, [])
    }).pipe(Effect.provide(machine))
  )

  it.effect("it is shown without its bytes, with what is known of it", () =>
    Effect.gen(function* () {
      yield* inValidity
      const certificate = yield* Certificate.fromStore({ subject: "orders" })
      const shown = inspect(certificate)
      for (const part of [thumbprintOf(orders), "CurrentUser", "Orders Desk", "signingObstacles: []"]) {
        assert.include(shown, part)
      }
      assert.notInclude(shown, "MII")
      assert.include(JSON.stringify(certificate), '"_id":"StoredCertificate"')
      assert.isTrue(Certificate.isCertificate(certificate))
    }).pipe(Effect.provide(machine))
  )
})

describe("promises", () => {
  it("the same functions are methods of a connection", async () => {
    await using msmq = await connect(machine)
    const certificate = await msmq.certificateFromStore({ thumbprint: thumbprintOf(orders) })
    using context = msmq.securityContext({ certificate })
    assert.strictEqual(context.certificate?.fingerprint, orders.fingerprint)
    assert.strictEqual((await msmq.storedCertificates()).length, 3)
    assert.strictEqual((await msmq.storedCertificates({ store: "Shop" })).length, 1)
    const rejected: unknown = Reflect.apply(msmq.certificateFromStore, msmq, [])
    const error = await Promise.resolve(rejected).then(() => "fulfilled", String)
    assert.include(error, "a thumbprint or a subject")
  })
})
