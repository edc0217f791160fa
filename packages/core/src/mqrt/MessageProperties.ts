/**
 * Properties of messages as they cross the seam: plain, complete records, with `null` for a value that was not given.
 *
 * @since 0.1.0
 */
import type { CursorHandle, SecurityContextHandle, TransactionHandle } from "./Handle.ts"
import type {
  authenticationLevels,
  deliveries,
  encryptionAlgorithms,
  hashAlgorithms,
  lookupActions,
  privacyLevels,
  receiveActions,
  senderIdTypes
} from "./MessageValues.ts"
import type { MqrtFailure } from "./MqrtFailure.ts"

/**
 * `PROPID_M_DELIVERY`: an `"express"` message is lost when a machine that holds it restarts, a `"recoverable"` one is not.
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = keyof typeof deliveries

/**
 * `PROPID_M_AUTH_LEVEL`: the version of the signature, or none. `"always"`: the newest one of this version of Windows.
 *
 * @category models
 * @since 0.1.0
 */
export type AuthenticationLevel = keyof typeof authenticationLevels

/**
 * `PROPID_M_HASH_ALG`: the hash under the signature.
 *
 * @category models
 * @since 0.1.0
 */
export type HashAlgorithm = keyof typeof hashAlgorithms

/**
 * `PROPID_M_SENDERID_TYPE`: the kind of id that names the sender in the message.
 *
 * @category models
 * @since 0.1.0
 */
export type SenderIdType = keyof typeof senderIdTypes

/**
 * `PROPID_M_PRIV_LEVEL`: the strength of the body's encryption, or none.
 *
 * @category models
 * @since 0.1.0
 */
export type PrivacyLevel = keyof typeof privacyLevels

/**
 * `PROPID_M_ENCRYPTION_ALG`: the cipher of an encrypted body.
 *
 * @category models
 * @since 0.1.0
 */
export type EncryptionAlgorithm = keyof typeof encryptionAlgorithms

/**
 * `PROPID_M_ACKNOWLEDGE`: acknowledgments that the sender asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acknowledge {
  /** `true` for an acknowledgment when the message reaches its queue. */
  readonly positiveArrival: boolean
  /** `true` for an acknowledgment when the message is received. */
  readonly positiveReceive: boolean
  /** `true` for an acknowledgment when the message cannot reach its queue. */
  readonly negativeArrival: boolean
  /** `true` for an acknowledgment when the message is not received in time. */
  readonly negativeReceive: boolean
}

/**
 * `PROPID_M_JOURNAL`: copies that the sender asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Journaling {
  /** `true` for a copy in the dead-letter queue when the message is lost on its way. */
  readonly deadLetter: boolean
  /** `true` for a copy in the sending machine's journal when the message has left it. */
  readonly journal: boolean
}

/**
 * Cryptographic provider of a signature. Message Queuing needs both its name and its type.
 *
 * @category models
 * @since 0.1.0
 */
export interface CryptographicProvider {
  /** `PROPID_M_PROV_NAME`. */
  readonly name: string
  /** `PROPID_M_PROV_TYPE`: unsigned, 32 bits, such as `ProviderType.numbers.PROV_RSA_AES`. */
  readonly type: number
}

/**
 * Properties that only a connector application may set.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectorProperties {
  /** `PROPID_M_CONNECTOR_TYPE`: a GUID without braces. */
  readonly type: string
  /** `PROPID_M_CLASS`: 0 for an ordinary message, at most 65,535. */
  readonly class: number
  /** `PROPID_M_AUTHENTICATED`: `true` where the connector verified the signature. */
  readonly authenticated: boolean
  /** `PROPID_M_SIGNATURE`; `null`: none. */
  readonly signature: Uint8Array | null
  /** `PROPID_M_DEST_SYMM_KEY`: the key of the body, encrypted for the receiver; `null`: none. */
  readonly symmetricKey: Uint8Array | null
}

/**
 * Parts of the envelope of a message for an HTTP destination, as well-formed XML.
 *
 * @category models
 * @since 0.1.0
 */
