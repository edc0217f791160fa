/**
 * X.509 certificates, as the getter of a security context takes them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import { X509Certificate } from "node:crypto"
import { bytesViolation, plainBytes } from "./internal/bytes.ts"
import { countOf } from "./internal/errors/describeValue.ts"
import { printable } from "./internal/printable.ts"
import { mistakeInDer, mistakeInText, notDer, trusted } from "./internal/security/certificateMistakes.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/operations.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

const TypeId = "~@effect-msmq/core/Certificate"

/**
 * A validated X.509 certificate. It holds no private key: that stays in the Windows certificate store.
 *
 * - `der`: the certificate in ASN.1 DER; do not change these bytes
 * - `fingerprint`: SHA-256 of `der`, as 64 lower-case hexadecimal digits; equal fingerprints are equal certificates
 * - `subject`, `issuer`: distinguished names, such as `"CN=orders, O=Contoso"`; empty where the certificate has none. Control
 *   characters stand as `\u001b` and the like, so that they are safe to print whoever made the certificate
 * - `notBefore`, `notAfter`: the validity; an invalid `Date` where the certificate's is none. Message Queuing itself never
 *   checks it (behaviour A-56)
 *
 * Logging or inspecting one shows its fingerprint, subject and validity, never `der`.
 *
 * @category models
 * @since 0.1.0
 */
export class Certificate implements Equal.Equal {
  readonly [TypeId] = TypeId
  readonly fingerprint: string
  readonly #x509: X509Certificate

  /** Use {@link fromDer} or {@link fromPem}. */
  constructor(x509: X509Certificate) {
    this.#x509 = x509
    this.fingerprint = x509.fingerprint256.replaceAll(":", "").toLowerCase()
  }

  get der(): Uint8Array {
    return this.#x509.raw
  }
  get subject(): string {
    return oneLine(() => this.#x509.subject)
  }
  get issuer(): string {
    return oneLine(() => this.#x509.issuer)
  }
  get notBefore(): Date {
    return dateOf(this.#x509.validFrom, this.#x509.validFromDate)
  }
  get notAfter(): Date {
    return dateOf(this.#x509.validTo, this.#x509.validToDate)
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return isCertificate(that) && this.fingerprint === that.fingerprint
  }
  [Hash.symbol](): number {
    return Hash.string(this.fingerprint)
  }
  toString(): string {
    return `Certificate(${this.subject || "no subject"}, sha256 ${this.fingerprint.slice(0, 16)}…)`
  }
  toJSON(): unknown {
    const { fingerprint, subject, notBefore, notAfter } = this
    return { _id: "Certificate", fingerprint, subject, notBefore, notAfter }
  }
  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON()
  }
}

/** Returns a date of a certificate. Where its text says that it is none, Node makes a date of whatever lies in memory. */
const dateOf = (text: string, date: Date): Date => (text === "Bad time value" ? new Date(NaN) : date)

/** Returns a distinguished name in one line. Node gives `undefined` for an empty one, against its own types. */
const oneLine = (read: () => string | undefined): string => {
  try {
    return (read() ?? "").split("\n").map(printable).join(", ")
  } catch {
    return ""
  }
}

/**
 * Whether a value is a {@link Certificate}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isCertificate = (value: unknown): value is Certificate =>
  typeof value === "object" && value !== null && TypeId in value

const notACertificate = (operation: Operation, rule: string): MsmqError =>
  operation.error({ _tag: "NotACertificate", rule })

const following = (count: number): string => `${countOf(count, "byte")} ${count === 1 ? "follows" : "follow"}`

const parse = (operation: Operation, der: Uint8Array, trailing: string): Effect.Effect<Certificate, MsmqError> =>
  Effect.try({
    try: () => new X509Certificate(der),
    catch: (cause) =>
      notACertificate(
        operation,
        mistakeInDer(der) ?? `the bytes are not ASN.1 DER of an X.509 certificate (${(cause as Error).message})`
      )
  }).pipe(
    Effect.filterOrFail(
      (x509) => x509.raw.length === der.length,
      (x509) => notACertificate(operation, `${following(der.length - x509.raw.length)} the certificate: ${trailing}`)
    ),
    Effect.map((x509) => new Certificate(x509))
  )

/**
 * Reads exactly one certificate in ASN.1 DER, the encoding that `MQGetSecurityContextEx` takes (behaviour A-02). The
 * bytes are copied.
 *
 * Fails with `NotACertificate`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromDer = (der: Uint8Array): Effect.Effect<Certificate, MsmqError> =>
  Effect.suspend(() => {
    const operation = operations.Certificate.fromDer
    const bytes = plainBytes(der)
    if (bytes === undefined) {
      const { actual, rule } = bytesViolation(der)
      return Effect.fail(
        notACertificate(
          operation,
          typeof der === "string" ? "a text is no DER: give it to Certificate.fromPem" : `${rule}, not ${actual}`
        )
      )
    }
    // Anything but a SEQUENCE would be taken for PEM by the parser.
    return bytes[0] === 0x30
      ? parse(operation, new Uint8Array(bytes), "give exactly one")
      : Effect.fail(notACertificate(operation, notDer(bytes)))
  })

const pemBlock =
  /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

/**
 * Reads exactly one certificate in PEM. What else the text holds, such as a private key or comments, is not read and not
 * kept.
 *
 * Fails with `NotACertificate`: also where there are several certificates, as in a chain, since a security context has
 * one (behaviour A-06). The rule says what was given where it is something else, such as a private key, a PKCS#12 file or a
 * text whose line breaks are written as `\n`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Certificate } from "@effect-msmq/core"
 * import { Effect } from "effect"
 *
 * const program = Certificate.fromPem("no certificate").pipe(
 *   Effect.catchReason("MsmqError", "NotACertificate", (reason) => Effect.succeed(reason.rule))
 * )
 *
 * Effect.runSync(program) // => "there is no -----BEGIN CERTIFICATE----- block in the text"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromPem = (pem: string): Effect.Effect<Certificate, MsmqError> =>
  Effect.suspend(() => {
    const operation = operations.Certificate.fromPem
    const blocks = typeof pem === "string" ? [...pem.matchAll(pemBlock)] : []
    const [first] = blocks
    if (first === undefined) return Effect.fail(notACertificate(operation, mistakeInText(pem)))
    if (blocks.length > 1) {
      return Effect.fail(
        notACertificate(operation, `the text holds ${blocks.length} certificates: give the one to sign with`)
      )
    }
    const [, label, base64 = ""] = first
    return parse(operation, Buffer.from(base64, "base64"), label === "TRUSTED " ? trusted : "give exactly one")
  })
