/** Ids of messages, as text and as the 20 bytes of `OBJECTID`. */
import * as Guid from "../../mqrt/Guid.ts"
import { isBytes } from "../options/Rule.ts"
import { plainBytes } from "../bytes.ts"

/**
 * Id of a message: `{guid}\number`, as `messageId` of a received message is; the GUID is in lower case. Functions that take an
 * id also take its 20 bytes, and text without braces, in any letter case.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageId = string

/** Length of an id in bytes. */
const size = 20

/** Position of the number, behind the GUID. */
const numberAt = 16

// System.Messaging reads the number as a signed one.
const pattern = /^(?:\{([\da-f-]{36})\}|([\da-f-]{36}))\\(0|-?[1-9]\d{0,9})$/i

const viewOf = ({ buffer, byteLength, byteOffset }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Returns the bytes of an id in text, with or without braces; `undefined` for another text. */
export const bytesOfText = (text: string): Uint8Array | undefined => {
  const [, braced, bare, digits] = pattern.exec(text) ?? []
  const guid = braced ?? bare ?? ""
  const number = Number(digits)
  if (!Guid.isGuid(guid) || number < -0x8000_0000 || number > 0xffff_ffff) return undefined
  const bytes = new Uint8Array(size)
  Guid.write(bytes, 0, guid)
  viewOf(bytes).setUint32(numberAt, number, true)
  return bytes
}

/** Returns the bytes of an id in bytes or in text; `undefined` for what is none. */
export const readId = (id: unknown): Uint8Array | undefined => {
  if (typeof id === "string") return bytesOfText(id)
  const bytes = isBytes(id) ? plainBytes(id) : undefined
  return bytes?.length === size ? bytes : undefined
}

/** Returns the text of the 20 bytes of an id. */
export const textOf = (bytes: Uint8Array): string =>
  `{${Guid.fromBytes(bytes)}}\\${viewOf(bytes).getUint32(numberAt, true)}`
