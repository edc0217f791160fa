/** Newline-delimited JSON, read as it arrives. */
import { Array as Arr, Effect, FileSystem, Option, Stream } from "effect"
import { type ParseError, parse } from "jsonc-parser"
import { isUtf8 } from "node:buffer"
import { BadInput } from "./BadInput.ts"
import * as Input from "./input.ts"
import { type Line, LineCutter } from "./lines.ts"

export type { Line } from "./lines.ts"

/** Returns the size of a file in bytes; `undefined` for standard input, pipes and devices, which end when they end. */
export const size = Effect.fnUntraced(function* (path: string) {
  if (path === Input.standardInput) return undefined
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(path))
  return Option.isSome(info) && info.value.type === "File" ? Number(info.value.size) : undefined
})

/** Beginnings of files that are often given by mistake. */
const otherFiles: ReadonlyArray<readonly [start: ReadonlyArray<number>, what: string]> = [
  [[0x1f, 0x8b], "it is a gzip file: unpack it first, as in gunzip -c FILE | npx --yes pnpm@12 demo -"],
  [[0x28, 0xb5, 0x2f, 0xfd], "it is a Zstandard file: unpack it first, as in zstd -dc FILE | npx --yes pnpm@12 demo -"],
  [[0x50, 0x4b, 0x03, 0x04], "it is a zip file: unpack it first"],
  [[0xff, 0xfe], "it is UTF-16: save it as UTF-8"],
  [[0xfe, 0xff], "it is UTF-16: save it as UTF-8"],
  [[0x7b, 0x00], "it is UTF-16: save it as UTF-8"]
]

/** Returns the text of bytes, with U+FFFD for what is not UTF-8. */
const textOf = ({ buffer, byteLength, byteOffset }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString()

/** Returns the column of a place in a line, in characters from 1. */
const columnOf = (text: string, offset: number): number => Array.from(text.slice(0, offset)).length + 1

/** Returns the reason why bytes are not UTF-8: the first byte that is illegal. */
const notUtf8 = (bytes: Uint8Array): string => {
  const text = textOf(bytes)
  for (const { index } of text.matchAll(/\uFFFD/g)) {
    const at = Buffer.byteLength(text.slice(0, index))
    const byte = bytes[at]!
    // The character itself, which a file may have.
    if (byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) continue
    return `byte 0x${byte.toString(16)} at column ${columnOf(text, index)}. Save it as UTF-8`
  }
  return "it ends within a character"
}

/** Returns a parser's message without the place, which this program adds, and without the content of the line. */
const reasonOf = (message: string): string =>
  message
    .replace(/ in JSON at position \d+.*$/s, "")
    .replace(/^(Unexpected token .+?), (?:"|\.\.\.").*$/s, "$1")
    .replace(/^"(.*)" is not valid JSON$/s, "Unexpected $1")
    .replaceAll(/[\p{Cc}\uFEFF]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** Returns the place of the parser's mistake, which the message does not always have. */
const placeOf = (text: string, message: string): number => {
  const position = / in JSON at position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return Number(position)
  const mistakes: Array<ParseError> = []
  parse(text, mistakes, { disallowComments: true })
  const mistake = mistakes[0]?.offset ?? text.length
  // The message is about a whole word, as in `tru}`, and the token is the character that ends it.
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1]
  const place = token === undefined ? mistake : text.indexOf(token, mistake)
  return place === -1 ? mistake : place
}

/** Returns the reason why a text is not JSON, with the place. */
const notJson = (text: string, error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return `${reasonOf(message)} at column ${columnOf(text, placeOf(text, message))}`
}

/** Returns the reason why bytes are not JSON; `undefined` if they are. */
const mistakeIn = (bytes: Uint8Array): string | undefined => {
  if (!isUtf8(bytes)) return `is not UTF-8: ${notUtf8(bytes)}`
  const text = textOf(bytes)
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return `is not JSON: ${notJson(text, error)}`
  }
}

/** Checks that a line is JSON. Throws a {@link BadInput} that names its line and column. */
const check = ({ bytes, number }: Line): void => {
  const mistake = mistakeIn(bytes)
  if (mistake === undefined) return
  const other = number === 1 && otherFiles.find(([start]) => start.every((byte, index) => bytes[index] === byte))
  throw new BadInput({ message: `line ${number} ${other ? `is not JSON: ${other[1]}` : mistake}` })
}

const isBlank = ({ bytes }: Line): boolean => bytes.every((byte) => byte <= 0x20)

const checked = (cut: () => ReadonlyArray<Line>): Effect.Effect<ReadonlyArray<Line>, BadInput> =>
  Effect.try({
    try: () => {
      const lines = cut().filter((line) => !isBlank(line))
      for (const line of lines) check(line)
      return lines
    },
    catch: (error) => {
      if (error instanceof BadInput) return error
      throw error
    }
  })

/** Largest number of lines in a group, so that a file of short lines does not have thousands in memory. */
const mostInGroup = 60

/**
 * Reads every line that is not blank, checked to be JSON, in groups of those that arrive together. Fails with one sentence
 * that names the line.
 */
export const read = (path: string): Stream.Stream<ReadonlyArray<Line>, BadInput> =>
  Stream.suspend(() => {
    const cutter = new LineCutter()
    return Input.read(path).pipe(
      Stream.mapEffect((chunk) => checked(() => cutter.push(chunk))),
      Stream.concat(Stream.fromEffect(checked(() => cutter.finish()))),
      Stream.flatMap((lines) => Stream.fromIterable(Arr.chunksOf(lines, mostInGroup)))
    )
  })
