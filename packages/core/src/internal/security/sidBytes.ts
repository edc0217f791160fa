/** SIDs in bytes: MS-DTYP 2.4.2. */
import * as Option from "effect/Option"
import { plainBytes } from "../bytes.ts"
import type { Sid } from "./sidText.ts"
import { written } from "./sidText.ts"

const headerSize = 8
const revision = 1
const mostSubAuthorities = 15

/** Reads a SID from its bytes, and ignores those after it; `None` for bytes that are none. */
export const readSid = (given: Uint8Array): Option.Option<Sid> => {
  const bytes = plainBytes(given)
  if (bytes === undefined) return Option.none()
  const [first, count = 0] = bytes
  const isOne =
    first === revision && count >= 1 && count <= mostSubAuthorities && bytes.length >= headerSize + 4 * count
  if (!isOne) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4)
  return Option.some(
    written(
      authority,
      Array.from({ length: count }, (_, index) => view.getUint32(headerSize + 4 * index, true))
    )
  )
}

/** Returns the bytes of a SID, as Windows has them. */
export const writeSid = (sid: Sid): Uint8Array => {
  const [authority = 0, ...subAuthorities] = sid.split("-").slice(2).map(Number)
  const bytes = new Uint8Array(headerSize + 4 * subAuthorities.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, revision)
  view.setUint8(1, subAuthorities.length)
  view.setUint16(2, Math.floor(authority / 2 ** 32))
  view.setUint32(4, authority % 2 ** 32)
  for (const [index, subAuthority] of subAuthorities.entries()) {
    view.setUint32(headerSize + 4 * index, subAuthority, true)
  }
  return bytes
}
