/** Kinds, flags and rights of the entries of access control lists, as numbers and in text. */

/** Kinds that text describes fully. `isObject`: `true` for a kind that may be about a type of object. */
export const kinds = {
  allow: { text: "A", type: 0x00, isObject: false },
  deny: { text: "D", type: 0x01, isObject: false },
  audit: { text: "AU", type: 0x02, isObject: false },
  allowObject: { text: "OA", type: 0x05, isObject: true },
  denyObject: { text: "OD", type: 0x06, isObject: true },
  auditObject: { text: "OU", type: 0x07, isObject: true },
  mandatoryLabel: { text: "ML", type: 0x11, isObject: false },
  scopedPolicy: { text: "SP", type: 0x13, isObject: false }
} as const

export type Kind = keyof typeof kinds
export type ObjectKind = { [K in Kind]: (typeof kinds)[K]["isObject"] extends true ? K : never }[Kind]

export const isObjectKind = (kind: Kind): kind is ObjectKind => kinds[kind].isObject

const entries = Object.entries(kinds) as ReadonlyArray<[Kind, (typeof kinds)[Kind]]>

export const kindOfText: ReadonlyMap<string, Kind> = new Map(entries.map(([kind, { text }]) => [text, kind]))
export const kindOfType: ReadonlyMap<number, Kind> = new Map(entries.map(([kind, { type }]) => [type, kind]))

/** Kinds whose text has a condition or an attribute behind the SID. */
export const conditional: ReadonlySet<string> = new Set(["XA", "XD", "XU", "ZA", "RA", "FL", "TL"])

/** Types of entries that only lists of revision 4 have. */
export const typesOfRevision4: ReadonlySet<number> = new Set([0x05, 0x06, 0x07, 0x08, 0x0b, 0x0c, 0x0f, 0x10])

type Letters = ReadonlyArray<readonly [letters: string, bits: number]>

/** Letters of the flags for inheritance and audits. */
export const flagLetters: Letters = [
  ["OI", 0x01],
  ["CI", 0x02],
  ["NP", 0x04],
  ["IO", 0x08],
  ["ID", 0x10],
  ["CR", 0x20],
  ["SA", 0x40],
  ["FA", 0x80]
]

/** Letters of the rights that are the same for every kind of object. */
export const commonRights: Letters = [
  ["GA", 0x1000_0000],
  ["GR", 0x8000_0000],
  ["GW", 0x4000_0000],
  ["GX", 0x2000_0000],
  ["RC", 0x0002_0000],
  ["SD", 0x0001_0000],
  ["WD", 0x0004_0000],
  ["WO", 0x0008_0000]
]

/** Letters of the rights that a mandatory label keeps from those below it. */
export const labelRights: Letters = [
  ["NW", 0x01],
  ["NR", 0x02],
  ["NX", 0x04]
]

/** Letters of rights on files, keys and objects of the directory, which here only stand for their bits. */
const otherRights: Letters = [
  ["CC", 0x0001],
  ["DC", 0x0002],
  ["LC", 0x0004],
  ["SW", 0x0008],
  ["RP", 0x0010],
  ["WP", 0x0020],
  ["DT", 0x0040],
  ["LO", 0x0080],
  ["CR", 0x0100],
  ["FA", 0x001f_01ff],
  ["FR", 0x0012_0089],
  ["FW", 0x0012_0116],
  ["FX", 0x0012_00a0],
  ["KA", 0x000f_003f],
  ["KR", 0x0002_0019],
  ["KW", 0x0002_0006],
  ["KX", 0x0002_0019]
]

export const flagOf: ReadonlyMap<string, number> = new Map(flagLetters)
export const rightOf: ReadonlyMap<string, number> = new Map([...commonRights, ...labelRights, ...otherRights])

/** Returns the letters of a mask; `undefined` where they do not cover all of it. */
export const lettersOf = (letters: Letters, mask: number): string | undefined => {
  const found = letters.filter(([, bits]) => (mask & bits) !== 0)
  const said = found.reduce((sum, [, bits]) => sum | bits, 0)
  return said >>> 0 === mask >>> 0 ? found.map(([text]) => text).join("") : undefined
}
