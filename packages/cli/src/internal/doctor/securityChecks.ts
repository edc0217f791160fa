/** Checks of what signed messages need. */
import { SecurityContext } from "@effect-msmq/core"
import { Effect } from "effect"
import type { QueuingCheck } from "./Check.ts"
import { ok, warning } from "./Check.ts"

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
