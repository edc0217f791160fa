/**
 * Certificates for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Certificates from "../Certificate.ts"
import { certificateSource } from "../internal/options/credentials.ts"
import { argument } from "../internal/options/illegalOption.ts"
import * as operations from "../internal/telemetry/Operation.ts"

export type {
  Certificate,
  FromStoreOptions,
  KeyProvider,
  SigningObstacle,
  StoredCertificate,
  StoreLocation,
  StoreOptions
} from "../Certificate.ts"
export { isCertificate } from "../Certificate.ts"

/**
 * Reads exactly one certificate: text in PEM, or bytes in ASN.1 DER.
 *
 * Throws an `MsmqError` with the reason `NotACertificate`. See {@link Certificates.fromPem} and
 * {@link Certificates.fromDer}.
 *
 * @example
 * ```ts import.meta.vitest
 * import { certificate, MsmqError } from "@effect-msmq/core/promises"
 *
 * const ruleFor = (pem: string) => {
 *   try {
 *     return certificate(pem).subject
 *   } catch (error) {
 *     return error instanceof MsmqError ? error.reason._tag : "other"
 *   }
 * }
 *
 * ruleFor("no certificate") // => "NotACertificate"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const certificate = (source: string | Uint8Array): Certificates.Certificate =>
  Effect.runSync(
    Effect.flatMap(
      argument({ operation: operations.promises.certificate }, "source", certificateSource, source),
      (source) => (typeof source === "string" ? Certificates.fromPem(source) : Certificates.fromDer(source))
    )
  )
