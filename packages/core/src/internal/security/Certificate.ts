import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import type { X509Certificate } from "node:crypto"
import { printable } from "../printable.ts"

const TypeId = "~@effect-msmq/core/Certificate"

/**
 * Validated X.509 certificate. It holds no private key, which stays in the Windows certificate store.
 *
 * Logs and `console.log` show its fingerprint, subject and validity, never its bytes.
 *
 * See the example of `Certificate.fromPem`.
 *
 * @category models
 * @since 0.1.0
 */
export class Certificate implements Equal.Equal {
  readonly [TypeId] = TypeId
  /** SHA-256 of `der`, as 64 lower-case hexadecimal digits. Equal fingerprints are equal certificates. */
  readonly fingerprint: string
  readonly #x509: X509Certificate

  /** Use `Certificate.fromDer` or `Certificate.fromPem`. */
  constructor(x509: X509Certificate) {
    this.#x509 = x509
    this.fingerprint = x509.fingerprint256.replaceAll(":", "").toLowerCase()
  }

  /** SHA-1 of `der`, as the 40 upper-case hexadecimal digits that Windows shows as the thumbprint. */
  get thumbprint(): string {
    return this.#x509.fingerprint.replaceAll(":", "").toUpperCase()
  }
  /** Certificate in ASN.1 DER. Do not change these bytes. */
  get der(): Uint8Array {
    return this.#x509.raw
  }
  /**
   * Distinguished name of the subject, such as `"CN=orders, O=Contoso"`; empty for none. Control characters are escaped as
   * `\u001b` and the like, so that it is safe to print.
   */
  get subject(): string {
    return oneLine(() => this.#x509.subject)
  }
  /** Distinguished name of the issuer, as `subject`. */
  get issuer(): string {
    return oneLine(() => this.#x509.issuer)
  }
  /**
   * Beginning of the validity; an invalid `Date` where the certificate has none. Message Queuing never checks it.
   */
  get notBefore(): Date {
    return dateOf(this.#x509.validFrom, this.#x509.validFromDate)
  }
  /** End of the validity; an invalid `Date` where the certificate has none. Message Queuing never checks it. */
  get notAfter(): Date {
    return dateOf(this.#x509.validTo, this.#x509.validToDate)
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return isCertificate(that) && this.fingerprint === that.fingerprint
  }
  [Hash.symbol](): number {
    return Hash.string(this.fingerprint)
  }
  /** Returns the subject and the beginning of the fingerprint. */
  toString(): string {
    return `Certificate(${this.subject || "no subject"}, sha256 ${this.fingerprint.slice(0, 16)}…)`
  }
  /** Returns the fingerprint, the subject and the validity. */
  toJSON(): unknown {
    const { fingerprint, subject, notBefore, notAfter } = this
    return { _id: "Certificate", fingerprint, subject, notBefore, notAfter }
  }
  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON()
  }
}

/** Returns a date of a certificate. For an invalid date Node returns an arbitrary one, so the text decides. */
const dateOf = (text: string, date: Date): Date => (text === "Bad time value" ? new Date(NaN) : date)

/** Returns a distinguished name in one line. Node returns `undefined` for an empty one, contrary to its types. */
const oneLine = (read: () => string | undefined): string => {
  try {
    return (read() ?? "").split("\n").map(printable).join(", ")
  } catch {
    return ""
  }
}

/**
 * Returns `true` for a {@link Certificate}.
 *
 * See the example of `Certificate.fromPem`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isCertificate = (value: unknown): value is Certificate =>
  typeof value === "object" && value !== null && TypeId in value
