import { isSame } from "./Sid.ts"

/** One entry of an access control list. */
export interface Entry {
  readonly type: number
  readonly flags: number
  readonly mask: number
  /** Whom it is about; empty in an entry that neither allows nor denies. */
  readonly sid: Uint8Array
  /** All of it, of whatever type. */
  readonly bytes: Uint8Array
}

/** `ACCESS_ALLOWED_ACE_TYPE`, `ACCESS_DENIED_ACE_TYPE`. */
export const types = { allow: 0x00, deny: 0x01 } as const
/** `INHERIT_ONLY_ACE`: not about the queue itself; `INHERITED_ACE`: come from above. */
export const flags = { inheritOnly: 0x08, inherited: 0x10 } as const

const headerSize = 8
const entryHeaderSize = 4
/** Of an entry that allows or denies, before its SID. */
const sidAt = 8
const sizeLimit = 0xffff

/** The entries in their order; `undefined` where the bytes are no list. */
export const read = (list: Uint8Array): ReadonlyArray<Entry> | undefined => {
  if (list.length < headerSize) return undefined
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength)
  const entries: Array<Entry> = []
  let at = headerSize
  for (let left = view.getUint16(4, true); left > 0; left--) {
    if (at + entryHeaderSize > list.length) return undefined
    const size = view.getUint16(at + 2, true)
    if (size < entryHeaderSize || at + size > list.length) return undefined
    const entry = entryOf(list.subarray(at, at + size), view, at)
    if (entry === undefined) return undefined
    entries.push(entry)
    at += size
  }
  return entries
}

const entryOf = (bytes: Uint8Array, view: DataView, at: number): Entry | undefined => {
  const [type = 0, flags = 0] = bytes
  if (type !== types.allow && type !== types.deny) return { type, flags, mask: 0, sid: new Uint8Array(0), bytes }
  if (bytes.length < sidAt + 8) return undefined
  const sidSize = 8 + 4 * view.getUint8(at + sidAt + 1)
  if (sidAt + sidSize > bytes.length) return undefined
  return { type, flags, mask: view.getUint32(at + 4, true), sid: bytes.subarray(sidAt, sidAt + sidSize), bytes }
}

const entry = (type: number, mask: number, sid: Uint8Array): Entry => {
  const bytes = new Uint8Array(sidAt + sid.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, type)
  view.setUint16(2, bytes.length, true)
  view.setUint32(4, mask, true)
  bytes.set(sid, sidAt)
  return { type, flags: 0, mask, sid, bytes }
}

export const allowing = (mask: number, sid: Uint8Array): Entry => entry(types.allow, mask, sid)
export const denying = (mask: number, sid: Uint8Array): Entry => entry(types.deny, mask, sid)

const plainRevision = 2

export const write = (entries: ReadonlyArray<Entry>, revision: number = plainRevision): Uint8Array => {
  const size = entries.reduce((sum, { bytes }) => sum + bytes.length, headerSize)
  if (size > sizeLimit) throw new RangeError(`An access control list has ${sizeLimit} bytes at most, not ${size}`)
  const list = new Uint8Array(size)
  const view = new DataView(list.buffer)
  view.setUint8(0, revision)
  view.setUint16(2, size, true)
  view.setUint16(4, entries.length, true)
  let at = headerSize
  for (const { bytes } of entries) {
    list.set(bytes, at)
    at += bytes.length
  }
  return list
}

/** What was read of a list, which nobody writes into: it is asked at every arrival. */
const known = new WeakMap<Uint8Array, ReadonlyArray<Entry>>()

/** The entries of a list that was found to be one. */
export const entriesOf = (list: Uint8Array): ReadonlyArray<Entry> => {
  const entries = known.get(list) ?? read(list) ?? []
  known.set(list, entries)
  return entries
}

/** Whether an entry is about one SID and the queue itself, and not come from above. */
const isAbout = (entry: Entry, type: number, sid: Uint8Array): boolean => isOwn(entry, type) && isSame(entry.sid, sid)

const isOwn = (entry: Entry, type: number): boolean =>
  entry.type === type && (entry.flags & (flags.inheritOnly | flags.inherited)) === 0

const merged = (entries: ReadonlyArray<Entry>, mask: number): number =>
  entries.reduce((sum, entry) => sum | entry.mask, mask)

/** A list in which a SID is denied more rights, before everything else, as the canonical order has it. */
export const deny = (list: Uint8Array, mask: number, sid: Uint8Array): Uint8Array => {
  const entries = entriesOf(list)
  const before = entries.filter((entry) => isAbout(entry, types.deny, sid))
  const others = entries.filter((entry) => !before.includes(entry))
  return write([denying(merged(before, mask), sid), ...others], list[0])
}

/** A list in which a SID is allowed more rights, behind what is denied; what it was itself denied of them is not any more. */
export const allow = (list: Uint8Array, mask: number, sid: Uint8Array): Uint8Array => {
  const entries = entriesOf(list)
  const before = entries.filter((entry) => isAbout(entry, types.allow, sid))
  const others = entries.flatMap((entry) => {
    if (before.includes(entry)) return []
    if (!isAbout(entry, types.deny, sid)) return [entry]
    const left = entry.mask & ~mask
    return left === 0 ? [] : [denying(left, sid)]
  })
  const behind = others.findLastIndex((entry) => isOwn(entry, types.deny)) + 1
  return write(others.toSpliced(behind, 0, allowing(merged(before, mask), sid)), list[0])
}
