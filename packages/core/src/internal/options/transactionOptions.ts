import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { tableOf } from "./OptionTable.ts"
import { guarded } from "./Rule.ts"

/** Rule for a time limit, whose range the rules of messages check. */
const timeLimit = guarded(
  'a duration, as a number of milliseconds or such as "5 seconds"',
  (value): value is Duration.Input =>
    typeof value === "number" ||
    typeof value === "string" ||
    typeof value === "bigint" ||
    Array.isArray(value) ||
    Duration.isDuration(value) ||
    (typeof value === "object" && value !== null && Option.isSome(Duration.fromInput(value)))
)

export const transactionOptions = tableOf({ timeToReachQueue: timeLimit, timeToBeReceived: timeLimit })
