import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { parseDuration } from "../durations.ts"
import { guarded } from "./Rule.ts"

const written = 'as a number of milliseconds or such as "5 seconds"'

export const duration = guarded(`a duration that is not negative, ${written}`, (value): value is Duration.Input =>
  Result.isSuccess(parseDuration(value))
)

export const finiteDuration = guarded(
  `a finite duration that is not negative, ${written}`,
  (value): value is Duration.Input => {
    const parsed = parseDuration(value)
    return Result.isSuccess(parsed) && Duration.isFinite(parsed.success)
  }
)
