/** SIDs in text, as in the security descriptor definition language (SDDL): written out, or by their aliases. */
import * as Result from "effect/Result"
import type * as Brand from "effect/Brand"
import type { MsmqError } from "../../MsmqError.ts"
import { describeText } from "../errors/describeValue.ts"
import { decimal, isHex, type Reader, readToEnd, Scanner } from "../names/nameScanner.ts"
import { argumentResult } from "../options/illegalOption.ts"
import { text } from "../options/Rule.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * SID as text, in its full form: `S-1-`, its authority and 1 to 15 numbers. Equal SIDs are equal strings.
 *
 * @category models
 * @since 0.1.0
 */
export type Sid = string & Brand.Brand<"@effect-msmq/core/Sid">

/** Aliases of SIDs that are the same on every machine. */
const aliases: Readonly<Record<string, string>> = {
  WD: "S-1-1-0",
  CO: "S-1-3-0",
  CG: "S-1-3-1",
  OW: "S-1-3-4",
  NU: "S-1-5-2",
  IU: "S-1-5-4",
  SU: "S-1-5-6",
  AN: "S-1-5-7",
  ED: "S-1-5-9",
  PS: "S-1-5-10",
  AU: "S-1-5-11",
  RC: "S-1-5-12",
  SY: "S-1-5-18",
  LS: "S-1-5-19",
  NS: "S-1-5-20",
  BA: "S-1-5-32-544",
  BU: "S-1-5-32-545",
  BG: "S-1-5-32-546",
  PU: "S-1-5-32-547",
  AO: "S-1-5-32-548",
  SO: "S-1-5-32-549",
  PO: "S-1-5-32-550",
  BO: "S-1-5-32-551",
  RE: "S-1-5-32-552",
  RU: "S-1-5-32-554",
  RD: "S-1-5-32-555",
  NO: "S-1-5-32-556",
  MU: "S-1-5-32-558",
  LU: "S-1-5-32-559",
  IS: "S-1-5-32-568",
  CY: "S-1-5-32-569",
  ER: "S-1-5-32-573",
  CD: "S-1-5-32-574",
  RA: "S-1-5-32-575",
  ES: "S-1-5-32-576",
  MS: "S-1-5-32-577",
  HA: "S-1-5-32-578",
  AA: "S-1-5-32-579",
  RM: "S-1-5-32-580",
  WR: "S-1-5-33",
  UD: "S-1-5-84-0-0-0-0-0",
  AC: "S-1-15-2-1",
  LW: "S-1-16-4096",
  ME: "S-1-16-8192",
  MP: "S-1-16-8448",
  HI: "S-1-16-12288",
  SI: "S-1-16-16384"
}

/** Aliases of SIDs that differ by domain or machine, with the number that ends them. */
const relative: Readonly<Record<string, number>> = {
  RO: 498,
  LA: 500,
  LG: 501,
  DA: 512,
  DU: 513,
  DG: 514,
  DC: 515,
  DD: 516,
  CA: 517,
  SA: 518,
  EA: 519,
  PA: 520,
  CN: 522,
  RS: 553
}

const byAlias: ReadonlyMap<string, Sid> = new Map(Object.entries(aliases).map(([alias, sid]) => [alias, sid as Sid]))
const bySid: ReadonlyMap<Sid, string> = new Map(Array.from(byAlias, ([alias, sid]) => [sid, alias]))

/** Prints a SID by its alias, if it has one, otherwise in full. */
export const print = (sid: Sid): string => bySid.get(sid) ?? sid

const rule =
  "a SID is S-1-, its authority and 1 to 15 numbers joined by -, such as S-1-5-32-544, or the alias of one, such as BA or WD"

const mostSubAuthorities = 15
const decimalLimit = 2 ** 32
const largestAuthority = 2 ** 48 - 1

export const written = (authority: number, subAuthorities: ReadonlyArray<number>): Sid => {
  const top = authority < decimalLimit ? String(authority) : `0x${authority.toString(16).padStart(12, "0")}`
  return ["S-1", top, ...subAuthorities].join("-") as Sid
}

/** Reads a SID in full or by its alias. */
export const sid: Reader<Sid> = (scanner) => (scanner.accepts("s-") ? numbers(scanner) : alias(scanner))

/** Reads a text that is a SID and nothing more. */
export const wholeSid: Reader<Sid> = (scanner) =>
  Result.flatMap(sid(scanner), (found) => (scanner.next === "" ? Result.succeed(found) : scanner.illegal(rule)))

const numbers: Reader<Sid> = (scanner) =>
  Result.gen(function* () {
    if (!scanner.accepts("1-")) return yield* scanner.illegal(rule)
    const top = yield* authority(scanner)
    const start = scanner.position
    const subAuthorities: Array<number> = []
    while (scanner.accepts("-")) subAuthorities.push(yield* subAuthority(scanner))
    return subAuthorities.length >= 1 && subAuthorities.length <= mostSubAuthorities
      ? written(top, subAuthorities)
      : yield* scanner.illegal(rule, start)
  })

const authority: Reader<number> = (scanner) => {
  if (!scanner.accepts("0x")) return decimal("an authority of a SID", 0, largestAuthority)(scanner)
  const start = scanner.position
  const digits = scanner.takeWhile(isHex)
  return digits.length >= 1 && digits.length <= 12
    ? Result.succeed(Number.parseInt(digits, 16))
    : scanner.illegal("an authority of a SID has 1 to 12 hexadecimal digits after 0x", start)
}

const subAuthority = decimal("a number of a SID", 0, decimalLimit - 1)

const alias = (scanner: Scanner) => {
  const text = scanner.text.slice(scanner.position, scanner.position + 2).toUpperCase()
  const sid = byAlias.get(text)
  if (sid !== undefined) {
    scanner.position += 2
    return Result.succeed(sid)
  }
  const number = relative[text]
  return scanner.illegal(
    number === undefined
      ? rule
      : `${text} is another one in each domain or machine: write its SID out, as S-1-5-21-1-2-3-${number}`
  )
}

/** Reads the whole of a text in SDDL. */
export const readSddl = <A>(operation: Operation, input: string, reader: Reader<A>): Result.Result<A, MsmqError> =>
  Result.flatMap(argumentResult({ operation }, "text", text, input), (given) =>
    Result.mapError(readToEnd(new Scanner(given), reader, "text"), (illegal) =>
      operation.error({ _tag: "IllegalSddl", input: describeText(given), ...illegal })
    )
  )
