/** Changes of access control lists, as `SetEntriesInAcl` of Windows makes them. */
import * as Option from "effect/Option"
import { withoutGeneric } from "./queueRights.ts"
import type { AccessList, Entry } from "./SecurityDescriptor.ts"
import { readSid } from "./sidBytes.ts"
import type { Sid } from "./sidText.ts"

/** Flags of an entry: it does not apply to the queue itself; it comes from the parent in the directory. */
const flags = { inheritOnly: 0x08, inherited: 0x10 }

const rightsEveryoneHas = 0x000f_003f
const everyone = "S-1-1-0" as Sid

/** Entry of the meaning of no list: it allows everything to everyone. */
export const everythingToEveryone: Entry = { kind: "allow", flags: 0, rights: rightsEveryoneHas, sid: everyone }

export const isInherited = ({ flags: bits }: Entry): boolean => (bits & flags.inherited) !== 0

/** Types of conditional entries, whose SID follows the four bytes of the rights, and those among them that deny. */
const conditionalTypes: ReadonlySet<number> = new Set([0x09, 0x0a])
const conditionalDenials: ReadonlySet<number> = new Set([0x0a, 0x0c])

/** Returns the SID that an entry is about; `undefined` for an entry of a kind that is not known here. */
export const sidOf = (entry: Entry): Sid | undefined => {
  if (entry.kind !== "other") return entry.sid
  return conditionalTypes.has(entry.type) ? Option.getOrUndefined(readSid(entry.data.subarray(4))) : undefined
}

const denies = (entry: Entry): boolean =>
  entry.kind === "deny" || entry.kind === "denyObject" || (entry.kind === "other" && conditionalDenials.has(entry.type))

/** Place of an entry in the canonical order: denials, permissions, and what is inherited. */
const rankOf = (entry: Entry): number => (isInherited(entry) ? 2 : denies(entry) ? 0 : 1)

type Kind = "allow" | "deny"
type Plain = Extract<Entry, { readonly rights: number }>

/** Returns `true` for an entry that allows or denies rights on the queue itself to a SID, and is not inherited. */
const isAbout = (entry: Entry, kind: Kind, sid: Sid): entry is Plain =>
  entry.kind === kind && entry.sid === sid && (entry.flags & (flags.inheritOnly | flags.inherited)) === 0

/** Returns rights without others. Generic ones count by their meaning, and stay as they are where nothing is taken away. */
const without = (rights: number, others: number): number => {
  const meant = withoutGeneric(rights)
  const left = (meant & ~withoutGeneric(others)) >>> 0
  return left === meant ? rights : left
}

const opposites: Readonly<Record<Kind, Kind>> = { allow: "deny", deny: "allow" }

/**
 * Allows or denies rights to a SID: in the entry that it has already, or else in a new one. Takes the rights away from the entry
 * of the other kind, and puts the entries into the canonical order. No list counts as the one entry that it means.
 */
export const permit = (list: AccessList | undefined, kind: Kind, sid: Sid, rights: number): AccessList => {
  const entries = list?.entries ?? [everythingToEveryone]
  const own = entries.find((entry): entry is Plain => isAbout(entry, kind, sid))
  const changed = entries.flatMap((entry): ReadonlyArray<Entry> => {
    if (entry === own) return [{ ...own, rights: (own.rights | rights) >>> 0 }]
    if (!isAbout(entry, opposites[kind], sid)) return [entry]
    const left = without(entry.rights, rights)
    return left === 0 ? [] : [{ ...entry, rights: left }]
  })
  const all: ReadonlyArray<Entry> = own === undefined ? [{ kind, flags: 0, rights, sid }, ...changed] : changed
  return { ...withFlags(list), entries: all.toSorted((one, other) => rankOf(one) - rankOf(other)) }
}

const withFlags = (list: AccessList | undefined): AccessList =>
  list ?? { entries: null, isProtected: false, autoInheritRequired: false, autoInherited: false }

/** Removes all entries of a SID that are not inherited; returns `undefined` where there is none. */
export const revoke = (list: AccessList | undefined, sid: Sid): AccessList | undefined => {
  if (list?.entries == null) return undefined
  const kept = list.entries.filter((entry) => isInherited(entry) || sidOf(entry) !== sid)
  return kept.length === list.entries.length ? undefined : { ...list, entries: kept }
}
