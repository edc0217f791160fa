/** The tables of `docs/bodies.md` that tell what each .NET does, from what it says itself. */
import { differences } from "./differences.ts"
import type { DotNet } from "./dotnets.ts"
import type { Answer, Judge } from "./Judge.ts"
import * as notation from "./notation.ts"

/** The page that has the tables. */
export const page = "docs/bodies.md"

type Column = DotNet["column"]

/** Judges by the column of their .NET. */
export type Judges = Readonly<Partial<Record<Column, Judge>>>

const columns: ReadonlyArray<readonly [Column, title: string]> = [
  ["Core 2", ".NET Framework, Core 2"],
  ["10", ".NET 10"]
]

interface Documented {
  readonly dotnet: string
  readonly here: string
  /** Type in C# and values in the judge's notation that show what is written. */
  readonly shown: readonly [type: string, ...values: ReadonlyArray<string>]
}

const types: ReadonlyArray<Documented> = [
  { dotnet: "`string`", here: "`Schema.String`", shown: ["String", String.raw`"\"a\" & b"`] },
  { dotnet: "`bool`", here: "`Schema.Boolean`", shown: ["Boolean", "true"] },
  { dotnet: "`int`", here: "`Schema.Int`", shown: ["Int32", "-42:Int32"] },
  {
    dotnet: "`sbyte`, `byte`, `short`, `ushort`, `uint`",
    here: "`XmlValue.Byte`, `UnsignedByte`, `Short`, `UnsignedShort`, `UnsignedInt`",
    shown: ["UInt32", "4294967295:UInt32"]
  },
  {
    dotnet: "`long`, `ulong`",
    here: "`XmlValue.Long`, `UnsignedLong`, or `Schema.BigInt`: bigints",
    shown: ["Int64", "-9007199254740993:Int64"]
  },
  { dotnet: "`double`", here: "`Schema.Number`", shown: ["Double", ...[1 / 3, 1e15, Infinity].map(notation.double)] },
  { dotnet: "`float`", here: "`XmlValue.Float`", shown: ["Single", ...[1 / 3, 1e7].map(notation.single)] },
  {
    dotnet: "`decimal`",
    here: "`XmlValue.Decimal`: text; `Schema.BigDecimal` to calculate with",
    shown: ["Decimal", "dec:7.00"]
  },
  {
    dotnet: "`DateTime`",
    here: "`XmlValue.DateTime`: text as it stands there. `Schema.Date`, `Schema.DateTimeUtc`: instants; a text without a zone is refused",
    shown: ["DateTime", ...["2026-05-01T08:30:00.1234567", "2026-05-01T08:30:00Z"].map(notation.dateTime)]
  },
  {
    dotnet: "`DateTimeOffset`",
    here: "`XmlValue.DateTimeOffset`: text as it stands there, with .NET 10 alone; the others lose it",
    shown: ["Offset", "Offset{At=dto:639132210001234567:120,Maybe=null}"]
  },
  { dotnet: "`TimeSpan`", here: "`Schema.Duration`", shown: ["TimeSpan", "ts:54000000000"] },
  { dotnet: "`Guid`", here: "`XmlValue.Guid`", shown: ["Guid", "guid:00112233-4455-6677-8899-aabbccddeeff"] },
  { dotnet: "`char`", here: "`XmlValue.Char`", shown: ["Char", "char:65"] },
  { dotnet: "`byte[]`", here: "`Schema.Uint8Array`", shown: ["Byte[]", "bytes:0102ff"] },
  {
    dotnet: "an enum",
    here: "`Schema.Enum`, by the names of its members, or `Schema.Literals` of these names",
    shown: ["Color", "Color:1"]
  },
  {
    dotnet: "an enum with `[Flags]`",
    here: "`XmlValue.Flags`: a number",
    shown: ["Access", "Access:5"]
  },
  {
    dotnet: '`[XmlElement(DataType = "date")]`, `"time"`, of `DateTime`',
    here: "`XmlValue.Date`, `XmlValue.Time`: text",
    shown: [
      "Days",
      "Days{Day=dt:639131904000000000:Unspecified,Time=dt:306000000000:Unspecified,From=dt:639131904000000000:Unspecified,Holidays=null}"
    ]
  },
  {
    dotnet: "a class",
    here: "`Schema.Class`, or `Schema.Struct` with `root`; `Schema.encodeKeys` gives elements other names than keys",
    shown: ["Point", "Point{X=1:Int32,Y=2:Int32}"]
  },
  {
    dotnet: "`T[]`, `List<T>`",
    here: "`Schema.Array`; `items` where .NET has `[XmlArrayItem]`, `repeated` where it has `[XmlElement]`",
    shown: ["Int32[]", "Int32[][1:Int32,2:Int32]"]
  },
  {
    dotnet: "`T?` of a value type",
    here: "`Schema.NullOr`: `xsi:nil`",
    shown: ["Box<Nullable<Int32>>", "Box`1{Value=null}"]
  },
  {
    dotnet: "a reference that may be null",
    here: "`Schema.optionalKey`, or `Schema.NullOr`: no element",
    shown: ["Texts", 'Texts{A=null,B="b"}']
  },
  {
    dotnet: "a reference with `IsNullable = true`",
    here: "`Schema.NullOr`, and `nillable`",
    shown: ["Nillable", "Nillable{Text=null,Line=null,Repeated=null,Numbers=null}"]
  },
  {
    dotnet: "a class with `[XmlInclude]`",
    here: "`Schema.Union` of the classes, which it itself is the first of",
    shown: ["Zoo", 'Zoo{Star=Dog{Barks=3:Int32,Name="Rex"},All=null}']
  },
  {
    dotnet: "`object`",
    here: "`Schema.Union` of simple values, classes and arrays",
    shown: ["Anything", "Anything{Value=5:Int32,Values=null}"]
  },
  {
    dotnet: "`[XmlText]`",
    here: "`text`",
    shown: ["WithText", 'WithText{Unit="kg",Value="12"}']
  },
  {
    dotnet: "`Namespace` of `[XmlElement]`, `[XmlAttribute]`, `[XmlType]`",
    here: "`namespaces`, `types`",
    shown: ["Foreign", 'Foreign{Own=null,Other="a",None=null,Line=null,Kind=null,Numbers=null}']
  },
  {
    dotnet: "`[XmlAttribute]`, a namespace",
    here: "`attributes`, `namespace`",
    shown: ["Namespaced", 'Namespaced{Id=1:Int32,Lines=null,Kind="k"}']
  }
]

