import * as Result from "effect/Result"
import { maximumPacketSize } from "../../../Message.ts"
import { characters, markedCharset, startsWith } from "../encodedText.ts"
import { readText } from "./Tree.ts"
import type { ReadElement } from "./Tree.ts"

const declared = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/

/**
 * Returns the encoding of a document, by its byte order mark, its first character or its declaration. A document whose
 * declaration can be read as bytes is not in UTF-16.
 */
const charsetOf = (bytes: Uint8Array): string => {
  const marked = markedCharset(bytes)
  if (marked !== undefined) return marked
  if (startsWith(bytes, [0x3c, 0])) return "utf-16le"
  if (startsWith(bytes, [0, 0x3c])) return "utf-16be"
  const label = declared.exec(Buffer.from(bytes.subarray(0, 200)).toString("latin1"))?.[1]
  return label === undefined || /^utf-?16/i.test(label) ? "utf-8" : label
}

/** Returns the index of the first byte of the first NUL, which has two bytes in UTF-16; -1 where there is none. */
const indexOfNul = (bytes: Uint8Array, charset: string): number => {
  if (!charset.startsWith("utf-16")) return bytes.indexOf(0)
  // A copy by the constructor: `slice` of a Buffer copies nothing, and would have the buffer of its pool.
  const units = new Uint16Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 2))).buffer)
  const index = units.indexOf(0)
  return index === -1 ? -1 : 2 * index
}

/**
 * Reads the root element of a document. Fails with the rule that it breaks. No DOCTYPE and no entities but the five are read,
 * line ends stay as they are, and depth and size are bounded. A document ends at a NUL, as programs in C send one, often with
 * something behind it.
 */
export const read = (bytes: Uint8Array): Result.Result<ReadElement, string> => {
  if (bytes.length > maximumPacketSize) {
    return Result.fail(`must have at most ${maximumPacketSize} bytes, as every message, not ${bytes.length}`)
  }
  const charset = charsetOf(bytes)
  const end = indexOfNul(bytes, charset)
  const document = end === -1 ? bytes : bytes.subarray(0, end)
  return Result.mapError(
    Result.flatMap(characters(document, charset), readText),
    (rule) => `${rule}${end === -1 ? "" : `; it ends at a NUL, which is byte ${end}`}`
  )
}
