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

  it.effect("A-06 exactly one certificate is taken: a chain and trailing bytes are refused", () =>
    Effect.gen(function* () {
      const chain = yield* Effect.result(Certificate.fromPem(pemOf("alice") + pemOf("bob")))
      assert.include(ruleOf(chain), "2 certificates")
      const trailing = Buffer.concat([derOf(pemOf("alice")), Buffer.alloc(3)])
      assert.include(ruleOf(yield* Effect.result(Certificate.fromDer(trailing))), "3 bytes follow")
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
