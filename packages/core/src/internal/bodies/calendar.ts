/** Dates and times of day as .NET counts them: in ticks of 100 ns since 0001-01-01, without a zone. */

/** Date and time of a text. */
export interface DateTimeText {
  /** Whole seconds since 1970-01-01 in the zone of the text, in milliseconds. */
  readonly milliseconds: number
  /** Digits after the point. */
  readonly fraction: string
  /** Minutes ahead of UTC; `undefined` where the text has no zone. */
  readonly offset: number | undefined
}

const day = String.raw`(\d{4})-(\d\d)-(\d\d)`
const timeOfDay = String.raw`(\d\d):(\d\d):(\d\d)(?:\.(\d+))?`
const zone = String.raw`(Z|[+-]\d\d:\d\d)?`
const pattern = new RegExp(`^${day}T${timeOfDay}${zone}$`)
const dayPattern = new RegExp(`^${day}${zone}$`)
const timePattern = new RegExp(`^${timeOfDay}${zone}$`)

/** Parses a date and time of the years 1 to 9999. Returns `undefined` for any other text, also for a 30th of February. */
export const parse = (text: string): DateTimeText | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDay = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const offset = offsetOf(match[8])
  if (!isDay || hour > 23 || minute > 59 || second > 59 || Number.isNaN(offset)) return undefined
  return { milliseconds: date.setUTCHours(hour, minute, second), fraction: match[7] ?? "", offset }
}

/** Returns `true` for a day of the years 1 to 9999, with a zone or without, such as `"2026-05-01"`. */
export const isDay = (text: string): boolean =>
  dayPattern.test(text) && parse(`${text.slice(0, 10)}T00:00:00${text.slice(10)}`) !== undefined

/** Returns `true` for a time of day of at most seven digits of a second, with a zone or without, such as `"08:30:00.5"`. */
export const isTimeOfDay = (text: string): boolean => {
  const parsed = timePattern.test(text) ? parse(`2000-01-01T${text}`) : undefined
  return parsed !== undefined && parsed.fraction.length <= 7
}

/** Returns the milliseconds since 1970 of a text that says its zone, without digits behind them, from the year 1 to 9999 in UTC. */
export const instantOf = (text: string): number | undefined => {
  const parsed = parse(text)
  if (parsed === undefined || parsed.offset === undefined) return undefined
  const instant = parsed.milliseconds + Number(parsed.fraction.padEnd(3, "0").slice(0, 3)) - parsed.offset * 60_000
  return isInstant(instant) ? instant : undefined
}

/** Returns `true` for milliseconds since 1970 from the year 1 to 9999; `false` for those of an invalid Date. */
export const isInstant = (milliseconds: number): boolean =>
  milliseconds >= firstMillisecond && milliseconds <= lastMillisecond

/** Returns the offset of a zone; in .NET it is at most 14 hours. */
const offsetOf = (zone: string | undefined): number | undefined => {
  if (zone === undefined) return undefined
  if (zone === "Z") return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4))
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return Number.NaN
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes)
}

export const ticksPerMillisecond = BigInt(10_000)
export const firstMillisecond = -62_135_596_800_000
export const lastMillisecond = 253_402_300_799_999
export const lastTick = BigInt("3155378975999999999")

export const clockRule = 'a date and time without a zone, such as "2026-05-01T08:30:00.1234567"'

/** Returns the ticks of a text without a zone, and `undefined` for any other text. */
export const ticksOf = (text: string): bigint | undefined => {
  const parsed = parse(text)
  if (parsed === undefined || parsed.offset !== undefined || parsed.fraction.length > 7) return undefined
  return BigInt(parsed.milliseconds - firstMillisecond) * ticksPerMillisecond + BigInt(parsed.fraction.padEnd(7, "0"))
}

/** Returns the text without a zone for ticks from 0 to {@link lastTick}. */
export const textOf = (ticks: bigint): string => {
  const milliseconds = Number(ticks / ticksPerMillisecond) + firstMillisecond
  const seconds = Math.floor(milliseconds / 1000) * 1000
  const rest = ticks - BigInt(seconds - firstMillisecond) * ticksPerMillisecond
  return new Date(seconds).toISOString().slice(0, 19) + fractionOf(String(rest).padStart(7, "0"))
}

/** Returns the fraction as .NET writes it: without zeros at its end, and empty for zeros alone. */
export const fractionOf = (digits: string): string => {
  const significant = digits.replace(/0+$/, "")
  return significant === "" ? "" : `.${significant}`
}
