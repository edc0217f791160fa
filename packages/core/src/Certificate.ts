/**
 * X.509 certificates for security contexts: from a file, or from a certificate store of Windows.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { bytesViolation, plainBytes } from "./internal/bytes.ts"
import { countOf, describeText } from "./internal/errors/describeValue.ts"
import { Certificate } from "./internal/security/Certificate.ts"
import { mistakeInDer, mistakeInText, notDer, trusted } from "./internal/security/certificateMistakes.ts"
import { fromStoreOptions, storeOptions } from "./internal/options/certificateStores.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { StoredCertificate } from "./internal/security/StoredCertificate.ts"
import { subjectMatcher } from "./internal/security/subjectNames.ts"
import { x509Of } from "./internal/security/x509.ts"
import type { StoredCertificateProperties, StoreLocation } from "./mqrt/CertificateProperties.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"

export { type KeyProvider, type SigningObstacle, StoredCertificate } from "./internal/security/StoredCertificate.ts"
export type { StoreLocation } from "./mqrt/CertificateProperties.ts"
export { Certificate, isCertificate } from "./internal/security/Certificate.ts"

const notACertificate = (operation: Operation, rule: string): MsmqError =>
  operation.error({ _tag: "NotACertificate", rule })

const following = (count: number): string => `${countOf(count, "byte")} ${count === 1 ? "follows" : "follow"}`

const parse = (operation: Operation, der: Uint8Array, trailing: string): Effect.Effect<Certificate, MsmqError> =>
  Effect.try({
    try: () => x509Of(der),
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
 * See the example of {@link fromPem}.
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

/**
 * Certificate store of Windows.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoreOptions {
  /** Name of the store. Default: `"My"`, the store of personal certificates. */
  readonly store?: string | undefined
  /**
   * Place of the store: `"CurrentUser"`, that of the user of the process, which is the default, or `"LocalMachine"`, that of the
   * computer.
   */
  readonly location?: StoreLocation | undefined
}

/**
 * Choice of one certificate of a store: by its thumbprint or by its subject.
 *
 * @category models
 * @since 0.1.0
 */
export interface FromStoreOptions extends StoreOptions {
  /**
   * Thumbprint, as Windows shows it: 40 hexadecimal digits of SHA-1, in any letter case. Spaces, colons, and the invisible marks
   * that the certificate manager copies along are ignored.
   */
  readonly thumbprint?: string | undefined
  /**
   * Subject, in any letter case: attributes such as `"CN=orders, O=Contoso"`, all of which the certificate has, in any order; or
   * the whole value of one of its attributes, such as `"orders"`.
   */
  readonly subject?: string | undefined
}

/** Reads a certificate that a store has; returns `undefined` for one that Node cannot read. */
const stored = (
  found: StoredCertificateProperties,
  store: string,
  location: StoreLocation,
  now: number
): { readonly certificate: StoredCertificate; readonly subject: string } | undefined => {
  try {
    const x509 = x509Of(found.der)
    // Node returns undefined for no subject, contrary to its types.
    const subject: string | undefined = x509.subject
    return { certificate: new StoredCertificate(x509, found, { store, location, now }), subject: subject ?? "" }
  } catch {
    return undefined
  }
}

/** `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)`. */
const fileNotFound = 0x8007_0002

const readStore = (operation: Operation, store: string, location: StoreLocation, thumbprint: Uint8Array | null) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const found = yield* mqrt
      .findCertificates(store, location, thumbprint)
      .pipe(
        Effect.mapError((failure) =>
          failure.code >>> 0 === fileNotFound
            ? operation.error({ _tag: "CertificateStoreNotFound", store, location })
            : operation.lift()(failure)
        )
      )
    const now = yield* Clock.currentTimeMillis
    return found.flatMap((one) => stored(one, store, location, now) ?? [])
  })

/**
 * Lists the certificates of a store of Windows: `CertOpenStore`, `CertEnumCertificatesInStore`. Each says whether it can sign:
 * see `signingObstacles`. Certificates that Node cannot read are left out.
 *
 * Fails with `IllegalOption`; with `CertificateStoreNotFound`; and with `WindowsFailure` where this user may not read the store.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Certificate } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Certificate.listStore({ store: "My", location: "CurrentUser" }).pipe(
 *   Effect.map((certificates) => certificates.filter(({ canSign }) => canSign).map(({ thumbprint }) => thumbprint))
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => []
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const listStore: (options?: StoreOptions) => Effect.Effect<ReadonlyArray<StoredCertificate>, MsmqError, Mqrt> =
  Effect.fn(operations.Certificate.listStore.name, spanOptions)(function* (
    options: StoreOptions = {}
  ): Effect.fn.Return<ReadonlyArray<StoredCertificate>, MsmqError, Mqrt> {
    const operation = operations.Certificate.listStore
    const { location = "CurrentUser", store = "My" } = yield* Given.options({ operation }, storeOptions, options)
    return (yield* readStore(operation, store, location, null)).map(({ certificate }) => certificate)
  }, withErrorType)

/**
 * Reads a certificate from a store of Windows, for `SecurityContext.acquire` and wherever a certificate is taken: `CertOpenStore`,
 * `CertFindCertificateInStore`. Its private key stays in the store.
 *
 * It is returned also where it cannot sign: see `signingObstacles`.
 *
 * Message Queuing finds the private key of a certificate in the personal store of the user: `"My"` of `"CurrentUser"`. A
 * certificate that only another store has may be `InvalidCertificate` for `SecurityContext.acquire`.
 *
 * Fails with `IllegalOption`, also for neither or both of `thumbprint` and `subject`; with `CertificateNotFound`, also for one that
 * Node cannot read; with `AmbiguousCertificate` for a subject that several certificates have, which lists their thumbprints; with
 * `CertificateStoreNotFound`; and with `WindowsFailure` where this user may not read the store.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Certificate } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Certificate.fromStore({ subject: "CN=orders, O=Contoso" }).pipe(
 *   Effect.as("found"),
 *   Effect.catchReason("MsmqError", "CertificateNotFound", ({ location, store }) => Effect.succeed(`${location} ${store}`))
 * )
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "CurrentUser My"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromStore: (options: FromStoreOptions) => Effect.Effect<StoredCertificate, MsmqError, Mqrt> = Effect.fn(
  operations.Certificate.fromStore.name,
  spanOptions
)(function* (options: FromStoreOptions): Effect.fn.Return<StoredCertificate, MsmqError, Mqrt> {
  const operation = operations.Certificate.fromStore
  const {
    location = "CurrentUser",
    store = "My",
    subject,
    thumbprint
  } = yield* Given.options({ operation }, fromStoreOptions, options, "options")
  const hash = thumbprint === undefined ? null : Uint8Array.from(Buffer.from(thumbprint, "hex"))
  const isAsked = subject === undefined ? () => true : subjectMatcher(subject)
  const found = (yield* readStore(operation, store, location, hash)).filter((one) => isAsked(one.subject))
  const [first, ...others] = found
  if (first === undefined) {
    const shown = subject === undefined ? undefined : describeText(subject)
    return yield* operation.error({ _tag: "CertificateNotFound", store, location, thumbprint, subject: shown })
  }
  // A store may have a certificate more than once.
  if (
    subject === undefined ||
    others.every(({ certificate }) => certificate.thumbprint === first.certificate.thumbprint)
  ) {
    return first.certificate
  }
  return yield* operation.error({
    _tag: "AmbiguousCertificate",
    store,
    location,
    subject: describeText(subject),
    thumbprints: found.map(({ certificate }) => certificate.thumbprint)
  })
}, withErrorType)
