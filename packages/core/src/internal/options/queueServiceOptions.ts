/** Options of queues as services. */
import { OptionTable } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import { openReceiverOptions, openSenderOptions } from "./queueOptions.ts"
import { required } from "./Rule.ts"

/** Makes the table of an opening, which in a service also has the queue. */
const withQueue = <Name extends string>({ rules, together }: OptionTable<Name>): OptionTable<Name | "queue"> =>
  new OptionTable({ ...rules, queue: required(queueName) }, together)

export const senderServiceOptions = withQueue(openSenderOptions)
export const receiverServiceOptions = withQueue(openReceiverOptions)
