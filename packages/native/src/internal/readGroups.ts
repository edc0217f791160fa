import type { ReadProperties, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MessageProperty } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"

/** Fields of the seam with a group, but for the rare ones, which are one field. */
const fields = Object.values<MessageProperty>(messageProperties).flatMap(({ group, received }) =>
  group === null || group === "rare" || received === null ? [] : [{ group, field: received }]
)

/** Returns a message with the properties of some groups alone. */
export const withGroups = (message: ReceivedProperties, read: ReadProperties): ReceivedProperties => {
  const left = Object.fromEntries(fields.flatMap(({ field, group }) => (read[group] ? [] : [[field, null]])))
  return { ...message, ...left, rare: read.rare ? message.rare : null }
}
