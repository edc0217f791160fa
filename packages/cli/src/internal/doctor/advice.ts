/** Advice for failures that a check does not expect. */
import { MsmqError } from "@effect-msmq/core"

/** Advice by the reasons of errors. */
const advices: Partial<Record<MsmqError.MsmqError["reason"]["_tag"], string>> = {
  AccessDenied: "Run the command as an administrator, or as the account that your programs run as.",
  InsufficientResources:
    "The quota of the machine, its memory or its disk is used up: empty dead-letter queues and journals, and look at the disk.",
  ServiceNotAvailable: "Start it as an administrator: Start-Service MSMQ"
}

/** Returns what to do about a failure. */
export const adviceFor = (error: unknown): string => {
  const known = error instanceof MsmqError.MsmqError ? advices[error.reason._tag] : undefined
  return known ?? "Look for errors of MSMQ in the event log of Windows, and run the command again."
}