export interface SoapProperties {
  /** `PROPID_M_SOAP_HEADER`; `null`: none. */
  readonly header: string | null
  /** `PROPID_M_SOAP_BODY`; `null`: none. */
  readonly body: string | null
}

/**
 * Properties that a message has on both sides of the queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageProperties {
  /** `PROPID_M_BODY`. */
  readonly body: Uint8Array
  /** `PROPID_M_BODY_TYPE`: a `VT_` number from 0 to 65,535, which Message Queuing carries and does not read. */
  readonly bodyType: number
  /** `PROPID_M_LABEL`: at most 249 UTF-16 units. */
  readonly label: string
  /** `PROPID_M_PRIORITY`: 0 to 7. */
  readonly priority: number
  /** `PROPID_M_DELIVERY`: `"recoverable"` for a message that survives a restart. */
  readonly delivery: Delivery
  /** `PROPID_M_ACKNOWLEDGE`; `null`: none. */
  readonly acknowledge: Acknowledge | null
  /** `PROPID_M_JOURNAL`; `null`: none. */
  readonly journaling: Journaling | null
  /** `PROPID_M_CORRELATIONID`: 20 bytes; `null`: none. */
  readonly correlationId: Uint8Array | null
  /** `PROPID_M_APPSPECIFIC`: unsigned, 32 bits. */
  readonly appSpecific: number
  /** `PROPID_M_EXTENSION`: bytes beside the body; `null`: none. */
  readonly extension: Uint8Array | null
  /**
   * `PROPID_M_TIME_TO_REACH_QUEUE`: seconds, at most 4,294,967,293; `null`: the machine's default. Of a received
   * message, the seconds that are left.
   */
  readonly timeToReachQueue: number | null
  /**
   * `PROPID_M_TIME_TO_BE_RECEIVED`: seconds, at most 4,294,967,293; `null`: for ever. Of a received message,
   * the seconds that are left.
   */
  readonly timeToBeReceived: number | null
  /** `PROPID_M_RESP_FORMAT_NAME`: the format name of the queue for answers, or of several; `null`: none. */
  readonly responseQueue: string | null
  /** `PROPID_M_ADMIN_QUEUE`: the format name of the queue for acknowledgments; `null`: none. */
  readonly adminQueue: string | null
  /** `PROPID_M_DEADLETTER_QUEUE`: the path name of the sender's own dead-letter queue; `null`: none. */
  readonly deadLetterQueue: string | null
  /** `PROPID_M_TRACE`: `true` where reports of the message's route go to the report queue. */
  readonly trace: boolean
}

/**
 * Properties of a message that is sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutgoingProperties extends MessageProperties {
  /** Properties of a connector application; `null`: none. */
  readonly connector: ConnectorProperties | null
  /** Parts of the envelope for an HTTP destination; `null`: none. */
  readonly soap: SoapProperties | null
}

/**
 * Transaction argument of a send or receive: `MQ_NO_TRANSACTION`, `MQ_MTS_TRANSACTION`, `MQ_XA_TRANSACTION`,
 * `MQ_SINGLE_MESSAGE`, or a transaction that was begun.
 *
 * @category models
 * @since 0.1.0
 */
export type TransactionArgument = "none" | "mts" | "xa" | "singleMessage" | TransactionHandle

