import { Certificate } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Equal, Hash, Result, Schema } from "effect"
import { createHash, generateKeyPairSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { inspect } from "node:util"

const pemOf = (name: string): string => readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), "utf8")
const derOf = (pem: string): Uint8Array => Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64")

const ruleOf = (result: Result.Result<unknown, { readonly reason: { readonly _tag: string } }>): string => {
  assert(Result.isFailure(result))
  const reason = result.failure.reason as { readonly _tag: string; readonly rule: string }
  assert.strictEqual(reason._tag, "NotACertificate")
  return reason.rule
}

describe("reading", () => {
  it.effect.each(["alice", "bob"])("DER and PEM of %s are one certificate; its fingerprint is SHA-256", (name) =>
    Effect.gen(function* () {
      const pem = pemOf(name)
      const fromPem = yield* Certificate.fromPem(pem)
      const fromDer = yield* Certificate.fromDer(derOf(pem))
      assert.isTrue(Equal.equals(fromPem, fromDer))
      assert.strictEqual(Hash.hash(fromPem), Hash.hash(fromDer))
      assert.strictEqual(fromPem.fingerprint, createHash("sha256").update(derOf(pem)).digest("hex"))
      assert.deepStrictEqual(Buffer.from(fromPem.der), derOf(pem))
      assert.match(fromPem.subject.toLowerCase(), new RegExp(`cn=${name}, o=contoso`))
      assert.isBelow(fromPem.notBefore.getTime(), fromPem.notAfter.getTime())
    })
  )

  it.effect("two certificates are not equal", () =>
    Effect.gen(function* () {
      assert.isFalse(Equal.equals(yield* Certificate.fromPem(pemOf("alice")), yield* Certificate.fromPem(pemOf("bob"))))
    })
  )

  it.effect("what the caller does to its buffer later does not change the certificate", () =>
    Effect.gen(function* () {
      const buffer = Uint8Array.from(derOf(pemOf("alice")))
      const certificate = yield* Certificate.fromDer(buffer)
      buffer.fill(0)
      assert.deepStrictEqual(Buffer.from(certificate.der), derOf(pemOf("alice")))
    })
  )

  it.effect("exactly one certificate is taken: a chain and trailing bytes are refused (A-06)", () =>
    Effect.gen(function* () {
      const chain = yield* Effect.result(Certificate.fromPem(pemOf("alice") + pemOf("bob")))
      assert.include(ruleOf(chain), "2 certificates")
      const trailing = Buffer.concat([derOf(pemOf("alice")), Buffer.alloc(3)])
      assert.include(ruleOf(yield* Effect.result(Certificate.fromDer(trailing))), "3 bytes follow")
      const one = trailing.subarray(0, -2)
      assert.include(ruleOf(yield* Effect.result(Certificate.fromDer(one))), "1 byte follows the certificate")
      const textAsDer = Buffer.from(pemOf("alice"))
      assert.include(ruleOf(yield* Effect.result(Certificate.fromDer(textAsDer))), "fromPem")
    })
  )

  it.effect.prop(
    "random bytes are no certificate and no crash",
    { bytes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), sequence: Schema.Boolean },
    ({ bytes, sequence }) =>
      Effect.gen(function* () {
        ruleOf(yield* Effect.result(Certificate.fromDer(Uint8Array.from(sequence ? [0x30, ...bytes] : bytes))))
      })
  )

  it.effect.prop("random text is no certificate and no crash", { text: Schema.String }, ({ text }) =>
    Effect.gen(function* () {
      ruleOf(yield* Effect.result(Certificate.fromPem(text)))
      ruleOf(
        yield* Effect.result(Certificate.fromPem(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`))
      )
    })
  )
})

/** Fields that are read from a certificate, and its text. */
const readEverything = (certificate: Certificate.Certificate) => {
  const { issuer, notAfter, notBefore, subject } = certificate
  assert.isString(subject)
  assert.isString(issuer)
  assert.instanceOf(notBefore, Date)
  assert.instanceOf(notAfter, Date)
  return [String(certificate), JSON.stringify(certificate), inspect(certificate), subject, issuer]
}

describe("whatever a certificate says of itself, it can be shown", () => {
  it.effect("an empty subject and issuer are empty texts", () =>
    Effect.gen(function* () {
      const certificate = yield* Certificate.fromPem(pemOf("nameless"))
      assert.deepStrictEqual([certificate.subject, certificate.issuer], ["", ""])
      assert.match(String(certificate), /^Certificate\(no subject, sha256 /)
      assert.include(inspect({ certificate }), "subject: ''")
      assert.deepInclude(JSON.parse(JSON.stringify(certificate)) as object, { _id: "Certificate", subject: "" })
    })
  )

  it.effect("a name cannot forge another part, a line, a command to a terminal or a direction", () =>
    Effect.gen(function* () {
      const certificate = yield* Certificate.fromPem(pemOf("hostile"))
      assert.strictEqual(certificate.subject, String.raw`OU=b + CN=a\, O=Contoso\1B[2J\u202etxt\u0085, O=x`)
      for (const shown of readEverything(certificate)) {
        assert.notMatch(shown, /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
      }
    })
  )

  it.effect("dates that are none are invalid dates", () =>
    Effect.gen(function* () {
      const der = Buffer.from(derOf(pemOf("alice")))
      der.write("991399000000Z", der.indexOf(Buffer.of(0x17, 13)) + 2, "latin1")
      der.write("99991399000000Z", der.indexOf(Buffer.of(0x18, 15)) + 2, "latin1")
      // Node alone gives another date now and then.
      const dates = new Set<number>()
      for (let times = 0; times < 2000; times++) {
        const certificate = yield* Certificate.fromDer(der)
        dates.add(certificate.notBefore.getTime()).add(certificate.notAfter.getTime())
      }
      assert.deepStrictEqual([...dates], [NaN])
      readEverything(yield* Certificate.fromDer(der))
    })
  )

  const position = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))
  const byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  it.effect.prop(
    "one with damaged bytes is none, or is shown without a throw",
    { changes: Schema.Array(Schema.Tuple([position, byte])), name: Schema.Literals(["alice", "hostile", "nameless"]) },
    ({ changes, name }) =>
      Effect.gen(function* () {
        const der = Buffer.from(derOf(pemOf(name)))
        for (const [at, value] of changes) der[at % der.length] = value
        const read = yield* Effect.result(Certificate.fromDer(der))
        if (Result.isSuccess(read)) readEverything(read.success)
        else ruleOf(read)
      }),
    { arbitrary: { runs: 300 } }
  )
})

describe("what is given instead of a certificate is told from one", () => {
  const alice = pemOf("alice")
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  const block = (label: string) => `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`

  const texts: ReadonlyArray<readonly [string, unknown, string]> = [
    ["line breaks written as \\n", alice.replaceAll("\n", "\\n"), 'text.replaceAll("\\\\n", "\\n")'],
    ["line breaks written as \\r\\n", alice.replaceAll("\n", "\\r\\n"), "replaceAll"],
    ["a TRUSTED CERTIFICATE", pemOf("trusted"), "openssl x509 -in trusted.pem -out certificate.pem"],
    ["a private key", key, "a private key and no certificate"],
    ["an RSA private key", block("RSA PRIVATE KEY"), "a private key and no certificate"],
    ["an encrypted private key", block("ENCRYPTED PRIVATE KEY"), "a private key and no certificate"],
    ["a public key", publicKey.export({ type: "spki", format: "pem" }), "a public key and no certificate"],
    ["a request", block("CERTIFICATE REQUEST"), "a request for a certificate"],
    ["an old request", block("NEW CERTIFICATE REQUEST"), "a request for a certificate"],
    ["PKCS#7", block("PKCS7"), "openssl pkcs7"],
    ["CMS", block("CMS"), "openssl pkcs7"],
    ["base64 alone", alice.replaceAll(/-----.*-----/g, ""), 'Buffer.from(text, "base64")'],
    ["a text that is cut off", alice.slice(0, 300), "cut off"],
    ["other characters", alice.replace("MII", "M*I"), "other characters than base64"],
    ["UTF-16 read as UTF-8", Buffer.from(alice, "utf16le").toString("utf8"), "utf16le"],
    ["DER read as text", Buffer.from(derOf(alice)).toString("utf8"), "Certificate.fromDer"],
    ["DER read as Latin-1", Buffer.from(derOf(alice)).toString("latin1"), "Certificate.fromDer"],
    ["DER", derOf(alice), "Certificate.fromDer"],
    ["a file as bytes", Buffer.from(alice), 'readFile(path, "utf8")'],
    ["the name of a file", "C:\\certificates\\orders.pem", "the name of a file"],
    ["nothing", undefined, "PEM is a string, not undefined"],
    ["an empty text", "", "there is no -----BEGIN CERTIFICATE----- block"]
  ]
  it.effect.each(texts)("as text: %s", ([, given, rule]) =>
    Effect.gen(function* () {
      assert.include(ruleOf(yield* Effect.result(Certificate.fromPem(given as string))), rule)
    })
  )

  const der = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"))
  const bytes: ReadonlyArray<readonly [string, unknown, string]> = [
    ["PEM", Buffer.from(alice), "give the text to Certificate.fromPem"],
    ["PEM with a byte order mark", Buffer.from(`\ufeff${alice}`), "give the text to Certificate.fromPem"],
    ["PEM in UTF-16", Buffer.from(`\ufeff${alice}`, "utf16le"), "give the text to Certificate.fromPem"],
    ["PEM behind a comment", Buffer.from(`subject=alice\n${alice}`), "give the text to Certificate.fromPem"],
    ["a text", alice, "give it to Certificate.fromPem"],
    ["PKCS#12", der("3082099a02010330820960"), "openssl pkcs12"],
    ["PKCS#7", der("308203a006092a864886f70d010702a082"), "openssl pkcs7"],
    ["a private key", privateKey.export({ type: "pkcs8", format: "der" }), "a private key and no certificate"],
    ["a private key of EC", privateKey.export({ type: "sec1", format: "der" }), "a private key and no certificate"],
    ["no bytes", new Uint8Array(0), "there are no bytes"],
    ["an ArrayBuffer", new ArrayBuffer(3), "it must be a Uint8Array"],
    ["nothing", undefined, "it must be a Uint8Array, not undefined"]
  ]
  it.effect.each(bytes)("as bytes: %s", ([, given, rule]) =>
    Effect.gen(function* () {
      assert.include(ruleOf(yield* Effect.result(Certificate.fromDer(given as Uint8Array))), rule)
    })
  )

  it.effect("PEM with Windows line breaks, a byte order mark, comments or a key beside it is read", () =>
    Effect.gen(function* () {
      const certificate = yield* Certificate.fromPem(alice)
      for (const pem of [
        alice.replaceAll("\n", "\r\n"),
        alice.replaceAll("\n", "\r"),
        `\ufeff${alice}`,
        `Bag Attributes\n  friendlyName: alice\n${alice}`,
        `${key}${alice}`,
        alice.replaceAll(" CERTIFICATE", " X509 CERTIFICATE"),
        alice.replaceAll(" CERTIFICATE", " TRUSTED CERTIFICATE")
      ]) {
        assert.isTrue(Equal.equals(yield* Certificate.fromPem(pem), certificate))
      }
    })
  )

  it.effect("bytes that say another length than they have are read as they are", () =>
    Effect.gen(function* () {
      class Lying extends Uint8Array {
        override get length(): number {
          return 5
        }
      }
      const certificate = yield* Certificate.fromPem(alice)
      assert.isTrue(Equal.equals(yield* Certificate.fromDer(new Lying(derOf(alice))), certificate))
    })
  )
})

describe("no secret leaks", () => {
  it.effect("a private key beside the certificate is not read, not kept, not shown; nor are the bytes", () =>
    Effect.gen(function* () {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
      const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
      const pem = pemOf("alice")
      const certificate = yield* Certificate.fromPem(`${key}${pem}`)
      const shown = [
        String(certificate),
        JSON.stringify(certificate),
        inspect(certificate, { depth: 10, showHidden: true }),
        inspect({ nested: [certificate] }, { depth: 10 })
      ].join("\n")
      const secrets = [derOf(key), derOf(pem)]
      for (const secret of secrets) {
        for (let at = 0; at + 16 <= secret.length; at += 8) {
          const part = Buffer.from(secret.subarray(at, at + 16))
          assert.notInclude(shown, part.toString("hex"))
          assert.notInclude(shown, part.toString("base64").slice(0, 20))
        }
      }
      assert.notInclude(shown, "PRIVATE KEY")
      assert.include(shown, certificate.fingerprint)
    })
  )

  it.effect("the error for bytes that are no certificate does not hold them", () =>
    Effect.gen(function* () {
      const damaged = Uint8Array.from(derOf(pemOf("alice"))).fill(0, 0, 40)
      damaged[0] = 0x30
      const error = yield* Effect.flip(Certificate.fromDer(damaged))
      const shown = inspect(error, { depth: 10, showHidden: true })
      assert.notInclude(shown, Buffer.from(damaged.subarray(60, 80)).toString("hex"))
      assert.notInclude(shown, String([...damaged.subarray(60, 70)]))
    })
  )
})
