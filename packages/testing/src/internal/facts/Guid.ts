/** GUID as text, without braces: hexadecimal digits in the groups 8-4-4-4-12. */
export type Guid = string

/** Tells whether a text is a GUID, in any letter case. */
export const isGuid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)

/** Returns the 16 bytes of a GUID in the order of Windows: the first three groups are little-endian. */
export const toBytes = (guid: Guid): Uint8Array => {
  const bigEndian = Uint8Array.from(guid.replaceAll("-", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (from) => bigEndian[from] ?? 0)
}
