import type { PlatformError } from "effect"
import { Failed } from "./Failed.ts"

const reasons: Readonly<Record<string, string>> = {
  NotFound: "there is no such file",
  PermissionDenied: "this user has no right to it",
  AlreadyExists: "another file has this name"
}

/** Returns why a file could not be read or written. */
export const fileReason = ({ reason }: PlatformError.PlatformError): string => {
  const cause = reason.cause instanceof Error ? reason.cause.message : reason.message
  return reasons[reason._tag] ?? cause
}

/** Returns a function that says of a failure which file could not be read, and why. */
export const cannotRead =
  (what: string) =>
  (error: PlatformError.PlatformError): Failed =>
    new Failed({ message: `cannot read ${what}: ${fileReason(error)}` })
