/**
 * One row for each property of messages: its numbers in `mq.h`, the fields of the seam that carry it, its default and its
 * limit. Rules, defaults and a backend's lists derive from it.
 *
 * @since 0.1.0
 */
import type {
  ConnectorProperties,
  CryptographicProvider,
  MessageProperties,
  OutgoingProperties,
  RareProperties,
  ReadGroup,
  ReadProperties,
  ReceivedProperties,
  SendParameters,
  SoapProperties
} from "./MessageProperties.ts"
import {
  authenticationLevels,
  deliveries,
  encryptionAlgorithms,
  hashAlgorithms,
  privacyLevels,
  senderIdTypes
} from "./MessageValues.ts"
import type { Name as VariantTypeName } from "./VariantType.ts"
import { numbers as vartype } from "./VariantType.ts"

/**
 * Field that sends a property: of `OutgoingProperties`, or of the `SendParameters` of the call.
 *
 * @category models
 * @since 0.1.0
 */
export type SentField =
  | keyof MessageProperties
  | `connector.${keyof ConnectorProperties}`
  | `soap.${keyof SoapProperties}`
  | `options.${Exclude<keyof SendParameters, "provider" | "transaction">}`
  | `options.provider.${keyof CryptographicProvider}`

/**
 * Field of `ReceivedProperties` that a property is received in.
 *
 * @category models
 * @since 0.1.0
 */
export type ReceivedField =
  | Exclude<keyof ReceivedProperties, "rare">
  | `rare.${Exclude<keyof RareProperties, "provider">}`
  | `rare.provider.${keyof CryptographicProvider}`

/**
 * Kind of value that a sender gives for a property.
 *
 * - `bytes`: a `Uint8Array`
 * - `flag`: `true` or `false`
 * - `flags`: an object of flags
 * - `formatName`, `pathName`: the name of a queue
 * - `guid`: a GUID without braces
 * - `handle`: a handle of the backend
 * - `number`: a whole number from 0 on
 * - `seconds`: a time, in whole seconds
 * - `text`: a text without NUL
 * - `variantType`: a `VT_` number
 * - `word`: one of the words of the row
 *
 * @category models
 * @since 0.1.0
 */
export type Kind =
  | "bytes"
  | "flag"
  | "flags"
  | "formatName"
  | "guid"
  | "handle"
  | "number"
  | "pathName"
  | "seconds"
  | "text"
  | "variantType"
  | "word"

/**
 * Row of a property of messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageProperty {
  /** Number of its `PROPID_M_`. */
  readonly id: number
  /** Number of the `VARTYPE` of its value. */
  readonly vartype: number
  /** Companion that takes the capacity of the buffer in a receive, and gives the length of the value; `null`: none. */
  readonly length: string | null
  /** Only length that the value may have, in bytes; `null`: any. */
  readonly exactly: number | null
  /** Field that sends it; `null`: the SDK does not send it. */
  readonly sent: SentField | null
  /** Field that it is received in; `null`: the SDK does not receive it. */
  readonly received: ReceivedField | null
  /** Group that it is received with; `null`: it is always received, or never. */
  readonly group: ReadGroup | null
  /** Kind of value that the sender gives; `null` where the SDK does not send it. */
  readonly kind: Kind | null
  /** Value of the field where the sender gives none. */
  readonly default: Uint8Array | string | number | boolean | null
  /** Largest number, or most UTF-16 units of a text, that may be sent; `null`: as its type allows. */
  readonly limit: number | null
  /** Words of the field and their numbers; `null` where it has none. */
  readonly words: Readonly<Record<string, number>> | null
}

type Given = Partial<Omit<MessageProperty, "id" | "vartype">>

type Row<Id, Type extends VariantTypeName, G extends Given> = {
  readonly [Field in keyof MessageProperty]: Field extends "id"
    ? Id
    : Field extends "vartype"
      ? (typeof vartype)[Type]
      : Field extends keyof G
        ? G[Field]
        : null
}

/** Makes a row. All have the same fields in the same order: the code that reads them stays monomorphic. */
const row = <const Id extends number, const Type extends VariantTypeName, const G extends Given>(
  id: Id,
  type: Type,
  given: G
): Row<Id, Type, G> => {
  const property: MessageProperty = {
    id,
    vartype: vartype[type],
    length: given.length ?? null,
    exactly: given.exactly ?? null,
    sent: given.sent ?? null,
    received: given.received ?? null,
    group: given.group ?? null,
    kind: given.kind ?? null,
    default: given.default ?? null,
    limit: given.limit ?? null,
    words: given.words ?? null
  }
  return property as Row<Id, Type, G>
}

