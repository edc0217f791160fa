/** Security descriptors in text: the security descriptor definition language (SDDL) of MS-DTYP 2.5.1. */
import * as Result from "effect/Result"
import type { AccessList, Entry, SecurityDescriptor } from "./SecurityDescriptor.ts"
import type { Kind } from "./accessEntryTable.ts"
import {
  commonRights,
  conditional,
  flagLetters,
  flagOf,
  isObjectKind,
  kindOfText,
  kinds,
  labelRights,
  lettersOf,
  rightOf
} from "./accessEntryTable.ts"
import { guid } from "../names/nameParts.ts"
import { isDigit, isHex, isLetter, type Read, type Reader, type Scanner } from "../names/nameScanner.ts"
import { print as printSid, sid } from "./sidText.ts"

export type Part = keyof SecurityDescriptor

/** Prefixes of the parts, in the order in which they are printed. */
export const prefixes: Readonly<Record<Part, string>> = { owner: "O:", group: "G:", dacl: "D:", sacl: "S:" }

const parts = Object.keys(prefixes) as ReadonlyArray<Part>

const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d)

/** Reads a whole security descriptor: each part once, in any order, with any spaces and lines between them. */
export const securityDescriptor: Reader<SecurityDescriptor> = (scanner) =>
  Result.gen(function* () {
    const found: { -readonly [P in Part]?: SecurityDescriptor[P] } = {}
    scanner.takeWhile(isSpace)
    while (scanner.next !== "") {
      const start = scanner.position
      const part = parts.find((part) => scanner.accepts(prefixes[part].toLowerCase()))
      if (part === undefined) {
        return yield* scanner.illegal("a part of a security descriptor begins with O:, G:, D: or S:")
      }
      if (found[part] !== undefined) return yield* scanner.illegal(`${prefixes[part]} is there twice`, start)
      if (part === "owner" || part === "group") found[part] = yield* sid(scanner)
      else found[part] = yield* accessList(scanner)
      scanner.takeWhile(isSpace)
    }
    return found
  })

const accessList: Reader<AccessList> = (scanner) =>
  Result.gen(function* () {
    const flags = { isProtected: false, autoInheritRequired: false, autoInherited: false }
    let entries: Array<Entry> | null = []
    for (;;) {
      if (scanner.accepts("no_access_control")) entries = null
      else if (scanner.accepts("ar")) flags.autoInheritRequired = true
      else if (scanner.accepts("ai")) flags.autoInherited = true
      else if (scanner.accepts("p")) flags.isProtected = true
      else break
    }
    scanner.takeWhile(isSpace)
    while (scanner.next === "(") {
      if (entries === null) return yield* scanner.illegal("NO_ACCESS_CONTROL stands for no list, which has no entries")
      entries.push(yield* entry(scanner))
      scanner.takeWhile(isSpace)
    }
    return { ...flags, entries }
  })

const entry: Reader<Entry> = (scanner) =>
  Result.gen(function* () {
    scanner.accepts("(")
    const kind = yield* entryKind(scanner)
    yield* separator(scanner)
    const flags = yield* letters(scanner, "flag", flagOf)
    yield* separator(scanner)
    const rights = yield* accessRights(scanner)
    yield* separator(scanner)
    const objectType = yield* typeOfObject(scanner, kind)
    yield* separator(scanner)
    const inheritedObjectType = yield* typeOfObject(scanner, kind)
    yield* separator(scanner)
    const who = yield* sid(scanner)
    if (!scanner.accepts(")")) {
      return yield* scanner.illegal('an entry ends with ")" after its SID; conditions and attributes are not supported')
    }
    return isObjectKind(kind)
      ? { kind, flags, rights, objectType, inheritedObjectType, sid: who }
      : { kind, flags, rights, sid: who }
  })

const separator: Reader<void> = (scanner) =>
  scanner.accepts(";")
    ? Result.succeed(undefined)
    : scanner.illegal('an entry has six fields with ";" between them: (A;;0x2b;;;BA)')

