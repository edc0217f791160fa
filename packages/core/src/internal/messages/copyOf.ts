import type { Message, ReceivedMessage } from "../../Message.ts"
import { messageFields } from "../../mqrt/MessagePropertyTable.ts"
import { isBytes } from "../options/Rule.ts"

/** Field that a sender sets and a receiver reads. Headers are read from the extension. */
export type CopiedField = Exclude<keyof Message & keyof ReceivedMessage, "headers">

const copiedFields = [...messageFields.keys()]

/**
 * Returns the properties that the sender of a message set. The extension has its bytes, headers among them. A body that a codec
 * decoded has no type, since that of the sender's codec may be another one.
 */
export const copyOf = <Body>(message: Pick<ReceivedMessage<Body>, CopiedField>): Message<Body> => {
  const copy: { -readonly [Field in keyof Message<Body>]: Message<Body>[Field] } = {}
  for (const field of copiedFields) copyField(copy, message, field)
  if (!isBytes(message.body)) delete copy.bodyType
  return copy
}

const copyField = <Body, Field extends CopiedField>(
  copy: { -readonly [Name in Field]?: Message<Body>[Name] },
  message: Pick<ReceivedMessage<Body>, Field>,
  field: Field
): void => {
  const value = message[field]
  if (value !== undefined) copy[field] = value
}
