/**
 * Schemas for the simple values of .NET's `XmlSerializer` that Effect's own schemas do not tell apart.
 *
 * `MessageBody.xml` knows these of Effect's: `Schema.String` (`string`), `Boolean`, `Number` (`double`), `Int` (`int`, of 32 bits), `BigInt` (`long`),
 * `Uint8Array` (`base64Binary`), `BigDecimal` (`decimal`), `Duration` (`TimeSpan`), `Date` and `DateTimeUtc` (`dateTime`
 * with a zone), strings that are checked to be a GUID or UUID (`guid`), literals, and enums by the names of their members.
 *
 * The names are those that .NET gives to the elements: they matter at the root and for the items of arrays.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { signedRange, unsignedRange } from "./internal/bodies/fixedSize.ts"
import type { Enumeration } from "./internal/bodies/xml/flags.ts"
import { flagsType } from "./internal/bodies/xml/flags.ts"
import { simpleTypeKey } from "./internal/bodies/xml/shapeOf.ts"
import type { SimpleTypeName } from "./internal/bodies/xml/simpleTypes.ts"
import { simpleTypes } from "./internal/bodies/xml/simpleTypes.ts"
import { argumentOrThrow } from "./internal/options/illegalOption.ts"
import { guarded } from "./internal/options/Rule.ts"
import * as operations from "./internal/telemetry/Operation.ts"

const annotationOf = (name: SimpleTypeName) => ({
  [simpleTypeKey]: simpleTypes[name],
  expected: simpleTypes[name].rule
})

const whole = (name: SimpleTypeName, minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum })).annotate(annotationOf(name))

/** Makes a schema for text that follows a pattern, which also generates values, and a rule that a pattern cannot express. */
const textual = (name: SimpleTypeName, pattern: RegExp) =>
  Schema.String.check(
    Schema.isPattern(pattern, { expected: simpleTypes[name].rule }).abort(),
    Schema.makeFilter((text: string) => simpleTypes[name].print(text) !== undefined, {
      expected: simpleTypes[name].rule
    })
  ).annotate(annotationOf(name))

/**
 * `byte`: -128 to 127. `sbyte` in .NET.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Byte = whole("byte", -0x80, 0x7f)

/**
 * `unsignedByte`: 0 to 255. `byte` in .NET, whose arrays are `base64Binary`: use `Schema.Uint8Array` for them.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedByte = whole("unsignedByte", 0, 0xff)

/**
 * `short`: -32,768 to 32,767.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Short = whole("short", -0x8000, 0x7fff)

/**
 * `unsignedShort`: 0 to 65,535. `ushort` in .NET.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedShort = whole("unsignedShort", 0, 0xffff)

/**
 * `int`: -2,147,483,648 to 2,147,483,647, as `Schema.Int` is for `MessageBody.xml`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, XmlValue } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * const Line = Schema.Struct({ Count: XmlValue.Int, Price: XmlValue.Decimal, Unit: XmlValue.Char })
 * const body = MessageBody.xml(Line, { root: "Line" })
 *
 * const encoded = Result.getOrThrow(body.encode({ Count: 2, Price: "4.50", Unit: "g" }))
 * body.decode(encoded) // => Result.succeed({ Count: 2, Price: "4.50", Unit: "g" })
 * Result.isFailure(body.encode({ Count: 2 ** 31, Price: "4.50", Unit: "g" })) // => true
 * ```
 *
 * @category numbers
 * @since 0.1.0
 */
export const Int = whole("int", -0x80000000, 0x7fffffff)

/**
 * `unsignedInt`: 0 to 4,294,967,295. `uint` in .NET.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedInt = whole("unsignedInt", 0, 0xffffffff)

const big = (name: "long" | "unsignedLong", [minimum, maximum]: readonly [bigint, bigint]) =>
  Schema.BigInt.check(Schema.isBetweenBigInt({ minimum, maximum })).annotate(annotationOf(name))

/**
 * `long`, of 64 bits: a bigint, since a number is exact only to 2^53.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Long = big("long", signedRange)

/**
 * `unsignedLong`: a bigint from 0 to 2^64 - 1. `ulong` in .NET.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedLong = big("unsignedLong", unsignedRange)

/**
 * `float`, of 32 bits: a number, which is rounded to the nearest one of 32 bits.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
// @effect-diagnostics-next-line schemaNumber:off
export const Float = Schema.Number.annotate(annotationOf("float"))

/**
 * `decimal`: text without an exponent, such as `"7.00"`, with all its digits and zeros; at most 96 bits, and 28 digits
 * after the point. For calculations use `Schema.BigDecimal`.
 *
 * See the example of {@link Int}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Decimal = textual("decimal", /^[+-]?(?:\d{1,29}(?:\.\d{0,28})?|\.\d{1,28})$/)

/**
 * `char`: one UTF-16 unit, which .NET writes as the number of its code.
 *
 * See the example of {@link Int}.
 *
 * @category text
 * @since 0.1.0
 */
export const Char = Schema.String.check(Schema.isBetweenLength(1, 1)).annotate(annotationOf("char"))

