import { finiteDuration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import type { Rule } from "./Rule.ts"
import { boolean, listOf, required, wholeNumber } from "./Rule.ts"

const limits = { maximumDepth: wholeNumber(0, Infinity), maximumAge: finiteDuration }

const queueCheck = nested("{ queue }", tableOf({ queue: required(queueName), transactional: boolean, ...limits }))

/** Rule for a queue to check. A record without `queue` is read as a name, so that errors name the options of the other. */
const checkedQueue: Rule = {
  allowed: `${queueName.allowed}, or { queue }`,
  required: false,
  read: (value, option) =>
    typeof value === "object" && value !== null && !("_tag" in value)
      ? queueCheck.read(value, option)
      : queueName.read(value, option)
}

export const checkOptions = tableOf({
  queues: listOf(checkedQueue),
  ...limits,
  maximumDeadLetters: wholeNumber(0, Infinity),
  timeout: finiteDuration
})
