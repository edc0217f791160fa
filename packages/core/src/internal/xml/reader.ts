import * as Result from "effect/Result"
import sax from "sax"
import { maximumPacketSize } from "../../Message.ts"
import { characters, markedCharset, startsWith } from "../body/encodedText.ts"

export interface ReadAttribute {
  readonly local: string
  readonly uri: string
  readonly value: string
}

/** An element as it was read: its names are resolved, its text is all that stands in it directly. */
export interface ReadElement {
  readonly local: string
  readonly uri: string
  readonly attributes: ReadonlyArray<ReadAttribute>
  readonly children: ReadonlyArray<ReadElement>
  readonly text: string
}

interface OpenElement extends ReadElement {
  readonly children: Array<OpenElement>
  text: string
}

/** No class of anyone goes as deep; what does is made to exhaust the reader. */
export const maximumDepth = 128

/** References to what XML has no character for: .NET writes them, and reads them. */
const forbidden = [...Array(0x20).keys(), 0xfffe, 0xffff].filter((code) => ![0x9, 0xa, 0xd].includes(code))

/** All the entities that there are. A document cannot declare others, since it may have no DOCTYPE. */
const entities: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  ...Object.fromEntries(
    forbidden.flatMap((code) => {
      const character = String.fromCharCode(code)
      return [
        [`#${code}`, character],
        [`#x${code.toString(16)}`, character]
      ]
    })
  )
})

/** Stops the parser; its message is the rule. */
class Refused extends Error {}

const refusal = (error: unknown): string => {
  if (error instanceof Refused) return error.message
  const [what = "", line = "", column = ""] = String((error as Error).message).split("\n")
  const at = [line, column].map((part) => Number(part.replace(/\D/g, "")) + 1)
  return `must be well-formed XML: ${what.toLowerCase()} (line ${at[0]}, column ${at[1]})`
}

const parse = (text: string): ReadElement => {
  const parser = sax.parser(true, { xmlns: true })
  const open: Array<OpenElement> = []
  let root: OpenElement | undefined
  const refuse = (rule: string): never => {
    throw new Refused(`must ${rule} (line ${parser.line + 1})`)
  }
  const addText = (text: string): void => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
    else if (text.trim() !== "") refuse("have nothing but comments outside of its root element")
  }
  parser.ENTITIES = entities
  parser.onerror = (error) => {
    throw error
  }
  parser.ondoctype = () => refuse("have no DOCTYPE: it could declare entities that grow without end or name files")
  parser.onopentag = ({ attributes, local, uri }) => {
    if (open.length === maximumDepth) refuse(`not be nested deeper than ${maximumDepth} elements`)
    if (open.length === 0 && root !== undefined) refuse("have one root element")
    const element = { local, uri, attributes: Object.values(attributes), children: [], text: "" }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  }
  parser.onclosetag = () => {
    open.pop()
  }
  parser.ontext = addText
  parser.oncdata = addText
  parser.write(text).close()
  return root ?? refuse("have a root element")
}

const declared = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/

/** By byte order mark, by the first character, by declaration. One that can be read as bytes is not of UTF-16. */
const charsetOf = (bytes: Uint8Array): string => {
  const marked = markedCharset(bytes)
  if (marked !== undefined) return marked
  if (startsWith(bytes, [0x3c, 0])) return "utf-16le"
  if (startsWith(bytes, [0, 0x3c])) return "utf-16be"
  const label = declared.exec(Buffer.from(bytes.subarray(0, 200)).toString("latin1"))?.[1]
  return label === undefined || /^utf-?16/i.test(label) ? "utf-8" : label
}

/**
 * The root element of a document, or what is wrong with it. No DOCTYPE is read and no entity but the five, ends of lines
 * stay as they are, and depth and size are bounded.
 */
export const read = (bytes: Uint8Array): Result.Result<ReadElement, string> =>
  bytes.length > maximumPacketSize
    ? Result.fail(`must have at most ${maximumPacketSize} bytes, as every message, not ${bytes.length}`)
    : Result.flatMap(characters(bytes, charsetOf(bytes)), (text) =>
        Result.try({ try: () => parse(text), catch: refusal })
      )
