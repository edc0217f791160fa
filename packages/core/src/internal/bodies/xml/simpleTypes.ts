import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { plainBytes } from "../../bytes.ts"
import * as calendar from "../calendar.ts"
import { guidRule } from "../Codec.ts"
import { isSingle, signedRange, unsignedRange } from "../fixedSize.ts"
import * as Guid from "../../../mqrt/Guid.ts"
import * as namespaces from "./namespaces.ts"
import * as numerals from "./numerals.ts"

/** Type whose values stand in an element as text, as .NET's XmlSerializer writes and reads it. */
export interface SimpleType<A = unknown> {
  /** Name that .NET gives an element that holds one alone, and its type; `undefined` where it has a name of its own, as an enum has. */
  readonly name: string | undefined
  /** Namespace of its type; `undefined` for that of the document. */
  readonly namespace: string | undefined
  /** Form of null in a class: a reference is left out, a value is nil. */
  readonly isReference: boolean
  /** Rule for the text, to follow "must be". */
  readonly rule: string
  /** Prints a value. Returns `undefined` for a value of another type. */
  readonly print: (value: A) => string | undefined
  /** `true` where blanks around the text count. */
  readonly keepsBlanks: boolean
  /** Parses a text. Returns `undefined` for one that breaks the rule. */
  readonly parse: (text: string) => A | undefined
}

const type = <A>(
  name: string,
  rule: string,
  print: SimpleType<A>["print"],
  parse: SimpleType<A>["parse"],
  further: Partial<SimpleType<A>> = {}
) =>
  ({
    name,
    namespace: namespaces.schema,
    isReference: false,
    keepsBlanks: false,
    rule,
    print,
    parse,
    ...further
  }) as SimpleType

const ofDotNet = { namespace: namespaces.dotnet }

/** Makes the type of an enum, whose values stand there by their names. .NET reads no blanks around one. */
export const enumType = (further: Pick<SimpleType, "rule" | "print" | "parse">): SimpleType => ({
  name: undefined,
  namespace: undefined,
  isReference: false,
  keepsBlanks: true,
  ...further
})

const sign = { signed: /^[+-]?\d+$/, unsigned: /^\d+$/ }

const whole = (name: string, minimum: number, maximum: number): SimpleType => {
  const pattern = minimum < 0 ? sign.signed : sign.unsigned
  const legal = (value: number) => Number.isInteger(value) && value >= minimum && value <= maximum
  return type<number>(
    name,
    `a whole number from ${minimum} to ${maximum}`,
    (value) => (legal(value) ? String(value) : undefined),
    // A zero with a minus sign is the integer 0.
    (text) => (pattern.test(text) && legal(Number(text)) ? Number(text) + 0 : undefined)
  )
}

const big = (name: string, [minimum, maximum]: readonly [bigint, bigint]): SimpleType => {
  const pattern = minimum < BigInt(0) ? sign.signed : sign.unsigned
  const legal = (value: bigint) => typeof value === "bigint" && value >= minimum && value <= maximum
  return type<bigint>(
    name,
    `a whole number from ${minimum} to ${maximum}`,
    (value) => (legal(value) ? String(value) : undefined),
    (text) => {
      const value = pattern.test(text) ? BigInt(text.replace("+", "")) : undefined
      return value !== undefined && legal(value) ? value : undefined
    }
  )
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false }

const instantText = (milliseconds: number): string | undefined => {
  if (!calendar.isInstant(milliseconds)) return undefined
  const text = new Date(milliseconds).toISOString()
  return `${text.slice(0, 19)}${calendar.fractionOf(text.slice(20, 23))}Z`
}

const instantRule =
  'a date and time that says its zone, such as "2026-05-01T08:30:00Z", from the year 1 to 9999 in UTC: without a zone it is no ' +
  "instant (XmlValue.DateTime reads it as text)"

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

const textThat = (holds: (text: string) => boolean) => (text: string) =>
  typeof text === "string" && holds(text) ? text : undefined

const dateTime = textThat((text) => calendar.parse(text) !== undefined)
const day = textThat(calendar.isDay)
const timeOfDay = textThat(calendar.isTimeOfDay)
const dateTimeOffset = textThat(
  (text) => calendar.instantOf(text) !== undefined && (calendar.parse(text)?.fraction.length ?? 0) <= 7
)

