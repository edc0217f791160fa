import * as Schedule from "effect/Schedule"
import type { ConsumePolicy, PoisonPolicy, PoisonQueue } from "../../Consumer.ts"
import { duration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import type { Rule } from "./Rule.ts"
import { boolean, func, guarded, name, required, violationOf, wholeNumber } from "./Rule.ts"

const isPoisonWord = (value: unknown): boolean => value === "fail" || value === "reject"

type ToSubqueue = Extract<PoisonPolicy, { readonly subqueue: string }>

const subqueue = nested<ToSubqueue>("{ subqueue }", tableOf<ToSubqueue>()({ subqueue: required(name) }))

const queue = nested<PoisonQueue>(
  "{ queue }",
  tableOf<PoisonQueue>()({ queue: required(queueName), transactional: boolean, copy: func })
)

const poisonAllowed = '"fail", "reject", { subqueue } or { queue }'

/** An object is read as that policy which it has the chief option of, so that the others are told of by their names. */
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

export const consumePolicy = tableOf<ConsumePolicy>()({
  concurrency: wholeNumber(1, Infinity),
  retry: schedule,
  poison,
  shutdownTimeout: duration,
  reopen: schedule,
  onEvent: func
})
