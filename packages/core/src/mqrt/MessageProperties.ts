/**
 * The properties of messages as they cross the seam: plain, whole records, `null` where nothing was given.
 *
 * @since 0.1.0
 */
import type * as values from "../internal/mqrt/messageValues.ts"
import type { CursorHandle, SecurityContextHandle, TransactionHandle } from "./Handle.ts"
import type { MqrtFailure } from "./MqrtFailure.ts"

/**
 * `PROPID_M_DELIVERY`: whether a message survives a restart of the machines that hold it (behaviour D-22).
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = (typeof values.deliveries)[number]

/**
 * `PROPID_M_AUTH_LEVEL`: whether a message is signed, and with which version of the signature (behaviour A-44).
 *
 * @category models
 * @since 0.1.0
 */
export type AuthenticationLevel = (typeof values.authenticationLevels)[number]

/**
 * `PROPID_M_HASH_ALG`: the hash under the signature (behaviour A-52).
 *
 * @category models
 * @since 0.1.0
 */
export type HashAlgorithm = (typeof values.hashAlgorithms)[number]

/**
 * `PROPID_M_SENDERID_TYPE`: what names the sender in the message (behaviour A-61).
 *
 * @category models
 * @since 0.1.0
 */
export type SenderIdType = (typeof values.senderIdTypes)[number]

/**
 * `PROPID_M_PRIV_LEVEL`: whether the body is encrypted, and how strongly (behaviour A-80).
 *
 * @category models
 * @since 0.1.0
 */
export type PrivacyLevel = (typeof values.privacyLevels)[number]

/**
 * `PROPID_M_ENCRYPTION_ALG`: the cipher of an encrypted body (behaviour A-80).
 *
 * @category models
 * @since 0.1.0
 */
export type EncryptionAlgorithm = (typeof values.encryptionAlgorithms)[number]

/**
 * `PROPID_M_ACKNOWLEDGE`: the acknowledgments that the sender asks for (behaviours D-44 to D-46).
 *
 * @category models
 * @since 0.1.0
 */
export interface Acknowledge {
  readonly positiveArrival: boolean
  readonly positiveReceive: boolean
  readonly negativeArrival: boolean
  readonly negativeReceive: boolean
}

/**
 * `PROPID_M_JOURNAL`: the copies that the sender asks for (behaviour D-56).
 *
 * @category models
 * @since 0.1.0
 */
export interface Journaling {
  readonly deadLetter: boolean
  readonly journal: boolean
}

/**
 * The cryptographic provider of a signature: `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`, which go together (behaviour
 *
 *
 * @category models
 * @since 0.1.0
 */
export interface CryptographicProvider {
  readonly name: string
  readonly type: number
}

/**
 * What only a connector application may set (behaviour A-84).
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectorProperties {
  /** `PROPID_M_CONNECTOR_TYPE`: a GUID without braces. */
  readonly type: string
  /** `PROPID_M_CLASS`: 0 for an ordinary message. */
  readonly class: number
  /** `PROPID_M_AUTHENTICATED`. */
  readonly authenticated: boolean
  /** `PROPID_M_SIGNATURE`. */
  readonly signature: Uint8Array | null
  /** `PROPID_M_DEST_SYMM_KEY`. */
  readonly symmetricKey: Uint8Array | null
}

/**
 * What goes into the envelope of a message for an HTTP destination, as well-formed XML.
 *
 * @category models
 * @since 0.1.0
 */
export interface SoapProperties {
  /** `PROPID_M_SOAP_HEADER`. */
  readonly header: string | null
  /** `PROPID_M_SOAP_BODY`. */
  readonly body: string | null
}

