/**
 * Conversion of durations that a caller gives. Effect's own conversion reads `NaN`, `{}` and misspelt units as zero, so every
 * value is checked before it is converted.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** Rule for a duration, to follow the name of its field. */
export const durationRule =
  'it must be a duration of 0 or more, such as "5 seconds", "500 millis", { minutes: 5 } or a number of milliseconds'

const fields = ["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"] as const

/** Fields of durations of other libraries, whose length depends on the calendar. */
const calendarFields = ["years", "quarters", "months"] as const

const isNumber = (value: unknown): value is number => typeof value === "number" && !Number.isNaN(value)

/** Returns `true` for an object with the fields of a duration, which may be getters, as in `Temporal.Duration`. */
const isDurationObject = (value: object): value is Duration.DurationObject => {
  const record = value as Readonly<Record<string, unknown>>
  return (
    fields.some((field) => record[field] !== undefined) &&
    fields.every((field) => record[field] === undefined || isNumber(record[field])) &&
    calendarFields.every((field) => !record[field]) &&
    Object.keys(record).every((key) => fields.some((field) => field === key) || !record[key])
  )
}

const isInput = (value: unknown): value is Duration.Input => {
  switch (typeof value) {
    case "number":
      return isNumber(value)
    case "bigint":
    case "string":
      return true
    case "object":
      if (value === null) return false
      if (Duration.isDuration(value)) return true
      return Array.isArray(value) ? value.length === 2 && value.every(isNumber) : isDurationObject(value)
    default:
      return false
  }
}

/** Converts a value to a duration. Fails with {@link durationRule} for a value that is none, or is negative. */
export const parseDuration = (value: unknown): Result.Result<Duration.Duration, string> => {
  const duration = isInput(value) ? Duration.fromInput(value) : Option.none()
  return Option.isSome(duration) && !Duration.isNegative(duration.value)
    ? Result.succeed(duration.value)
    : Result.fail(durationRule)
}
