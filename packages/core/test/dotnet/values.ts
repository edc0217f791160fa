/** Generators of the values that messages carry, biased to those that writers and readers get wrong. */
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { lastTick } from "../../src/internal/bodies/calendar.ts"

/** Generates whole numbers from one to another. */
export const between = (minimum: number, maximum: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

/** Generates what one of several generators does. */
export const oneOf = <A>(...choices: ReadonlyArray<Arbitrary.Arbitrary<A>>): Arbitrary.Arbitrary<A> =>
  between(0, choices.length - 1).pipe(Arbitrary.flatMap((index) => choices[index]!))

/** Generates one of some values. */
export const among = <A>(...values: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  between(0, values.length - 1).pipe(Arbitrary.map((index) => values[index]!))

const word = between(0, 0xff_ff_ff_ff)

/** Generates whole numbers of a number of bits, of any length within it. */
const bits = (size: number): Arbitrary.Arbitrary<bigint> =>
  Arbitrary.all([word, word, word, between(0, size)]).pipe(
    Arbitrary.map(([high, middle, low, length]) =>
      BigInt.asUintN(length, (BigInt(high) << 64n) | (BigInt(middle) << 32n) | BigInt(low))
    )
  )

export const unsignedLongs = bits(64)
export const longs = unsignedLongs.pipe(Arbitrary.map((value) => BigInt.asIntN(64, value)))

const view = new DataView(new ArrayBuffer(8))

const anyDouble = unsignedLongs.pipe(
  Arbitrary.map((value) => {
    view.setBigUint64(0, BigInt.asUintN(64, value * 0x9e37_79b9_7f4a_7c15n))
    return view.getFloat64(0)
  })
)

/** Generates sums of ten amounts in cents, which are seldom short. */
const amounts = Arbitrary.array(between(0, 99_999), { minLength: 10, maxLength: 10 }).pipe(
  Arbitrary.map((cents) => cents.reduce((sum, one) => sum + one / 100, 0))
)

const special = among(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 1 / 3, 1e15, 1e16, 1e-5, 1e21)

export const doubles = oneOf(
  anyDouble,
  amounts,
  special,
  Arbitrary.all([between(-999, 999), between(-30, 30)]).pipe(
    Arbitrary.map(([digits, power]) => Number(`${digits}e${power}`))
  )
)

export const singles = oneOf(
  word.pipe(
    Arbitrary.map((value) => {
      view.setUint32(0, Math.imul(value, 0x9e37_79b9) >>> 0)
      return view.getFloat32(0)
    })
  ),
  doubles.pipe(
    Arbitrary.map(Math.fround),
    Arbitrary.filter((value) => Number.isFinite(value))
  ),
  among(Infinity, -Infinity)
)

/** Generates the digits of a decimal as text, with all its zeros. */
const digitsOf = (digits: bigint, scale: number): string => {
  const all = String(digits).padStart(scale + 1, "0")
  return scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`
}

const signed = (isNegative: number, text: string): string =>
  isNegative === 1 && /[1-9]/.test(text) ? `-${text}` : text

export const decimals = Arbitrary.all([bits(96), between(0, 28), between(0, 1)]).pipe(
  Arbitrary.map(([digits, scale, isNegative]) => signed(isNegative, digitsOf(digits, scale)))
)

/** Generates amounts of money of four decimals at most, as text without needless zeros. */
export const currencies = Arbitrary.all([bits(63), between(0, 1)]).pipe(
  Arbitrary.map(([digits, isNegative]) => signed(isNegative, digitsOf(digits, 4).replace(/\.?0+$/, "")))
)

export const durations = longs.pipe(Arbitrary.map((ticks) => Duration.nanos(ticks * 100n)))

const pieces =
  " |\t|\n|\r|\r\n|<|>|&|\"|'|]]>|a|Zz|1|;|\u00e9|\u0085|\u00a0|\u2028|\ufeff|\ufffe|\uffff|\ud83d\ude00|\udbff\udfff|\0|\u0001|\u001f|\u007f|&#x1;|&lt;|_x0041_|<!--|<![CDATA[|e\u0301"

/** Generates well-formed text: blanks alone and beside other text, markup, control characters. */
export const texts = oneOf(
  Arbitrary.array(among(...pieces.split("|"))).pipe(Arbitrary.map((parts) => parts.join(""))),
  Arbitrary.schema(Schema.String).pipe(Arbitrary.filter((text) => text.isWellFormed()))
)

export const byteArrays = Arbitrary.array(between(0, 255)).pipe(Arbitrary.map((bytes) => Uint8Array.from(bytes)))

export const guids = Arbitrary.all([word, word, word, word]).pipe(
  Arbitrary.map((words) => {
    const digits = words.map((one) => one.toString(16).padStart(8, "0")).join("")
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
  })
)

export const chars = between(0, 0xff_ff).pipe(Arbitrary.map((code) => String.fromCharCode(code)))

/** Generates ticks of 100 nanoseconds since 0001-01-01, in whole seconds and not. */
export const ticks = Arbitrary.all([unsignedLongs, among(1n, 10_000_000n, 864_000_000_000n)]).pipe(
  Arbitrary.map(([value, unit]) => {
    const tick = (value * 0x9e37_79b9_7f4a_7c15n) % (lastTick + 1n)
    return tick - (tick % unit)
  })
)