/** Makes the row of a companion. */
const companion = <const Id extends number>(id: Id) => row(id, "VT_UI4", {})

const noBytes: Uint8Array = new Uint8Array(0)

/** Longest time limit, in seconds: the two numbers above it mean the default, and no limit. */
const longestTime = 0xfffffffd

/**
 * All properties of messages, by their names without `PROPID_M_`.
 *
 * @category constants
 * @since 0.1.0
 */
export const messageProperties = {
  CLASS: row(1, "VT_UI2", { sent: "connector.class", received: "class", kind: "number", limit: 0xffff }),
  MSGID: row(2, "VT_VECTOR|VT_UI1", {
    exactly: 20,
    sent: "options.messageIds",
    received: "messageId",
    kind: "flag",
    default: false
  }),
  CORRELATIONID: row(3, "VT_VECTOR|VT_UI1", {
    exactly: 20,
    sent: "correlationId",
    received: "correlationId",
    kind: "bytes"
  }),
  PRIORITY: row(4, "VT_UI1", { sent: "priority", received: "priority", kind: "number", default: 3, limit: 7 }),
  DELIVERY: row(5, "VT_UI1", {
    sent: "delivery",
    received: "delivery",
    kind: "word",
    default: "express",
    words: deliveries
  }),
  ACKNOWLEDGE: row(6, "VT_UI1", { sent: "acknowledge", received: "acknowledge", kind: "flags" }),
  JOURNAL: row(7, "VT_UI1", { sent: "journaling", received: "journaling", kind: "flags" }),
  APPSPECIFIC: row(8, "VT_UI4", {
    sent: "appSpecific",
    received: "appSpecific",
    kind: "number",
    default: 0,
    limit: 0xffffffff
  }),
  BODY: row(9, "VT_VECTOR|VT_UI1", {
    length: "BODY_SIZE",
    sent: "body",
    received: "body",
    group: "body",
    kind: "bytes",
    default: noBytes
  }),
  BODY_SIZE: row(10, "VT_UI4", { received: "bodySize" }),
  LABEL: row(11, "VT_LPWSTR", {
    length: "LABEL_LEN",
    sent: "label",
    received: "label",
    kind: "text",
    default: "",
    limit: 249
  }),
  LABEL_LEN: companion(12),
  TIME_TO_REACH_QUEUE: row(13, "VT_UI4", {
    sent: "timeToReachQueue",
    received: "timeToReachQueue",
    kind: "seconds",
    limit: longestTime
  }),
  TIME_TO_BE_RECEIVED: row(14, "VT_UI4", {
    sent: "timeToBeReceived",
    received: "timeToBeReceived",
    kind: "seconds",
    limit: longestTime
  }),
  // RESP_FORMAT_NAME does the same, for several queues too.
  RESP_QUEUE: row(15, "VT_LPWSTR", { length: "RESP_QUEUE_LEN" }),
  RESP_QUEUE_LEN: companion(16),
  ADMIN_QUEUE: row(17, "VT_LPWSTR", {
    length: "ADMIN_QUEUE_LEN",
    sent: "adminQueue",
    received: "adminQueue",
    group: "queues",
    kind: "formatName"
  }),
  ADMIN_QUEUE_LEN: companion(18),
  VERSION: row(19, "VT_UI4", { received: "rare.version", group: "rare" }),
  SENDERID: row(20, "VT_VECTOR|VT_UI1", { length: "SENDERID_LEN", received: "senderId", group: "security" }),
  SENDERID_LEN: companion(21),
  SENDERID_TYPE: row(22, "VT_UI4", {
    sent: "options.senderIdType",
    received: "senderIdType",
    group: "security",
    kind: "word",
    default: "sid",
    words: senderIdTypes
  }),
  PRIV_LEVEL: row(23, "VT_UI4", {
    sent: "options.privacyLevel",
    received: "privacyLevel",
    group: "security",
    kind: "word",
    default: "none",
    words: privacyLevels
  }),
  AUTH_LEVEL: row(24, "VT_UI4", {
    sent: "options.authenticationLevel",
    kind: "word",
    default: "none",
    words: authenticationLevels
  }),
  // It is received as AUTHENTICATED_EX, which says more.
  AUTHENTICATED: row(25, "VT_UI1", { sent: "connector.authenticated", kind: "flag" }),
  HASH_ALG: row(26, "VT_UI4", {
    sent: "options.hashAlgorithm",
    received: "hashAlgorithm",
    group: "security",
    kind: "word",
    words: hashAlgorithms
  }),
  ENCRYPTION_ALG: row(27, "VT_UI4", {
    sent: "options.encryptionAlgorithm",
    received: "encryptionAlgorithm",
    group: "security",
    kind: "word",
    words: encryptionAlgorithms
  }),
  SENDER_CERT: row(28, "VT_VECTOR|VT_UI1", {
    length: "SENDER_CERT_LEN",
    sent: "options.senderCertificate",
    received: "senderCertificate",
    group: "security",
    kind: "bytes"
  }),
  SENDER_CERT_LEN: companion(29),
  SRC_MACHINE_ID: row(30, "VT_CLSID", { received: "sourceMachineId" }),
  SENTTIME: row(31, "VT_UI4", { received: "sentTime" }),
  ARRIVEDTIME: row(32, "VT_UI4", { received: "arrivedTime" }),
  DEST_QUEUE: row(33, "VT_LPWSTR", { length: "DEST_QUEUE_LEN", received: "destinationQueue", group: "queues" }),
  DEST_QUEUE_LEN: companion(34),
  EXTENSION: row(35, "VT_VECTOR|VT_UI1", {
    length: "EXTENSION_LEN",
    sent: "extension",
    received: "extension",
    group: "extension",
    kind: "bytes"
  }),
  EXTENSION_LEN: companion(36),
  SECURITY_CONTEXT: row(37, "VT_UI4", { sent: "options.securityContext", kind: "handle" }),
  CONNECTOR_TYPE: row(38, "VT_CLSID", {
    sent: "connector.type",
    received: "rare.connectorType",
    group: "rare",
    kind: "guid"
  }),
  XACT_STATUS_QUEUE: row(39, "VT_LPWSTR", {
    length: "XACT_STATUS_QUEUE_LEN",
    received: "rare.transactionStatusQueue",
    group: "rare"
  }),
  XACT_STATUS_QUEUE_LEN: companion(40),
  TRACE: row(41, "VT_UI1", { sent: "trace", received: "trace", kind: "flag", default: false }),
  BODY_TYPE: row(42, "VT_UI4", {
    sent: "bodyType",
    received: "bodyType",
    kind: "variantType",
    default: 0,
    limit: 0xffff
  }),
  DEST_SYMM_KEY: row(43, "VT_VECTOR|VT_UI1", {
    length: "DEST_SYMM_KEY_LEN",
    sent: "connector.symmetricKey",
    received: "rare.symmetricKey",
    group: "rare",
    kind: "bytes"
  }),
  DEST_SYMM_KEY_LEN: companion(44),
  SIGNATURE: row(45, "VT_VECTOR|VT_UI1", {
    length: "SIGNATURE_LEN",
    sent: "connector.signature",
    received: "rare.signature",
    group: "rare",
    kind: "bytes"
  }),
  SIGNATURE_LEN: companion(46),
  PROV_TYPE: row(47, "VT_UI4", {
    sent: "options.provider.type",
    received: "rare.provider.type",
    group: "rare",
    kind: "number",
    limit: 0xffffffff
  }),
  PROV_NAME: row(48, "VT_LPWSTR", {
    length: "PROV_NAME_LEN",
    sent: "options.provider.name",
    received: "rare.provider.name",
    group: "rare",
    kind: "text"
  }),
  PROV_NAME_LEN: companion(49),
  FIRST_IN_XACT: row(50, "VT_UI1", { received: "firstInTransaction" }),
  LAST_IN_XACT: row(51, "VT_UI1", { received: "lastInTransaction" }),
  XACTID: row(52, "VT_VECTOR|VT_UI1", { exactly: 20, received: "transactionId" }),
  AUTHENTICATED_EX: row(53, "VT_UI1", { received: "authenticated", group: "security" }),
  RESP_FORMAT_NAME: row(54, "VT_LPWSTR", {
    length: "RESP_FORMAT_NAME_LEN",
    sent: "responseQueue",
    received: "responseQueue",
    group: "queues",
    kind: "formatName"
  }),
  RESP_FORMAT_NAME_LEN: companion(55),
  DEST_FORMAT_NAME: row(58, "VT_LPWSTR", {
    length: "DEST_FORMAT_NAME_LEN",
    received: "rare.destinationFormatName",
    group: "rare"
  }),
  DEST_FORMAT_NAME_LEN: companion(59),
  LOOKUPID: row(60, "VT_UI8", { received: "lookupId" }),
  SOAP_ENVELOPE: row(61, "VT_LPWSTR", { length: "SOAP_ENVELOPE_LEN", received: "rare.soapEnvelope", group: "rare" }),
  SOAP_ENVELOPE_LEN: companion(62),
  COMPOUND_MESSAGE: row(63, "VT_VECTOR|VT_UI1", {
    length: "COMPOUND_MESSAGE_SIZE",
    received: "rare.compoundMessage",
    group: "rare"
  }),
  COMPOUND_MESSAGE_SIZE: companion(64),
  SOAP_HEADER: row(65, "VT_LPWSTR", { sent: "soap.header", kind: "text" }),
  SOAP_BODY: row(66, "VT_LPWSTR", { sent: "soap.body", kind: "text" }),
  DEADLETTER_QUEUE: row(67, "VT_LPWSTR", {
    length: "DEADLETTER_QUEUE_LEN",
    sent: "deadLetterQueue",
    received: "deadLetterQueue",
    group: "queues",
    kind: "pathName"
  }),
  DEADLETTER_QUEUE_LEN: companion(68),
  ABORT_COUNT: row(69, "VT_UI4", { received: "abortCount" }),
  MOVE_COUNT: row(70, "VT_UI4", { received: "moveCount" }),
  LAST_MOVE_TIME: row(75, "VT_UI4", { received: "lastMoveTime" })
} as const satisfies Record<string, MessageProperty>

