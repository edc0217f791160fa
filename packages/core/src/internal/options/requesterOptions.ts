import { finiteDuration } from "./durations.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import { codec } from "./codecs.ts"
import type { Rule } from "./Rule.ts"
import { boolean, func, name, required, violationOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"

const subqueue = nested("{ subqueue }", tableOf({ subqueue: required(name) }))

const allowed = '"remove", "reject" or { subqueue }'

/** Rule for the treatment of unexpected messages. */
const unexpected: Rule = {
  allowed,
  required: false,
  read: (value, option) => {
    if (value === "remove" || value === "reject") return value
    return typeof value === "object" && value !== null
      ? subqueue.read(value, option)
      : violationOf(option, allowed, value)
  }
}

/** A subqueue of a queue that is deleted with the requester would keep nothing. */
const subqueueStays = ({
  responseQueue,
  unexpected
}: {
  readonly responseQueue?: unknown
  readonly unexpected?: unknown
}) =>
  typeof unexpected === "object" && responseQueue === undefined
    ? new Violation(
        "unexpected",
        "a subqueue is deleted with the response queue that the requester creates: give a responseQueue that stays",
        "a subqueue, without a responseQueue"
      )
    : undefined

export const requesterOptions = tableOf(
  {
    body: codec,
    responseBody: codec,
    transactional: boolean,
    responseQueue: queueName,
    within: finiteDuration,
    negativeAcknowledgments: boolean,
    unexpected,
    onUnexpected: func
  },
  subqueueStays
)

export const requestOptions = tableOf({ within: finiteDuration })
