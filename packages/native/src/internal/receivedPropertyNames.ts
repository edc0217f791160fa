import type { MessagePropertyName } from "./messagePropertyTable.ts"

/** The properties that every receive asks for, lengths included. */
export const usualProperties = [
  "MSGID",
  "LOOKUPID",
  "CLASS",
  "BODY",
  "BODY_SIZE",
  "BODY_TYPE",
  "LABEL",
  "LABEL_LEN",
  "PRIORITY",
  "DELIVERY",
  "ACKNOWLEDGE",
  "JOURNAL",
  "CORRELATIONID",
  "APPSPECIFIC",
  "EXTENSION",
  "EXTENSION_LEN",
  "TIME_TO_REACH_QUEUE",
  "TIME_TO_BE_RECEIVED",
  "RESP_FORMAT_NAME",
  "RESP_FORMAT_NAME_LEN",
  "ADMIN_QUEUE",
  "ADMIN_QUEUE_LEN",
  "DEADLETTER_QUEUE",
  "DEADLETTER_QUEUE_LEN",
  "TRACE",
  "SENTTIME",
  "ARRIVEDTIME",
  "AUTHENTICATED_EX",
  "HASH_ALG",
  "SENDER_CERT",
  "SENDER_CERT_LEN",
  "SENDERID_TYPE",
  "SENDERID",
  "SENDERID_LEN",
  "PRIV_LEVEL",
  "ENCRYPTION_ALG",
  "DEST_QUEUE",
  "DEST_QUEUE_LEN",
  "SRC_MACHINE_ID",
  "FIRST_IN_XACT",
  "LAST_IN_XACT",
  "XACTID",
  "ABORT_COUNT",
  "MOVE_COUNT",
  "LAST_MOVE_TIME"
] as const satisfies ReadonlyArray<MessagePropertyName>

/** What stands behind them where the rare ones are wanted too. */
const rareProperties = [
  "VERSION",
  "PROV_NAME",
  "PROV_NAME_LEN",
  "PROV_TYPE",
  "SIGNATURE",
  "SIGNATURE_LEN",
  "DEST_SYMM_KEY",
  "DEST_SYMM_KEY_LEN",
  "CONNECTOR_TYPE",
  "DEST_FORMAT_NAME",
  "DEST_FORMAT_NAME_LEN",
  "XACT_STATUS_QUEUE",
  "XACT_STATUS_QUEUE_LEN",
  "SOAP_ENVELOPE",
  "SOAP_ENVELOPE_LEN",
  "COMPOUND_MESSAGE",
  "COMPOUND_MESSAGE_SIZE"
] as const satisfies ReadonlyArray<MessagePropertyName>

export type ReceivedPropertyName = (typeof usualProperties)[number] | (typeof rareProperties)[number]

/** Both, in the order in which they are asked for: a property has the same place whether the rare ones are wanted or not. */
export const receivedProperties: ReadonlyArray<ReceivedPropertyName> = [...usualProperties, ...rareProperties]