type Table = typeof messageProperties

/**
 * Name of a property, without its `PROPID_M_`.
 *
 * @category models
 * @since 0.1.0
 */
export type MessagePropertyName = keyof Table

const names = new Map<number, string>(
  Object.entries<MessageProperty>(messageProperties).map(([name, { id }]) => [id, `PROPID_M_${name}`])
)

/**
 * Returns the name of a property by its number, such as `PROPID_M_BODY`. A number that is not known is part of the name.
 *
 * @example
 * ```ts import.meta.vitest
 * import { messagePropertyName } from "@effect-msmq/core/mqrt/MessagePropertyTable"
 *
 * messagePropertyName(9) // => "PROPID_M_BODY"
 * messagePropertyName(4711) // => "PROPID_M_4711"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const messagePropertyName = (id: number): string => names.get(id) ?? `PROPID_M_${id}`

const isOfMessage = (field: SentField | null): field is keyof MessageProperties =>
  field !== null && !field.includes(".")

/**
 * Rows of the fields of a message that are one property each, in the order of the properties' numbers.
 *
 * @category constants
 * @since 0.1.0
 */
export const messageFields: ReadonlyMap<keyof MessageProperties, MessageProperty> = new Map(
  Object.values<MessageProperty>(messageProperties).flatMap((property) =>
    isOfMessage(property.sent) ? [[property.sent, property] as const] : []
  )
)

