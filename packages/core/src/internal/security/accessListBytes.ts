/** Access control lists in bytes: MS-DTYP 2.4.4 and 2.4.5. */
import * as Option from "effect/Option"
import type { Entry } from "./SecurityDescriptor.ts"
import * as Sid from "../../Sid.ts"
import { isObjectKind, kindOfType, kinds, typesOfRevision4 } from "./accessEntryTable.ts"
import * as Guid from "../../mqrt/Guid.ts"

const headerSize = 8
const entryHeaderSize = 4
/** Bits that say which of the two types of object follow. */
const hasObjectType = 1
const hasInheritedObjectType = 2

/** Reads the entries in their order; returns `undefined` for bytes that are no list. */
export const readEntries = (list: Uint8Array): ReadonlyArray<Entry> | undefined => {
  if (list.length < headerSize) return undefined
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength)
  const end = view.getUint16(2, true)
  if (end < headerSize || end > list.length) return undefined
  const entries: Array<Entry> = []
  let at = headerSize
  for (let left = view.getUint16(4, true); left > 0; left--) {
    if (at + entryHeaderSize > end) return undefined
    const size = view.getUint16(at + 2, true)
    if (size < entryHeaderSize || at + size > end) return undefined
    const entry = readEntry(list.subarray(at, at + size))
    if (entry === undefined) return undefined
    entries.push(entry)
    at += size
  }
  return entries
}

const readEntry = (bytes: Uint8Array): Entry | undefined => {
  const [type = 0, flags = 0] = bytes
  const kind = kindOfType.get(type)
  if (kind === undefined) return { kind: "other", type, flags, data: bytes.slice(entryHeaderSize) }
  const isObject = isObjectKind(kind)
  const fixed = entryHeaderSize + (isObject ? 8 : 4)
  if (bytes.length < fixed) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rights = view.getUint32(entryHeaderSize, true)
  const types = isObject ? view.getUint32(entryHeaderSize + 4, true) : 0
  let at = fixed
  const take = (flag: number): string | undefined => {
    if ((types & flag) === 0) return undefined
    at += 16
    return at > bytes.length ? undefined : Guid.fromBytes(bytes, at - 16)
  }
  const objectType = take(hasObjectType)
  const inheritedObjectType = take(hasInheritedObjectType)
  const sid = Sid.fromBytes(bytes.subarray(at))
  if (Option.isNone(sid)) return undefined
  return isObject
    ? { kind, flags, rights, objectType, inheritedObjectType, sid: sid.value }
    : { kind, flags, rights, sid: sid.value }
}

/** Returns the bytes that follow the header of an entry. */
const bodyOf = (entry: Entry): ReadonlyArray<Uint8Array> => {
  if (entry.kind === "other") return [entry.data]
  const types = "objectType" in entry ? [entry.objectType, entry.inheritedObjectType] : []
  const fixed = new DataView(new ArrayBuffer("objectType" in entry ? 8 : 4))
  fixed.setUint32(0, entry.rights, true)
  if ("objectType" in entry) {
    const given =
      (entry.objectType === undefined ? 0 : hasObjectType) |
      (entry.inheritedObjectType === undefined ? 0 : hasInheritedObjectType)
    fixed.setUint32(4, given, true)
  }
  return [
    new Uint8Array(fixed.buffer),
    ...types.filter((type) => type !== undefined).map(Guid.toBytes),
    Sid.toBytes(entry.sid)
  ]
}

const typeOf = (entry: Entry): number => (entry.kind === "other" ? entry.type : kinds[entry.kind].type)

const sizeOf = (body: ReadonlyArray<Uint8Array>): number =>
  body.reduce((size, { length }) => size + length, entryHeaderSize)

export const sizeOfList = (entries: ReadonlyArray<Entry>): number =>
  entries.reduce((size, entry) => size + sizeOf(bodyOf(entry)), headerSize)

/** Writes a list, with the lowest revision that may have these entries. */
export const writeEntries = (entries: ReadonlyArray<Entry>): Uint8Array => {
  const list = new Uint8Array(sizeOfList(entries))
  const view = new DataView(list.buffer)
  view.setUint8(0, entries.some((entry) => typesOfRevision4.has(typeOf(entry))) ? 4 : 2)
  view.setUint16(2, list.length, true)
  view.setUint16(4, entries.length, true)
  let at = headerSize
  for (const entry of entries) {
    const body = bodyOf(entry)
    view.setUint8(at, typeOf(entry))
    view.setUint8(at + 1, entry.flags)
    view.setUint16(at + 2, sizeOf(body), true)
    at += entryHeaderSize
    for (const bytes of body) {
      list.set(bytes, at)
      at += bytes.length
    }
  }
  return list
}
