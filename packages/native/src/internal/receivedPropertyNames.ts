import type { ReadProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MessageProperty, MessagePropertyName } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { messageProperties, usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"

type Table = typeof messageProperties

/** Names of the properties that are received in a field of the seam. */
type ValueName = {
  [Name in MessagePropertyName]: Table[Name]["received"] extends null ? never : Name
}[MessagePropertyName]

/** Name of a property that a receive may ask for: one with a field of the seam, or the length of such a one. */
export type ReceivedPropertyName = ValueName | Exclude<Table[ValueName]["length"], null>

/** Name of a property whose value needs a buffer that may turn out too small. */
export type BufferName = {
  [Name in ValueName]: Table[Name]["length"] extends null ? never : Name
}[ValueName]

/**
 * Returns the names of the properties that a receive asks for, each with its length behind it. Fewer properties make a
 * quicker call: each takes some 40 ns of Message Queuing's time alone.
 */
export const propertiesFor = (read: ReadProperties): ReadonlyArray<ReceivedPropertyName> => {
  const names = (Object.keys(messageProperties) as ReadonlyArray<ReceivedPropertyName>).flatMap((name) => {
    const { group, length, received }: MessageProperty = messageProperties[name]
    if (received === null || (group !== null && !read[group])) return []
    return length === null ? [name] : [name, length as ReceivedPropertyName]
  })
  return [...new Set(names)]
}

/** Groups of all properties. */
export const everything: ReadProperties = { ...usualRead, rare: true }

/** Names of all properties that a receive may ask for. */
export const receivedProperties = propertiesFor(everything)
