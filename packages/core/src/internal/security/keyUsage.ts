/** Key usage of an X.509 certificate: RFC 5280, 4.2.1.3. Node shows only the extended one. */

/** Element of ASN.1 DER: its tag, and the place of its content. */
interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

const tags = { bitString: 0x03, octetString: 0x04, objectIdentifier: 0x06, sequence: 0x30, extensions: 0xa3 }

/** Object identifier of the extension, 2.5.29.15. */
const keyUsage = Buffer.from([0x55, 0x1d, 0x0f])

/** Bits of the first byte that allow signatures: `digitalSignature` and `nonRepudiation`. */
const forSignatures = 0x80 | 0x40

/** Reads the elements that follow one another in a part of the bytes. Ends before what is no element. */
const elementsIn = (der: Uint8Array, start: number, end: number): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  for (let at = start; at + 2 <= end;) {
    const [tag = 0, first = 0] = der.subarray(at, at + 2)
    const more = first > 0x80 ? first & 0x7f : 0
    let length = more === 0 ? first : 0
    for (let index = 0; index < more; index++) length = length * 256 + (der[at + 2 + index] ?? 0)
    const content = at + 2 + more
    if (content + length > end) break
    elements.push({ tag, start: content, end: content + length })
    at = content + length
  }
  return elements
}

const childrenOf = (der: Uint8Array, element: Element | undefined): ReadonlyArray<Element> =>
  element === undefined ? [] : elementsIn(der, element.start, element.end)

/**
 * Returns `true` for a certificate whose key may sign data: its key usage says so, or it has none, which allows every use. The
 * bytes are those of one certificate, which Node has read.
 */
export const allowsSignatures = (der: Uint8Array): boolean => {
  const [certificate] = elementsIn(der, 0, der.length)
  const [toBeSigned] = childrenOf(der, certificate)
  const wrapper = childrenOf(der, toBeSigned).find(({ tag }) => tag === tags.extensions)
  const [extensions] = childrenOf(der, wrapper)
  const parts = childrenOf(der, extensions)
    .map((extension) => childrenOf(der, extension))
    .find(([id]) => id?.tag === tags.objectIdentifier && keyUsage.equals(der.subarray(id.start, id.end)))
  if (parts === undefined) return true
  const value = parts.find(({ tag }) => tag === tags.octetString)
  const bits = childrenOf(der, value).find(({ tag }) => tag === tags.bitString)
  // The first byte of the content is the number of unused bits.
  return bits !== undefined && ((der[bits.start + 1] ?? 0) & forSignatures) !== 0
}