/**
 * Groups that a receive asks for where the program says nothing: all but the rare properties.
 *
 * @example
 * ```ts import.meta.vitest
 * import { leastRead, usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
 *
 * usualRead.body // => true
 * leastRead.body // => false
 * ```
 *
 * @category constants
 * @since 0.1.0
 */
export const usualRead: ReadProperties = { body: true, extension: true, queues: true, security: true, rare: false }

/**
 * No groups, for a peek that only waits for a message.
 *
 * See the example of {@link usualRead}.
 *
 * @category constants
 * @since 0.1.0
 */
export const leastRead: ReadProperties = { body: false, extension: false, queues: false, security: false, rare: false }

type Defaults<Prefix extends string, Field extends string> = {
  readonly [
    Name in MessagePropertyName as Table[Name]["sent"] extends `${Prefix}${infer F extends Field}` ? F : never
  ]: Table[Name]["default"]
}

/** Returns the defaults of the fields with a prefix, but for those that are fields of a field. */
const defaultsOf = (prefix: string): object =>
  Object.fromEntries(
    Object.values<MessageProperty>(messageProperties).flatMap(({ default: value, sent }) => {
      const field = sent?.startsWith(prefix) === true ? sent.slice(prefix.length) : "."
      return field.includes(".") ? [] : [[field, value]]
    })
  )

/**
 * Message whose sender sets no property.
 *
 * @example
 * ```ts import.meta.vitest
 * import { defaultMessage, defaultSendParameters } from "@effect-msmq/core/mqrt/MessagePropertyTable"
 *
 * // What a test hands to `sendMessages` of a backend.
 * const message = { ...defaultMessage, label: "order 1" }
 * message.priority // => 3
 * defaultSendParameters.transaction // => "none"
 * ```
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMessage: OutgoingProperties = {
  ...(defaultsOf("") as Defaults<"", keyof MessageProperties>),
  connector: null,
  soap: null
}

/**
 * Default options of a send: unsigned, not encrypted, outside any transaction.
 *
 * See the example of {@link defaultMessage}.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultSendParameters: SendParameters = {
  ...(defaultsOf("options.") as Defaults<"options.", Exclude<keyof SendParameters, "provider" | "transaction">>),
  provider: null,
  transaction: "none"
}
