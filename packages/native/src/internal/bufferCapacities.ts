import type { BufferName } from "./receivedPropertyNames.ts"

/** Room of each property of no fixed size at first: bytes, or UTF-16 units for a text. */
export const usualCapacities = {
  BODY: 4096,
  LABEL: 250,
  EXTENSION: 256,
  RESP_FORMAT_NAME: 256,
  ADMIN_QUEUE: 256,
  DEADLETTER_QUEUE: 256,
  DEST_QUEUE: 256,
  SENDERID: 64,
  SENDER_CERT: 2048,
  PROV_NAME: 256,
  SIGNATURE: 256,
  DEST_SYMM_KEY: 256,
  DEST_FORMAT_NAME: 256,
  XACT_STATUS_QUEUE: 256,
  SOAP_ENVELOPE: 2048,
  COMPOUND_MESSAGE: 4096
} as const satisfies Readonly<Record<BufferName, number>>

/** Most room of a buffer. No message is so large: a length beyond it is none. */
export const largestCapacity = 16 * 1024 * 1024

const overflow: ReadonlyArray<BufferName> = ["BODY", "EXTENSION", "COMPOUND_MESSAGE", "SOAP_ENVELOPE"]

/** Error codes that mean that a buffer is too small, and the buffers that each may mean (behaviours E-13 to E-16). */
export const growCodes: ReadonlyMap<number, ReadonlyArray<BufferName>> = new Map<number, ReadonlyArray<BufferName>>([
  // MQ_ERROR_BUFFER_OVERFLOW
  [0xc00e001a, overflow],
  // MQ_ERROR_FORMATNAME_BUFFER_TOO_SMALL
  [
    0xc00e001f,
    ["RESP_FORMAT_NAME", "ADMIN_QUEUE", "DEST_QUEUE", "DEADLETTER_QUEUE", "DEST_FORMAT_NAME", "XACT_STATUS_QUEUE"]
  ],
  // MQ_ERROR_SENDERID_BUFFER_TOO_SMALL
  [0xc00e0022, ["SENDERID"]],
  // MQ_ERROR_USER_BUFFER_TOO_SMALL
  [0xc00e0028, overflow],
  // MQ_ERROR_SENDER_CERT_BUFFER_TOO_SMALL
  [0xc00e002b, ["SENDER_CERT"]],
  // MQ_ERROR_LABEL_BUFFER_TOO_SMALL
  [0xc00e005e, ["LABEL"]],
  // MQ_ERROR_SYMM_KEY_BUFFER_TOO_SMALL
  [0xc00e0061, ["DEST_SYMM_KEY"]],
  // MQ_ERROR_SIGNATURE_BUFFER_TOO_SMALL
  [0xc00e0062, ["SIGNATURE"]],
  // MQ_ERROR_PROV_NAME_BUFFER_TOO_SMALL
  [0xc00e0063, ["PROV_NAME"]]
])

/** Returns the room for a length: the next power of two, since the next message is likely a little larger. */
export const capacityFor = (length: number): number => 2 ** Math.ceil(Math.log2(length))
