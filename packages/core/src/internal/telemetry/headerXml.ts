import * as Result from "effect/Result"
import { readText } from "../bodies/xml/Tree.ts"
import { escapeText } from "../bodies/xml/writer.ts"

/**
 * Headers in the extension of a message, as NServiceBus writes them: a list of keys and values in the form of .NET's
 * `XmlSerializer`.
 */

type Entry = readonly [key: string, value: string]

const endTag = "</ArrayOfHeaderInfo>"

const element = (name: string, text: string): string =>
  text === "" ? `<${name} />` : `<${name}>${escapeText(text)}</${name}>`

const elements = (entries: ReadonlyArray<Entry>): string =>
  entries.map(([key, value]) => `<HeaderInfo>${element("Key", key)}${element("Value", value)}</HeaderInfo>`).join("")

/** Prints headers on one line without a byte order mark, which every version of .NET reads. */
export const print = (entries: ReadonlyArray<Entry>): string =>
  '<?xml version="1.0"?>' +
  '<ArrayOfHeaderInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">' +
  elements(entries) +
  endTag

const anyEntry = /<HeaderInfo><Key>([^<]*)<\/Key>(?:<Value \/>|<Value>[^<]*<\/Value>)<\/HeaderInfo>/g

/**
 * Appends entries to headers, whose bytes stay as they are. An entry replaces one of the same key that is written as by
 * {@link print}. Returns `undefined` where that cannot be done, as for UTF-16.
 */
export const append = (bytes: Uint8Array, entries: ReadonlyArray<Entry>): Uint8Array | undefined => {
  const keys = new Set(entries.map(([key]) => key))
  // In every encoding that is read, a byte of ASCII is that character. Other bytes are only copied.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
  const end = text.lastIndexOf(endTag)
  if (end === -1) return undefined
  const kept = text.slice(0, end).replace(anyEntry, (entry, key: string) => (keys.has(key) ? "" : entry))
  const added = elements(entries).replace(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`)
  const result = Buffer.from(kept + added + text.slice(end), "latin1")
  return Result.isSuccess(parse(result)) ? new Uint8Array(result) : undefined
}

/** Parses headers. Fails with the rule that was broken. For bytes that are no XML only the first of them are read. */
export const parse = (bytes: Uint8Array): Result.Result<ReadonlyArray<Entry>, string> => {
  const encoding = encodingOf(bytes)
  if (encoding === undefined) return Result.fail("is no XML")
  return Result.try({
    try: () => entriesOf(withLineFeeds(document(new TextDecoder(encoding).decode(bytes)))),
    catch: (error) => (error instanceof Refusal ? error.message : "is no well-formed XML in a known encoding")
  })
}

class Refusal extends Error {}

/** Returns the label of the encoding; `undefined` for bytes that cannot be XML. */
const encodingOf = (bytes: Uint8Array): string | undefined => {
  const [first, second] = bytes
  if (first === 0xef && second === 0xbb) return "utf-8"
  if ((first === 0xff && second === 0xfe) || (first === lessThan && second === 0)) return "utf-16le"
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === lessThan)) return "utf-16be"
  if (first !== lessThan) return undefined
  const start = String.fromCharCode(...bytes.subarray(0, 100))
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1] ?? "utf-8"
  // A declaration of UTF-16 is wrong here, where each character so far is a single byte.
  return /^utf-?16/i.test(declared) ? "utf-8" : declared
}

const lessThan = 0x3c

/** Returns the text up to the last end tag. Old versions of NServiceBus left NULs and parts of other messages behind it. */
const document = (text: string): string => {
  if (!text.includes("<ArrayOfHeaderInfo")) throw new Refusal("is no ArrayOfHeaderInfo")
  const end = text.lastIndexOf(endTag)
  return end === -1 ? text.slice(0, text.lastIndexOf(">") + 1) : text.slice(0, end + endTag.length)
}

/** Returns the text with its line ends as XML defines them, which the parser does not change. */
const withLineFeeds = (text: string): string => text.replace(/\r\n?/g, "\n")

const entriesOf = (text: string): ReadonlyArray<Entry> => {
  const root = Result.getOrThrowWith(
    readText(text),
    (rule) =>
      new Refusal(
        rule.includes("DOCTYPE") ? "has a DOCTYPE, which is not read" : "is no well-formed XML, or nests too deep"
      )
  )
  if (root.local !== "ArrayOfHeaderInfo") throw new Refusal("is no ArrayOfHeaderInfo")
  const entries = new Map<string, string>()
  for (const { children, local } of root.children) {
    const [key, value] = ["Key", "Value"].map((name) => children.findLast((child) => child.local === name)?.text)
    if (local !== "HeaderInfo" || key === undefined) continue
    if (entries.has(key)) throw new Refusal("has a key twice")
    entries.set(key, value ?? "")
  }
  return [...entries]
}
