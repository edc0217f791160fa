/** Comparison of distinguished names with a text that a person wrote, or copied from Windows, Node or OpenSSL. */

/** Attribute of a distinguished name, such as `CN=orders`; without a type where the text names only the value. */
interface Attribute {
  readonly type: string | undefined
  readonly value: string
}

/** Names of types that Windows writes, by those that OpenSSL and Node write. */
const sameTypes: ReadonlyMap<string, string> = new Map([
  ["E", "EMAILADDRESS"],
  ["S", "ST"],
  ["SP", "ST"],
  ["G", "GN"],
  ["STREETADDRESS", "STREET"]
])

/** Type, equals sign, and value. */
const typed = /^\s*([A-Za-z][\w.-]*|\d+(?:\.\d+)*)\s*=(.*)$/s

/**
 * Splits a name where a separator stands outside of quotation marks and is not escaped. A part without a type belongs to the one
 * before it: people write commas in values without escaping them.
 */
const split = (text: string, separator: RegExp): ReadonlyArray<string> => {
  const parts = [""]
  const separators = [""]
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const last = parts.length - 1
    if (character === "\\") {
      parts[last] += text.slice(at, at + 2)
      at++
    } else if (!isQuoted && separator.test(character)) {
      parts.push("")
      separators.push(character)
    } else {
      if (character === '"') isQuoted = !isQuoted
      parts[last] += character
    }
  }
  const whole: Array<string> = []
  for (const [index, part] of parts.entries()) {
    if (whole.length === 0 || typed.test(part)) whole.push(part)
    else whole[whole.length - 1] += `${separators[index]}${part}`
  }
  return whole
}

const valueOf = (text: string): string => {
  const trimmed = text.trim()
  const bare = /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed
  return bare.replaceAll(/\\(.)/gs, "$1").normalize("NFC").toLowerCase()
}

const attributeOf = (text: string): Attribute => {
  const [, type, value] = typed.exec(text) ?? []
  if (type === undefined || value === undefined) return { type: undefined, value: valueOf(text) }
  const upper = type.toUpperCase()
  return { type: sameTypes.get(upper) ?? upper, value: valueOf(value) }
}

const attributesOf = (text: string, separator: RegExp): ReadonlyArray<Attribute> =>
  split(text, separator).map(attributeOf)

/**
 * Returns the function that tells whether a distinguished name, with one attribute on each line as Node writes it, has a subject:
 * all attributes of the text, in any order and letter case; or, for a text without a type, that value as a whole.
 */
export const subjectMatcher = (subject: string): ((lines: string) => boolean) => {
  const asked = typed.test(subject) ? attributesOf(subject, /[,;+\n]/) : [{ type: undefined, value: valueOf(subject) }]
  return (lines) => {
    const attributes = attributesOf(lines, /[+\n]/)
    return asked.every(({ type, value }) =>
      attributes.some((one) => one.value === value && (type === undefined || type === one.type))
    )
  }
}
