import type { SecurityParts } from "@effect-msmq/core/Mqrt"
import { rights } from "@effect-msmq/core/QueueSecurity"
import type { AccessList, SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import * as SecurityDescriptors from "@effect-msmq/core/SecurityDescriptor"
import { type Sid, wellKnown } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import { allowing, listOf } from "../facts/AccessList.ts"

/** Reads the self-relative form; `undefined` where the bytes are none. */
export const read = (bytes: Uint8Array): SecurityDescriptor | undefined =>
  Result.getOrUndefined(SecurityDescriptors.fromBytes(bytes))

/** Prints the wanted parts in the self-relative form. */
export const write = (descriptor: SecurityDescriptor, wanted: SecurityParts): Uint8Array =>
  SecurityDescriptors.toBytes({
    owner: wanted.owner ? descriptor.owner : undefined,
    group: wanted.group ? descriptor.group : undefined,
    dacl: wanted.dacl ? descriptor.dacl : undefined,
    sacl: wanted.sacl ? descriptor.sacl : undefined
  })

/** Takes over the parts that a change is about; a list of permissions that it does not have lets everybody in. */
export const changed = (
  descriptor: SecurityDescriptor,
  change: SecurityDescriptor,
  about: SecurityParts
): SecurityDescriptor => ({
  owner: about.owner ? change.owner : descriptor.owner,
  group: about.group ? change.group : descriptor.group,
  dacl: about.dacl ? (change.dacl ?? listOf(null)) : descriptor.dacl,
  sacl: about.sacl ? change.sacl : descriptor.sacl
})

/** What a queue has that was created without one: its owner may do everything, everyone may send (behaviour C-15). */
export const standard = (user: Sid | null): SecurityDescriptor => {
  const owner = user ?? wellKnown.localSystem
  return { owner, group: owner, dacl: standardList(owner) }
}

const standardList = (owner: Sid): AccessList =>
  listOf([allowing(rights.queueGenericAll, owner), allowing(rights.queueGenericWrite, wellKnown.everyone)])

/** What a queue has that was created with one: what that leaves out is as in the standard one. */
export const completed = (bytes: Uint8Array, user: Sid | null): SecurityDescriptor | undefined => {
  const given = read(bytes)
  if (given === undefined) return undefined
  const owner = given.owner ?? user ?? wellKnown.localSystem
  return { ...given, owner, group: given.group ?? owner, dacl: given.dacl ?? standardList(owner) }
}

/** What the queues of the machine itself have: they are for administrators alone (behaviours D-66, E-57). */
export const ofMachine: SecurityDescriptor = {
  owner: wellKnown.localSystem,
  group: wellKnown.localSystem,
  dacl: listOf([allowing(rights.queueGenericAll, wellKnown.administrators)])
}
