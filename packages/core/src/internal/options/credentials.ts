import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type Certificate, isCertificate } from "../security/Certificate.ts"
import { securityContextApis } from "../../mqrt/QueueValues.ts"
import { duration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { boolean, guarded, isBytes, name, oneOf, required, text } from "./Rule.ts"
import { Violation } from "./Violation.ts"

/** Rule for a certificate. A text or bytes would count as no certificate at all, so that another one would sign. */
export const certificate = guarded(
  "a Certificate, as Certificate.fromPem, Certificate.fromDer or Certificate.fromStore reads it",
  // A copy of its fields has no bytes and would count as the internal certificate.
  (value): value is Certificate => isCertificate(value) && isBytes(value.der),
  { secret: true }
)

export const certificateSource = guarded(
  "a string in PEM, or a Uint8Array of ASN.1 DER",
  (value): value is string | Uint8Array => Predicate.isString(value) || isBytes(value),
  { secret: true }
)

const password = guarded(
  "a Redacted string: Redacted.make(password)",
  (value): value is Redacted.Redacted<string> =>
    Redacted.isRedacted(value) && typeof Redacted.value(value) === "string",
  { secret: true }
)

export const impersonated = tableOf({ user: required(name), domain: text, password: required(password) })

export const acquireOptions = tableOf({
  certificate,
  api: oneOf(securityContextApis),
  as: nested("another user", impersonated, { secret: true })
})

export const cacheOptions = tableOf({ idleTimeToLive: duration })

export const registerOptions = tableOf(
  { certificate, ifNotExists: boolean },
  ({ certificate, ifNotExists }: { readonly certificate?: unknown; readonly ifNotExists?: unknown }) =>
    certificate !== undefined && ifNotExists
      ? new Violation("ifNotExists", "it is for the internal certificate: an external one is always registered", "true")
      : undefined
)
