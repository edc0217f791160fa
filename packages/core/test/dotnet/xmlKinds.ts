// .NET's numbers may be infinite, and none.
// @effect-diagnostics schemaNumber:off
/** Types whose values `XmlMessageFormatter` and `MessageBody.xml` exchange: those of the table in `docs/bodies.md`, and classes of them. */
import { XmlValue } from "@effect-msmq/core"
import * as Arbitrary from "effect/Arbitrary"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { firstMillisecond, lastMillisecond, lastTick, textOf } from "../../src/internal/bodies/calendar.ts"
import { array, classOf, list, notEmpty, nullable, nullableReference, optional } from "./Kind.ts"
import type { Kind } from "./Kind.ts"
import * as notation from "./notation.ts"
import * as values from "./values.ts"

const whole = (
  type: string,
  schema: Schema.ConstraintCodec<number, unknown>,
  minimum: number,
  maximum: number
): Kind<number> => ({
  type,
  schema,
  values: values.between(minimum, maximum),
  notation: (value) => `${value === 0 ? 0 : value}:${type}`
})

const boolean: Kind<boolean> = {
  type: "Boolean",
  schema: Schema.Boolean,
  values: values.among(true, false),
  notation: String
}
const sbyte = whole("SByte", XmlValue.Byte, -0x80, 0x7f)
const byte = whole("Byte", XmlValue.UnsignedByte, 0, 0xff)
const short = whole("Int16", XmlValue.Short, -0x8000, 0x7fff)
const ushort = whole("UInt16", XmlValue.UnsignedShort, 0, 0xffff)
const int = whole("Int32", Schema.Int, -0x80000000, 0x7fffffff)
const uint = whole("UInt32", XmlValue.UnsignedInt, 0, 0xffffffff)
const long: Kind<bigint> = {
  type: "Int64",
  schema: Schema.BigInt,
  values: values.longs,
  notation: (value) => `${value}:Int64`
}
const ulong: Kind<bigint> = {
  type: "UInt64",
  schema: XmlValue.UnsignedLong,
  values: values.unsignedLongs,
  notation: (value) => `${value}:UInt64`
}
const double: Kind<number> = {
  type: "Double",
  schema: Schema.Number,
  values: values.doubles,
  notation: notation.double
}
const float: Kind<number> = {
  type: "Single",
  schema: XmlValue.Float,
  values: values.singles,
  notation: notation.single
}
const string: Kind<string> = {
  type: "String",
  schema: Schema.String,
  values: values.texts,
  notation: notation.text
}
const decimal: Kind<string> = {
  type: "Decimal",
  schema: XmlValue.Decimal,
  values: values.decimals,
  notation: notation.decimal
}
const plain = ({ scale, value }: BigDecimal.BigDecimal): string => {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0")
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return value < 0n ? `-${text}` : text
}
const bigDecimal: Kind<BigDecimal.BigDecimal> = {
  type: "Decimal",
  schema: Schema.BigDecimal,
  values: values.decimals.pipe(
    Arbitrary.map((text) => BigDecimal.make(BigInt(text.replace(".", "")), text.split(".")[1]?.length ?? 0))
  ),
  notation: (value) => notation.decimal(plain(value))
}
const char: Kind<string> = {
  type: "Char",
  schema: XmlValue.Char,
  values: values.chars,
  notation: (value) => `char:${value.charCodeAt(0)}`
}

