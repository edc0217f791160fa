import * as Result from "effect/Result"
import { SaxesParser } from "saxes"
import type { SaxesAttributeNS, SaxesTagNS } from "saxes"
import { describeValue } from "../../errors/describeValue.ts"
import * as namespaces from "./namespaces.ts"
import type { QualifiedName } from "./namespaces.ts"

interface ReadAttribute extends QualifiedName {
  readonly value: string
}

/** Element that was read: its names are resolved, and its text is all text directly in it. */
export interface ReadElement extends QualifiedName {
  readonly attributes: ReadonlyArray<ReadAttribute>
  readonly children: ReadonlyArray<ReadElement>
  readonly text: string
  /** Type that `xsi:type` names; `undefined` where there is none. */
  readonly type: ReadType | undefined
}

/** Name of a type. Its namespace is `undefined` where the prefix is not declared. */
export interface ReadType {
  readonly local: string
  readonly uri: string | undefined
}

interface OpenElement extends ReadElement {
  readonly children: Array<OpenElement>
  text: string
}

/**
 * Limits of depth and attributes, far above those of real classes: a document that exceeds them is made to exhaust the reader,
 * which looks for a namespace in all elements around.
 */
export const maximumDepth = 128
const maximumAttributes = 256

/** Error that stops the parser. Its message is the rule. */
class Refused extends Error {}

/** Parser that leaves it to its user to judge references to characters that XML does not have, which .NET reads all the same. */
class Parser extends SaxesParser<{ readonly xmlns: true }> {
  readonly #checkReference: () => void

  constructor(checkReference: () => void) {
    super({ xmlns: true })
    this.#checkReference = checkReference
  }

  override fail(message: string): this {
    if (message !== "malformed character entity.") return super.fail(message)
    this.#checkReference()
    return this
  }
}

const refusal = (error: unknown): string => {
  const { message } = error as Error
  if (error instanceof Refused) return message
  const [, line, column, what = message] = /^(\d+):(\d+): (.*?)\.?$/.exec(message) ?? []
  return `must be well-formed XML: ${what} (line ${line}, column ${column})`
}

const reference = /&([^;]*);/g
const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"]
])
const numbered = /^#(?:(\d+)|x([\da-f]+))$/i

/** Returns the character of a reference; `undefined` for one that .NET does not know, or that is half a surrogate pair. */
const referred = (name: string): string | undefined => {
  const [, decimal, hexadecimal] = name.startsWith("#X") ? [] : (numbered.exec(name) ?? [])
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal)
  if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return String.fromCodePoint(code)
  return named.get(name)
}

/** Blanks of XML, which are fewer than those of JavaScript. */
export const withoutBlanks = (text: string): string => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")

/** Parts of names before and behind a colon: .NET knows the characters of an older edition of XML than the parser does. */
const namePart = /^(?![-.\d\u00b7\u203f\u2040]|[\u0300-\u036f])[^\ud800-\uffff]+$/

const qualifiedName = (name: string): readonly [prefix: string, local: string] => {
  const colon = name.indexOf(":")
  return colon < 1 ? ["", name] : [name.slice(0, colon), name.slice(colon + 1)]
}

const isDeclaration = ({ name, prefix }: Pick<SaxesAttributeNS, "name" | "prefix">): boolean =>
  prefix === "xmlns" || name === "xmlns"

/**
 * Tree of elements that is being read. The parser says what is well-formed, where each part begins and ends, and which namespace a
 * name is in. The text of a part is taken from the document itself: the parser changes line ends, and blanks in attributes, as
 * XML wants it and .NET does not.
 */
class Tree {
  readonly #document: string
  readonly #parser = new Parser(() => this.#checkReference())
  readonly #open: Array<OpenElement> = []
  #root: OpenElement | undefined
  #attributeCount = 0
  /** Index of the first character that is in no part yet. */
  #next = 0
  /** Index behind the last reference that was checked. */
  #referred = 0

  constructor(document: string) {
    this.#document = document
  }

