/**
 * Bodies of a single value, whose kind the body type names: .NET's `ActiveXMessageFormatter`, COM (`MSMQ.MSMQMessage`) and
 * programs in C send them. There is a codec for each `VT_` type; `MessageBody.activeX` reads all of them.
 *
 * Each codec writes the bytes that .NET writes, and refuses a body of another type or size. .NET reads a body that is too short as
 * if zeros followed, and ignores the rest of one that is too long.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { isUint8Array } from "node:util/types"
import * as BodyType from "./BodyType.ts"
import { automationDate } from "./internal/bodies/automationDate.ts"
import * as currencies from "./internal/bodies/currency.ts"
import { bytesOf, characters } from "./internal/bodies/encodedText.ts"
import { bigNumber, fixedSize, isSingle, ofType, wholeNumber } from "./internal/bodies/fixedSize.ts"
import * as Guid from "./mqrt/Guid.ts"
import { guidRule, type MessageBody } from "./internal/bodies/Codec.ts"
import type { AutomationDate } from "./internal/bodies/automationDate.ts"

export type { AutomationDate } from "./internal/bodies/automationDate.ts"

/**
 * `VT_I1` (16), one byte: -128 to 127. .NET never writes it, and reads it as if it had no sign.
 *
 * See the example of {@link i4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const i1: MessageBody<number> = wholeNumber(
  "VT_I1",
  1,
  true,
  (view) => view.getInt8(0),
  (view, value) => view.setInt8(0, value)
)

/**
 * `VT_UI1` (17), one byte: 0 to 255. `byte` in .NET.
 *
 * See the example of {@link i4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const ui1: MessageBody<number> = wholeNumber(
  "VT_UI1",
  1,
  false,
  (view) => view.getUint8(0),
  (view, value) => view.setUint8(0, value)
)

/**
 * `VT_I2` (2), two bytes: -32,768 to 32,767. `short` in .NET.
 *
 * See the example of {@link i4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const i2: MessageBody<number> = wholeNumber(
  "VT_I2",
  2,
  true,
  (view) => view.getInt16(0, true),
  (view, value) => view.setInt16(0, value, true)
)

/**
 * `VT_UI2` (18), two bytes: 0 to 65,535. `ushort` in .NET, and `char`, as the number of its UTF-16 unit.
 *
 * See the example of {@link i4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const ui2: MessageBody<number> = wholeNumber(
  "VT_UI2",
  2,
  false,
  (view) => view.getUint16(0, true),
  (view, value) => view.setUint16(0, value, true)
)

/**
 * `VT_I4` (3), four bytes: -2,147,483,648 to 2,147,483,647. `int` in .NET.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * ActiveXBody.i4.encode(42) // => Result.succeed({ body: Uint8Array.of(42, 0, 0, 0), bodyType: 3 })
 * ActiveXBody.i4.encode(0.5) // => Result.fail("must be a whole number from -2147483648 to 2147483647")
 * ActiveXBody.i4.decode({ body: Uint8Array.of(42), bodyType: 3 }) // => Result.fail("must have 4 bytes, not 1")
 * ```
 *
 * @category numbers
 * @since 0.1.0
 */
export const i4: MessageBody<number> = wholeNumber(
  "VT_I4",
  4,
  true,
  (view) => view.getInt32(0, true),
  (view, value) => view.setInt32(0, value, true)
)

/**
 * `VT_UI4` (19), four bytes: 0 to 4,294,967,295. `uint` in .NET.
 *
 * See the example of {@link i4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const ui4: MessageBody<number> = wholeNumber(
  "VT_UI4",
  4,
  false,
  (view) => view.getUint32(0, true),
  (view, value) => view.setUint32(0, value, true)
)

/**
 * `VT_I8` (20), eight bytes: a bigint, since a number is exact only to 2^53. `long` in .NET.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * ActiveXBody.i8.encode(-1n) // => Result.succeed({ body: new Uint8Array(8).fill(255), bodyType: 20 })
 * ```
 *
 * @category numbers
 * @since 0.1.0
 */
export const i8: MessageBody<bigint> = bigNumber(
  "VT_I8",
  true,
  (view) => view.getBigInt64(0, true),
  (view, value) => view.setBigInt64(0, value, true)
)

