import * as Result from "effect/Result"
import type { EncodedBody } from "./Codec.ts"
import * as BodyType from "../../BodyType.ts"

/** Encoding of a text, by the name in the WHATWG Encoding Standard, except for ASCII, which that lacks. */
type Charset = "utf-8" | "utf-16le" | "utf-16be" | "us-ascii"

/** Names that .NET knows ASCII and Latin-1 by. The WHATWG Encoding Standard takes all of them for Windows-1252. */
const ownCharsets: ReadonlyMap<string, (bytes: Uint8Array) => Result.Result<string, string>> = new Map([
  ..."us-ascii ascii us iso646-us iso_646.irv:1991 iso-ir-6 csascii cp367 ibm367 ansi_x3.4-1968 ansi_x3.4-1986"
    .split(" ")
    .map((name) => [name, (bytes: Uint8Array) => ascii(bytes)] as const),
  ..."iso-8859-1 iso8859-1 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 cp819 ibm819 csisolatin1"
    .split(" ")
    .map((name) => [name, (bytes: Uint8Array) => Result.succeed(latin1(bytes))] as const)
])

const byteOrderMarks: ReadonlyArray<readonly [Charset, ReadonlyArray<number>]> = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]]
]

const { VT_BSTR, VT_EMPTY, VT_LPSTR, VT_LPWSTR } = BodyType.numbers

/** Encodings of bodies, by type. `undefined`: the byte order mark decides, and otherwise it is UTF-8. */
const charsets = new Map<number, Charset | undefined>([
  [VT_EMPTY, undefined],
  [VT_BSTR, "utf-16le"],
  [VT_LPSTR, "us-ascii"],
  [VT_LPWSTR, "utf-16le"],
  [BodyType.numbers["VT_VECTOR|VT_UI1"], undefined],
  [BodyType.numbers["VT_ARRAY|VT_UI1"], undefined]
])

export const startsWith = (bytes: Uint8Array, start: ReadonlyArray<number>): boolean =>
  start.every((byte, index) => bytes[index] === byte)

/** Returns the encoding of a byte order mark, if there is one. */
export const markedCharset = (bytes: Uint8Array): Charset | undefined =>
  byteOrderMarks.find(([, mark]) => startsWith(bytes, mark))?.[0]

/** Decodes bytes. Fails with the rule that they break. A byte order mark is dropped unless it is kept. */
export const characters = (
  bytes: Uint8Array,
  charset: string,
  byteOrderMark: "dropped" | "kept" = "dropped"
): Result.Result<string, string> => {
  const own = ownCharsets.get(charset.toLowerCase())
  if (own !== undefined) return own(bytes)
  if (charset.startsWith("utf-16") && bytes.length % 2 !== 0) {
    return Result.fail(`must have an even number of bytes to be UTF-16, not ${bytes.length}`)
  }
  return Result.try({
    try: () => new TextDecoder(charset, { fatal: true, ignoreBOM: byteOrderMark === "kept" }).decode(bytes),
    catch: (error) =>
      error instanceof RangeError
        ? `must be in an encoding that is known, not "${charset}"`
        : `must be well-formed ${charset.toUpperCase()}`
  })
}

/** Returns a text without the NUL that a program in C sends behind it, with `strlen + 1` bytes. Only one is ignored. */
export const withoutTerminator = (text: string): string => (text.endsWith("\0") ? text.slice(0, -1) : text)

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")

const ascii = (bytes: Uint8Array): Result.Result<string, string> => {
  const foreign = bytes.findIndex((byte) => byte > 0x7f)
  return foreign === -1
    ? Result.succeed(latin1(bytes))
    : Result.fail(`must be ASCII: byte ${foreign} is ${bytes[foreign]}, more than 127`)
}

/** Decodes a body that was sent as text in any encoding. */
export const textOf = ({ body, bodyType }: EncodedBody): Result.Result<string, string> => {
  const charset = charsets.get(bodyType)
  if (charset !== undefined) return characters(body, charset)
  if (charsets.has(bodyType)) return characters(body, markedCharset(body) ?? "utf-8")
  const types = [...charsets.keys()].map(BodyType.format)
  return Result.fail(`must have a body type of text (${types.join(", ")}), not ${BodyType.format(bodyType)}`)
}

const encoders: Readonly<Record<"utf-8" | "utf-16le" | "us-ascii", (text: string) => Uint8Array>> = {
  "utf-8": (text) => new TextEncoder().encode(text),
  "utf-16le": (text) => {
    const bytes = new Uint8Array(text.length * 2)
    Buffer.from(bytes.buffer).write(text, "utf16le")
    return bytes
  },
  "us-ascii": (text) => new TextEncoder().encode(text)
}

/** Encodes a text. Fails with the rule that it breaks. */
export const bytesOf = (text: string, charset: keyof typeof encoders): Result.Result<Uint8Array, string> => {
  if (typeof text !== "string") return Result.fail("must be a string")
  if (!text.isWellFormed()) return Result.fail("must be well-formed Unicode: half of a surrogate pair stands alone")
  const foreign = charset === "us-ascii" ? [...text].find((character) => character > "\x7f") : undefined
  if (foreign !== undefined) return Result.fail(`must be ASCII, which has no ${foreign}`)
  return Result.succeed(encoders[charset](text))
}
