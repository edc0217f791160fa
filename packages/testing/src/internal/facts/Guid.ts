/** A GUID as text, without braces: lower case hexadecimal in the groups 8-4-4-4-12. */
export type Guid = string

export const isGuid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)

/** The 16 bytes of a GUID as Windows lays them out: the first three groups little-endian. */
export const toBytes = (guid: Guid): Uint8Array => {
  const bigEndian = Uint8Array.from(guid.replaceAll("-", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (from) => bigEndian[from] ?? 0)
}
