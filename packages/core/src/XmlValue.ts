/**
 * Schemas for the simple values of .NET's `XmlSerializer` that `MessageBody.xml` cannot tell by Effect's own schemas.
 *
 * Those it can: `Schema.String` (`string`), `Boolean`, `Number` (`double`), `Int` (`int`, of 32 bits), `BigInt` (`long`),
 * `Uint8Array` (`base64Binary`), `BigDecimal` (`decimal`), `Duration` (`TimeSpan`), `Date` and `DateTimeUtc` (`dateTime`
 * with a zone), strings that are checked to be a GUID or UUID (`guid`), literals, and enums by the names of their members.
 *
 * The names are those that .NET gives to the elements: they matter at the root and for the items of arrays.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { signedRange, unsignedRange } from "./internal/bodies/fixedSize.ts"
import { simpleTypeKey } from "./internal/bodies/xml/shapeOf.ts"
import type { SimpleTypeName } from "./internal/bodies/xml/simpleTypes.ts"
import { simpleTypes } from "./internal/bodies/xml/simpleTypes.ts"

const annotationOf = (name: SimpleTypeName) => ({ [simpleTypeKey]: name, expected: simpleTypes[name].rule })

const whole = (name: SimpleTypeName, minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum })).annotate(annotationOf(name))

/** Text of a pattern, which also generates values, and of what the pattern cannot say. */
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
 * @category numbers
 * @since 0.1.0
 */
export const Byte = whole("byte", -0x80, 0x7f)

/**
 * `unsignedByte`: 0 to 255. `byte` in .NET, whose arrays are `base64Binary`: use `Schema.Uint8Array` for them.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedByte = whole("unsignedByte", 0, 0xff)

/**
 * `short`: -32,768 to 32,767.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Short = whole("short", -0x8000, 0x7fff)

/**
 * `unsignedShort`: 0 to 65,535. `ushort` in .NET.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedShort = whole("unsignedShort", 0, 0xffff)

/**
 * `int`: -2,147,483,648 to 2,147,483,647, as `Schema.Int` is for `MessageBody.xml`.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Int = whole("int", -0x80000000, 0x7fffffff)

/**
 * `unsignedInt`: 0 to 4,294,967,295. `uint` in .NET.
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
 * @category numbers
 * @since 0.1.0
 */
export const Long = big("long", signedRange)

/**
 * `unsignedLong`: a bigint. `ulong` in .NET.
 *
 * @category numbers
 * @since 0.1.0
 */
export const UnsignedLong = big("unsignedLong", unsignedRange)

/**
 * `float`, of 32 bits: a number, which is rounded to the nearest that there is.
 *
 * @category numbers
 * @since 0.1.0
 */
// @effect-diagnostics-next-line schemaNumber:off
export const Float = Schema.Number.annotate(annotationOf("float"))

/**
 * `decimal`: text without an exponent, such as `"7.00"`, with all its digits and zeros; at most 96 bits, and 28 digits
 * after the point. To calculate with it there is `Schema.BigDecimal`.
 *
 * @category numbers
 * @since 0.1.0
 */
export const Decimal = textual("decimal", /^[+-]?(?:\d{1,29}(?:\.\d{0,28})?|\.\d{1,28})$/)

/**
 * `char`: one UTF-16 unit, which .NET writes as the number of its code.
 *
 * @category text
 * @since 0.1.0
 */
export const Char = Schema.String.check(Schema.isBetweenLength(1, 1)).annotate(annotationOf("char"))

/**
 * `guid`: text in lower case without braces. What is read in other forms becomes that.
 *
 * @category text
 * @since 0.1.0
 */
export const Guid = Schema.String.check(Schema.isGUID()).annotate(annotationOf("guid"))

/**
 * `dateTime` as text, just as it stands there: `"2026-05-01T08:30:00.1234567"`, with `Z` or an offset behind it or
 * without. .NET's `DateTime` writes no zone where it has none (`DateTimeKind.Unspecified`), and such a text is no
 * instant, so that it becomes none here. Where all senders give a zone, `Schema.Date` and `Schema.DateTimeUtc` read
 * instants, to the millisecond, and refuse a text without.
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
