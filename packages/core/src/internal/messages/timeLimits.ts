import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { MsmqError } from "../../MsmqError.ts"
import type { Options, TimeLimits } from "../../Transaction.ts"

/** In seconds: the two numbers above it mean the default and for ever. */
export const longestTime = 0xfffffffd

export const timeRule = `it must be a duration of 0 to ${longestTime} seconds`

export const isTime = (seconds: number | null): boolean =>
  seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= longestTime)

/** Not a number of seconds stands for what is not a duration. */
export const secondsOf = (duration: Duration.Input): number => {
  const parsed = Duration.fromInput(duration)
  return parsed._tag === "Some" ? Math.ceil(Duration.toSeconds(parsed.value)) : Number.NaN
}

/** The limits of a transaction, or what is wrong with them. */
export const limitsOf = (operation: string, options: Options): Effect.Effect<TimeLimits, MsmqError> => {
  const limits = {
    timeToReachQueue: options.timeToReachQueue === undefined ? null : secondsOf(options.timeToReachQueue),
    timeToBeReceived: options.timeToBeReceived === undefined ? null : secondsOf(options.timeToBeReceived)
  }
  for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
    if (isTime(limits[field])) continue
    const reason = { _tag: "IllegalMessage", index: 0, field, rule: timeRule, actual: String(limits[field]) } as const
    return Effect.fail(new MsmqError({ operation, reason }))
  }
  return Effect.succeed(limits)
}

/** The rule for a message in a transaction. */
export const transactionRule =
  "in a transaction Message Queuing gives all messages the time limits of the first one: set them on the transaction"
