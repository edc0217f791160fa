import { rights } from "@effect-msmq/core/QueueSecurity"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import { flags } from "../facts/AccessList.ts"
import type { Token } from "./Token.ts"

/** Rights that the owner has whatever the list says. */
const ownerRights = rights.getQueuePermissions | rights.changeQueuePermissions

/** Generic rights of Windows, each with its meaning for a queue. */
const generic: ReadonlyArray<readonly [bit: number, meaning: number]> = [
  [0x8000_0000, rights.queueGenericRead],
  [0x4000_0000, rights.queueGenericWrite],
  [0x2000_0000, rights.queueGenericExecute],
  [0x1000_0000, rights.queueGenericAll]
]

/** Adds to a mask the meaning of the generic rights in it. */
const withGenericMeaning = (mask: number): number =>
  generic.reduce((meant, [bit, meaning]) => ((mask & bit) === 0 ? meant : meant | meaning), mask)

/**
 * Tells whether a security descriptor grants all rights of a mask, as Windows decides it: the entries count in their
 * order, until the first that denies a right which no entry before it allowed. Without a list everything is allowed, and
 * by an empty list nothing.
 */
export const grants = ({ dacl, owner }: SecurityDescriptor, token: Token, wanted: number): boolean => {
  if (dacl?.entries == null) return true
  let missing = owner !== undefined && token.includes(owner) ? wanted & ~ownerRights : wanted
  for (const entry of dacl.entries) {
    if (missing === 0) break
    if (entry.kind !== "allow" && entry.kind !== "deny") continue
    if ((entry.flags & flags.inheritOnly) !== 0 || !token.includes(entry.sid)) continue
    const meant = withGenericMeaning(entry.rights)
    if (entry.kind === "allow") missing &= ~meant
    else if ((meant & missing) !== 0) return false
  }
  return missing === 0
}
