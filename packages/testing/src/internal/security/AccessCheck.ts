import * as AccessList from "./AccessList.ts"
import { meaningOf, queueRights } from "./AccessRight.ts"
import type { SecurityDescriptor } from "./SecurityDescriptor.ts"
import type { Token } from "./Token.ts"
import { includes } from "./Token.ts"

/** What the owner may do whatever the list says. */
const ownerRights = queueRights.getQueuePermissions | queueRights.changeQueuePermissions

/**
 * Whether somebody has all rights of a mask, as Windows sees it: the entries count in their order, until the first that
 * denies a right which none before it allowed. Without a list everything is allowed, and by an empty one nothing.
 */
export const grants = ({ dacl, owner }: SecurityDescriptor, token: Token, wanted: number): boolean => {
  if (dacl === null) return true
  let missing = owner !== null && includes(token, owner) ? wanted & ~ownerRights : wanted
  for (const { flags, mask, sid, type } of AccessList.entriesOf(dacl)) {
    if (missing === 0) break
    if ((flags & AccessList.flags.inheritOnly) !== 0 || !includes(token, sid)) continue
    const meant = meaningOf(mask)
    if (type === AccessList.types.deny && (meant & missing) !== 0) return false
    if (type === AccessList.types.allow) missing &= ~meant
  }
  return missing === 0
}
