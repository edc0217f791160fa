import * as namespaces from "./namespaces.ts"
import type { QualifiedName } from "./namespaces.ts"

/** Element to write. It has children or text. */
export interface WrittenElement extends QualifiedName {
  readonly attributes: ReadonlyArray<QualifiedName & { readonly value: string }>
  /** Type to name by `xsi:type`. */
  readonly type?: QualifiedName
  readonly isNil?: boolean
  readonly children: ReadonlyArray<WrittenElement>
  readonly text: string
}

const references: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" }

/**
 * Returns the reference for a character. A character that XML does not have becomes one all the same, which .NET reads; so does
 * CR, which readers would drop.
 */
const reference = (character: string): string =>
  references[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`

export const escapeText = (text: string): string => text.replace(/[<>&]|[^\t\n\u0020-\uFFFD]/g, reference)
const escapeAttribute = (text: string): string => text.replace(/[<>&"]|[^\u0020-\uFFFD]/g, reference)

const onlyBlanks = /^[ \t\r\n]+$/

type Attributes = Array<readonly [name: string, value: string]>

const declarations: Attributes = [
  ["xmlns:xsi", namespaces.instance],
  ["xmlns:xsd", namespaces.schema]
]

/** Document that is being written. */
class Document {
  /** Number of prefixes for types that it has declared so far. */
  #prefixes = 0

  /** Writes an element. `declared`: attributes before its own; `around`: the namespace of names without a prefix around it. */
  element(element: WrittenElement, declared: Attributes, depth: number, around: string): string {
    const { children, local, text, uri } = element
    const indent = "  ".repeat(depth - 1)
    const attributes = [...declared, ...this.#attributes(element, depth)]
    if (uri !== around) attributes.push(["xmlns", uri])
    // .NET would otherwise drop text of blanks alone.
    if (onlyBlanks.test(text)) attributes.push(["xml:space", "preserve"])
    const written = attributes.map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
    const start = `${indent}<${local}${written.join("")}`
    if (children.length > 0) {
      const inner = children.map((child) => `${this.element(child, [], depth + 1, uri)}\r\n`)
      return `${start}>\r\n${inner.join("")}${indent}</${local}>`
    }
    return text === "" ? `${start} />` : `${start}>${escapeText(text)}</${local}>`
  }

  #attributes({ attributes, isNil, type, uri }: WrittenElement, depth: number): Attributes {
    const all: Attributes = []
    if (isNil === true) all.push(["xsi:nil", "true"])
    if (type !== undefined) all.push(...this.#type(type, uri))
    const qualified = new Map<string, string>()
    for (const attribute of attributes) {
      if (attribute.uri === "") all.push([attribute.local, attribute.value])
      else {
        const prefix = qualified.get(attribute.uri) ?? `d${depth}p${qualified.size + 1}`
        qualified.set(attribute.uri, prefix)
        all.push([`${prefix}:${attribute.local}`, attribute.value])
      }
    }
    return [...all, ...[...qualified].map(([uri, prefix]) => [`xmlns:${prefix}`, uri] as const)]
  }

  /** Names a type. `around`: the namespace of names without a prefix. */
  #type({ local, uri }: QualifiedName, around: string): Attributes {
    if (uri === around || uri === "") return [["xsi:type", local]]
    if (uri === namespaces.schema) return [["xsi:type", `xsd:${local}`]]
    this.#prefixes += 1
    const prefix = `q${this.#prefixes}`
    return [
      [`xmlns:${prefix}`, uri],
      ["xsi:type", `${prefix}:${local}`]
    ]
  }
}

/**
 * Writes a document with the layout of .NET Framework, which every .NET reads. `isSimple`: the root is one simple value, for which
 * .NET declares no namespaces.
 */
export const write = (root: WrittenElement, isSimple: boolean): string => {
  const isBare = isSimple && root.isNil !== true && root.type === undefined
  return `<?xml version="1.0"?>\r\n${new Document().element(root, isBare ? [] : declarations, 1, "")}`
}