  read(): ReadElement {
    const parser = this.#parser
    const seen = () => {
      this.#next = parser.position
    }
    parser.on("doctype", () =>
      this.#refuse("have no DOCTYPE: it could declare entities that grow without end or name files")
    )
    parser.on("xmldecl", ({ version }) => {
      if (version !== "1.0") this.#refuse(`be of version 1.0 of XML, not ${version}`)
      seen()
    })
    parser.on("attribute", (attribute) => this.#attribute(attribute))
    parser.on("opentag", (tag) => {
      this.#opened(tag)
      seen()
    })
    parser.on("closetag", () => {
      this.#open.pop()
      seen()
    })
    parser.on("text", () => {
      this.#add(parser.position - "<".length)
    })
    parser.on("cdata", () => {
      this.#next += "<![CDATA[".length
      const text = this.#document.slice(this.#next, parser.position - "]]>".length)
      this.#open.at(-1)!.text += text
      seen()
    })
    parser.on("processinginstruction", ({ target }) => {
      this.#checkName(target)
      const rest = this.#document.slice(this.#next + "<?".length + target.length, parser.position)
      if (rest !== "?>" && !/^[ \t\r\n]/.test(rest))
        this.#refuse(`be well-formed XML: <?${target} has no blank behind it`)
      seen()
    })
    parser.on("comment", () => {
      this.#next = parser.position + ">".length
    })
    parser.write(this.#document).close()
    return this.#root!
  }

  #checkName(...parts: ReadonlyArray<string>): void {
    const wrong = parts.find((part) => part !== "" && !namePart.test(part))
    if (wrong !== undefined) this.#refuse(`be well-formed XML: ${wrong} is no name`)
  }

  #attribute(attribute: Pick<SaxesAttributeNS, "name" | "prefix" | "local" | "value">): void {
    this.#checkName(attribute.prefix, attribute.local)
    this.#attributeCount += 1
    if (this.#attributeCount > maximumAttributes)
      this.#refuse(`have at most ${maximumAttributes} attributes in an element`)
    const end = this.#parser.position - 1
    const start = this.#document.lastIndexOf(this.#document[end]!, end - 1) + 1
    attribute.value = this.#text(start, end)
    // The parser would take the namespace without them.
    if (isDeclaration(attribute) && attribute.value !== attribute.value.trim()) {
      this.#refuse(`have no blanks around the namespace "${attribute.value.trim()}"`)
    }
    if (attribute.name === "xml:space" && !["default", "preserve"].includes(withoutBlanks(attribute.value))) {
      this.#refuse(`have no xml:space but "default" and "preserve"`)
    }
  }

  #opened({ attributes, local, prefix, uri }: SaxesTagNS): void {
    this.#checkName(prefix, local)
    if (this.#open.length === maximumDepth) this.#refuse(`not be nested deeper than ${maximumDepth} elements`)
    this.#attributeCount = 0
    const own = Object.values(attributes).filter((attribute) => !isDeclaration(attribute))
    const parent = this.#open.at(-1)
    const element: OpenElement = {
      local,
      uri,
      attributes: own,
      type: this.#typeOf(own),
      children: [],
      text: ""
    }
    parent?.children.push(element)
    this.#root ??= element
    this.#open.push(element)
  }

  #typeOf(attributes: ReadonlyArray<ReadAttribute>): ReadType | undefined {
    const attribute = attributes.find(({ local, uri }) => local === "type" && namespaces.instances.includes(uri))
    if (attribute === undefined) return undefined
    const [prefix, local] = qualifiedName(attribute.value)
    return { local, uri: this.#parser.resolve(prefix) ?? (prefix === "" ? "" : undefined) }
  }

  /**
   * Checks the reference that the parser complains of, which ends here: it goes up to a semicolon, whatever is in between. Other
   * references before it are none to complain of.
   */
  #checkReference(): void {
    const { position } = this.#parser
    const last = this.#document.slice(Math.max(this.#next, this.#referred), position).match(reference)?.at(-1) ?? ""
    this.#referred = position
    if (referred(last.slice(1, -1)) === undefined)
      this.#refuse(`be well-formed XML: ${describeValue(last)} is no character`)
  }

  #add(end: number): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text += this.#text(this.#next, end)
    this.#next = end
  }

  #text(start: number, end: number): string {
    const text = this.#document.slice(start, end)
    if (!text.includes("&")) return text
    return text.replace(reference, (whole, name: string) => referred(name) ?? whole)
  }

  #refuse(rule: string): never {
    throw new Refused(`must ${rule} (line ${this.#parser.line})`)
  }
}

/** Reads the root element of a document in text. Fails with the rule that it breaks. */
export const readText = (document: string): Result.Result<ReadElement, string> =>
  Result.try({ try: () => new Tree(document).read(), catch: refusal })
