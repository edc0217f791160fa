/**
 * X.509 certificates for security contexts.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { X509Certificate } from "node:crypto"
import { bytesViolation, plainBytes } from "./internal/bytes.ts"
import { countOf } from "./internal/errors/describeValue.ts"
import { Certificate } from "./internal/security/Certificate.ts"
import { mistakeInDer, mistakeInText, notDer, trusted } from "./internal/security/certificateMistakes.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

export { Certificate, isCertificate } from "./internal/security/Certificate.ts"

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
 * Reads exactly one certificate in ASN.1 DER, the encoding that `MQGetSecurityContextEx` takes. The bytes are copied.
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
    // The parser takes bytes that do not begin with a SEQUENCE for PEM.
    return bytes[0] === 0x30
      ? parse(operation, new Uint8Array(bytes), "give exactly one")
      : Effect.fail(notACertificate(operation, notDer(bytes)))
  })

const pemBlock =
  /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

/**
 * Reads exactly one certificate in PEM. Other contents of the text, such as a private key or comments, are neither read nor
 * kept.
 *
 * Fails with `NotACertificate`, also for several certificates, as in a chain, since a security context has exactly one. The rule
 * names a common mistake, such as a private key, a PKCS#12 file or a text whose line breaks are written as `\n`.
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
    // A context never has more than one certificate.
    if (blocks.length > 1) {
      return Effect.fail(
        notACertificate(operation, `the text holds ${blocks.length} certificates: give the one to sign with`)
      )
    }
    const [, label, base64 = ""] = first
    return parse(operation, Buffer.from(base64, "base64"), label === "TRUSTED " ? trusted : "give exactly one")
  })