/**
 * `VT_UI8` (21), eight bytes: a bigint from 0 to 2^64 - 1. `ulong` in .NET.
 *
 * See the example of {@link i8}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const ui8: MessageBody<bigint> = bigNumber(
  "VT_UI8",
  false,
  (view) => view.getBigUint64(0, true),
  (view, value) => view.setBigUint64(0, value, true)
)

/**
 * `VT_R4` (4), four bytes. `float` in .NET. A number is rounded to the nearest one of 32 bits.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * ActiveXBody.r4.encode(0.5) // => Result.succeed({ body: Uint8Array.of(0, 0, 0, 63), bodyType: 4 })
 * ```
 *
 * @category numbers
 * @since 0.1.0
 */
export const r4: MessageBody<number> = fixedSize({
  name: "VT_R4",
  size: 4,
  rule: "a number of at most 3.4028235E+38 either way",
  holds: isSingle,
  read: (view) => view.getFloat32(0, true),
  write: (view, value) => view.setFloat32(0, value, true)
})

/**
 * `VT_R8` (5), eight bytes. `double` in .NET.
 *
 * See the example of {@link r4}.
 *
 * @category numbers
 * @since 0.1.0
 */
export const r8: MessageBody<number> = fixedSize({
  name: "VT_R8",
  size: 8,
  rule: "a number",
  holds: (value) => typeof value === "number",
  read: (view) => view.getFloat64(0, true),
  write: (view, value) => view.setFloat64(0, value, true)
})

/**
 * `VT_CY` (6), eight bytes: ten-thousandths. `decimal` in .NET. It is text, such as `"12.5"`, from -922337203685477.5808 to
 * 922337203685477.5807, since a number would not be exact. More than four digits after the point are refused; .NET rounds them.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const encoded = Result.getOrThrow(ActiveXBody.currency.encode("1.25"))
 * encoded.body // => Uint8Array.of(0xd4, 0x30, 0, 0, 0, 0, 0, 0)
 * ActiveXBody.currency.decode(encoded) // => Result.succeed("1.25")
 * ```
 *
 * @category numbers
 * @since 0.1.0
 */
export const currency: MessageBody<string> = fixedSize({
  name: "VT_CY",
  size: 8,
  rule: currencies.rule,
  holds: (value) => currencies.tenThousandths(value) !== undefined,
  read: (view) => currencies.textOf(view.getBigInt64(0, true)),
  write: (view, value) => view.setBigInt64(0, currencies.tenThousandths(value) ?? BigInt(0), true)
})

/**
 * `VT_BOOL` (11). Written as .NET does, in one byte, FF or 00; read also in the two bytes of a `VARIANT_BOOL`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * ActiveXBody.bool.encode(true) // => Result.succeed({ body: Uint8Array.of(255), bodyType: 11 })
 * ```
 *
 * @category values
 * @since 0.1.0
 */
export const bool: MessageBody<boolean> = {
  name: "VT_BOOL",
  encode: (value) =>
    typeof value === "boolean"
      ? Result.succeed({ body: Uint8Array.of(value ? 0xff : 0), bodyType: BodyType.numbers.VT_BOOL })
      : Result.fail("must be a boolean"),
  decode: ({ body, bodyType }) =>
    Result.flatMap(ofType(bodyType, BodyType.numbers.VT_BOOL), () =>
      body.length === 1 || body.length === 2
        ? Result.succeed(body[0] !== 0)
        : Result.fail(`must have 1 or 2 bytes, not ${body.length}`)
    )
}

const either: Readonly<Record<AutomationDate["form"], MessageBody<AutomationDate>>> = {
  ticks: automationDate("ticks"),
  double: automationDate("double")
}

const dateIn = (form: AutomationDate["form"]): MessageBody<string> => ({
  name: "VT_DATE",
  encode: (dateTime) => either[form].encode({ form, dateTime }),
  decode: (encoded) => Result.map(either[form].decode(encoded), ({ dateTime }) => dateTime)
})

