/** Rules for the objects in a message, which, unlike the message itself, may have no unknown fields. */
import type { Acknowledge, ConnectorProperties, Journaling, SoapProperties } from "../../mqrt/MessageProperties.ts"
import { messageProperties } from "../../mqrt/MessagePropertyTable.ts"
import { nested, tableOf } from "./OptionTable.ts"
import { boolean, bytes, guarded, guid, orNull, required, wholeNumber } from "./Rule.ts"

const acknowledge = tableOf({
  positiveArrival: boolean,
  positiveReceive: boolean,
  negativeArrival: boolean,
  negativeReceive: boolean
})

const journaling = tableOf({ deadLetter: boolean, journal: boolean })

const connector = tableOf({
  type: required(guid),
  class: required(wholeNumber(0, messageProperties.CLASS.limit)),
  authenticated: required(boolean),
  signature: required(orNull(bytes)),
  symmetricKey: required(orNull(bytes))
})

const withoutNul = guarded(
  "a string without NUL",
  (value): value is string => typeof value === "string" && !value.includes("\0")
)

const soap = tableOf({ header: required(orNull(withoutNul)), body: required(orNull(withoutNul)) })

/** Rules of the objects, by field. */
export const messageParts = {
  acknowledge: nested<Partial<Acknowledge>>("an object", acknowledge),
  journaling: nested<Partial<Journaling>>("an object", journaling),
  connector: nested<ConnectorProperties>("an object", connector),
  soap: nested<SoapProperties>("an object", soap)
}

export type MessagePart = keyof typeof messageParts
