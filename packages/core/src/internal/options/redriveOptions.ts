import { shareModes } from "../../mqrt/QueueValues.ts"
import { tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import { anyOf, boolean, func, wholeNumber, wordOf } from "./Rule.ts"

export const redriveTarget = anyOf<unknown>(
  `${queueName.allowed}, "destinationQueue", or a function that returns a queue's name`,
  queueName,
  func
)

export const redriveOptions = tableOf({
  where: func,
  limit: wholeNumber(0, Infinity),
  dryRun: boolean,
  transactional: boolean,
  shareMode: wordOf(shareModes),
  onProgress: func
})
