import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { Access, SecurityParts } from "@effect-msmq/core/Mqrt"
import { type QueueRight, rights } from "@effect-msmq/core/QueueSecurity"
import type { SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import * as Sid from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import type { Permission, QueueCreators } from "../../MsmqControl.ts"
import { senderToken, tokenOf } from "./Token.ts"
import { maskOf } from "./AccessRight.ts"
import { grants } from "./AccessCheck.ts"
import * as AccessList from "../facts/AccessList.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Envelope } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"

const denied: ErrorCodeName = "MQ_ERROR_ACCESS_DENIED"

/** What each access needs; `null`: what is sent is judged when it arrives (behaviours A-64, C-31, C-32, C-39). */
const openingRights: Record<Access, QueueRight | null> = {
  send: null,
  receive: "receiveMessage",
  peek: "peekMessage",
  move: "peekMessage",
  receiveAdmin: "receiveMessage",
  peekAdmin: "peekMessage"
}

const tokenFor = ({ family }: Queue, user: Sid.Sid | null) => tokenOf(user, family.manager.administrators)

const permits = (queue: Queue, user: Sid.Sid | null, right: QueueRight): boolean =>
  grants(queue.family.security, tokenFor(queue, user), rights[right])

/** Why a user may not do something with a queue, or `undefined`. */
export const refusal = (queue: Queue, user: Sid.Sid | null, right: QueueRight): ErrorCodeName | undefined =>
  permits(queue, user, right) ? undefined : denied

export const mayOpen = (queue: Queue, user: Sid.Sid | null, access: Access): boolean => {
  const right = openingRights[access]
  if (right === null) return true
  // To peek at a journal is no right of its own.
  return permits(queue, user, right === "receiveMessage" && queue.family.keeps ? "receiveJournalMessage" : right)
}

/** Whether the sender of a message may write to a queue. */
export const maySend = ({ family }: Queue, envelope: Envelope): boolean =>
  grants(family.security, senderToken(envelope, family.manager.administrators), rights.writeMessage)

const isAdministrator = (queue: Queue, user: Sid.Sid | null): boolean =>
  tokenFor(queue, user).includes(Sid.wellKnown.administrators)

/** The system list is for those who have the privilege, as administrators do. */
const privilegeRefusal = (queue: Queue, user: Sid.Sid | null, { sacl }: SecurityParts): ErrorCodeName | undefined =>
  sacl && !isAdministrator(queue, user) ? "MQ_ERROR_PRIVILEGE_NOT_HELD" : undefined

export const readingRefusal = (queue: Queue, user: Sid.Sid | null, parts: SecurityParts): ErrorCodeName | undefined =>
  privilegeRefusal(queue, user, parts) ?? refusal(queue, user, "getQueuePermissions")

/** An administrator may always take a queue over, and then, as its owner, change what it allows (behaviour C-45). */
export const changingRefusal = (
  queue: Queue,
  user: Sid.Sid | null,
  parts: SecurityParts
): ErrorCodeName | undefined => {
  const privilege = privilegeRefusal(queue, user, parts)
  if (privilege !== undefined) return privilege
  const takesOver = parts.owner || parts.group
  if (takesOver && !isAdministrator(queue, user) && !permits(queue, user, "takeQueueOwnership")) return denied
  return parts.dacl ? refusal(queue, user, "changeQueuePermissions") : undefined
}

/** Gives a queue another security descriptor, which is its journal's too. */
export const secure = ({ family }: Queue, descriptor: SecurityDescriptor): void => {
  family.security = descriptor
  if (family.journal !== null) family.journal.family.security = descriptor
}

/** Whose SID one must have to create a queue. */
const creatorSids: Record<QueueCreators, Sid.Sid | null> = {
  everyone: Sid.wellKnown.everyone,
  administrators: Sid.wellKnown.administrators,
  nobody: null
}

export const mayCreate = ({ queueCreators, security }: Machine): boolean => {
  const wanted = creatorSids[queueCreators]
  return wanted !== null && tokenOf(security.user, security.administrators).includes(wanted)
}

const everything = [AccessList.allowing(rights.queueGenericAll, Sid.wellKnown.everyone)]

/** Says in a queue's list what somebody may or may not do. */
export const change = (machine: Machine, permission: Permission, kind: "allow" | "deny"): void => {
  const { queue: pathName, rights: wanted, sid = "S-1-1-0" } = permission
  const named = machine.queues.formatNameOf(pathName)
  const queue = typeof named === "string" ? named : machine.queues.findWhole(named.formatName)
  if (typeof queue === "string") {
    throw new TypeError(`"${pathName}" is not the path name of a queue on ${machine.name}: ${queue}`)
  }
  const { security } = queue.family
  const list = security.dacl ?? AccessList.listOf(null)
  const whom = Result.getOrThrow(Sid.parse(sid))
  const entries = AccessList[kind](list.entries ?? everything, maskOf(wanted), whom)
  secure(queue, { ...security, dacl: { ...list, entries } })
}
