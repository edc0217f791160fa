import type { SecurityParts } from "@effect-msmq/core/Mqrt"
import { rights } from "@effect-msmq/core/QueueSecurity"
import type { AccessList, SecurityDescriptor } from "@effect-msmq/core/SecurityDescriptor"
import * as SecurityDescriptors from "@effect-msmq/core/SecurityDescriptor"
import { type Sid, wellKnown } from "@effect-msmq/core/Sid"
import * as Result from "effect/Result"
import { allowing, listOf } from "../facts/AccessList.ts"

/** Reads the self-relative form; `undefined` for bytes that are none. */
export const read = (bytes: Uint8Array): SecurityDescriptor | undefined =>
  Result.getOrUndefined(SecurityDescriptors.fromBytes(bytes))

/** Writes the wanted parts in the self-relative form. */
export const write = (descriptor: SecurityDescriptor, wanted: SecurityParts): Uint8Array =>
  SecurityDescriptors.toBytes({
    owner: wanted.owner ? descriptor.owner : undefined,
    group: wanted.group ? descriptor.group : undefined,
    dacl: wanted.dacl ? descriptor.dacl : undefined,
    sacl: wanted.sacl ? descriptor.sacl : undefined
  })

/** Replaces the wanted parts by those of a change; a change without a list of permissions allows everything to everyone. */
export const merge = (
  descriptor: SecurityDescriptor,
  change: SecurityDescriptor,
  wanted: SecurityParts
): SecurityDescriptor => ({
  owner: wanted.owner ? change.owner : descriptor.owner,
  group: wanted.group ? change.group : descriptor.group,
  dacl: wanted.dacl ? (change.dacl ?? listOf(null)) : descriptor.dacl,
  sacl: wanted.sacl ? change.sacl : descriptor.sacl
})

/** Returns the descriptor of a queue that is created without one: its owner may do everything, everyone may send (behaviour C-15). */
export const standard = (user: Sid | null): SecurityDescriptor => {
  const owner = user ?? wellKnown.localSystem
  return { owner, group: owner, dacl: standardList(owner) }
}

const standardList = (owner: Sid): AccessList =>
  listOf([allowing(rights.queueGenericAll, owner), allowing(rights.queueGenericWrite, wellKnown.everyone)])

/** Returns the descriptor of a queue that is created with one: parts that are not given are those of the standard descriptor. */
export const complete = (bytes: Uint8Array, user: Sid | null): SecurityDescriptor | undefined => {
  const given = read(bytes)
  if (given === undefined) return undefined
  const owner = given.owner ?? user ?? wellKnown.localSystem
  return { ...given, owner, group: given.group ?? owner, dacl: given.dacl ?? standardList(owner) }
}

/** Descriptor of the machine's own queues: administrators alone may use them (behaviours D-66, E-57). */
export const ofMachine: SecurityDescriptor = {
  owner: wellKnown.localSystem,
  group: wellKnown.localSystem,
  dacl: listOf([allowing(rights.queueGenericAll, wellKnown.administrators)])
}