const entryKind = (scanner: Scanner): Read<Kind> => {
  const start = scanner.position
  const text = scanner.takeWhile(isLetter).toUpperCase()
  const kind = kindOfText.get(text)
  if (kind !== undefined) return Result.succeed(kind)
  return scanner.illegal(
    conditional.has(text)
      ? `entries of the kind ${text}, with conditions or attributes, are not supported`
      : `the kinds of entries are ${[...kindOfText.keys()].join(", ")}`,
    start
  )
}

/** Reads pairs of letters, each of which stands for some bits. */
const letters = (scanner: Scanner, noun: string, table: ReadonlyMap<string, number>): Read<number> => {
  const start = scanner.position
  const text = scanner.takeWhile(isLetter).toUpperCase()
  let bits = 0
  for (let at = 0; at < text.length; at += 2) {
    const found = table.get(text.slice(at, at + 2))
    if (found === undefined) {
      return scanner.illegal(`each ${noun} has two letters, and is one of ${[...table.keys()].join(" ")}`, start + at)
    }
    bits |= found
  }
  return Result.succeed(bits >>> 0)
}

const largestMask = 0xffff_ffff

const accessRights: Reader<number> = (scanner) => {
  const start = scanner.position
  if (!isDigit(scanner.next.charCodeAt(0))) return letters(scanner, "right", rightOf)
  const isInHex = scanner.accepts("0x")
  const digits = scanner.takeWhile(isInHex ? isHex : isDigit)
  const isOctal = !isInHex && digits.length > 1 && digits.startsWith("0")
  const mask = isOctal ? Number(`0o${digits}`) : Number(isInHex ? `0x${digits}` : digits)
  return mask <= largestMask
    ? Result.succeed(mask)
    : scanner.illegal("rights in numbers are 32 bits: 0x0 to 0xffffffff, or as much in decimal or octal digits", start)
}

const typeOfObject = (scanner: Scanner, kind: Kind): Read<string | undefined> => {
  if (scanner.next === ";") return Result.succeed(undefined)
  return isObjectKind(kind)
    ? Result.map(guid(scanner), (text) => text.toLowerCase())
    : scanner.illegal(`only the kinds OA, OD and OU have a type of object; leave it out for ${kinds[kind].text}`)
}

/** Prints a security descriptor. Fails with the rule that an entry without a text breaks. */
export const print = (descriptor: SecurityDescriptor): Result.Result<string, string> =>
  Result.gen(function* () {
    const printed: Array<string> = []
    for (const part of parts) {
      const value = descriptor[part]
      if (value === undefined) continue
      printed.push(prefixes[part], typeof value === "string" ? printSid(value) : yield* printList(value))
    }
    return printed.join("")
  })

const printList = (list: AccessList): Result.Result<string, string> =>
  Result.gen(function* () {
    const flags = `${list.isProtected ? "P" : ""}${list.autoInheritRequired ? "AR" : ""}${list.autoInherited ? "AI" : ""}`
    if (list.entries === null) return `${flags}NO_ACCESS_CONTROL`
    const printed: Array<string> = [flags]
    for (const entry of list.entries) printed.push(yield* printEntry(entry))
    return printed.join("")
  })

const printEntry = (entry: Entry): Result.Result<string, string> => {
  if (entry.kind === "other") {
    const type = `0x${entry.type.toString(16).padStart(2, "0")}`
    return Result.fail(`an entry has the type ${type}, of which there is no text here; only its bytes can be had`)
  }
  const types = "objectType" in entry ? [entry.objectType ?? "", entry.inheritedObjectType ?? ""] : ["", ""]
  const flags = lettersOf(flagLetters, entry.flags) ?? ""
  const fields = [kinds[entry.kind].text, flags, printRights(entry), ...types, printSid(entry.sid)]
  return Result.succeed(`(${fields.join(";")})`)
}

const printRights = ({ kind, rights }: Extract<Entry, { readonly rights: number }>): string =>
  lettersOf(kind === "mandatoryLabel" ? labelRights : commonRights, rights) ?? `0x${rights.toString(16)}`
