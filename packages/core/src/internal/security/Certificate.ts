import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import type { X509Certificate } from "node:crypto"
import { printable } from "../printable.ts"

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
