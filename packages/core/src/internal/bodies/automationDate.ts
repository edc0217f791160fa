import * as Result from "effect/Result"
import * as BodyType from "../../BodyType.ts"
import type { MessageBody } from "./Codec.ts"
import * as calendar from "./calendar.ts"
import { ofSize, ofType, viewOf } from "./fixedSize.ts"

/**
 * Date as `VT_DATE` holds it: a local date and time in a zone that is unknown.
 *
 * @category models
 * @since 0.1.0
 */
export interface AutomationDate {
  /**
   * Form of the eight bytes. `"ticks"`, a whole number of 100 ns since 0001-01-01, is that of .NET, up to the year 9999.
   * `"double"`, the days since 1899-12-30, is that of COM: whole milliseconds, from the year 100 on.
   */
  readonly form: "ticks" | "double"
  /**
   * Date and time in ISO 8601 without a zone, such as `"2026-05-01T08:30:00.1234567"`. It is no instant, so it is no `Date`;
   * with a known zone, `DateTime.makeZoned(dateTime, { timeZone, adjustForTimeZone: true })` makes one.
   */
  readonly dateTime: string
}

/** Day that the days of an OLE date are counted from, 1899-12-30, in milliseconds. OLE dates are of the years 100 to 9999. */
const dayZero = -2_209_161_600_000
const firstOleMillisecond = -59_011_459_200_000
const millisecondsPerDay = 86_400_000

/**
 * Converts an OLE date to milliseconds. The time of day is added to the day even where the number is negative: -1.25 is 06:00
 * on 1899-12-29.
 */
const oleMilliseconds = (days: number): number => {
  const whole = Math.trunc(days)
  return dayZero + whole * millisecondsPerDay + Math.round(Math.abs(days - whole) * millisecondsPerDay)
}

const oleDays = (milliseconds: number): number => {
  const sinceDayZero = milliseconds - dayZero
  const day = Math.floor(sinceDayZero / millisecondsPerDay)
  const time = (sinceDayZero - day * millisecondsPerDay) / millisecondsPerDay
  return day < 0 ? day - time : day + time
}

const isOle = (milliseconds: number): boolean =>
  milliseconds >= firstOleMillisecond && milliseconds <= calendar.lastMillisecond

const ticksOfMilliseconds = (milliseconds: number): bigint =>
  BigInt(milliseconds - calendar.firstMillisecond) * calendar.ticksPerMillisecond

type Writer = (view: DataView, ticks: bigint, zero: AutomationDate["form"]) => Result.Result<void, string>

const writers: Readonly<Record<AutomationDate["form"], Writer>> = {
  ticks: (view, ticks) => Result.succeed(view.setBigInt64(0, ticks, true)),
  double: (view, ticks, zero) => {
    const milliseconds = Number(ticks / calendar.ticksPerMillisecond) + calendar.firstMillisecond
    if (ticks % calendar.ticksPerMillisecond !== BigInt(0) || !isOle(milliseconds)) {
      return Result.fail("must be from the year 100 to 9999 and in whole milliseconds to be an OLE date")
    }
    const days = oleDays(milliseconds)
    // Eight zero bytes would be read as ticks. The other zero is day zero in both forms.
    return Result.succeed(view.setFloat64(0, days === 0 && zero === "ticks" ? -0 : days, true))
  }
}

/**
 * Reads either form. As whole numbers, ticks are from 0 to {@link calendar.lastTick}, and every double that is at least a
 * millisecond away from day zero is above that or negative. Only 0 could be both, and -0 is a double.
 */
const read = (view: DataView, zero: AutomationDate["form"]): Result.Result<AutomationDate, string> => {
  const ticks = view.getBigInt64(0, true)
  const isTicks = ticks === BigInt(0) ? zero === "ticks" : ticks > BigInt(0) && ticks <= calendar.lastTick
  if (isTicks) return Result.succeed({ form: "ticks", dateTime: calendar.textOf(ticks) })
  const milliseconds = oleMilliseconds(view.getFloat64(0, true))
  return isOle(milliseconds)
    ? Result.succeed({ form: "double", dateTime: calendar.textOf(ticksOfMilliseconds(milliseconds)) })
    : Result.fail("must be a date: neither its ticks nor its days are from a year that there is")
}

/** Makes a codec that reads both forms and writes the form of the value. `zero`: the form of eight zero bytes. */
export const automationDate = (zero: AutomationDate["form"]): MessageBody<AutomationDate> => ({
  name: "VT_DATE",
  encode: ({ dateTime, form }) => {
    const ticks = typeof dateTime === "string" ? calendar.ticksOf(dateTime) : undefined
    if (ticks === undefined) return Result.fail(`must be ${calendar.clockRule}`)
    const body = new Uint8Array(8)
    return Result.map(writers[form](viewOf(body), ticks, zero), () => ({
      body,
      bodyType: BodyType.numbers.VT_DATE
    }))
  },
  decode: ({ body, bodyType }) =>
    Result.flatMap(ofType(bodyType, BodyType.numbers.VT_DATE), () =>
      Result.flatMap(ofSize(body, 8), (view) => read(view, zero))
    )
})
