import * as BigDecimal from "effect/BigDecimal"
import * as Duration from "effect/Duration"

/** Rule for a number in text. Numbers and durations have the invariant forms of .NET. */

export const rule = 'a number, such as "2.5", "1E+20", "INF" or "NaN"'

const names: ReadonlyArray<readonly [number, string]> = [
  [Number.POSITIVE_INFINITY, "INF"],
  [Number.NEGATIVE_INFINITY, "-INF"],
  [Number.NaN, "NaN"],
  [-0, "-0"]
]

/** Digits of a number of floating point: those that .NET Framework tries first, and those that always give it back. */
export interface Precision {
  readonly usual: number
  readonly exact: number
  /** Returns `true` where every .NET reads the usual digits as the number. */
  readonly holds: (digits: string, value: number) => boolean
}

/** Digits that tell how far a number is from its shorter forms. */
const many = 30

const parts = (exponential: string): readonly [digits: bigint, power: number] => {
  const [mantissa = "", exponent = ""] = exponential.split("e")
  return [BigInt(mantissa.replace(".", "")), Number(exponent)]
}

/**
 * Returns `true` where digits are nearer to a number than to the middle between it and its neighbours, by a margin: .NET
 * Framework and .NET Core 2 take a number for its neighbour where it is close.
 */
const isSafe = (short: string, value: number): boolean => {
  const [shortDigits, shortPower] = parts(short)
  const [digits, power] = parts(value.toExponential(many - 1))
  const distance = shortDigits * BigInt(10) ** BigInt(many - usualOfDouble + shortPower - power) - digits
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 52, -1074)
  return Math.abs(Number(distance)) / 10 ** (many - 1) <= (step / 10 ** power) * 0.49
}

const usualOfDouble = 15
export const double: Precision = { usual: usualOfDouble, exact: 17, holds: isSafe }
export const single: Precision = {
  usual: 7,
  exact: 9,
  holds: (digits, value) => Math.fround(Number(digits)) === value
}

/**
 * Prints a number as .NET Framework does: with the usual digits where they give it back, otherwise with all. The shortest digits
 * that give a double back would be read as a neighbour by .NET Framework, .NET Core 2 and Mono.
 */
export const print = (value: number, { exact, holds, usual }: Precision): string | undefined => {
  if (typeof value !== "number") return undefined
  const name = names.find(([number]) => Object.is(number, value))?.[1]
  if (name !== undefined) return name
  if (value === 0) return "0"
  const short = value.toExponential(usual - 1)
  const isShort = holds(short, value)
  const [all = "", exponent = ""] = (isShort ? short : value.toExponential(exact - 1)).split("e")
  const mantissa = all.replace(/\.?0+$/, "")
  const power = Number(exponent)
  if (power >= (isShort ? usual : exact) || power <= -5) {
    return `${mantissa}E${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
  }
  const digits = mantissa.replace(/[-.]/g, "")
  const sign = value < 0 ? "-" : ""
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`
  const fraction = digits.slice(power + 1)
  return `${sign}${digits.slice(0, power + 1).padEnd(power + 1, "0")}${fraction === "" ? "" : `.${fraction}`}`
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export const parse = (text: string): number | undefined => {
  const named = names.find(([, name]) => name === text)
  if (named !== undefined) return named[0]
  return number.test(text) ? Number(text) : undefined
}

export const decimalRule =
  'a decimal without an exponent, such as "-7.00", of at most 96 bits and 28 digits after the point'

const decimals = /^[+-]?(?:(\d+)(?:\.(\d{0,28}))?|\.(\d{1,28}))$/
const largestDecimal = (BigInt(1) << BigInt(96)) - BigInt(1)

/** Returns a text that is a decimal of .NET as it is; `undefined` for any other. */
export const decimal = (text: string): string | undefined => {
  const match = typeof text === "string" ? decimals.exec(text) : null
  if (match === null || text.length > 64) return undefined
  const [, whole = "", fraction = "", alone = ""] = match
  return BigInt(`${whole}${fraction}${alone}`) <= largestDecimal ? text : undefined
}

/** Prints a decimal without an exponent and with all its zeros, which `BigDecimal.format` drops. */
export const plain = ({ scale, value }: BigDecimal.BigDecimal): string => {
  if (scale > 28 || scale < -28) return ""
  if (scale <= 0) return String(value * BigInt(10) ** BigInt(-scale))
  const digits = String(value < BigInt(0) ? -value : value).padStart(scale + 1, "0")
  return `${value < BigInt(0) ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

export const bigDecimal = (text: string): BigDecimal.BigDecimal => {
  const [whole = "", fraction = ""] = text.replace("+", "").split(".")
  const digits = BigInt(`${whole.replace("-", "")}${fraction}`)
  return BigDecimal.make(whole.startsWith("-") ? -digits : digits, fraction.length)
}

const duration = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,7})0*)?S)?)?$/
const tick = BigInt(100)
const second = BigInt(10_000_000)
const units = [86_400, 3_600, 60, 1].map((seconds) => BigInt(seconds) * second)
const letters = ["D", "H", "M"]

export const parseDuration = (text: string): Duration.Duration | undefined => {
  const match = text.endsWith("T") || text.endsWith("P") ? null : duration.exec(text)
  if (match === null) return undefined
  const parts = match.slice(2, 6).map((part) => BigInt(part ?? 0))
  const whole = parts.reduce((sum, part, index) => sum + part * units[index]!, BigInt(0))
  const ticks = whole + BigInt((match[6] ?? "").padEnd(7, "0"))
  const signed = match[1] === undefined ? ticks : -ticks
  return BigInt.asIntN(64, signed) === signed ? Duration.nanos(signed * tick) : undefined
}

/**
 * Prints a duration. Returns `undefined` for one that no TimeSpan holds: an infinite one, or one with parts of 100 nanoseconds.
 */
export const printDuration = (value: Duration.Duration): string | undefined => {
  if (!Duration.isFinite(value)) return undefined
  const nanoseconds = Duration.toNanosUnsafe(value)
  const ticks = nanoseconds / tick
  if (ticks * tick !== nanoseconds || BigInt.asIntN(64, ticks) !== ticks) return undefined
  if (ticks === BigInt(0)) return "PT0S"
  let rest = ticks < BigInt(0) ? -ticks : ticks
  const counts = units.map((unit) => {
    const count = rest / unit
    rest -= count * unit
    return count
  })
  const fraction = rest === BigInt(0) ? "" : `.${String(rest).padStart(7, "0").replace(/0+$/, "")}`
  const [days = "", ...times] = letters.map((letter, index) => (counts[index] ? `${counts[index]}${letter}` : ""))
  const seconds = counts[3] || fraction !== "" ? `${counts[3]}${fraction}S` : ""
  const time = `${times.join("")}${seconds}`
  return `${ticks < BigInt(0) ? "-" : ""}P${days}${time === "" ? "" : `T${time}`}`
}
