/** Element to write, with its names as they stand in the text. It has children or text. */
export interface WrittenElement {
  readonly name: string
  readonly attributes: ReadonlyArray<readonly [name: string, value: string]>
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

/** Returns the attributes of an element, with one that preserves text of blanks alone, which .NET would otherwise drop. */
const attributesOf = ({ attributes, text }: WrittenElement): ReadonlyArray<readonly [string, string]> =>
  onlyBlanks.test(text) ? [...attributes, ["xml:space", "preserve"]] : attributes

const elementText = (element: WrittenElement, indent: string): string => {
  const { children, name, text } = element
  const attributes = attributesOf(element).map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
  const start = `${indent}<${name}${attributes.join("")}`
  if (children.length > 0) {
    const inner = children.map((child) => `${elementText(child, `${indent}  `)}\r\n`)
    return `${start}>\r\n${inner.join("")}${indent}</${name}>`
  }
  return text === "" ? `${start} />` : `${start}>${escapeText(text)}</${name}>`
}

/** Writes a document with the layout of .NET Framework, which every .NET reads. */
export const write = (root: WrittenElement): string => `<?xml version="1.0"?>\r\n${elementText(root, "")}`
