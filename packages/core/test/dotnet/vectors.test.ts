// Every run of the tests holds what real .NETs wrote and read once: `vectors/*.ndjson` has a case in a line. judged.test.ts
// asks .NET itself.
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ticksOf, textOf as clockOf } from "../../src/internal/bodies/calendar.ts"
import type { Comparison } from "./comparison.ts"
import { agrees, print } from "./comparison.ts"
import { differences } from "./differences.ts"
import type { Row } from "./Row.ts"
import { activeXRows, listRows, xmlRows } from "./Row.ts"

/** A value that .NET wrote: its type in C#, its notation, its document as text or base64, and what .NET read from that. */
interface WrittenVector {
  readonly id: string
  readonly type: string
  readonly value: string
  readonly text?: string
  readonly bytes?: string
  readonly readBack?: string
  readonly throws?: string
}

/** A document that .NET read as a type, or refused. */
interface ReadVector {
  readonly type: string
  readonly text?: string
  readonly bytes?: string
  readonly value?: string
  readonly throws?: string
}

interface ActiveXVector {
  readonly value?: string
  readonly reads?: string
  readonly bodyType?: number
  readonly hex?: string
}

const linesOf = <A>(name: string): ReadonlyArray<A> =>
  readFileSync(join(import.meta.dirname, "vectors", `${name}.ndjson`), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as A)

const bodyOf = ({ bytes, text }: { readonly text?: string; readonly bytes?: string }): Uint8Array =>
  bytes === undefined ? new TextEncoder().encode(text) : new Uint8Array(Buffer.from(bytes, "base64"))

/** Returns the ticks in UTC of a clock in the zone that the vectors were made in. */
const inUtc = (ticks: bigint): bigint => {
  const clock = clockOf(ticks)
  const zoned = DateTime.makeZonedUnsafe(clock.slice(0, 19), { timeZone: "Europe/Vienna", adjustForTimeZone: true })
  const seconds = ticksOf(DateTime.formatIso(zoned).slice(0, 19)) ?? 0n
  return seconds + (ticks % 10_000_000n)
}

/** Brings a number of the vectors into the notation of the judge: no signs of zeros, one NaN. */
const canonicalNumber = (value: string): string =>
  value
    .replaceAll("(neg)", "")
    .replaceAll(/f64:[7f]ff8000000000000/g, "f64:NaN")
    .replaceAll(/f32:[7f]fc00000/g, "f32:NaN")

