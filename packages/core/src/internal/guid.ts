/** The forms that .NET reads: digits alone or with hyphens, these also in braces or parentheses. */
const forms = [/^([\da-f]{32})$/i, /^([\da-f-]{36})$/i, /^\{([\da-f-]{36})\}$/i, /^\(([\da-f-]{36})\)$/i]
const hyphenated = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

export const rule = 'a GUID, such as "00112233-4455-6677-8899-aabbccddeeff"'

/** In lower case with hyphens and without braces, `undefined` for what is no GUID. */
export const canonical = (text: string): string | undefined => {
  const inner = forms.map((form) => form.exec(text)?.[1]?.toLowerCase()).find((match) => match !== undefined)
  if (inner === undefined) return undefined
  const guid = inner.length === 32 ? inner.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : inner
  return hyphenated.test(guid) ? guid : undefined
}

/** The places of a GUID's digits in its 16 bytes: its first three fields are little-endian. */
const places = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/** The 16 bytes of a canonical GUID. */
export const bytesOf = (guid: string): Uint8Array => {
  const digits = guid.replaceAll("-", "")
  return Uint8Array.from(places, (place) => Number.parseInt(digits.slice(2 * place, 2 * place + 2), 16))
}

export const textOf = (bytes: Uint8Array): string => {
  const digits = places.map((place) => bytes[place]!.toString(16).padStart(2, "0")).join("")
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
