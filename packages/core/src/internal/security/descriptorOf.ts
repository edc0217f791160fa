import * as Effect from "effect/Effect"
import { MsmqError } from "../../MsmqError.ts"
import * as SecurityDescriptor from "../../SecurityDescriptor.ts"

/** The security descriptor that a program gives for a queue in SDDL. */
export const descriptorOf = (
  operation: string,
  queue: string,
  sddl: string
): Effect.Effect<SecurityDescriptor.SecurityDescriptor, MsmqError> =>
  Effect.mapError(
    Effect.fromResult(SecurityDescriptor.parse(sddl)),
    ({ reason }) => new MsmqError({ operation, reason, queue })
  )
