/** Where each byte of a GUID's text is in its 16 bytes: Windows has the first three groups little-endian. */
const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

export const write = (guid: string): Uint8Array => {
  const digits = guid.replaceAll("-", "")
  return Uint8Array.from(order, (from) => Number.parseInt(digits.slice(2 * from, 2 * from + 2), 16))
}

export const read = (bytes: Uint8Array): string =>
  order
    .map((from) => (bytes[from] ?? 0).toString(16).padStart(2, "0"))
    .join("")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
