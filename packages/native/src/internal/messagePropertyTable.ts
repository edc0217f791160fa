import { VT_CLSID, VT_LPWSTR, VT_UI1, VT_UI2, VT_UI4, VT_UI8, VT_VECTOR_UI1 } from "./variantTypes.ts"

/**
 * Where a property may stand in the array: in a send, a receive, or both. A companion only tells the length of another
 * property that is received.
 */
type Place = "send" | "receive" | "both" | "companion"

/**
 * What `mq.h` says of a property of messages.
 *
 * - `length`: the companion that takes the capacity of its buffer, and gives the length of what is in there
 * - `exactly`: its only length in bytes
 */
export interface MessageProperty {
  readonly id: number
  readonly vartype: number
  readonly place: Place
  readonly length: string | null
  readonly exactly: number | null
}

/**
 * All properties of messages, by their names without `PROPID_M_`. Rows have the same fields in the same order: the code
 * that writes them stays monomorphic.
 */
export const messageProperties = {
  CLASS: { id: 1, vartype: VT_UI2, place: "both", length: null, exactly: null },
  MSGID: { id: 2, vartype: VT_VECTOR_UI1, place: "both", length: null, exactly: 20 },
  CORRELATIONID: { id: 3, vartype: VT_VECTOR_UI1, place: "both", length: null, exactly: 20 },
  PRIORITY: { id: 4, vartype: VT_UI1, place: "both", length: null, exactly: null },
  DELIVERY: { id: 5, vartype: VT_UI1, place: "both", length: null, exactly: null },
  ACKNOWLEDGE: { id: 6, vartype: VT_UI1, place: "both", length: null, exactly: null },
  JOURNAL: { id: 7, vartype: VT_UI1, place: "both", length: null, exactly: null },
  APPSPECIFIC: { id: 8, vartype: VT_UI4, place: "both", length: null, exactly: null },
  BODY: { id: 9, vartype: VT_VECTOR_UI1, place: "both", length: "BODY_SIZE", exactly: null },
  BODY_SIZE: { id: 10, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  LABEL: { id: 11, vartype: VT_LPWSTR, place: "both", length: "LABEL_LEN", exactly: null },
  LABEL_LEN: { id: 12, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  TIME_TO_REACH_QUEUE: { id: 13, vartype: VT_UI4, place: "both", length: null, exactly: null },
  TIME_TO_BE_RECEIVED: { id: 14, vartype: VT_UI4, place: "both", length: null, exactly: null },
  RESP_QUEUE: { id: 15, vartype: VT_LPWSTR, place: "both", length: "RESP_QUEUE_LEN", exactly: null },
  RESP_QUEUE_LEN: { id: 16, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  ADMIN_QUEUE: { id: 17, vartype: VT_LPWSTR, place: "both", length: "ADMIN_QUEUE_LEN", exactly: null },
  ADMIN_QUEUE_LEN: { id: 18, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  VERSION: { id: 19, vartype: VT_UI4, place: "receive", length: null, exactly: null },
  SENDERID: { id: 20, vartype: VT_VECTOR_UI1, place: "receive", length: "SENDERID_LEN", exactly: null },
  SENDERID_LEN: { id: 21, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  SENDERID_TYPE: { id: 22, vartype: VT_UI4, place: "both", length: null, exactly: null },
  PRIV_LEVEL: { id: 23, vartype: VT_UI4, place: "both", length: null, exactly: null },
  AUTH_LEVEL: { id: 24, vartype: VT_UI4, place: "send", length: null, exactly: null },
  AUTHENTICATED: { id: 25, vartype: VT_UI1, place: "both", length: null, exactly: null },
  HASH_ALG: { id: 26, vartype: VT_UI4, place: "both", length: null, exactly: null },
  ENCRYPTION_ALG: { id: 27, vartype: VT_UI4, place: "both", length: null, exactly: null },
  SENDER_CERT: { id: 28, vartype: VT_VECTOR_UI1, place: "both", length: "SENDER_CERT_LEN", exactly: null },
  SENDER_CERT_LEN: { id: 29, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  SRC_MACHINE_ID: { id: 30, vartype: VT_CLSID, place: "receive", length: null, exactly: null },
  SENTTIME: { id: 31, vartype: VT_UI4, place: "receive", length: null, exactly: null },
  ARRIVEDTIME: { id: 32, vartype: VT_UI4, place: "receive", length: null, exactly: null },
  DEST_QUEUE: { id: 33, vartype: VT_LPWSTR, place: "receive", length: "DEST_QUEUE_LEN", exactly: null },
  DEST_QUEUE_LEN: { id: 34, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  EXTENSION: { id: 35, vartype: VT_VECTOR_UI1, place: "both", length: "EXTENSION_LEN", exactly: null },
  EXTENSION_LEN: { id: 36, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  SECURITY_CONTEXT: { id: 37, vartype: VT_UI4, place: "send", length: null, exactly: null },
  CONNECTOR_TYPE: { id: 38, vartype: VT_CLSID, place: "both", length: null, exactly: null },
  XACT_STATUS_QUEUE: { id: 39, vartype: VT_LPWSTR, place: "receive", length: "XACT_STATUS_QUEUE_LEN", exactly: null },
  XACT_STATUS_QUEUE_LEN: { id: 40, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  TRACE: { id: 41, vartype: VT_UI1, place: "both", length: null, exactly: null },
  BODY_TYPE: { id: 42, vartype: VT_UI4, place: "both", length: null, exactly: null },
  DEST_SYMM_KEY: { id: 43, vartype: VT_VECTOR_UI1, place: "both", length: "DEST_SYMM_KEY_LEN", exactly: null },
  DEST_SYMM_KEY_LEN: { id: 44, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  SIGNATURE: { id: 45, vartype: VT_VECTOR_UI1, place: "both", length: "SIGNATURE_LEN", exactly: null },
  SIGNATURE_LEN: { id: 46, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  PROV_TYPE: { id: 47, vartype: VT_UI4, place: "both", length: null, exactly: null },
  PROV_NAME: { id: 48, vartype: VT_LPWSTR, place: "both", length: "PROV_NAME_LEN", exactly: null },
  PROV_NAME_LEN: { id: 49, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  FIRST_IN_XACT: { id: 50, vartype: VT_UI1, place: "receive", length: null, exactly: null },
  LAST_IN_XACT: { id: 51, vartype: VT_UI1, place: "receive", length: null, exactly: null },
  XACTID: { id: 52, vartype: VT_VECTOR_UI1, place: "receive", length: null, exactly: 20 },
  AUTHENTICATED_EX: { id: 53, vartype: VT_UI1, place: "receive", length: null, exactly: null },
  RESP_FORMAT_NAME: { id: 54, vartype: VT_LPWSTR, place: "both", length: "RESP_FORMAT_NAME_LEN", exactly: null },
  RESP_FORMAT_NAME_LEN: { id: 55, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  DEST_FORMAT_NAME: { id: 58, vartype: VT_LPWSTR, place: "receive", length: "DEST_FORMAT_NAME_LEN", exactly: null },
  DEST_FORMAT_NAME_LEN: { id: 59, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  LOOKUPID: { id: 60, vartype: VT_UI8, place: "receive", length: null, exactly: null },
  SOAP_ENVELOPE: { id: 61, vartype: VT_LPWSTR, place: "receive", length: "SOAP_ENVELOPE_LEN", exactly: null },
  SOAP_ENVELOPE_LEN: { id: 62, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  COMPOUND_MESSAGE: {
    id: 63,
    vartype: VT_VECTOR_UI1,
    place: "receive",
    length: "COMPOUND_MESSAGE_SIZE",
    exactly: null
  },
  COMPOUND_MESSAGE_SIZE: { id: 64, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  SOAP_HEADER: { id: 65, vartype: VT_LPWSTR, place: "send", length: null, exactly: null },
  SOAP_BODY: { id: 66, vartype: VT_LPWSTR, place: "send", length: null, exactly: null },
  DEADLETTER_QUEUE: { id: 67, vartype: VT_LPWSTR, place: "both", length: "DEADLETTER_QUEUE_LEN", exactly: null },
  DEADLETTER_QUEUE_LEN: { id: 68, vartype: VT_UI4, place: "companion", length: null, exactly: null },
  ABORT_COUNT: { id: 69, vartype: VT_UI4, place: "receive", length: null, exactly: null },
  MOVE_COUNT: { id: 70, vartype: VT_UI4, place: "receive", length: null, exactly: null },
  LAST_MOVE_TIME: { id: 75, vartype: VT_UI4, place: "receive", length: null, exactly: null }
} as const satisfies Record<string, MessageProperty>

/** The name of a property without its `PROPID_M_`. */
export type MessagePropertyName = keyof typeof messageProperties

const names = new Map<number, string>(
  Object.entries<MessageProperty>(messageProperties).map(([name, { id }]) => [id, `PROPID_M_${name}`])
)

/** The name of a property by its number. */
export const messagePropertyName = (id: number): string => names.get(id) ?? `PROPID_M_${id}`