/**
 * `guid`: text in lower case without braces. Other forms are read, and become that.
 *
 * See the example of {@link Int}.
 *
 * @category text
 * @since 0.1.0
 */
export const Guid = Schema.String.check(Schema.isGUID()).annotate(annotationOf("guid"))

/**
 * `dateTime` as text, as it is in the document: `"2026-05-01T08:30:00.1234567"`, with `Z` or an offset behind it or
 * without. .NET's `DateTime` writes no zone where it has none (`DateTimeKind.Unspecified`), and such a text is no
 * instant. Where all senders give a zone, `Schema.Date` and `Schema.DateTimeUtc` read instants from the year 1 to 9999, to the
 * millisecond, and refuse a text without a zone.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, XmlValue } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * const bodyOf = (text: string) => ({
 *   body: new TextEncoder().encode(`<?xml version="1.0"?><dateTime>${text}</dateTime>`),
 *   bodyType: 0
 * })
 *
 * const clock = MessageBody.xml(XmlValue.DateTime)
 * clock.decode(bodyOf("2026-05-01T08:30:00")) // => Result.succeed("2026-05-01T08:30:00")
 *
 * const instant = MessageBody.xml(Schema.Date)
 * instant.decode(bodyOf("2026-05-01T08:30:00+02:00")) // => Result.succeed(new Date("2026-05-01T06:30:00Z"))
 * Result.isFailure(instant.decode(bodyOf("2026-05-01T08:30:00"))) // => true
 * ```
 *
 * @category dates
 * @since 0.1.0
 */
export const DateTime = textual(
  "dateTime",
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/
)

/**
 * `date`: a day as text, such as `"2026-05-01"`, with `Z` or an offset behind it or without. `DateTime` with
 * `[XmlElement(DataType = "date")]` in .NET, or `DateOnly`, which .NET 10 writes.
 *
 * See the example of {@link DateTime}.
 *
 * @category dates
 * @since 0.1.0
 */
export const Date = textual("date", /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/)

/**
 * `time`: a time of day as text, such as `"08:30:00.5"`, of at most seven digits of a second, with `Z` or an offset behind it or
 * without. `DateTime` with `[XmlElement(DataType = "time")]` in .NET, which always writes seven digits and the offset of its own
 * zone, or `TimeOnly`, which .NET 10 writes without an offset.
 *
 * See the example of {@link DateTime}.
 *
 * @category dates
 * @since 0.1.0
 */
export const Time = textual(
  "time",
  /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/
)

/**
 * `dateTimeOffset` as text, as it is in the document: `"2026-05-01T08:30:00.1234567+02:00"`, or with `Z`. `DateTimeOffset` in
 * .NET, to the last digit and with its offset. .NET 10 writes and reads it. .NET Framework and .NET Core 2 write an empty
 * element, which is refused, and read 0001-01-01 whatever is there: exchange `XmlValue.DateTime` with them.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, XmlValue } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const body = MessageBody.xml(XmlValue.DateTimeOffset)
 * const encoded = Result.getOrThrow(body.encode("2026-05-01T08:30:00+02:00"))
 * const document = new TextDecoder().decode(encoded.body)
 * document.split("\r\n")[1] // => "<dateTimeOffset>2026-05-01T08:30:00+02:00</dateTimeOffset>"
 *
 * const lost = new TextEncoder().encode("<dateTimeOffset />")
 * Result.isFailure(body.decode({ body: lost, bodyType: 0 })) // => true
 * ```
 *
 * @category dates
 * @since 0.1.0
 */
export const DateTimeOffset = textual(
  "dateTimeOffset",
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/
)

const enumeration = guarded(
  "an enum of TypeScript, or an object whose members are whole numbers",
  (value): value is Enumeration =>
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((member) => typeof member === "string" || Number.isSafeInteger(member)) &&
    Object.values(value).some((member) => typeof member === "number")
)

/**
 * Enum with `[Flags]` in .NET: a number whose bits are those of its members. The document has the names of the members,
 * with a blank between them, in the order of the enum. A number with other bits is refused.
 *
 * Throws an `MsmqError` with the reason `IllegalOption` for a value that is no enum of numbers.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageBody, XmlValue } from "@effect-msmq/core"
 * import { Result, Schema } from "effect"
 *
 * const Access = { None: 0, Read: 1, Write: 2, Admin: 4 }
 * const File = Schema.Struct({ Access: XmlValue.Flags(Access) })
 * const body = MessageBody.xml(File, { root: "File" })
 *
 * const encoded = Result.getOrThrow(body.encode({ Access: Access.Read | Access.Admin }))
 * new TextDecoder().decode(encoded.body).includes("<Access>Read Admin</Access>") // => true
 * body.decode(encoded) // => Result.succeed({ Access: 5 })
 * ```
 *
 * @category values
 * @since 0.1.0
 */
export const Flags = (members: Enumeration) => {
  const type = flagsType(argumentOrThrow({ operation: operations.XmlValue.Flags }, "members", enumeration, members))
  return Schema.Int.check(
    Schema.makeFilter((value) => type.print(value) !== undefined, { expected: type.rule })
  ).annotate({ [simpleTypeKey]: type, expected: type.rule })
}
