import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { messageProperties } from "../../mqrt/MessagePropertyTable.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { durationRule, parseDuration } from "../durations.ts"
import { describeValue } from "../errors/describeValue.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Time limits of the messages of a transaction.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimeLimits {
  /** Time in which each message must reach its queue, in seconds; `null` for the machine's default. */
  readonly timeToReachQueue: number | null
  /** Time in which each message must be received, in seconds; `null` for no limit. */
  readonly timeToBeReceived: number | null
}

/** Longest time limit, in seconds. The two numbers above it mean the default and for ever. */
const longestTime = messageProperties.TIME_TO_BE_RECEIVED.limit

const timeRule = `${durationRule}; at most ${longestTime} seconds, or "Infinity" for no limit`

/**
 * Converts a value to a time limit in whole seconds, rounded up, or to `null` for an infinite one: without a limit a message
 * may be received for ever, and reaches its queue within the default of the machine (behaviours D-32, D-33). Fails with the
 * rule.
 */
export const timeLimit = (value: unknown): Result.Result<number | null, string> => {
  const parsed = parseDuration(value)
  if (Result.isFailure(parsed)) return Result.fail(timeRule)
  if (!Duration.isFinite(parsed.success)) return Result.succeed(null)
  const seconds = Math.ceil(Duration.toSeconds(parsed.success))
  return seconds <= longestTime ? Result.succeed(seconds) : Result.fail(timeRule)
}

/** Returns the time limits of a transaction's messages; fails with `IllegalMessage`. */
export const limitsOf = (
  operation: Operation,
  options: { readonly [Field in keyof TimeLimits]?: Duration.Input | undefined }
): Effect.Effect<TimeLimits, MsmqError> => {
  const limits: { -readonly [Field in keyof TimeLimits]: number | null } = {
    timeToReachQueue: null,
    timeToBeReceived: null
  }
  for (const field of ["timeToReachQueue", "timeToBeReceived"] as const) {
    const given = options[field]
    if (given === undefined) continue
    const limit = timeLimit(given)
    if (Result.isFailure(limit)) {
      const reason = {
        _tag: "IllegalMessage",
        index: 0,
        field,
        rule: limit.failure,
        actual: describeValue(given)
      } as const
      return Effect.fail(operation.error(reason))
    }
    limits[field] = limit.success
  }
  return Effect.succeed(limits)
}

/** Rule for a message in a transaction. */
export const transactionRule =
  "in a transaction Message Queuing gives all messages the time limits of the first one: set them on the transaction"
