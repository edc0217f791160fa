import type { ReceivedMessage } from "../../Message.ts"
import { tableOf } from "./OptionTable.ts"
import { queueName } from "./queueNames.ts"
import { guarded, oneOf } from "./Rule.ts"

export const receivedMessage = guarded(
  "a received message",
  (value): value is ReceivedMessage<unknown> =>
    typeof value === "object" && value !== null && "messageId" in value && "headers" in value
)

export const processOptions = tableOf({ queue: queueName, parent: oneOf(["current", "sender"]) })