/**
 * `VT_DATE` (7) for readers in .NET, which put ticks there: a date and time as text without a zone, since the body
 * has none (see {@link AutomationDate}). Reads the dates of COM too, and tells them apart.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { DateTime, Result } from "effect"
 *
 * const sent = Result.getOrThrow(ActiveXBody.date.encode("2000-01-01T00:00:00"))
 * const received = Result.getOrThrow(ActiveXBody.date.decode(sent))
 * received // => "2000-01-01T00:00:00"
 *
 * // In the zone that the sender is known to be in it is an instant:
 * const inVienna = DateTime.makeZonedUnsafe(received, { timeZone: "Europe/Vienna", adjustForTimeZone: true })
 * DateTime.formatIso(inVienna) // => "1999-12-31T23:00:00.000Z"
 * ```
 *
 * @category values
 * @since 0.1.0
 */
export const date: MessageBody<string> = dateIn("ticks")

/**
 * `VT_DATE` (7) for readers in COM, which put an OLE date there, a double: as {@link date}, from the year 100 to 9999, in
 * whole milliseconds. Reads the dates of .NET too. Of eight zero bytes, which are in both forms, it makes 1899-12-30, and
 * {@link date} 0001-01-01.
 *
 * See the example of {@link date}.
 *
 * @category values
 * @since 0.1.0
 */
export const oleDate: MessageBody<string> = dateIn("double")

/**
 * `VT_CLSID` (72), 16 bytes: a GUID as text, in lower case without braces. WCF writes it; System.Messaging reads it.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const encoded = Result.getOrThrow(ActiveXBody.clsid.encode("6d736d71-0000-4000-8000-000000000001"))
 * ActiveXBody.clsid.decode(encoded) // => Result.succeed("6d736d71-0000-4000-8000-000000000001")
 * ```
 *
 * @category values
 * @since 0.1.0
 */
export const clsid: MessageBody<string> = {
  name: "VT_CLSID",
  encode: (value) => {
    const canonical = typeof value === "string" ? Guid.canonical(value) : undefined
    return canonical === undefined
      ? Result.fail(`must be ${guidRule}`)
      : Result.succeed({ body: Guid.toBytes(canonical), bodyType: BodyType.numbers.VT_CLSID })
  },
  decode: ({ body, bodyType }) =>
    Result.flatMap(ofType(bodyType, BodyType.numbers.VT_CLSID), () =>
      body.length === 16 ? Result.succeed(Guid.fromBytes(body)) : Result.fail(`must have 16 bytes, not ${body.length}`)
    )
}

const textAs = (
  name: "VT_BSTR" | "VT_LPWSTR" | "VT_LPSTR",
  charset: "utf-16le" | "us-ascii",
  ...alike: ReadonlyArray<number>
): MessageBody<string> => {
  const bodyType = BodyType.numbers[name]
  return {
    name,
    encode: (text) => Result.map(bytesOf(text, charset), (body) => ({ body, bodyType })),
    decode: (encoded) =>
      Result.flatMap(ofType(encoded.bodyType, bodyType, ...alike), () => characters(encoded.body, charset, "kept"))
  }
}

/**
 * `VT_LPWSTR` (31): UTF-16, little-endian, without a length before it or a terminator after it. .NET writes it for a
 * string. Reads `VT_BSTR` as well. A NUL that a sender put there stays, and so does a byte order mark.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * const encoded = Result.getOrThrow(ActiveXBody.lpwstr.encode("tea"))
 * ActiveXBody.lpwstr.decode(encoded) // => Result.succeed("tea")
 * ```
 *
 * @category text
 * @since 0.1.0
 */
export const lpwstr: MessageBody<string> = textAs("VT_LPWSTR", "utf-16le", BodyType.numbers.VT_BSTR)

/**
 * `VT_BSTR` (8): the same for readers in COM, which end a string at its first NUL. Reads `VT_LPWSTR` as well.
 *
 * See the example of {@link lpwstr}.
 *
 * @category text
 * @since 0.1.0
 */
export const bstr: MessageBody<string> = textAs("VT_BSTR", "utf-16le", BodyType.numbers.VT_LPWSTR)

