import { rights } from "@effect-msmq/core/QueueSecurity"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import { flags } from "../facts/AccessList.ts"
import { meaningOf } from "./AccessRight.ts"
import type { Token } from "./Token.ts"

/** What the owner may do whatever the list says. */
const ownerRights = rights.getQueuePermissions | rights.changeQueuePermissions

/**
 * Whether somebody has all rights of a mask, as Windows sees it: the entries count in their order, until the first that
 * denies a right which none before it allowed. Without a list everything is allowed, and by an empty one nothing.
 */
export const grants = ({ dacl, owner }: SecurityDescriptor, token: Token, wanted: number): boolean => {
  if (dacl?.entries == null) return true
  let missing = owner !== undefined && token.includes(owner) ? wanted & ~ownerRights : wanted
  for (const entry of dacl.entries) {
    if (missing === 0) break
    if (entry.kind !== "allow" && entry.kind !== "deny") continue
    if ((entry.flags & flags.inheritOnly) !== 0 || !token.includes(entry.sid)) continue
    const meant = meaningOf(entry.rights)
    if (entry.kind === "allow") missing &= ~meant
    else if ((meant & missing) !== 0) return false
  }
  return missing === 0
}