/**
 * Properties of every message of one call of `sendMessages`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendParameters {
  /** `PROPID_M_SECURITY_CONTEXT`: the context that signs; `null`: none. */
  readonly securityContext: SecurityContextHandle | null
  /**
   * `PROPID_M_SENDER_CERT`: the certificate that signs, in DER; `null`: none. It is `null` where there is a context: the
   * documentation disagrees on which of the two takes precedence.
   */
  readonly senderCertificate: Uint8Array | null
  /** `PROPID_M_AUTH_LEVEL`: the version of the signature, or `"none"`. */
  readonly authenticationLevel: AuthenticationLevel
  /** `PROPID_M_HASH_ALG`: the hash under the signature; `null`: the default of this version of Windows. */
  readonly hashAlgorithm: HashAlgorithm | null
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`: the provider that signs; `null`: the default provider. */
  readonly provider: CryptographicProvider | null
  /** `PROPID_M_SENDERID_TYPE`: the kind of id that names the sender. */
  readonly senderIdType: SenderIdType
  /** `PROPID_M_PRIV_LEVEL`: the strength of the body's encryption, or `"none"`. */
  readonly privacyLevel: PrivacyLevel
  /** `PROPID_M_ENCRYPTION_ALG`: the cipher; `null`: the default of the level. */
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
  /** Transaction that the messages are sent in. */
  readonly transaction: TransactionArgument
  /** `true` for an outcome with the ids of the messages (`PROPID_M_MSGID`). */
  readonly messageIds: boolean
}

/**
 * Outcome of one call of `sendMessages`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOutcome {
  /** Number of messages that were accepted: the first ones. */
  readonly accepted: number
  /** Ids of the messages that were accepted; `null` if they were not requested. */
  readonly messageIds: ReadonlyArray<string> | null
  /** Failure of the message after them; `null` if there was none. */
  readonly failure: MqrtFailure | null
}

/**
 * Action argument of `MQReceiveMessage`. `"peekNext"` needs a cursor.
 *
 * @category models
 * @since 0.1.0
 */
export type ReceiveAction = keyof typeof receiveActions

/**
 * Action argument of `MQReceiveMessageByLookupId`.
 *
 * @category models
 * @since 0.1.0
 */
export type LookupAction = keyof typeof lookupActions

/**
 * Groups of properties that a receive or a peek asks for. All others are always asked for. The fields of a group that is not
 * asked for are `null`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReadProperties {
  /** `true` for `body`. Without it a body of any size needs no buffer. */
  readonly body: boolean
  /** `true` for `extension`. */
  readonly extension: boolean
  /** `true` for the names of queues: `responseQueue`, `adminQueue`, `deadLetterQueue` and `destinationQueue`. */
  readonly queues: boolean
  /**
   * `true` for the sender and the protection of the message: `authenticated`, `hashAlgorithm`, `senderCertificate`,
   * `senderIdType`, `senderId`, `privacyLevel` and `encryptionAlgorithm`.
   */
  readonly security: boolean
  /** `true` for {@link RareProperties}. */
  readonly rare: boolean
}

/**
 * Name of a group of properties.
 *
 * @category models
 * @since 0.1.0
 */
export type ReadGroup = keyof ReadProperties

/**
 * Options of a receive by lookup id.
 *
 * @category models
 * @since 0.1.0
 */
export interface LookupParameters {
  /** Transaction that the message is received in. */
  readonly transaction: TransactionArgument
  /** Groups of properties to receive. */
  readonly read: ReadProperties
}

/**
 * Options of a receive or a peek.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiveParameters extends LookupParameters {
  /** Action that is taken on the message. */
  readonly action: ReceiveAction
  /** Milliseconds that the call may wait, at most 4,294,967,294; 0 does not wait; `null` waits for ever (`INFINITE`). */
  readonly timeout: number | null
  /** Cursor whose place is read; `null` reads at the beginning of the queue. */
  readonly cursor: CursorHandle | null
}

/**
 * Properties that few programs need, each with a buffer of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface RareProperties {
  /** `PROPID_M_VERSION`: the version of the packet. */
  readonly version: number
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`: the provider that signed; `null`: none is named. */
  readonly provider: CryptographicProvider | null
  /** `PROPID_M_SIGNATURE`; `null`: none. */
  readonly signature: Uint8Array | null
  /** `PROPID_M_DEST_SYMM_KEY`; `null`: none. */
  readonly symmetricKey: Uint8Array | null
  /** `PROPID_M_CONNECTOR_TYPE`: a GUID without braces; `null`: none. */
  readonly connectorType: string | null
  /** `PROPID_M_DEST_FORMAT_NAME`: all destinations of a message to several; `null`: it has no list of them. */
  readonly destinationFormatName: string | null
  /** `PROPID_M_XACT_STATUS_QUEUE`: the format name of the transaction status queue, for connectors; `null`: none. */
  readonly transactionStatusQueue: string | null
  /** `PROPID_M_SOAP_ENVELOPE`; `null` for a message that did not come by HTTP. */
  readonly soapEnvelope: string | null
  /** `PROPID_M_COMPOUND_MESSAGE`: the whole message; `null` for one that did not come by HTTP. */
  readonly compoundMessage: Uint8Array | null
}

