import type { SecurityParts } from "@effect-msmq/core/Mqrt"
import * as AccessList from "./AccessList.ts"
import { queueRights } from "./AccessRight.ts"
import type { Sid } from "./Sid.ts"
import { wellKnown } from "./Sid.ts"

/** A security descriptor: owner and group as SIDs, the lists as ACLs, each as its bytes. */
export type SecurityDescriptor = { readonly [Part in keyof SecurityParts]: Uint8Array | null }

const headerSize = 20
const revision = 1
const selfRelative = 0x8000
/** The bit that says whether a list is given at all. */
const present = { dacl: 0x0004, sacl: 0x0010 }
/** Where the header has the offset of each part, which is also the order in which they follow it. */
const offsets = { owner: 4, group: 8, sacl: 12, dacl: 16 } as const
const parts = ["owner", "group", "sacl", "dacl"] as const

const partSizes = {
  owner: (view: DataView, at: number) => 8 + 4 * view.getUint8(at + 1),
  group: (view: DataView, at: number) => 8 + 4 * view.getUint8(at + 1),
  sacl: (view: DataView, at: number) => view.getUint16(at + 2, true),
  dacl: (view: DataView, at: number) => view.getUint16(at + 2, true)
}

/** Reads the self-relative form; `undefined` where the bytes are none. */
export const read = (bytes: Uint8Array): SecurityDescriptor | undefined => {
  if (bytes.length < headerSize) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== revision || (view.getUint16(2, true) & selfRelative) === 0) return undefined
  const found: Record<keyof SecurityDescriptor, Uint8Array | null> = {
    owner: null,
    group: null,
    sacl: null,
    dacl: null
  }
  for (const part of parts) {
    const at = view.getUint32(offsets[part], true)
    if (at === 0) continue
    const end = at + 8 <= bytes.length ? at + partSizes[part](view, at) : Number.POSITIVE_INFINITY
    if (at < headerSize || end > bytes.length) return undefined
    found[part] = new Uint8Array(bytes.subarray(at, end))
  }
  for (const list of [found.dacl, found.sacl])
    if (list !== null && AccessList.read(list) === undefined) return undefined
  return found
}

/** Prints the wanted parts in the self-relative form. */
export const write = (descriptor: SecurityDescriptor, wanted: SecurityParts): Uint8Array => {
  const given = parts.flatMap((part) => {
    const bytes = wanted[part] ? descriptor[part] : null
    return bytes === null ? [] : [{ part, bytes }]
  })
  const result = new Uint8Array(given.reduce((size, { bytes }) => size + bytes.length, headerSize))
  const view = new DataView(result.buffer)
  view.setUint8(0, revision)
  const control = (wanted.dacl ? present.dacl : 0) | (wanted.sacl && descriptor.sacl !== null ? present.sacl : 0)
  view.setUint16(2, selfRelative | control, true)
  let at = headerSize
  for (const { bytes, part } of given) {
    view.setUint32(offsets[part], at, true)
    result.set(bytes, at)
    at += bytes.length
  }
  return result
}

/** Takes over the parts that a change is about. */
export const changed = (
  descriptor: SecurityDescriptor,
  change: SecurityDescriptor,
  about: SecurityParts
): SecurityDescriptor => ({
  owner: about.owner ? change.owner : descriptor.owner,
  group: about.group ? change.group : descriptor.group,
  dacl: about.dacl ? change.dacl : descriptor.dacl,
  sacl: about.sacl ? change.sacl : descriptor.sacl
})

/** What a queue has that was created without one: its owner may do everything, everyone may send (behaviour C-15). */
export const standard = (user: Sid | null): SecurityDescriptor => {
  const owner = user?.bytes ?? wellKnown.localSystem
  return { owner, group: owner, dacl: standardList(owner), sacl: null }
}

const standardList = (owner: Uint8Array): Uint8Array =>
  AccessList.write([
    AccessList.allowing(queueRights.queueGenericAll, owner),
    AccessList.allowing(queueRights.queueGenericWrite, wellKnown.everyone)
  ])

/** What a queue has that was created with one: what that leaves out is as in the standard one. */
export const completed = (bytes: Uint8Array, user: Sid | null): SecurityDescriptor | undefined => {
  const given = read(bytes)
  if (given === undefined) return undefined
  const owner = given.owner ?? standard(user).owner ?? wellKnown.localSystem
  const hasList = (new DataView(bytes.buffer, bytes.byteOffset).getUint16(2, true) & present.dacl) !== 0
  return { ...given, owner, group: given.group ?? owner, dacl: hasList ? given.dacl : standardList(owner) }
}

/** What the queues of the machine itself have: they are for administrators alone (behaviours D-66, E-57). */
export const ofMachine: SecurityDescriptor = {
  owner: wellKnown.localSystem,
  group: wellKnown.localSystem,
  dacl: AccessList.write([AccessList.allowing(queueRights.queueGenericAll, wellKnown.administrators)]),
  sacl: null
}