/**
 * The properties that a message has on both sides of the queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageProperties {
  /** `PROPID_M_BODY`. */
  readonly body: Uint8Array
  /** `PROPID_M_BODY_TYPE`: a `VT_` number, carried unread. */
  readonly bodyType: number
  /** `PROPID_M_LABEL`: at most 249 UTF-16 units. */
  readonly label: string
  /** `PROPID_M_PRIORITY`: 0 to 7. */
  readonly priority: number
  /** `PROPID_M_DELIVERY`. */
  readonly delivery: Delivery
  /** `PROPID_M_ACKNOWLEDGE`; `null`: none. */
  readonly acknowledge: Acknowledge | null
  /** `PROPID_M_JOURNAL`; `null`: none. */
  readonly journaling: Journaling | null
  /** `PROPID_M_CORRELATIONID`: 20 bytes. */
  readonly correlationId: Uint8Array | null
  /** `PROPID_M_APPSPECIFIC`: unsigned, 32 bits. */
  readonly appSpecific: number
  /** `PROPID_M_EXTENSION`. */
  readonly extension: Uint8Array | null
  /** `PROPID_M_TIME_TO_REACH_QUEUE`: seconds, at most 4,294,967,293; `null`: the machine's default. Received: what is left. */
  readonly timeToReachQueue: number | null
  /** `PROPID_M_TIME_TO_BE_RECEIVED`: seconds, at most 4,294,967,293; `null`: for ever. Received: what is left. */
  readonly timeToBeReceived: number | null
  /** `PROPID_M_RESP_FORMAT_NAME`: a format name, of several elements too. */
  readonly responseQueue: string | null
  /** `PROPID_M_ADMIN_QUEUE`: the format name of the queue for acknowledgments. */
  readonly adminQueue: string | null
  /** `PROPID_M_DEADLETTER_QUEUE`: the path name of the sender's own dead-letter queue (behaviour D-63). */
  readonly deadLetterQueue: string | null
  /** `PROPID_M_TRACE`: whether reports of its route are sent to the report queue. */
  readonly trace: boolean
}

/**
 * The properties of a message on its way out.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutgoingProperties extends MessageProperties {
  readonly connector: ConnectorProperties | null
  readonly soap: SoapProperties | null
}

/**
 * The transaction argument of a send or receive (behaviour F-01): `MQ_NO_TRANSACTION`, `MQ_MTS_TRANSACTION`,
 * `MQ_XA_TRANSACTION`, `MQ_SINGLE_MESSAGE`, or a transaction that was begun.
 *
 * @category models
 * @since 0.1.0
 */
export type TransactionArgument = "none" | "mts" | "xa" | "singleMessage" | TransactionHandle

/**
 * What holds for every message of one call of `sendMessages`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendParameters {
  /** `PROPID_M_SECURITY_CONTEXT`. */
  readonly securityContext: SecurityContextHandle | null
  /** `PROPID_M_SENDER_CERT`: DER. Not together with a context: sources disagree on which would win. */
  readonly senderCertificate: Uint8Array | null
  /** `PROPID_M_AUTH_LEVEL`. */
  readonly authenticationLevel: AuthenticationLevel
  /** `PROPID_M_HASH_ALG`; `null`: what this version of Windows takes by default (behaviour A-53). */
  readonly hashAlgorithm: HashAlgorithm | null
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`; `null`: the default provider. */
  readonly provider: CryptographicProvider | null
  /** `PROPID_M_SENDERID_TYPE`. */
  readonly senderIdType: SenderIdType
  /** `PROPID_M_PRIV_LEVEL`. */
  readonly privacyLevel: PrivacyLevel
  /** `PROPID_M_ENCRYPTION_ALG`; `null`: the default of the level. */
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
  readonly transaction: TransactionArgument
  /** Whether `PROPID_M_MSGID` is wanted back. */
  readonly messageIds: boolean
}

/**
 * What one call of `sendMessages` did.
 *
 * - `accepted`: how many messages were taken: the first ones
 * - `messageIds`: their ids when these were wanted
 * - `failure`: what stopped it before the end
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOutcome {
  readonly accepted: number
  readonly messageIds: ReadonlyArray<string> | null
  readonly failure: MqrtFailure | null
}

/**
 * The action argument of `MQReceiveMessage` (behaviour E-01). `"peekNext"` needs a cursor.
 *
 * @category models
 * @since 0.1.0
 */
export type ReceiveAction = "receive" | "peekCurrent" | "peekNext"

/**
 * The action argument of `MQReceiveMessageByLookupId` (behaviour E.4).
 *
 * @category models
 * @since 0.1.0
 */
export type LookupAction = (typeof values.lookupActions)[number]

/**
 * How to receive by lookup id.
 *
 * @category models
 * @since 0.1.0
 */
export interface LookupParameters {
  readonly transaction: TransactionArgument
  /** Whether {@link RareProperties} are wanted too. */
  readonly rare: boolean
}

/**
 * How to receive.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiveParameters extends LookupParameters {
  readonly action: ReceiveAction
  /** Milliseconds, at most 4,294,967,294; 0 does not wait; `null` waits for ever (`INFINITE`). */
  readonly timeout: number | null
  readonly cursor: CursorHandle | null
}

/**
 * What few programs ask for, and what costs buffers to ask for.
 *
 * @category models
 * @since 0.1.0
 */
export interface RareProperties {
  /** `PROPID_M_VERSION`. */
  readonly version: number
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`. */
  readonly provider: CryptographicProvider | null
  /** `PROPID_M_SIGNATURE`. */
  readonly signature: Uint8Array | null
  /** `PROPID_M_DEST_SYMM_KEY`. */
  readonly symmetricKey: Uint8Array | null
  /** `PROPID_M_CONNECTOR_TYPE`: a GUID without braces. */
  readonly connectorType: string | null
  /** `PROPID_M_DEST_FORMAT_NAME`: all destinations of a message to several. */
  readonly destinationFormatName: string | null
  /** `PROPID_M_XACT_STATUS_QUEUE`: a format name; for connectors. */
  readonly transactionStatusQueue: string | null
  /** `PROPID_M_SOAP_ENVELOPE`, for a message that came by HTTP. */
  readonly soapEnvelope: string | null
  /** `PROPID_M_COMPOUND_MESSAGE`: the whole message as it came by HTTP. */
  readonly compoundMessage: Uint8Array | null
}

