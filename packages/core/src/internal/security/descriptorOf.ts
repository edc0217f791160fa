import * as Effect from "effect/Effect"
import { MsmqError } from "../../MsmqError.ts"
import * as SecurityDescriptor from "../../SecurityDescriptor.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** The security descriptor that a program gives for a queue in SDDL. */
export const descriptorOf = (
  operation: Operation,
  queue: string,
  sddl: string
): Effect.Effect<SecurityDescriptor.SecurityDescriptor, MsmqError> =>
  Effect.mapError(Effect.fromResult(SecurityDescriptor.parse(sddl)), ({ reason }) => operation.error(reason, { queue }))
