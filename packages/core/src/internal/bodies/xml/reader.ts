import * as Result from "effect/Result"
import sax from "sax"
import type { SAXParser, Tag } from "sax"
import { maximumPacketSize } from "../../../Message.ts"
import { entities } from "./entities.ts"
import * as namespaces from "./namespaces.ts"
import type { QualifiedName, Scope } from "./namespaces.ts"
import { characters, markedCharset, startsWith, withoutTerminator } from "../encodedText.ts"

interface ReadAttribute extends QualifiedName {
  readonly value: string
}

/** Element that was read: its names are resolved, and its text is all text directly in it. */
export interface ReadElement extends QualifiedName {
  readonly attributes: ReadonlyArray<ReadAttribute>
  readonly children: ReadonlyArray<ReadElement>
  readonly text: string
}

interface OpenElement extends ReadElement {
  readonly scope: Scope
  readonly children: Array<OpenElement>
  text: string
}

/**
 * Limits of depth and attributes, far above those of real classes: a document that exceeds them is made to exhaust the reader.
 */
export const maximumDepth = 128
const maximumAttributes = 256

/** Error that stops the parser. Its message is the rule. */
class Refused extends Error {}

const refusal = (error: unknown): string => {
  if (error instanceof Refused) return error.message
  const [what = "", line = "", column = ""] = String((error as Error).message).split("\n")
  const at = [line, column].map((part) => Number(part.replace(/\D/g, "")) + 1)
  return `must be well-formed XML: ${what.toLowerCase()} (line ${at[0]}, column ${at[1]})`
}

type Handlers = Partial<SAXParser>

/**
 * Tree of elements that is being read. It resolves namespaces itself, since that of sax takes a time that grows with the square
 * of the attributes.
 */
class Tree {
  readonly #parser = sax.parser(true)
  readonly #open: Array<OpenElement> = []
  #root: OpenElement | undefined
  #tag: Tag | undefined
  #attributes = new Map<string, string>()

  readonly #handlers: Handlers = {
    onerror: (error) => {
      throw error
    },
    ondoctype: () => this.#refuse("have no DOCTYPE: it could declare entities that grow without end or name files"),
    onopentagstart: (tag) => {
      this.#tag = tag as Tag
      this.#attributes = new Map()
    },
    onattribute: ({ name, value }) => {
      if (this.#attributes.has(name)) this.#refuse(`have one attribute ${name} in an element`)
      if (this.#attributes.size === maximumAttributes)
        this.#refuse(`have at most ${maximumAttributes} attributes in an element`)
      this.#attributes.set(name, value)
      // Otherwise sax would silently drop a second one.
      delete this.#tag!.attributes[name]
    },
    onopentag: () => this.#opened(),
    onclosetag: () => {
      this.#open.pop()
    },
    ontext: (text) => this.#add(text),
    oncdata: (text) => this.#add(text)
  }

  read(text: string): ReadElement {
    Object.assign(this.#parser, this.#handlers, { ENTITIES: entities })
    this.#parser.write(text).close()
    return this.#root ?? this.#refuse("have a root element")
  }

  #opened(): void {
    if (this.#open.length === maximumDepth) this.#refuse(`not be nested deeper than ${maximumDepth} elements`)
    if (this.#open.length === 0 && this.#root !== undefined) this.#refuse("have one root element")
    const parent = this.#open.at(-1)
    const scope = this.#scope(parent?.scope ?? namespaces.outermost)
    const attributes: Array<ReadAttribute> = []
    for (const [name, value] of this.#attributes) {
      if (namespaces.declaredPrefix(name) === undefined) {
        attributes.push({ ...this.#resolve(scope, name, "attribute"), value })
      }
    }
    const { local, uri } = this.#resolve(scope, this.#tag!.name, "element")
    const element = { local, uri, scope, attributes, children: [], text: "" }
    parent?.children.push(element)
    this.#root ??= element
    this.#open.push(element)
  }

  #scope(around: Scope): Scope {
    let own: Record<string, string> | undefined
    for (const [name, value] of this.#attributes) {
      const prefix = namespaces.declaredPrefix(name)
      if (prefix === undefined) continue
      own ??= Object.create(around) as Record<string, string>
      own[prefix] = value
    }
    return own ?? around
  }

  #resolve(scope: Scope, name: string, kind: "element" | "attribute"): QualifiedName {
    return namespaces.resolve(scope, name, kind) ?? this.#refuse(`declare the prefix of ${name}`)
  }

  #add(text: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text += text
    else if (text.trim() !== "") this.#refuse("have nothing but comments outside of its root element")
  }

  #refuse(rule: string): never {
    throw new Refused(`must ${rule} (line ${this.#parser.line + 1})`)
  }
}

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

/**
 * Reads the root element of a document. Fails with the rule that it breaks. No DOCTYPE and no entities but the five are read,
 * line ends stay as they are, and depth and size are bounded.
 */
export const read = (bytes: Uint8Array): Result.Result<ReadElement, string> =>
  bytes.length > maximumPacketSize
    ? Result.fail(`must have at most ${maximumPacketSize} bytes, as every message, not ${bytes.length}`)
    : Result.flatMap(characters(bytes, charsetOf(bytes)), (text) =>
        Result.try({ try: () => new Tree().read(withoutTerminator(text)), catch: refusal })
      )