/**
 * The properties of a message that was received or peeked.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedProperties extends MessageProperties {
  /** `PROPID_M_MSGID` as it is usually written: `{guid}\number`. */
  readonly messageId: string
  /** `PROPID_M_LOOKUPID`. */
  readonly lookupId: bigint
  /** `PROPID_M_CLASS`. */
  readonly class: number
  /** `PROPID_M_SENTTIME`: seconds since 1970, by the sender's clock. */
  readonly sentTime: number
  /** `PROPID_M_ARRIVEDTIME`: seconds since 1970, by the receiver's clock. */
  readonly arrivedTime: number
  /** `PROPID_M_AUTHENTICATED_EX`: 0, or the version of the signature that was verified: 1, 3, 5 or 9 (behaviour A-47). */
  readonly authenticated: number
  /** `PROPID_M_HASH_ALG`, where the message was signed. */
  readonly hashAlgorithm: HashAlgorithm | null
  /** `PROPID_M_SENDER_CERT`: DER. */
  readonly senderCertificate: Uint8Array | null
  /** `PROPID_M_SENDERID_TYPE`. */
  readonly senderIdType: SenderIdType
  /** `PROPID_M_SENDERID`: a SID, or the GUID of a queue manager. */
  readonly senderId: Uint8Array | null
  /** `PROPID_M_PRIV_LEVEL`: how the body was encrypted on its way. */
  readonly privacyLevel: PrivacyLevel
  /** `PROPID_M_ENCRYPTION_ALG`, where it was. */
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
  /** `PROPID_M_DEST_QUEUE`: a format name. */
  readonly destinationQueue: string
  /** `PROPID_M_SRC_MACHINE_ID`: a GUID without braces. */
  readonly sourceMachineId: string
  /** `PROPID_M_FIRST_IN_XACT`. */
  readonly firstInTransaction: boolean
  /** `PROPID_M_LAST_IN_XACT`. */
  readonly lastInTransaction: boolean
  /** `PROPID_M_XACTID` as a message id is written, for a transactional message. */
  readonly transactionId: string | null
  /** `PROPID_M_ABORT_COUNT` (behaviour E-66). */
  readonly abortCount: number
  /** `PROPID_M_MOVE_COUNT` (behaviour E-68). */
  readonly moveCount: number
  /** `PROPID_M_LAST_MOVE_TIME`: seconds since 1970; 0: never moved. */
  readonly lastMoveTime: number
  /** What was asked for with `rare`. */
  readonly rare: RareProperties | null
}
