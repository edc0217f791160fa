import { shareModes } from "../../mqrt/QueueValues.ts"
import { finiteDuration } from "./durations.ts"
import { tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import type { RemoveOptions } from "../redriving/RedriveOptions.ts"
import { anyOf, boolean, func, wholeNumber, wordOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"

export const redriveTarget = anyOf<unknown>(
  `${queueName.allowed}, "destinationQueue", or a function that returns a queue's name`,
  queueName,
  func
)

const choice = { where: func, limit: wholeNumber(0, Infinity), dryRun: boolean, onProgress: func }

export const redriveOptions = tableOf({ ...choice, transactional: boolean, shareMode: wordOf(shareModes) })

/** Without a choice all messages would go, by which a program that forgot it would lose them. */
const choosesSome = ({ limit, olderThan, where }: RemoveOptions): Violation | undefined =>
  where === undefined && olderThan === undefined && limit === undefined
    ? new Violation(
        "options",
        "one of where, olderThan and limit must be given; MessageQueue.purge, in promises purgeQueue, removes all messages",
        "without a choice"
      )
    : undefined

export const removeOptions = tableOf({ ...choice, olderThan: finiteDuration }, choosesSome)