/**
 * `VT_LPSTR` (30): ASCII. A byte above 127 is refused, since its code page is not known; .NET reads it as `?`.
 *
 * See the example of {@link lpwstr}.
 *
 * @category text
 * @since 0.1.0
 */
export const lpstr: MessageBody<string> = textAs("VT_LPSTR", "us-ascii")

const bytesAs = (name: keyof typeof BodyType.numbers, ...alike: ReadonlyArray<number>): MessageBody<Uint8Array> => {
  const bodyType = BodyType.numbers[name]
  return {
    name,
    encode: (body) => (isUint8Array(body) ? Result.succeed({ body, bodyType }) : Result.fail("must be a Uint8Array")),
    decode: ({ body, bodyType: actual }) => Result.map(ofType(actual, bodyType, ...alike), () => body)
  }
}

/**
 * `VT_VECTOR|VT_UI1` (4113): bytes, without a count before them. .NET writes it for `byte[]`. Reads the array of COM
 * (8209) as well.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * ActiveXBody.byteVector.encode(Uint8Array.of(1, 2)) // => Result.succeed({ body: Uint8Array.of(1, 2), bodyType: 4113 })
 * ```
 *
 * @category bytes
 * @since 0.1.0
 */
export const byteVector: MessageBody<Uint8Array> = bytesAs("VT_VECTOR|VT_UI1", BodyType.numbers["VT_ARRAY|VT_UI1"])

/**
 * `VT_ARRAY|VT_UI1` (8209): bytes for readers in COM. .NET does not read them. Reads the vector of .NET (4113) as well.
 *
 * See the example of {@link byteVector}.
 *
 * @category bytes
 * @since 0.1.0
 */
export const byteArray: MessageBody<Uint8Array> = bytesAs("VT_ARRAY|VT_UI1", BodyType.numbers["VT_VECTOR|VT_UI1"])

/**
 * `VT_NULL` (1): `null`, as an empty body.
 *
 * @example
 * ```ts import.meta.vitest
 * import { ActiveXBody } from "@effect-msmq/core"
 * import { Result } from "effect"
 *
 * Result.map(ActiveXBody.nothing.encode(null), ({ body }) => body.length) // => Result.succeed(0)
 * ```
 *
 * @category values
 * @since 0.1.0
 */
export const nothing: MessageBody<null> = {
  name: "VT_NULL",
  encode: (value) =>
    value === null
      ? Result.succeed({ body: new Uint8Array(0), bodyType: BodyType.numbers.VT_NULL })
      : Result.fail("must be null"),
  decode: ({ body, bodyType }) =>
    Result.flatMap(ofType(bodyType, BodyType.numbers.VT_NULL), () =>
      body.length === 0 ? Result.succeed(null) : Result.fail(`must have no bytes, not ${body.length}`)
    )
}

/**
 * Codecs by the names of their types.
 *
 * @category tables
 * @since 0.1.0
 */
export const byType = {
  VT_NULL: nothing,
  VT_I2: i2,
  VT_I4: i4,
  VT_R4: r4,
  VT_R8: r8,
  VT_CY: currency,
  VT_DATE: either.ticks,
  VT_BSTR: bstr,
  VT_BOOL: bool,
  VT_I1: i1,
  VT_UI1: ui1,
  VT_UI2: ui2,
  VT_UI4: ui4,
  VT_I8: i8,
  VT_UI8: ui8,
  VT_LPSTR: lpstr,
  VT_LPWSTR: lpwstr,
  VT_CLSID: clsid,
  "VT_VECTOR|VT_UI1": byteVector,
  "VT_ARRAY|VT_UI1": byteArray
} as const

/**
 * Value with the name of its type: `{ _tag: "VT_I4", value: 42 }`. 64-bit numbers are bigints, a currency is text, and
 * a date an {@link AutomationDate}.
 *
 * @category models
 * @since 0.1.0
 */
export type ActiveXValue = {
  readonly [Tag in keyof typeof byType]: {
    /** Name of the type. */
    readonly _tag: Tag
    /** Value, as the codec of that type in {@link byType} decodes it. */
    readonly value: (typeof byType)[Tag] extends MessageBody<infer A> ? A : never
  }
}[keyof typeof byType]
