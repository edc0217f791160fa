import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Access, SecurityParts } from "@effect-msmq/core/Mqrt"
import { type QueueRight, rights } from "@effect-msmq/core/QueueSecurity"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import * as Sid from "@effect-msmq/core/Sid"
import { grants } from "./AccessCheck.ts"
import type { NamedSender, Token } from "./Token.ts"
import { tokenOf, tokenOfSender } from "./Token.ts"

const denied: ErrorCodeName = "MQ_ERROR_ACCESS_DENIED"

/** A queue as access checks see it. */
export interface Protected {
  readonly security: SecurityDescriptor
  /** `true` for a journal and a dead-letter queue, which have a right of their own for receiving. */
  readonly holdsCopies: boolean
  /** Administrators of the machine that has the queue. */
  readonly administrators: ReadonlySet<Sid.Sid>
}

/** Right that each access needs; `null`: none, as a message is checked when it arrives (behaviours A-64, C-31, C-32, C-39). */
const openingRights: Record<Access, QueueRight | null> = {
  send: null,
  receive: "receiveMessage",
  peek: "peekMessage",
  move: "peekMessage",
  receiveAdmin: "receiveMessage",
  peekAdmin: "peekMessage"
}

const tokenFor = ({ administrators }: Protected, user: Sid.Sid | null): Token => tokenOf(user, administrators)

const permits = (queue: Protected, user: Sid.Sid | null, right: QueueRight): boolean =>
  grants(queue.security, tokenFor(queue, user), rights[right])

/** Returns the error code for a user without a right on a queue; `undefined` for a user that has it. */
export const refusal = (queue: Protected, user: Sid.Sid | null, right: QueueRight): ErrorCodeName | undefined =>
  permits(queue, user, right) ? undefined : denied

/** Tells whether a user may open a queue with an access. */
export const mayOpen = (queue: Protected, user: Sid.Sid | null, access: Access): boolean => {
  const right = openingRights[access]
  if (right === null) return true
  // To peek at a journal takes the right to peek, as in any queue.
  return permits(queue, user, right === "receiveMessage" && queue.holdsCopies ? "receiveJournalMessage" : right)
}

/** Tells whether the sender of a message may write to a queue. */
export const maySend = ({ administrators, security }: Protected, sender: NamedSender): boolean =>
  grants(security, tokenOfSender(sender, administrators), rights.writeMessage)

const isAdministrator = (queue: Protected, user: Sid.Sid | null): boolean =>
  tokenFor(queue, user).includes(Sid.wellKnown.administrators)

/** Returns the error code for a user without the privilege that the system list needs: administrators have it. */
const privilegeRefusal = (queue: Protected, user: Sid.Sid | null, { sacl }: SecurityParts): ErrorCodeName | undefined =>
  sacl && !isAdministrator(queue, user) ? "MQ_ERROR_PRIVILEGE_NOT_HELD" : undefined

/** Returns the error code for a user who may not read parts of a security descriptor; `undefined` for one who may. */
export const readingRefusal = (
  queue: Protected,
  user: Sid.Sid | null,
  parts: SecurityParts
): ErrorCodeName | undefined => privilegeRefusal(queue, user, parts) ?? refusal(queue, user, "getQueuePermissions")

/**
 * Returns the error code for a user who may not change parts of a security descriptor; `undefined` for one who may. An
 * administrator may always take over a queue, and then, as its owner, change its permissions (behaviour C-45).
 */
export const changingRefusal = (
  queue: Protected,
  user: Sid.Sid | null,
  parts: SecurityParts
): ErrorCodeName | undefined => {
  const privilege = privilegeRefusal(queue, user, parts)
  if (privilege !== undefined) return privilege
  const takesOver = parts.owner || parts.group
  if (takesOver && !isAdministrator(queue, user) && !permits(queue, user, "takeQueueOwnership")) return denied
  return parts.dacl ? refusal(queue, user, "changeQueuePermissions") : undefined
}

/** Words for the users who may create queues on a machine. */
export const queueCreators = ["everyone", "administrators", "nobody"] as const

/** Users who may create queues on a machine. */
export type QueueCreators = (typeof queueCreators)[number]

/** SID that a user must have in its token to create a queue; `null`: no user may. */
const creatorSids: Record<QueueCreators, Sid.Sid | null> = {
  everyone: Sid.wellKnown.everyone,
  administrators: Sid.wellKnown.administrators,
  nobody: null
}

/** Tells whether a user with a token may create queues. */
export const mayCreate = (creators: QueueCreators, token: Token): boolean => {
  const wanted = creatorSids[creators]
  return wanted !== null && token.includes(wanted)
}
