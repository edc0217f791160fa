/** Types whose values `ActiveXMessageFormatter` and `ActiveXBody` exchange. */
import { ActiveXBody } from "@effect-msmq/core"
import type { MessageBody } from "@effect-msmq/core"
import type * as Arbitrary from "effect/Arbitrary"
import { map } from "effect/Arbitrary"
import { textOf } from "../../src/internal/bodies/calendar.ts"
import * as notation from "./notation.ts"
import * as values from "./values.ts"

/** A type of .NET beside the codec for its body type. */
export interface ActiveXKind<A = unknown> {
  /** Name of the type in C#. */
  readonly type: string
  readonly codec: Codec<A>
  readonly values: Arbitrary.Arbitrary<A>
  /** Prints a value in the judge's notation. */
  notation(value: A): string
}

interface Codec<A> {
  encode(value: A): ReturnType<MessageBody.MessageBody<A>["encode"]>
  decode(encoded: MessageBody.EncodedBody): ReturnType<MessageBody.MessageBody<A>["decode"]>
}

const kind = <A>(
  type: string,
  codec: MessageBody.MessageBody<A>,
  generated: Arbitrary.Arbitrary<A>,
  print: (value: A) => string
): ActiveXKind<A> => ({ type, codec, values: generated, notation: print })

const number = (type: string, codec: MessageBody.MessageBody<number>, minimum: number, maximum: number) =>
  kind(type, codec, values.between(minimum, maximum), (value) => `${value}:${type}`)

const wellFormed = values.texts

/** Kinds by the name of their type in C#. */
export const activeXKinds: Readonly<Record<string, ActiveXKind>> = {
  string: kind("String", ActiveXBody.lpwstr, wellFormed, notation.text),
  bool: kind("Boolean", ActiveXBody.bool, values.among(true, false), String),
  byte: number("Byte", ActiveXBody.ui1, 0, 0xff),
  short: number("Int16", ActiveXBody.i2, -0x8000, 0x7fff),
  ushort: number("UInt16", ActiveXBody.ui2, 0, 0xffff),
  int: number("Int32", ActiveXBody.i4, -0x80000000, 0x7fffffff),
  uint: number("UInt32", ActiveXBody.ui4, 0, 0xffffffff),
  long: kind("Int64", ActiveXBody.i8, values.longs, (value) => `${value}:Int64`),
  ulong: kind("UInt64", ActiveXBody.ui8, values.unsignedLongs, (value) => `${value}:UInt64`),
  float: kind("Single", ActiveXBody.r4, values.singles, notation.single),
  double: kind("Double", ActiveXBody.r8, values.doubles, notation.double),
  decimal: kind("Decimal", ActiveXBody.currency, values.currencies, notation.decimal),
  DateTime: kind("DateTime", ActiveXBody.date, values.ticks.pipe(map(textOf)), notation.dateTime),
  "byte[]": kind("Byte[]", ActiveXBody.byteVector, values.byteArrays, notation.bytes)
}
