import type { AccessList, Entry } from "@effect-msmq/core/SecurityDescriptor"
import type { Sid } from "@effect-msmq/core/Sid"

type Kind = "allow" | "deny"
type Deciding = Entry & { readonly kind: Kind }

/** Flags of an entry: `INHERIT_ONLY_ACE`, which does not apply to the queue itself, and `INHERITED_ACE`. */
export const flags = { inheritOnly: 0x08, inherited: 0x10 } as const

/** Returns an entry that allows rights to a SID. */
export const allowing = (rights: number, sid: Sid): Entry => ({ kind: "allow", flags: 0, rights, sid })
const denying = (rights: number, sid: Sid): Entry => ({ kind: "deny", flags: 0, rights, sid })

/** Returns a list of entries, without flags of inheritance; `null`: the list that allows everything. */
export const listOf = (entries: ReadonlyArray<Entry> | null): AccessList => ({
  entries,
  isProtected: false,
  autoInheritRequired: false,
  autoInherited: false
})

/** Tells whether an entry of a kind applies to the queue itself and is not inherited. */
const isOwn = <K extends Kind>(entry: Entry, kind: K): entry is Entry & { readonly kind: K } =>
  entry.kind === kind && (entry.flags & (flags.inheritOnly | flags.inherited)) === 0

const about = (entries: ReadonlyArray<Entry>, kind: Kind, sid: Sid): ReadonlyArray<Deciding> =>
  entries.filter((entry) => isOwn(entry, kind)).filter((entry) => entry.sid === sid)

const merged = (entries: ReadonlyArray<Deciding>, rights: number): number =>
  entries.reduce((sum, entry) => sum | entry.rights, rights) >>> 0

/** Denies more rights to a SID, in an entry before all others, as in the canonical order. */
export const deny = (entries: ReadonlyArray<Entry>, rights: number, sid: Sid): ReadonlyArray<Entry> => {
  const before = about(entries, "deny", sid)
  const others = entries.filter((entry) => !before.some((one) => one === entry))
  return [denying(merged(before, rights), sid), ...others]
}

/** Allows more rights to a SID, in an entry behind those that deny, and removes these rights from its own denying entry. */
export const allow = (entries: ReadonlyArray<Entry>, rights: number, sid: Sid): ReadonlyArray<Entry> => {
  const before = about(entries, "allow", sid)
  const others = entries.flatMap((entry): ReadonlyArray<Entry> => {
    if (before.some((one) => one === entry)) return []
    if (!isOwn(entry, "deny") || entry.sid !== sid) return [entry]
    const left = entry.rights & ~rights
    return left === 0 ? [] : [denying(left >>> 0, sid)]
  })
  const behind = others.findLastIndex((entry) => isOwn(entry, "deny")) + 1
  return others.toSpliced(behind, 0, allowing(merged(before, rights), sid))
}
