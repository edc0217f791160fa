import * as Result from "effect/Result"
import sax from "sax"

/**
 * Headers as NServiceBus writes them into the extension: what .NET's `XmlSerializer` makes of a list of keys and values.
 */

type Entry = readonly [key: string, value: string]

const endTag = "</ArrayOfHeaderInfo>"

/** What XML forbids even as references, which .NET writes all the same, and reads. */
const forbidden = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code))
  .filter((character) => !"\t\n\r".includes(character))
  .join("")
  .concat("\ufffe\uffff")

// CR too, since readers turn a bare CR LF into LF.
const escaped = new RegExp(`[&<>\r${forbidden}]`, "g")

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }

const escape = (text: string): string =>
  text.replace(escaped, (unit) => entities[unit] ?? `&#x${unit.charCodeAt(0).toString(16).toUpperCase()};`)

const element = (name: string, text: string): string =>
  text === "" ? `<${name} />` : `<${name}>${escape(text)}</${name}>`

/** On one line, without a byte order mark: what every version of .NET reads. */
export const print = (entries: ReadonlyArray<Entry>): string =>
  '<?xml version="1.0"?>' +
  '<ArrayOfHeaderInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">' +
  entries.map(([key, value]) => `<HeaderInfo>${element("Key", key)}${element("Value", value)}</HeaderInfo>`).join("") +
  endTag

/** Fails with the rule that was broken. What is not XML at all costs a look at its first bytes. */
export const parse = (bytes: Uint8Array): Result.Result<ReadonlyArray<Entry>, string> => {
  const encoding = encodingOf(bytes)
  if (encoding === undefined) return Result.fail("is no XML")
  return Result.try({
    try: () => entriesOf(shielded(withLineFeeds(document(new TextDecoder(encoding).decode(bytes))))),
    catch: (error) => (error instanceof Refusal ? error.message : "is no well-formed XML in a known encoding")
  })
}

class Refusal extends Error {}

/** The encoding's label; `undefined` for what cannot be XML. */
const encodingOf = (bytes: Uint8Array): string | undefined => {
  const [first, second] = bytes
  if (first === 0xef && second === 0xbb) return "utf-8"
  if ((first === 0xff && second === 0xfe) || (first === lessThan && second === 0)) return "utf-16le"
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === lessThan)) return "utf-16be"
  if (first !== lessThan) return undefined
  const start = String.fromCharCode(...bytes.subarray(0, 100))
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1] ?? "utf-8"
  // That cannot be: each character so far is a single byte.
  return /^utf-?16/i.test(declared) ? "utf-8" : declared
}

const lessThan = 0x3c

/** Without what follows the last end tag: NServiceBus of old left NULs and remains of other messages there. */
const document = (text: string): string => {
  if (!text.includes("<ArrayOfHeaderInfo")) throw new Refusal("is no ArrayOfHeaderInfo")
  const end = text.lastIndexOf(endTag)
  return end === -1 ? text.slice(0, text.lastIndexOf(">") + 1) : text.slice(0, end + endTag.length)
}

/** As XML has line ends read; the parser leaves them as they are. */
const withLineFeeds = (text: string): string => text.replace(/\r\n?/g, "\n")

/** What stands before a forbidden character's substitute, and has one itself, so that the parser sees only legal ones. */
const shield = "\ue000"
const hidden = forbidden + shield
const firstSubstitute = 0xe100
const reference = "&#(?:x([\\da-f]{1,8})|(\\d{1,8}));"
const unreadable = new RegExp(`[${hidden}]|${reference}`, "gi")

const shielded = (text: string): string =>
  text.replace(unreadable, (match, hexadecimal: string | undefined, decimal: string | undefined) => {
    const code = hexadecimal === undefined ? Number(decimal ?? match.charCodeAt(0)) : parseInt(hexadecimal, 16)
    const index = code > 0xffff ? -1 : hidden.indexOf(String.fromCharCode(code))
    return index === -1 ? match : shield + String.fromCharCode(firstSubstitute + index)
  })

const unshielded = (text: string): string =>
  text.replace(/\ue000([\s\S])/g, (_, character: string) => hidden.charAt(character.charCodeAt(0) - firstSubstitute))

const entriesOf = (text: string): ReadonlyArray<Entry> => {
  const entries = new Map<string, string>()
  const path: Array<string> = []
  let key: string | undefined
  let value = ""
  const inHeader = (depth: number): boolean => path.length === depth && path[1] === "HeaderInfo"
  const append = (text: string): void => {
    if (!inHeader(3)) return
    if (path[2] === "Key") key += text
    else if (path[2] === "Value") value += text
  }
  const parser = Object.assign(sax.parser(true), {
    onerror: () => {
      throw new Refusal("is no well-formed XML")
    },
    ondoctype: () => {
      throw new Refusal("has a DOCTYPE, which is not read")
    },
    onopentag: ({ name }: { readonly name: string }) => {
      path.push(name)
      if (path.length === 1 && name !== "ArrayOfHeaderInfo") throw new Refusal("is no ArrayOfHeaderInfo")
      if (inHeader(2)) [key, value] = [undefined, ""]
      else if (inHeader(3) && name === "Key") key = ""
    },
    ontext: append,
    oncdata: append,
    onclosetag: () => {
      if (inHeader(2) && key !== undefined) {
        const name = unshielded(key)
        if (entries.has(name)) throw new Refusal("has a key twice")
        entries.set(name, unshielded(value))
      }
      path.pop()
    }
  })
  parser.write(text).close()
  return [...entries]
}
