import * as Schedule from "effect/Schedule"
import { Control } from "../../Consumer.ts"
import { duration, finiteDuration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import type { Rule } from "./Rule.ts"
import { anyOf, boolean, func, guarded, name, required, violationOf, wholeNumber } from "./Rule.ts"

const isPoisonWord = (value: unknown): boolean => value === "fail" || value === "reject"

const subqueue = nested("{ subqueue }", tableOf({ subqueue: required(name) }))

const queue = nested("{ queue }", tableOf({ queue: required(queueName), transactional: boolean, copy: func }))

const poisonAllowed = '"fail", "reject", { subqueue } or { queue }'

/**
 * Rule for the policy of poison messages. An object is read as the policy whose main option it has, so that errors name its
 * other options.
 */
const poison: Rule = {
  allowed: poisonAllowed,
  required: false,
  read: (value, option) => {
    if (isPoisonWord(value)) return value
    if (typeof value !== "object" || value === null || "subqueue" in value === "queue" in value) {
      return violationOf(option, poisonAllowed, value)
    }
    return ("subqueue" in value ? subqueue : queue).read(value, option)
  }
}

const schedule = guarded("a Schedule", Schedule.isSchedule)

const control = guarded(
  "a Control, as Consumer.makeControl makes it",
  (value): value is Control => value instanceof Control
)

export const consumePolicy = tableOf({
  concurrency: wholeNumber(1, Infinity),
  retry: anyOf<unknown>("a Schedule, or a function that returns a delay", schedule, func),
  park: subqueue,
  poison,
  handlerTimeout: duration,
  shutdownTimeout: duration,
  reopen: schedule,
  control,
  onEvent: func
})

/** Options of keys, beside those of a consumer. */
export const keyOptions = { keys: func, lookAhead: wholeNumber(1, Infinity) }

export const keyedPolicy = tableOf({ ...consumePolicy.rules, ...keyOptions })

/** Options of batches, beside those of a consumer. */
export const batchOptions = { size: required(wholeNumber(1, Infinity)), within: finiteDuration }

export const batchPolicy = tableOf({ ...consumePolicy.rules, ...batchOptions })
