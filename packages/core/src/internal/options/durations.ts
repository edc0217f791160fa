import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { guarded } from "./Rule.ts"

const units: ReadonlySet<string> = new Set([
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds"
] satisfies ReadonlyArray<keyof Duration.DurationObject>)

const isNumber = (value: unknown): boolean => typeof value === "number" && !Number.isNaN(value)

/** Effect takes anything else for no time at all: NaN, an object without units, or a duration of another library. */
const isInput = (value: unknown): value is Duration.Input => {
  if (typeof value === "string" || typeof value === "bigint") return true
  if (typeof value !== "object" || value === null) return isNumber(value)
  if (Duration.isDuration(value)) return true
  if (Array.isArray(value)) return value.length === 2 && value.every(isNumber)
  const given = Object.entries(value).filter(([, amount]) => amount !== undefined)
  return given.length > 0 && given.every(([unit, amount]) => units.has(unit) && isNumber(amount))
}

/** Returns the duration that a value stands for, or `undefined`; none is negative. */
export const durationOf = (value: unknown): Duration.Duration | undefined => {
  if (typeof value === "number") return value >= 0 ? Duration.millis(value) : undefined
  const duration = isInput(value) ? Option.getOrUndefined(Duration.fromInput(value)) : undefined
  return duration !== undefined && Duration.toMillis(duration) >= 0 ? duration : undefined
}

export const duration = guarded(
  'a duration that is not negative, as a number of milliseconds or such as "5 seconds"',
  (value): value is Duration.Input => durationOf(value) !== undefined
)

export const finiteDuration = guarded(
  'a finite duration that is not negative, as a number of milliseconds or such as "5 seconds"',
  (value): value is Duration.Input => {
    const given = durationOf(value)
    return given !== undefined && Duration.isFinite(given)
  }
)