/** Values that some .NET does not read back from what it wrote itself. */
const senders: ReadonlyArray<readonly [what: string, type: string, value: string]> = [
  ["a text of blanks alone", "String", '" "'],
  ["line breaks in a text", "String", String.raw`"a\u000d\u000ab\u000ac\u000dd"`],
  ["control characters in a text, such as U+0001", "String", String.raw`"a\u0001b"`],
  ["half a surrogate pair", "String", String.raw`"a\ud800b"`],
  ["`DateTimeOffset`", "Offset", "Offset{At=dto:639132210001234567:120,Maybe=null}"],
  ["a `List<T>` that is null, beside an empty one", "Listed", "Listed{Items=null}"],
  ["an empty array with `[XmlElement]`, beside null", "RepeatedScalars", "RepeatedScalars{N=Int32[][],S=null,M=null}"],
  [
    "a null in an array of references with `[XmlElement]`",
    "RepeatedScalars",
    'RepeatedScalars{N=null,S=String[]["a",null],M=null}'
  ],
  ["a null in a wrapped array", "String[]", 'String[]["a",null]'],
  ["a number that no member of its enum has", "Color", "Color:5"],
  ["an `[Obsolete]` member", "Replaced", "Replaced{A=1:Int32,B=2:Int32}"],
  ["an `[XmlIgnore]` member", "Hidden", "Hidden{A=1:Int32,B=2:Int32}"]
]

const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``

/** Returns what stands in the root element of a document, with its attributes but the usual ones. */
const contentOf = (document: string): string => {
  const [, attributes = "", content = ""] =
    /<[A-Za-z]\w*((?: [\w:]+="[^"]*")*)(?: \/>|>([^]*)<\/\w+>)$/.exec(document) ?? []
  const own = attributes.replaceAll(/ xmlns:xs[id]="[^"]*"/g, "").trim()
  const short = content.trim().replaceAll(/>\s+</g, "><")
  return own === "" ? short : `${own} … ${short}`
}

const writtenText = (answer: Answer): string =>
  "parts" in answer ? code(contentOf(Buffer.from(answer.parts[0], "base64").toString())) : "refused"

const keptOr = (value: string, answer: Answer): string => {
  if (!("parts" in answer)) return "refused"
  return answer.parts[1] === value ? "kept" : "lost"
}

const cellOf = async (judge: Judge, [type, ...values]: Documented["shown"]): Promise<string> =>
  (await judge.ask(values.map((value) => ["write", type, value]))).map(writtenText).join(", ")

/** Makes the lines of a table. A column whose .NET is not there keeps what the page has. */
const tableOf = async (
  current: string,
  heads: ReadonlyArray<string>,
  rows: ReadonlyArray<{ readonly own: ReadonlyArray<string>; readonly cell: (judge: Judge) => Promise<string> }>,
  judges: Judges
): Promise<string> => {
  const head = [...heads, ...columns.map(([, title]) => title)]
  const known = current.split("\n").map((line) => line.slice(2, -2).split(" | "))
  const body = rows.map(async ({ cell, own }) => {
    const old = known.find(([first]) => first === own[0]) ?? []
    const cells = columns.map(([name], index) => {
      const judge = judges[name]
      return judge === undefined ? Promise.resolve(old[own.length + index] ?? "") : cell(judge)
    })
    return [...own, ...(await Promise.all(cells))]
  })
  const lines = [head, head.map(() => "---"), ...(await Promise.all(body))]
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

const typeTable = (current: string, judges: Judges): Promise<string> =>
  tableOf(
    current,
    ["in .NET", "here"],
    types.map(({ dotnet, here, shown }) => ({ own: [dotnet, here], cell: (judge) => cellOf(judge, shown) })),
    judges
  )

const senderTable = (current: string, judges: Judges): Promise<string> =>
  tableOf(
    current,
    ["what .NET sends"],
    senders.map(([what, type, value]) => ({
      own: [what],
      cell: async (judge) => keptOr(value, (await judge.ask([["write", type, value]]))[0]!)
    })),
    judges
  )

const differenceList = (): Promise<string> =>
  Promise.resolve(differences.map(({ name, reason }) => `- ${name}: ${reason}.`).join("\n"))

const blocks = { types: typeTable, senders: senderTable, differences: differenceList }

/** Renews the parts of the page between `<!-- judged: name -->` and `<!-- judged -->`. */
export const renewed = async (text: string, judges: Judges): Promise<string> => {
  const parts = Object.entries(blocks).map(async ([name, make]) => {
    const [start, end] = [`<!-- judged: ${name} -->\n`, "\n<!-- judged -->"]
    const from = text.indexOf(start) + start.length
    const to = text.indexOf(end, from)
    if (from < start.length || to < from) throw new Error(`${page} has no part "${name}"`)
    return { start, old: text.slice(from, to), made: await make(text.slice(from, to), judges) }
  })
  return (await Promise.all(parts)).reduce(
    (result, { made, old, start }) => result.replace(start + old, () => start + made),
    text
  )
}