/** Simple types by the names that XmlValue and the table of schemas use. */
export const simpleTypes = {
  string: type<string>(
    "string",
    "well-formed Unicode text",
    (value) => (typeof value === "string" && value.isWellFormed() ? value : undefined),
    (text) => text,
    { isReference: true, keepsBlanks: true }
  ),
  boolean: type<boolean>(
    "boolean",
    '"true", "false", "1" or "0"',
    (value) => (typeof value === "boolean" ? String(value) : undefined),
    (text) => booleans[text]
  ),
  byte: whole("byte", -0x80, 0x7f),
  unsignedByte: whole("unsignedByte", 0, 0xff),
  short: whole("short", -0x8000, 0x7fff),
  unsignedShort: whole("unsignedShort", 0, 0xffff),
  int: whole("int", -0x80000000, 0x7fffffff),
  unsignedInt: whole("unsignedInt", 0, 0xffffffff),
  long: big("long", signedRange),
  unsignedLong: big("unsignedLong", unsignedRange),
  float: type<number>(
    "float",
    `${numerals.rule}, of at most 3.4028235E+38 either way`,
    (value) => (isSingle(value) ? numerals.print(Math.fround(value), numerals.single) : undefined),
    (text) => {
      const value = numerals.parse(text)
      return value !== undefined && isSingle(value) ? Math.fround(value) : undefined
    }
  ),
  double: type<number>("double", numerals.rule, (value) => numerals.print(value, numerals.double), numerals.parse),
  decimal: type<string>("decimal", numerals.decimalRule, numerals.decimal, numerals.decimal),
  bigDecimal: type<BigDecimal.BigDecimal>(
    "decimal",
    numerals.decimalRule,
    (value) => numerals.decimal(numerals.plain(value)),
    (text) => {
      const decimal = numerals.decimal(text)
      return decimal === undefined ? undefined : numerals.bigDecimal(decimal)
    }
  ),
  char: type<string>(
    "char",
    "one UTF-16 unit, as the decimal number of its code, from 0 to 65535",
    (value) => (typeof value === "string" && value.length === 1 ? String(value.charCodeAt(0)) : undefined),
    (text) => (sign.unsigned.test(text) && Number(text) <= 0xffff ? String.fromCharCode(Number(text)) : undefined),
    ofDotNet
  ),
  dateTime: type<string>(
    "dateTime",
    'a date and time, such as "2026-05-01T08:30:00.5", with or without a zone',
    dateTime,
    dateTime
  ),
  date: type<string>("date", 'a day, such as "2026-05-01", with or without a zone', day, day),
  time: type<string>(
    "time",
    'a time of day of at most seven digits of a second, such as "08:30:00.5", with or without a zone',
    timeOfDay,
    timeOfDay
  ),
  dateTimeOffset: type<string>(
    "dateTimeOffset",
    'a date and time with its offset and at most seven digits of a second, such as "2026-05-01T08:30:00.5+02:00", from the year 1 ' +
      "to 9999 in UTC; an empty one comes from .NET Framework or .NET Core 2, which lose the value",
    dateTimeOffset,
    dateTimeOffset,
    ofDotNet
  ),
  instant: type<Date>(
    "dateTime",
    instantRule,
    (value) => instantText(value.getTime()),
    (text) => {
      const milliseconds = calendar.instantOf(text)
      return milliseconds === undefined ? undefined : new Date(milliseconds)
    }
  ),
  utc: type<DateTime.Utc>(
    "dateTime",
    instantRule,
    (value) => instantText(value.epochMilliseconds),
    (text) => {
      const milliseconds = calendar.instantOf(text)
      return milliseconds === undefined ? undefined : DateTime.makeUnsafe(milliseconds)
    }
  ),
  timeSpan: type<Duration.Duration>(
    "TimeSpan",
    'a duration of days and less, such as "PT1H30M"; an empty one comes from .NET Framework, which loses the value ' +
      "unless EnableTimeSpanSerialization is on",
    numerals.printDuration,
    numerals.parseDuration,
    ofDotNet
  ),
  guid: type<string>("guid", guidRule, Guid.canonical, Guid.canonical, ofDotNet),
  base64Binary: type<Uint8Array>(
    "base64Binary",
    "base64",
    (value) => {
      const bytes = plainBytes(value)
      return bytes === undefined ? undefined : Buffer.from(bytes).toString("base64")
    },
    (text) => {
      const digits = text.replaceAll(/[ \t\r\n]/g, "")
      const isBase64 = digits.length % 4 === 0 && base64.test(digits)
      return isBase64 ? new Uint8Array(Buffer.from(digits, "base64")) : undefined
    },
    { isReference: true }
  )
} as const satisfies Readonly<Record<string, SimpleType>>

export type SimpleTypeName = keyof typeof simpleTypes
