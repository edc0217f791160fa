import type { MessageProperty, MessagePropertyName } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"

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

const namesOf = (isWanted: (property: MessageProperty) => boolean): ReadonlyArray<ReceivedPropertyName> =>
  (Object.keys(messageProperties) as ReadonlyArray<ReceivedPropertyName>).flatMap((name) => {
    const property: MessageProperty = messageProperties[name]
    if (!isWanted(property)) return []
    return property.length === null ? [name] : [name, property.length as ReceivedPropertyName]
  })

const isRare = ({ received }: MessageProperty): boolean => received?.startsWith("rare.") === true

/** Names of the properties that every receive asks for, each before its length. */
export const usualProperties = namesOf((property) => property.received !== null && !isRare(property))

/**
 * Names of the properties that a receive asks for where the rare ones are wanted too. Those of every receive come first: a
 * property has the same place in both.
 */
export const receivedProperties: ReadonlyArray<ReceivedPropertyName> = [...usualProperties, ...namesOf(isRare)]
