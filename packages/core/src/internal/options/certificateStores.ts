/** Rules for certificate stores and for the choice of a certificate. */
import { storeLocations } from "../../mqrt/CertificateProperties.ts"
import type { StoreLocation } from "../../mqrt/CertificateProperties.ts"
import { tableOf } from "./OptionTable.ts"
import type { Rule } from "./Rule.ts"
import { guarded, name, oneOf, violationOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"

const allowedThumbprint = "a thumbprint of 40 hexadecimal digits, the SHA-1 of a certificate, as Windows shows it"

/** Spaces, separators, and marks without a width, which the certificate manager of Windows copies along. */
const ignored = /[\s:\-\p{Cf}]/gu

/** Rule for a thumbprint, which it reads as 40 upper-case digits. */
const thumbprint: Rule<string> = {
  allowed: allowedThumbprint,
  required: false,
  read: (value, option) => {
    if (typeof value !== "string") return violationOf(option, allowedThumbprint, value)
    const digits = value.replaceAll(ignored, "")
    if (/^[\da-f]{40}$/i.test(digits)) return digits.toUpperCase()
    return /^[\da-f]{64}$/i.test(digits)
      ? new Violation(option, `it must be ${allowedThumbprint}`, "of 64 digits, as the fingerprint by SHA-256 is")
      : violationOf(option, allowedThumbprint, value)
  }
}

const subject = guarded(
  'the subject of a certificate, such as "CN=orders, O=Contoso" or "orders"',
  (value): value is string => typeof value === "string" && value.trim() !== ""
)

const location = oneOf(Object.keys(storeLocations) as ReadonlyArray<StoreLocation>)

export const storeOptions = tableOf({ store: name, location })

interface Choice {
  readonly thumbprint?: unknown
  readonly subject?: unknown
}

const exactlyOne = ({ subject, thumbprint }: Choice): Violation | undefined => {
  if (thumbprint === undefined && subject === undefined) {
    return new Violation(
      "options",
      "it must have a thumbprint or a subject, which choose the certificate",
      "without both"
    )
  }
  return thumbprint !== undefined && subject !== undefined
    ? new Violation("subject", "it cannot stand beside thumbprint, which chooses the certificate already", "given")
    : undefined
}

export const fromStoreOptions = tableOf({ ...storeOptions.rules, thumbprint, subject }, exactlyOne)
