/** Random security descriptors, and their bytes as Windows lays them out, without a line of what is tested. */
import type { SecurityDescriptor, Sid } from "@effect-msmq/core"
import * as Arbitrary from "effect/Arbitrary"
import { guid, number, oneOf, pick } from "./names.ts"

const wellKnown = ["S-1-1-0", "S-1-3-0", "S-1-5-7", "S-1-5-11", "S-1-5-18", "S-1-5-32-544", "S-1-15-2-1"] as const

const written = ([authority, subAuthorities]: readonly [number, ReadonlyArray<number>]): string =>
  ["S-1", authority < 2 ** 32 ? authority : `0x${authority.toString(16).padStart(12, "0")}`, ...subAuthorities].join(
    "-"
  )

export const sid: Arbitrary.Arbitrary<Sid.Sid> = oneOf([
  pick(wellKnown),
  Arbitrary.map(
    Arbitrary.all([
      oneOf([pick([0, 5, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]), number(0, 2 ** 48 - 1)]),
      Arbitrary.array(oneOf([number(0, 1000), number(0, 2 ** 32 - 1)]), { minLength: 1, maxLength: 15 })
    ]),
    written
  )
]).pipe(Arbitrary.map((text) => text as Sid.Sid))

const flags = number(0, 0xff)
const rights = oneOf([
  pick([0, 0xf003f, 0x20024, 0x1000_0000, 0x8000_0000, 0xa000_0000, 0xf0000, 0xffff_ffff]),
  number(0, 0xffff_ffff)
])
const objectType = oneOf<string | undefined>([
  Arbitrary.Constant(undefined),
  Arbitrary.map(guid, (text) => text.toLowerCase())
])

const plain = Arbitrary.all({
  kind: pick(["allow", "deny", "audit", "mandatoryLabel", "scopedPolicy"]),
  flags,
  rights,
  sid
})
const ofObject = Arbitrary.all({
  kind: pick(["allowObject", "denyObject", "auditObject"]),
  flags,
  rights,
  objectType,
  inheritedObjectType: objectType,
  sid
})

const entry: Arbitrary.Arbitrary<SecurityDescriptor.Entry> = oneOf<SecurityDescriptor.Entry>([plain, plain, ofObject])

const list = Arbitrary.all({
  isProtected: pick([true, false]),
  autoInheritRequired: pick([true, false]),
  autoInherited: pick([true, false]),
  entries: oneOf<ReadonlyArray<SecurityDescriptor.Entry> | null>([
    Arbitrary.Constant(null),
    Arbitrary.array(entry, { maxLength: 5 }),
    Arbitrary.array(entry, { maxLength: 5 })
  ])
})

const parts = Arbitrary.all([sid, sid, list, list, number(0, 15)])

/** Any parts, or none. */
export const securityDescriptor: Arbitrary.Arbitrary<SecurityDescriptor.SecurityDescriptor> = Arbitrary.map(
  parts,
  ([owner, group, dacl, sacl, given]) => ({
    ...((given & 1) !== 0 ? { owner } : {}),
    ...((given & 2) !== 0 ? { group } : {}),
    ...((given & 4) !== 0 ? { dacl } : {}),
    ...((given & 8) !== 0 ? { sacl } : {})
  })
)

const little = (value: number, size: number): ReadonlyArray<number> =>
  Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256)
const big = (value: number, size: number): ReadonlyArray<number> => little(value, size).toReversed()

export const sidBytes = (sid: string): ReadonlyArray<number> => {
  const [authority = 0, ...subAuthorities] = sid.split("-").slice(2).map(Number)
  return [1, subAuthorities.length, ...big(authority, 6), ...subAuthorities.flatMap((number) => little(number, 4))]
}

const guidBytes = (guid: string): ReadonlyArray<number> =>
  guid.split("-").flatMap((group, index) => {
    const bytes = (group.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
    return index < 3 ? bytes.toReversed() : bytes
  })

const types: Record<SecurityDescriptor.Entry["kind"], number> = {
  allow: 0,
  deny: 1,
  audit: 2,
  allowObject: 5,
  denyObject: 6,
  auditObject: 7,
  mandatoryLabel: 17,
  scopedPolicy: 19,
  other: -1
}

const entryBytes = (entry: SecurityDescriptor.Entry): ReadonlyArray<number> => {
  if (entry.kind === "other") return [entry.type, entry.flags, ...little(4 + entry.data.length, 2), ...entry.data]
  const isObject = "objectType" in entry
  const guids = isObject ? [entry.objectType, entry.inheritedObjectType] : []
  const body = [
    ...little(entry.rights, 4),
    ...(isObject ? little((guids[0] === undefined ? 0 : 1) + (guids[1] === undefined ? 0 : 2), 4) : []),
    ...guids.flatMap((guid) => (guid === undefined ? [] : guidBytes(guid))),
    ...sidBytes(entry.sid)
  ]
  return [types[entry.kind], entry.flags, ...little(4 + body.length, 2), ...body]
}

const listBytes = (entries: ReadonlyArray<SecurityDescriptor.Entry>): ReadonlyArray<number> => {
  const body = entries.flatMap(entryBytes)
  const revision = entries.some((entry) => "objectType" in entry) ? 4 : 2
  return [revision, 0, ...little(8 + body.length, 2), ...little(entries.length, 2), 0, 0, ...body]
}

/** The bits of the control word, for each list. */
const bit = (list: SecurityDescriptor.AccessList | undefined, shift: 0 | 1): number =>
  list === undefined
    ? 0
    : (shift === 0 ? 0x4 : 0x10) +
      ((list.autoInheritRequired ? 0x100 : 0) + (list.autoInherited ? 0x400 : 0) + (list.isProtected ? 0x1000 : 0)) *
        (shift + 1)

export const descriptorBytes = ({ dacl, group, owner, sacl }: SecurityDescriptor.SecurityDescriptor): Uint8Array => {
  const blocks = [
    sacl?.entries == null ? [] : listBytes(sacl.entries),
    dacl?.entries == null ? [] : listBytes(dacl.entries),
    owner === undefined ? [] : sidBytes(owner),
    group === undefined ? [] : sidBytes(group)
  ]
  const at = blocks.map((block, index) =>
    block.length === 0 ? 0 : 20 + blocks.slice(0, index).reduce((size, { length }) => size + length, 0)
  )
  const [saclAt = 0, daclAt = 0, ownerAt = 0, groupAt = 0] = at
  const offsets = [ownerAt, groupAt, saclAt, daclAt].flatMap((offset) => little(offset, 4))
  return Uint8Array.from([1, 0, ...little(0x8000 + bit(dacl, 0) + bit(sacl, 1), 2), ...offsets, ...blocks.flat()])
}
