import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { parseDuration } from "../durations.ts"
import type { Rule } from "./Rule.ts"
import { violationOf } from "./Rule.ts"

/** A rule that reads a duration, so that nobody has to parse it again. */
const durationThat = (allowed: string, holds: (duration: Duration.Duration) => boolean): Rule<Duration.Duration> => ({
  allowed,
  required: false,
  read: (value, option) => {
    const parsed = parseDuration(value)
    return Result.isSuccess(parsed) && holds(parsed.success) ? parsed.success : violationOf(option, allowed, value)
  }
})

const written = 'as a number of milliseconds or such as "5 seconds"'

export const duration = durationThat(`a duration that is not negative, ${written}`, () => true)

export const finiteDuration = durationThat(`a finite duration that is not negative, ${written}`, Duration.isFinite)
