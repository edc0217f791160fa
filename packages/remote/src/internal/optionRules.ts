/** Rules for options of gateways and clients. */
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { createSecureContext, type SecureContextOptions } from "node:tls"

/** Makes a rule for certificates and keys. Errors do not show them. */
export const pem = (what: string) =>
  Given.guarded(
    `${what} in PEM, which begins with -----BEGIN`,
    (value): value is string => typeof value === "string" && value.includes("-----BEGIN "),
    { secret: true }
  )

/** Returns what OpenSSL says against certificates, keys and lists that begin as they should; `undefined`: nothing. */
export const unreadable = (tls: SecureContextOptions): string | undefined => {
  try {
    createSecureContext(tls)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Rule for times that cannot be zero or without end. */
export const positive = Given.guarded(
  'a finite duration above zero, such as "5 seconds"',
  (value): value is Duration.Input => {
    const duration = Duration.fromInput(value as Duration.Input)
    return Option.isSome(duration) && Duration.isFinite(duration.value) && Duration.toMillis(duration.value) > 0
  }
)
