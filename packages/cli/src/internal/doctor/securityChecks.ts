/** Checks of what signed messages need. */
import { Certificate, SecurityContext } from "@effect-msmq/core"
import { Clock, Duration, Effect } from "effect"
import { counted } from "../amounts.ts"
import { visible } from "../visible.ts"
import type { Finding, QueuingCheck } from "./Check.ts"
import { ok, warning } from "./Check.ts"

/** Time before its end in which a certificate is to be renewed. */
const renewal = Duration.days(30)

/** Returns the certificates that end soon or have ended, and that no later one of the same subject replaces. */
const endingOf = (
  certificates: ReadonlyArray<Certificate.StoredCertificate>,
  now: number
): ReadonlyArray<Certificate.StoredCertificate> => {
  const ends = (certificate: Certificate.StoredCertificate) =>
    certificate.notAfter.getTime() < now + Duration.toMillis(renewal)
  const lasting = new Set(certificates.filter((one) => !ends(one)).map(({ subject }) => subject))
  return certificates.filter((one) => ends(one) && !lasting.has(one.subject))
}

const nameOf = ({ friendlyName, notAfter, subject, thumbprint }: Certificate.StoredCertificate): string =>
  `${visible(friendlyName ?? subject)} (${thumbprint}, until ${notAfter.toISOString().slice(0, 10)})`

const findingOf = (stored: ReadonlyArray<Certificate.StoredCertificate>, now: number): Finding => {
  const signing = stored.filter(({ signingObstacles }) => signingObstacles.every((obstacle) => obstacle === "expired"))
  const ending = endingOf(signing, now)
  return ending.length === 0
    ? ok(
        signing.length === 0
          ? "the personal store of this user has no certificate for signing messages; the internal certificate needs none"
          : `the personal store of this user has ${counted(signing.length, "certificate")} for signing messages`
      )
    : warning(
        `certificates that end within 30 days, or have ended: ${ending.map(nameOf).join(", ")}`,
        "Renew them if programs sign with them. A security context of an expired certificate is refused, or its messages are."
      )
}

export const certificateChecks: ReadonlyArray<QueuingCheck> = [
  {
    id: "certificates",
    needs: ["library"],
    run: Effect.all([Certificate.listStore(), Clock.currentTimeMillis]).pipe(
      Effect.map(([stored, now]) => findingOf(stored, now)),
      Effect.catchReason("MsmqError", "FunctionMissing", () =>
        Effect.succeed(ok("this system has no certificate stores"))
      )
    )
  }
]

export const securityChecks: ReadonlyArray<QueuingCheck> = [
  {
    id: "securityContext",
    needs: ["service"],
    run: Effect.scoped(SecurityContext.acquire()).pipe(
      Effect.as(ok("a security context with the internal certificate was acquired and freed: messages can be signed")),
      Effect.catchTag("MsmqError", (error) =>
        Effect.succeed(
          warning(
            `messages cannot be signed with the internal certificate: ${error.reason._tag}`,
            error.reason._tag === "NoInternalUserCert"
              ? "In a domain register one: QueueManager.registerCertificate. In workgroup mode there is none: sign with a certificate of the user's store."
              : error.message
          )
        )
      )
    )
  }
]
