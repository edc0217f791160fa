import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { parseDuration } from "../durations.ts"
import type { Rule } from "./Rule.ts"
import { violationOf } from "./Rule.ts"

/** Makes a rule that converts its value to a duration. */
const makeDurationRule = (
  allowed: string,
  holds: (duration: Duration.Duration) => boolean
): Rule<Duration.Duration> => ({
  allowed,
  required: false,
  read: (value, option) => {
    const parsed = parseDuration(value)
    return Result.isSuccess(parsed) && holds(parsed.success) ? parsed.success : violationOf(option, allowed, value)
  }
})

const written = 'as a number of milliseconds or such as "5 seconds"'

export const duration = makeDurationRule(`a duration that is not negative, ${written}`, () => true)

export const finiteDuration = makeDurationRule(`a finite duration that is not negative, ${written}`, Duration.isFinite)