/** Members of classes that the schemas here leave out. */
const withoutSchema =
  /,Parent=null|,Hidden=\d+:Int32,Blank=\d+:Int32|,Dto=(?:null|dto:\d+:-?\d+)|,(?:ByteList|SBytes|Dates|Chars|Spans|Objects|Groups)=(?:null|bytes:\w*|[\w`]+(?:\[\])?\[(?:[^[\]]|\[[^\]]*\])*\])/g

/** Brings a notation of the vectors into that of the judge: no signs of zeros, one NaN, instants in UTC, members of the schemas. */
const canonical = (value: string): string =>
  canonicalNumber(value)
    .replaceAll(/dt:(\d+):Local/g, (_, ticks: string) => `dt:${inUtc(BigInt(ticks))}:Local`)
    .replaceAll(withoutSchema, "")

const rows = new Map<string, Row>([...listRows, ...xmlRows.toReversed()].map((row) => [row.type, row]))

/** Reasons why the SDK has no schema for a type of the vectors, or none here. */
const withoutRow: ReadonlyArray<readonly [type: RegExp, reason: string]> = [
  [/^Access|^AttributeList|^WithEnums/, "it is an enum, or a list, that others have"],
  [/^Object|^ArrayList|^Choices|^Dog|^AnyXml|^QNamed|^HasCustom/, "its members have no one class"],
  [/^Typed|^NsDecl|^DataTypes/, "it has other names, of types that others have"],
  [/^(?:Hash|Int|Line|Property|List<Byte>|SByte\[\])/, "it is another list, of types that others have"],
  [
    /^(?:Box|Outer|Derived|Obsoletes|Defaults|Specified|RootRenamed|TypeRenamed|NilRef|Chain)/,
    "it has other names, of types that others have"
  ],
  [
    /^(?:Dictionary|With(?:Dictionary|Matrix)|Int32\[,\]|Tuple|KeyValue|InvalidOp|Type$|DBNull|Version|Priv)/,
    ".NET refuses it, or writes nothing of it"
  ]
]

/** Fails where the SDK and .NET disagree in a way that is not known. */
const areAgreed = (comparisons: ReadonlyArray<Comparison>): void => {
  const unknown = comparisons.filter((one) => !agrees(one) && !differences.some(({ covers }) => covers(one)))
  assert.strictEqual(unknown.map(print).join("\n"), "")
}

/** Finds the row of each vector; every type without one has a reason. */
const withRows = <A extends { readonly type: string }>(vectors: ReadonlyArray<A>): ReadonlyArray<readonly [A, Row]> =>
  vectors.flatMap((vector): ReadonlyArray<readonly [A, Row]> => {
    const row = rows.get(vector.type)
    if (row !== undefined) return [[vector, row]]
    const isKnown = withoutRow.some(([type]) => type.test(vector.type))
    assert.isTrue(isKnown, `${vector.type} has neither a row nor a reason`)
    return []
  })

describe("XmlMessageFormatter", () => {
  const files = { ".NET Core 2.0": "core20", ".NET Core 2.2 on Windows": "core22win", ".NET 10": "net10" }
  for (const [dotnet, file] of Object.entries(files)) {
    it(`what ${dotnet} wrote is read as it was meant`, () => {
      const vectors = withRows(linesOf<WrittenVector>(file)).filter(
        ([{ throws, value }]) => throws === undefined && value !== "null"
      )
      assert.isAbove(vectors.length, 90)
      areAgreed(
        vectors.flatMap(([vector, row]): ReadonlyArray<Comparison> => {
          const body = bodyOf(vector)
          const ours = row.read({ body, bodyType: 0 })
          const meant = canonical(vector.value)
          // The offsets of the nineteenth century have seconds, which no text has.
          const isLocal = /^datetime-local-(?:min|1900)$/.test(vector.id)
          if (isLocal || (Result.isSuccess(ours) && ours.success === meant)) return []
          const theirs = vector.readBack === "same" ? meant : canonical(vector.readBack ?? "")
          const document = Buffer.from(body).toString()
          return [{ row: row.name, dotnet, work: "reading", document, ours, theirs: Result.succeed(theirs) }]
        })
      )
    })
  }

  it("documents by hand are read as .NET Core 2.0 read them, or refused as it refused them", () => {
    const vectors = withRows(linesOf<ReadVector>("reads"))
    assert.isAbove(vectors.length, 270)
    areAgreed(
      vectors.map(([{ throws, value = "", ...vector }, row]): Comparison => {
        const body = bodyOf(vector)
        return {
          row: row.name,
          dotnet: ".NET Core 2.0",
          work: "reading",
          document: Buffer.from(body).toString(),
          ours: row.read({ body, bodyType: 0 }),
          theirs: throws === undefined ? Result.succeed(canonical(value)) : Result.fail(throws)
        }
      })
    )
  })
})

describe("ActiveXMessageFormatter", () => {
  /** Types of C# by what their notation begins or ends with. */
  const typeOf = (value: string): string | undefined => {
    const prefixes = { f32: "Single", f64: "Double", dec: "Decimal", dt: "DateTime" }
    const [first = "", last] = value.split(":")
    if (value === "true" || value === "false") return "Boolean"
    return Object.hasOwn(prefixes, first) ? prefixes[first as keyof typeof prefixes] : last
  }
  const withoutZeros = (value: string) => value.replace(/^(dec:.*\.\d*?)0+$/, "$1").replace(/\.$/, "")
  const clockOnly = (value: string) => value.replace(/^(dt:\d+):\w+$/, "$1:Unspecified")
  // The program that wrote these had no body for text and bytes, and rounded money with the library of another system.
  const isMeasured = ({ hex = "", value = "" }: ActiveXVector) =>
    hex !== "" && !/^dec:.*(?:\.\d{5,}|\d{12,})/.test(value)

  it("the bytes that it wrote are read as they were meant", () => {
    const vectors = linesOf<ActiveXVector>("activeXWritten").filter(isMeasured)
    const read = vectors.flatMap(({ bodyType = 0, hex = "", value = "" }) => {
      const row = activeXRows.find(({ type }) => type === typeOf(value))
      if (row === undefined) return []
      const ours = row.read({ body: new Uint8Array(Buffer.from(hex, "hex")), bodyType })
      return [
        [Result.map(ours, withoutZeros), Result.succeed(withoutZeros(clockOnly(canonicalNumber(value))))] as const
      ]
    })
    assert.isAbove(read.length, 40)
    for (const [ours, meant] of read) assert.deepStrictEqual(ours, meant)
  })

  it("the bytes that it read are read alike, where they are as many as the type has", () => {
    const vectors = linesOf<ActiveXVector>("activeXRead").flatMap(({ bodyType = 0, hex = "", reads = "" }) => {
      const row = activeXRows.find(({ type }) => type === typeOf(reads))
      // VT_I1 has a sign, which .NET does not see.
      return row === undefined || bodyType === 16 ? [] : [{ row, bodyType, body: Buffer.from(hex, "hex"), reads }]
    })
    assert.isAbove(vectors.length, 15)
    for (const { body, bodyType, reads, row } of vectors) {
      const ours = row.read({ body: new Uint8Array(body), bodyType })
      if (Result.isSuccess(ours)) assert.deepStrictEqual(ours.success, canonicalNumber(reads))
      else assert.match(ours.failure, /^must have \d bytes?, not \d$/)
    }
  })
})
