/** Security descriptors in bytes, written and read as Windows defines them, without the code that is tested. */

export interface Entry {
  /** Type of the entry: 0 allows, 1 denies, others do neither. */
  readonly type: number
  readonly flags: number
  readonly mask: number
  readonly sid: string
}

const sidBytes = (sid: string): Uint8Array => {
  const [authority = 0, ...subAuthorities] = sid.split("-").slice(2).map(Number)
  const bytes = new Uint8Array(8 + 4 * subAuthorities.length)
  bytes.set([1, subAuthorities.length, 0, 0, 0, 0, 0, authority])
  const view = new DataView(bytes.buffer)
  subAuthorities.forEach((subAuthority, index) => view.setUint32(8 + 4 * index, subAuthority, true))
  return bytes
}

const sidText = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const subAuthorities = Array.from({ length: view.getUint8(1) }, (_, index) => view.getUint32(8 + 4 * index, true))
  return ["S-1", view.getUint8(7), ...subAuthorities].join("-")
}

const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(part)))

const entryBytes = ({ flags, mask, sid, type }: Entry): Uint8Array => {
  const bytes = concat(new Uint8Array(8), sidBytes(sid))
  const view = new DataView(bytes.buffer)
  bytes.set([type, flags])
  view.setUint16(2, bytes.length, true)
  view.setUint32(4, mask, true)
  return bytes
}

const listBytes = (entries: ReadonlyArray<Entry>): Uint8Array => {
  const bytes = concat(new Uint8Array(8), ...entries.map(entryBytes))
  const view = new DataView(bytes.buffer)
  bytes[0] = 2
  view.setUint16(2, bytes.length, true)
  view.setUint16(4, entries.length, true)
  return bytes
}

export interface Parts {
  readonly owner?: string
  /** Entries; `null`: no list, so that everything is allowed; left out: the descriptor does not contain this part. */
  readonly list?: ReadonlyArray<Entry> | null
}

export const descriptor = ({ list, owner }: Parts): Uint8Array => {
  const ownerBytes = owner === undefined ? new Uint8Array(0) : sidBytes(owner)
  const bytes = concat(new Uint8Array(20), ownerBytes, list ? listBytes(list) : new Uint8Array(0))
  const view = new DataView(bytes.buffer)
  bytes[0] = 1
  view.setUint16(2, list === undefined ? 0x8000 : 0x8004, true)
  if (owner !== undefined) view.setUint32(4, 20, true)
  if (list) view.setUint32(16, 20 + ownerBytes.length, true)
  return bytes
}

export const ownerOf = (bytes: Uint8Array): string =>
  sidText(bytes.subarray(new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)))

export const listOf = (bytes: Uint8Array): ReadonlyArray<Entry> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const list = view.getUint32(16, true)
  const entries: Array<Entry> = []
  let at = list + 8
  for (let left = view.getUint16(list + 4, true); left > 0; left--) {
    const mask = view.getUint32(at + 4, true)
    entries.push({ type: view.getUint8(at), flags: view.getUint8(at + 1), mask, sid: sidText(bytes.subarray(at + 8)) })
    at += view.getUint16(at + 2, true)
  }
  return entries
}
