/** A user as Windows names one: the text and the bytes of the SID, which say the same. */
export interface Sid {
  readonly text: string
  readonly bytes: Uint8Array
}

const grammar = /^S-1-(\d{1,10})((?:-\d{1,10}){1,15})$/

/** Reads `S-1-<authority>-<sub-authority>...`, with 1 to 15 sub-authorities. */
export const fromText = (text: string): Sid => {
  const match = grammar.exec(text)
  if (match === null) throw new TypeError(`"${text}" is not a SID such as "S-1-5-21-1-2-3-1001"`)
  const subAuthorities = (match[2] ?? "").slice(1).split("-")
  const bytes = new Uint8Array(8 + 4 * subAuthorities.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = 1
  bytes[1] = subAuthorities.length
  view.setUint32(4, Number(match[1]))
  subAuthorities.forEach((subAuthority, index) => view.setUint32(8 + 4 * index, Number(subAuthority), true))
  return { text, bytes }
}

/** Those that are the same on every machine. */
export const wellKnown = {
  everyone: fromText("S-1-1-0").bytes,
  anonymous: fromText("S-1-5-7").bytes,
  authenticatedUsers: fromText("S-1-5-11").bytes,
  localSystem: fromText("S-1-5-18").bytes,
  administrators: fromText("S-1-5-32-544").bytes
}

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  // From the end: that is where the users of one machine differ.
  for (let at = one.length - 1; at >= 0; at--) if (one[at] !== other[at]) return false
  return true
}