/**
 * Properties of a message that was received or peeked. Those of a group that was not asked for are `null`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedProperties extends Omit<MessageProperties, "body"> {
  /** `PROPID_M_BODY`; `null` if it was not requested. */
  readonly body: Uint8Array | null
  /** `PROPID_M_BODY_SIZE`: the length of the body in bytes, requested or not. */
  readonly bodySize: number
  /** `PROPID_M_MSGID` as it is usually written: `{guid}\number`. */
  readonly messageId: string
  /** `PROPID_M_LOOKUPID`: unique in its queue. */
  readonly lookupId: bigint
  /** `PROPID_M_CLASS`: 0 for an ordinary message. */
  readonly class: number
  /** `PROPID_M_SENTTIME`: seconds since 1970, by the sender's clock. */
  readonly sentTime: number
  /** `PROPID_M_ARRIVEDTIME`: seconds since 1970, by the receiver's clock. */
  readonly arrivedTime: number
  /**
   * `PROPID_M_AUTHENTICATED_EX`: 0, or the version of the signature that was verified: 1, 3, 5 or 9; `null` if it was not
   * requested.
   */
  readonly authenticated: number | null
  /** `PROPID_M_HASH_ALG`; `null` for a message that was not signed. */
  readonly hashAlgorithm: HashAlgorithm | null
  /** `PROPID_M_SENDER_CERT`: the certificate that signed, in DER; `null`: none. */
  readonly senderCertificate: Uint8Array | null
  /** `PROPID_M_SENDERID_TYPE`: the kind of `senderId`; `null` if it was not requested. */
  readonly senderIdType: SenderIdType | null
  /** `PROPID_M_SENDERID`: a SID, or the GUID of a queue manager; `null`: none. */
  readonly senderId: Uint8Array | null
  /** `PROPID_M_PRIV_LEVEL`: the encryption of the body on its way; `null` if it was not requested. */
  readonly privacyLevel: PrivacyLevel | null
  /** `PROPID_M_ENCRYPTION_ALG`; `null` for a body that was not encrypted. */
  readonly encryptionAlgorithm: EncryptionAlgorithm | null
  /** `PROPID_M_DEST_QUEUE`: the format name that the message was sent to; `null` if it was not requested. */
  readonly destinationQueue: string | null
  /** `PROPID_M_SRC_MACHINE_ID`: the GUID of the sending machine, without braces. */
  readonly sourceMachineId: string
  /** `PROPID_M_FIRST_IN_XACT`: `true` for the first message of its transaction. */
  readonly firstInTransaction: boolean
  /** `PROPID_M_LAST_IN_XACT`: `true` for the last message of its transaction. */
  readonly lastInTransaction: boolean
  /** `PROPID_M_XACTID`, as a message id is written; `null` for a message outside of any transaction. */
  readonly transactionId: string | null
  /** `PROPID_M_ABORT_COUNT`: number of receives of it that were rolled back. */
  readonly abortCount: number
  /** `PROPID_M_MOVE_COUNT`: number of times that it was moved between queue and subqueues. */
  readonly moveCount: number
  /** `PROPID_M_LAST_MOVE_TIME`: seconds since 1970; 0: never moved. */
  readonly lastMoveTime: number
  /** Properties that few programs need; `null` if they were not requested. */
  readonly rare: RareProperties | null
}
