/**
 * Security descriptors in bytes, self-relative: MS-DTYP 2.4.6.
 */
import type { AccessList, SecurityDescriptor } from "./SecurityDescriptor.ts"
import * as Sid from "../../Sid.ts"
import { readEntries, sizeOfList, writeEntries } from "./accessListBytes.ts"
import * as Option from "effect/Option"

const headerSize = 20
const revision = 1
const selfRelative = 0x8000

/** Places of the offsets of the parts in the header. */
const offsets = { owner: 4, group: 8, sacl: 12, dacl: 16 } as const

type List = "dacl" | "sacl"

/** Control bits of each list. */
const bits: Readonly<Record<List, Record<"present" | keyof Omit<AccessList, "entries">, number>>> = {
  dacl: { present: 0x0004, autoInheritRequired: 0x0100, autoInherited: 0x0400, isProtected: 0x1000 },
  sacl: { present: 0x0010, autoInheritRequired: 0x0200, autoInherited: 0x0800, isProtected: 0x2000 }
}

/** Reads a security descriptor; returns the rule that the bytes break as a text. */
export const read = (bytes: Uint8Array): SecurityDescriptor | string => {
  if (bytes.length < headerSize) return `it has ${headerSize} bytes at least, and not ${bytes.length}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== revision) return `its revision is 1, and not ${view.getUint8(0)}`
  const control = view.getUint16(2, true)
  if ((control & selfRelative) === 0) return "it is not self-relative: its parts lie elsewhere in memory"
  const found: { -readonly [Part in keyof SecurityDescriptor]: SecurityDescriptor[Part] } = {}
  for (const part of ["owner", "group"] as const) {
    const at = view.getUint32(offsets[part], true)
    if (at === 0) continue
    const sid = at < headerSize ? Option.none() : Sid.fromBytes(bytes.subarray(at))
    if (Option.isNone(sid)) return `its ${part} is not a SID`
    found[part] = sid.value
  }
  for (const part of ["dacl", "sacl"] as const) {
    const { present, ...flags } = bits[part]
    if ((control & present) === 0) continue
    const at = view.getUint32(offsets[part], true)
    const entries = at === 0 ? null : at < headerSize ? undefined : readEntries(bytes.subarray(at))
    if (entries === undefined) return `its ${part === "dacl" ? "D:" : "S:"} is not an access control list`
    found[part] = {
      isProtected: (control & flags.isProtected) !== 0,
      autoInheritRequired: (control & flags.autoInheritRequired) !== 0,
      autoInherited: (control & flags.autoInherited) !== 0,
      entries
    }
  }
  return found
}

const controlOf = (list: AccessList | undefined, { present, ...flags }: (typeof bits)[List]): number =>
  list === undefined
    ? 0
    : present |
      (list.isProtected ? flags.isProtected : 0) |
      (list.autoInheritRequired ? flags.autoInheritRequired : 0) |
      (list.autoInherited ? flags.autoInherited : 0)

/** Writes a security descriptor, with its parts in the order that Windows uses. */
export const write = ({ dacl, group, owner, sacl }: SecurityDescriptor): Uint8Array => {
  const parts = [
    ["sacl", sacl?.entries == null ? undefined : writeEntries(sacl.entries)],
    ["dacl", dacl?.entries == null ? undefined : writeEntries(dacl.entries)],
    ["owner", owner === undefined ? undefined : Sid.toBytes(owner)],
    ["group", group === undefined ? undefined : Sid.toBytes(group)]
  ] as const
  const result = new Uint8Array(parts.reduce((size, [, bytes]) => size + (bytes?.length ?? 0), headerSize))
  const view = new DataView(result.buffer)
  view.setUint8(0, revision)
  view.setUint16(2, selfRelative | controlOf(dacl, bits.dacl) | controlOf(sacl, bits.sacl), true)
  let at = headerSize
  for (const [part, bytes] of parts) {
    if (bytes === undefined) continue
    view.setUint32(offsets[part], at, true)
    result.set(bytes, at)
    at += bytes.length
  }
  return result
}

const sizeLimit = 0xffff

/** Returns the rule that the size of a list breaks, or `undefined`. */
export const oversize = ({ dacl, sacl }: SecurityDescriptor): string | undefined => {
  const size = Math.max(...[dacl, sacl].map((list) => (list?.entries == null ? 0 : sizeOfList(list.entries))))
  return size > sizeLimit
    ? `an access control list has ${sizeLimit} bytes at most, and this one has ${size}`
    : undefined
}
