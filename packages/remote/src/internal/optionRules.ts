/** Rules for options of gateways and clients. */
import * as Given from "@effect-msmq/core/mqrt/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Makes a rule for certificates and keys. Errors do not show them. */
export const pem = (what: string) =>
  Given.guarded(
    `${what} in PEM, which begins with -----BEGIN`,
    (value): value is string => typeof value === "string" && value.includes("-----BEGIN "),
    { secret: true }
  )

/** Rule for times that cannot be zero or without end. */
export const positive = Given.guarded(
  'a finite duration above zero, such as "5 seconds"',
  (value): value is Duration.Input => {
    const duration = Duration.fromInput(value as Duration.Input)
    return Option.isSome(duration) && Duration.isFinite(duration.value) && Duration.toMillis(duration.value) > 0
  }
)