const offset = (minutes: number): string => {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`
}
const day = 864_000_000_000n
const zones = values.oneOf(values.among("", "Z"), values.between(-14 * 60, 14 * 60).pipe(Arbitrary.map(offset)))
const dateTime: Kind<string> = {
  type: "DateTime",
  schema: XmlValue.DateTime,
  values: Arbitrary.all([values.ticks, zones]).pipe(
    // A clock ahead of UTC or behind it does not reach the first or the last day.
    Arbitrary.map(([ticks, zone]) => `${textOf(zone === "" ? ticks : day + (ticks % (lastTick - 2n * day)))}${zone}`)
  ),
  notation: notation.dateTime
}
const milliseconds = values.ticks.pipe(Arbitrary.map((ticks) => Number(ticks / 10_000n) + firstMillisecond))
const date: Kind<Date> = {
  type: "DateTime",
  schema: Schema.Date.check(
    Schema.isBetweenDate({ minimum: new Date(firstMillisecond), maximum: new Date(lastMillisecond) })
  ),
  values: milliseconds.pipe(Arbitrary.map((value) => new Date(value))),
  notation: (value) => notation.instant(value.getTime())
}
const utc: Kind<DateTime.Utc> = {
  type: "DateTime",
  schema: Schema.DateTimeUtc,
  values: milliseconds.pipe(Arbitrary.map((value) => DateTime.makeUnsafe(value))),
  notation: (value) => notation.instant(value.epochMilliseconds)
}
const timeSpan: Kind<Duration.Duration> = {
  type: "TimeSpan",
  schema: Schema.Duration,
  values: values.durations,
  notation: (value) => `ts:${Duration.toNanosUnsafe(value) / 100n}`
}
const guid: Kind<string> = {
  type: "Guid",
  schema: XmlValue.Guid,
  values: values.guids,
  notation: (value) => `guid:${value}`
}
const bytes: Kind<Uint8Array> = {
  type: "Byte[]",
  schema: Schema.Uint8Array,
  values: values.byteArrays,
  notation: notation.bytes
}

const colors = { Red: 0, Green: 1, Blue: 7 }
const color: Kind<number> = {
  type: "Color",
  schema: Schema.Enum(colors).annotate({ identifier: "Color" }),
  values: values.among(...Object.values(colors)),
  notation: (value) => `Color:${value}`
}
const colorNames = ["Red", "Green", "Blue"] as const
const colorName: Kind<(typeof colorNames)[number]> = {
  type: "Color",
  schema: Schema.Literals(colorNames).annotate({ identifier: "Color" }),
  values: values.among(...colorNames),
  notation: (value) => `Color:${colors[value]}`
}
const renamedNames = ["First", "second one"] as const
const renamed: Kind<(typeof renamedNames)[number]> = {
  type: "Renamed",
  schema: Schema.Literals(renamedNames).annotate({ identifier: "Renamed" }),
  values: values.among(...renamedNames),
  notation: (value) => `Renamed:${renamedNames.indexOf(value)}`
}

const line = classOf("Line", { Article: optional(string), Price: decimal, Count: int })
const point = classOf("Point", { X: int, Y: int })
const order = classOf("Order", {
  Id: guid,
  Number: long,
  Placed: dateTime,
  Due: nullable(dateTime),
  Note: optional(string),
  Lines: optional(array(line))
})
const namespaced = classOf(
  "Namespaced",
  { Id: int, Lines: optional(array(line)), Kind: optional(string) },
  {},
  { root: "Envelope", namespace: "urn:example:orders", attributes: ["Kind"] }
)
const attributed = classOf(
  "Attributed",
  {
    Id: int,
    When: dateTime,
    Text: optional(string),
    Flag: boolean,
    Color: color,
    Raw: optional(bytes),
    Body: optional(string)
  },
  { When: "when" },
  { attributes: ["Id", "when", "Text", "Flag", "Color", "Raw"] }
)
const renamedMembers = classOf(
  "RenamedMembers",
  {
    Name: optional(string),
    Lines: optional(notEmpty(array(line))),
    TagList: optional(array(nullableReference(string)))
  },
  { Name: "item-name", Lines: "Line", TagList: "Tags" },
  { repeated: ["Line"], items: { Tags: "Tag" } }
)
const repeatedScalars = classOf(
  "RepeatedScalars",
  {
    N: optional(notEmpty(array(int))),
    S: optional(notEmpty(array(string))),
    M: optional(notEmpty(array(nullable(int))))
  },
  {},
  { repeated: ["N", "S", "M"] }
)

interface TreeValue {
  readonly Name?: string
  readonly Children?: ReadonlyArray<TreeValue>
}
const Tree: Schema.Codec<TreeValue> = Schema.Struct({
  Name: Schema.optionalKey(Schema.String),
  Children: Schema.optionalKey(Schema.Array(Schema.suspend(() => Tree)))
}).annotate({ identifier: "Tree" })
const leaves = string.values.pipe(Arbitrary.map((Name): TreeValue => ({ Name })))
const treesOf = (children: Arbitrary.Arbitrary<TreeValue>): Arbitrary.Arbitrary<TreeValue> =>
  Arbitrary.all([string.values, Arbitrary.array(children, { maxLength: 3 })]).pipe(
    Arbitrary.map(([Name, Children]) => ({ Name, Children }))
  )
const printTree = ({ Children, Name }: TreeValue): string => {
  const name = Name === undefined ? "null" : notation.text(Name)
  return `Tree{Name=${name},Children=${Children === undefined ? "null" : `Tree[][${Children.map(printTree).join()}]`}}`
}
const tree: Kind<TreeValue> = {
  type: "Tree",
  schema: Tree,
  values: treesOf(values.oneOf(leaves, treesOf(leaves))),
  notation: printTree
}

const scalars = classOf("Scalars", {
  Bool: boolean,
  SByte: sbyte,
  Byte: byte,
  Short: short,
  UShort: ushort,
  Int: int,
  UInt: uint,
  Long: long,
  ULong: ulong,
  Float: float,
  Double: double,
  Decimal: decimal,
  Char: char,
  DateTime: dateTime,
  TimeSpan: timeSpan,
  Guid: guid,
  Bytes: optional(bytes),
  String: optional(string)
})
const nullables = classOf("Nullables", {
  Bool: nullable(boolean),
  Int: nullable(int),
  Long: nullable(long),
  Double: nullable(double),
  Decimal: nullable(decimal),
  Char: nullable(char),
  DateTime: nullable(dateTime),
  TimeSpan: nullable(timeSpan),
  Guid: nullable(guid),
  Color: nullable(color)
})
const lists = classOf("Lists", {
  Ints: optional(array(int)),
  Strings: list(nullableReference(string)),
  Maybe: optional(array(nullable(int))),
  Jagged: optional(array(nullableReference(array(int)))),
  Blobs: optional(array(nullableReference(bytes))),
  Guids: optional(array(guid)),
  Colors: optional(array(color)),
  Lines: list(nullableReference(line))
})

const offset7 = values.ticks.pipe(Arbitrary.map((ticks) => textOf(day + (ticks % (lastTick - 2n * day)))))
const dateTimeOffset: Kind<string> = {
  type: "DateTimeOffset",
  schema: XmlValue.DateTimeOffset,
  values: Arbitrary.all([offset7, values.between(-14 * 60, 14 * 60)]).pipe(
    Arbitrary.map(([clock, minutes]) => `${clock}${minutes === 0 ? "Z" : offset(minutes)}`)
  ),
  notation: notation.dateTimeOffset
}
const dayText: Kind<string> = {
  type: "DateTime",
  schema: XmlValue.Date,
  values: values.ticks.pipe(Arbitrary.map((ticks) => textOf(ticks).slice(0, 10))),
  notation: (value) => notation.dateTime(`${value.slice(0, 10)}T00:00:00${value.slice(10)}`)
}
const timeText: Kind<string> = {
  type: "DateTime",
  schema: XmlValue.Time,
  values: values.ticks.pipe(Arbitrary.map((ticks) => textOf(ticks).slice(11))),
  notation: (value) => notation.dateTime(`0001-01-01T${value}`)
}

const rights = { None: 0, Read: 1, Write: 2, Both: 3, Admin: 4 }
const access: Kind<number> = {
  type: "Access",
  schema: XmlValue.Flags(rights).annotate({ identifier: "Access" }),
  values: values.between(0, 7),
  notation: (value) => `Access:${value}`
}

const amount = classOf("Amount", { Currency: optional(string), Value: decimal })

class Animal extends Schema.Class<Animal>("Animal")({ Name: Schema.optionalKey(Schema.String) }) {}
class Dog extends Animal.extend<Dog>("Dog")({ Barks: Schema.Int }) {}
class Puppy extends Dog.extend<Puppy>("Puppy")({ Weeks: Schema.Int }) {}
class Cat extends Animal.extend<Cat>("Cat")({ Purrs: Schema.Boolean }) {}
class Kitten extends Cat.extend<Kitten>("Kitten")({}) {}
const makers: ReadonlyArray<(name: string, count: number) => Animal> = [
  () => new Animal({}),
  (Name) => new Animal({ Name }),
  (Name, Barks) => new Dog({ Name, Barks }),
  (Name, count) => new Puppy({ Name, Barks: count, Weeks: count }),
  (Name, count) => new Cat({ Name, Purrs: count > 0 }),
  (Name, count) => new Kitten({ Name, Purrs: count > 0 })
]
const animal: Kind<Animal> = {
  type: "Animal",
  schema: Schema.Union([Animal, Cat, Dog, Puppy, Kitten]),
  values: Arbitrary.all([string.values, int.values, values.among(...makers)]).pipe(
    Arbitrary.map(([name, count, make]) => make(name, count))
  ),
  notation: (value) => {
    const name = `Name=${value.Name === undefined ? "null" : notation.text(value.Name)}`
    if (value instanceof Puppy) return `Puppy{Weeks=${value.Weeks}:Int32,Barks=${value.Barks}:Int32,${name}}`
    if (value instanceof Dog) return `Dog{Barks=${value.Barks}:Int32,${name}}`
    if (value instanceof Cat) return `${value instanceof Kitten ? "Kitten" : "Cat"}{Purrs=${value.Purrs},${name}}`
    return `Animal{${name}}`
  }
}

const Beast = Schema.Struct({ Name: Schema.optionalKey(Schema.String) }).annotate({ identifier: "Beast" })
const Hound = Schema.Struct({
  Name: Schema.optionalKey(Schema.String),
  Barks: Schema.Int,
  Line: Schema.optionalKey(line.schema)
}).annotate({ identifier: "Hound" })
type Beast = typeof Beast.Type | typeof Hound.Type
const beast: Kind<Beast> = {
  type: "Beast",
  schema: Schema.Union([Beast, Hound]),
  values: Arbitrary.all([string.values, int.values, line.values, values.between(0, 2)]).pipe(
    Arbitrary.map(([Name, Barks, Line, count]): Beast => {
      if (count === 0) return { Name }
      return count === 1 ? { Name, Barks } : { Name, Barks, Line }
    })
  ),
  notation: (value) => {
    const name = `Name=${value.Name === undefined ? "null" : notation.text(value.Name)}`
    if (!("Barks" in value)) return `Beast{${name}}`
    return `Hound{Barks=${value.Barks}:Int32,Line=${value.Line === undefined ? "null" : line.notation(value.Line)},${name}}`
  }
}

const Circle = Schema.Struct({ Radius: Schema.Int }).annotate({ identifier: "Circle" })
const Square = Schema.Struct({ Side: Schema.Int }).annotate({ identifier: "Square" })
type Figure = typeof Circle.Type | typeof Square.Type
const figure: Kind<Figure> = {
  type: "Figure",
  schema: Schema.Union([Circle, Square]).annotate({ identifier: "Figure" }),
  values: Arbitrary.all([int.values, values.among(true, false)]).pipe(
    Arbitrary.map(([size, isCircle]): Figure => (isCircle ? { Radius: size } : { Side: size }))
  ),
  notation: (value) => ("Radius" in value ? `Circle{Radius=${value.Radius}:Int32}` : `Square{Side=${value.Side}:Int32}`)
}

/** Kinds of values that an object holds, each with the test that tells its values from those of the others. */
const held: ReadonlyArray<readonly [kind: Kind, is: (value: unknown) => boolean]> = [
  [boolean, (value) => typeof value === "boolean"],
  [int, (value) => typeof value === "number"],
  [long, (value) => typeof value === "bigint"],
  [guid, (value) => typeof value === "string" && /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/.test(value)],
  [string, (value) => typeof value === "string"],
  [date, (value) => value instanceof Date],
  [timeSpan, Duration.isDuration],
  [bytes, (value) => value instanceof Uint8Array],
  [bigDecimal, BigDecimal.isBigDecimal],
  [line, (value) => typeof value === "object" && value !== null && "Price" in value]
]
const anything: Kind = {
  type: "Object",
  schema: Schema.Union(held.map(([{ schema }]) => schema)),
  values: values.oneOf(...held.map(([kind]) => kind.values)),
  notation: (value) => held.find(([, is]) => is(value))![0].notation(value)
}

/** Kinds by a name for people: that of the type in C#, and of the schema where there are several. */
export const xmlKinds: Readonly<Record<string, Kind>> = {
  string,
  bool: boolean,
  int,
  double,
  sbyte,
  byte,
  short,
  ushort,
  uint,
  float,
  long,
  ulong,
  decimal,
  "decimal as Schema.BigDecimal": bigDecimal,
  DateTime: dateTime,
  "DateTime as Schema.Date": date,
  "DateTime as Schema.DateTimeUtc": utc,
  TimeSpan: timeSpan,
  Guid: guid,
  char,
  "byte[]": bytes,
  "an enum": color,
  "an enum as Schema.Literals": colorName,
  "an enum with [XmlEnum]": renamed,
  "a class": order,
  "a class of every simple type": scalars,
  "a class of lists": lists,
  "a class within itself": tree,
  "a class without members": classOf("Empty", {}),
  "a generic class": classOf("Box<Nullable<Int32>>", { Value: nullable(int) }, {}, { root: "BoxOfNullableOfInt32" }),
  "a struct": point,
  "structs in a class": classOf(
    "Shapes",
    { P: point, Q: nullable(point), R: optional(array(point)) },
    {},
    { nillable: ["Q"] }
  ),
  "T[]": array(int),
  "T[] of strings": array(nullableReference(string)),
  "T[] of byte[]": array(nullableReference(bytes)),
  "List<T>": list(nullableReference(line)),
  "T?": nullables,
  "T?[]": array(nullable(int)),
  "a reference that may be null": classOf("Texts", { A: optional(string), B: optional(string) }),
  "a reference that may be null, as Schema.NullOr": classOf("Texts", {
    A: nullableReference(string),
    B: nullableReference(string)
  }),
  "[XmlArrayItem], [XmlElement]": renamedMembers,
  "[XmlElement] of simple values": repeatedScalars,
  "[XmlAttribute]": attributed,
  "a namespace": namespaced,
  DateTimeOffset: dateTimeOffset,
  "DateTimeOffset in a class": classOf("Offsets", {
    At: dateTimeOffset,
    Maybe: nullable(dateTimeOffset),
    All: optional(array(dateTimeOffset))
  }),
  "DateTime as a day or a time of day": classOf(
    "Days",
    { Day: dayText, Time: timeText, From: dayText, Holidays: optional(array(dayText)) },
    {},
    { attributes: ["From"] }
  ),
  "[Flags]": classOf(
    "Rights",
    { Access: access, Maybe: nullable(access), Also: access, All: optional(array(access)) },
    {},
    { attributes: ["Also"] }
  ),
  "[XmlText]": classOf(
    "Amounts",
    { Total: optional(amount), Taxes: optional(notEmpty(array(amount))) },
    { Taxes: "Tax" },
    { attributes: ["Currency"], text: ["Value"], repeated: ["Tax"] }
  ),
  "[XmlText] of text": classOf(
    "WithText",
    {
      Unit: optional(string),
      Value: optional({ ...string, values: string.values.pipe(Arbitrary.filter((text) => text !== "")) })
    },
    {},
    { attributes: ["Unit"], text: ["Value"] }
  ),
  "members in other namespaces": classOf(
    "Foreign",
    {
      Own: optional(string),
      Other: optional(string),
      None: optional(string),
      Line: optional(line),
      Kind: optional(string),
      Numbers: optional(array(int))
    },
    {},
    {
      namespace: "urn:example:orders",
      namespaces: {
        Other: "urn:example:other",
        None: "",
        Line: "urn:example:other",
        Kind: "urn:example:other",
        Numbers: "urn:example:other",
        N: "urn:example:items"
      },
      items: { Numbers: "N" },
      attributes: ["Kind"]
    }
  ),
  "IsNullable = true": classOf(
    "Nillable",
    {
      Text: nullableReference(string),
      Line: nullableReference(line),
      Repeated: optional(notEmpty(array(nullableReference(string)))),
      Numbers: nullableReference(array(int))
    },
    { Repeated: "S" },
    { nillable: ["Text", "Line", "S", "Numbers"], repeated: ["S"] }
  ),
  "[XmlInclude]": classOf("Zoo", { Star: optional(animal), All: optional(array(nullableReference(animal))) }),
  "[XmlInclude], [XmlElement]": classOf(
    "Household",
    { Pets: optional(notEmpty(array(animal))) },
    { Pets: "Pet" },
    { repeated: ["Pet"] }
  ),
  "[XmlInclude] in a namespace": classOf(
    "Menagerie",
    { Star: optional(beast), Other: optional(beast), All: optional(array(nullableReference(beast))) },
    {},
    {
      namespace: "urn:example:zoo",
      namespaces: { Other: "urn:example:other" },
      types: { Beast: "urn:example:beasts", Hound: "urn:example:beasts" }
    }
  ),
  "an abstract class": classOf("Drawing", { Figures: optional(array(nullableReference(figure))) }),
  object: classOf("Anything", { Value: optional(anything), Values: optional(array(nullableReference(anything))) })
}

/** Lists of the other types, in the shapes that the vectors have. */
export const listKinds: ReadonlyArray<Kind> = [
  ...[guid, dateTime, color, decimal, timeSpan, long, float].map((item) => array(item)),
  ...[color, timeSpan, point].map((item) => array(nullable(item))),
  list(list(line))
]
