/**
 * Messages: those that are sent, and those that are received.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import { describeValue } from "./internal/errors/describeValue.ts"
import type { MessageId } from "./internal/messages/messageIds.ts"
import type { NotRead } from "./internal/messages/NotRead.ts"
import type { QueueName } from "./internal/names/pathNameKinds.ts"
import type { WithTimesLeft } from "./internal/messages/timesLeft.ts"
import { timesLeft } from "./internal/messages/timesLeft.ts"
import type { Certificate } from "./internal/security/Certificate.ts"
import type { MessageHeaders } from "./MessageHeaders.ts"
import type {
  Acknowledge,
  ConnectorProperties,
  CryptographicProvider,
  Delivery,
  EncryptionAlgorithm,
  HashAlgorithm,
  Journaling,
  PrivacyLevel,
  SenderIdType,
  SoapProperties
} from "./mqrt/MessageProperties.ts"
import { messageFields, messageProperties } from "./mqrt/MessagePropertyTable.ts"

export type {
  Acknowledge,
  ConnectorProperties,
  CryptographicProvider,
  Delivery,
  EncryptionAlgorithm,
  HashAlgorithm,
  Journaling,
  PrivacyLevel,
  SenderIdType,
  SoapProperties
} from "./mqrt/MessageProperties.ts"

export {
  /**
   * Class of the value that stands for a field that was not read, such as the `body` of a receiver with `read: { body: false }`. A
   * send refuses it.
   *
   * @category models
   * @since 0.1.0
   */
  NotRead
} from "./internal/messages/NotRead.ts"

/**
 * Outgoing message: a plain object whose fields are all optional. The defaults are those of Message Queuing. `Body` is the
 * type that the sender's codec encodes, bytes by default.
 *
 * A message that breaks a limit is refused before anything is sent, with `IllegalMessage`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message<Body = Uint8Array> {
  /**
   * `PROPID_M_BODY`. The whole message, headers included, may have {@link maximumPacketSize} bytes. A batch reads the
   * bodies of up to 256 messages at a time: do not change a body, and do not transfer its buffer, before the send has returned. A
   * value that the codec encodes, where the sender has a codec. Empty by default.
   */
  readonly body?: Body | undefined
  /**
   * `PROPID_M_BODY_TYPE`: a `VT_` number from 0 to 65,535 which the receiver gets unchanged. By default 0, or the type that
   * the sender's codec sets.
   */
  readonly bodyType?: number | undefined
  /** `PROPID_M_LABEL`: at most {@link maximumLabelLength} UTF-16 units, without NUL. Empty by default. */
  readonly label?: string | undefined
  /** `PROPID_M_PRIORITY`: 0 to 7. Messages of the highest number are received first. Ignored in a transaction. 3 by default. */
  readonly priority?: number | undefined
  /** `PROPID_M_DELIVERY`: `"recoverable"` for a message that survives a restart of the service. `"express"` by default. */
  readonly delivery?: Delivery | undefined
  /**
   * `PROPID_M_CORRELATIONID`: the id of another message, such as the `messageId` of the one that this one answers, or exactly
   * 20 bytes of any other meaning. See `MessageId`. None by default.
   */
  readonly correlationId?: MessageId | Uint8Array | undefined
  /** `PROPID_M_APPSPECIFIC`: 0 to 4,294,967,295. 0 by default. */
  readonly appSpecific?: number | undefined
  /** `PROPID_M_EXTENSION`: bytes beside the body, which count towards {@link maximumPacketSize}. None by default. */
  readonly extension?: Uint8Array | undefined
  /** Headers, which are written into the extension as NServiceBus does; not together with an `extension`. None by default. */
  readonly headers?: MessageHeaders | undefined
  /**
   * `PROPID_M_RESP_FORMAT_NAME`: queue for responses, by any name; a format name may have several elements. The message carries a
   * format name. The path name of a queue of this computer, such as `.\\private$\\answers`, becomes the direct name by which other
   * computers reach it; its first use on a connection asks Message Queuing for that, and the queue must exist then. Another
   * queue need not exist. None by default.
   */
  readonly responseQueue?: QueueName | undefined
  /** `PROPID_M_ACKNOWLEDGE`: acknowledgments that are requested, which need an `adminQueue`. None by default. */
  readonly acknowledge?: Partial<Acknowledge> | undefined
  /**
   * `PROPID_M_ADMIN_QUEUE`: queue for acknowledgments, by any name, as for `responseQueue`. It must not be transactional. None by
   * default.
   */
  readonly adminQueue?: QueueName | undefined
  /** `PROPID_M_JOURNAL`: copies that are requested. None by default. */
  readonly journaling?: Partial<Journaling> | undefined
  /**
   * `PROPID_M_DEADLETTER_QUEUE`: the sender's own dead-letter queue, which is local and transactional, by any name. The message
   * carries a format name. None by default.
   */
  readonly deadLetterQueue?: QueueName | undefined
  /**
   * `PROPID_M_TIME_TO_REACH_QUEUE`: 0 to 4,294,967,293 whole seconds from the send on; a part of a second is rounded up. The
   * machine's default, four days, if left out or infinite.
   */
  readonly timeToReachQueue?: Duration.Input | undefined
  /**
   * `PROPID_M_TIME_TO_BE_RECEIVED`: 0 to 4,294,967,293 whole seconds from the send on; a part of a second is rounded up. No
   * limit if left out or infinite.
   */
  readonly timeToBeReceived?: Duration.Input | undefined
  /** `PROPID_M_TRACE`: `true` for reports about the route of the message, in the report queue. `false` by default. */
  readonly trace?: boolean | undefined
  /** Properties that only a connector application may set. None by default. */
  readonly connector?: ConnectorProperties | undefined
  /** Parts of the SOAP envelope, for an HTTP destination. None by default. */
  readonly soap?: SoapProperties | undefined
}

/**
 * Received message. It can be sent again, with everything that its sender set: see {@link copyOf}. All fields are own properties, so
 * that `{ ...message, label: "again" }` is a message to send, too.
 *
 * `console.log` and `JSON.stringify` work for every message, whatever its sender put into it. JSON, by the `toJSON` of the message, has
 * bytes in base64, the lookup id and other bigints as digits, points in time as ISO text, time limits in seconds, and a text with the
 * reason for a body that JSON cannot hold; fields that are `undefined` or were not read are left out. A copy by spreading has no
 * `toJSON`. In the JSON of an error a message has the number of its bytes in place of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedMessage<Body = Uint8Array> {
  /** `PROPID_M_BODY`: bytes, or a value where the receiver was given a codec. */
  readonly body: Body
  /** `PROPID_M_BODY_SIZE`: length of the body in bytes, as it was sent. It is known where the body is not read, too. */
  readonly bodySize: number
  /** `PROPID_M_BODY_TYPE`: a `VT_` number from 0 to 65,535, as the sender set it. */
  readonly bodyType: number
  /** `PROPID_M_LABEL`: empty if the sender set none. */
  readonly label: string
  /** `PROPID_M_PRIORITY`: 0 to 7; 0 for a transactional message. */
  readonly priority: number
  /** `PROPID_M_DELIVERY`: `"recoverable"` for a message that survives a restart of the service. */
  readonly delivery: Delivery
  /** `PROPID_M_CORRELATIONID`: 20 bytes, which `MessageId.fromBytes` returns as text; `undefined` if the sender set none. */
  readonly correlationId: Uint8Array | undefined
  /** `PROPID_M_APPSPECIFIC`: 0 to 4,294,967,295, as the sender set it. */
  readonly appSpecific: number
  /** `PROPID_M_EXTENSION`: bytes beside the body; `undefined` if there are none. */
  readonly extension: Uint8Array | undefined
  /** Headers in the extension, which are read at the first access; none if the extension holds other data. */
  readonly headers: MessageHeaders
  /** `PROPID_M_RESP_FORMAT_NAME`: a format name. */
  readonly responseQueue: string | undefined
  /** `PROPID_M_ACKNOWLEDGE`: acknowledgments that the sender asked for. */
  readonly acknowledge: Acknowledge | undefined
  /** `PROPID_M_ADMIN_QUEUE`: a format name. */
  readonly adminQueue: string | undefined
  /** `PROPID_M_JOURNAL`: copies that the sender asked for. */
  readonly journaling: Journaling | undefined
  /** `PROPID_M_DEADLETTER_QUEUE`: a format name. */
  readonly deadLetterQueue: string | undefined
  /** `PROPID_M_TIME_TO_REACH_QUEUE`: time that is left of it, in milliseconds; `undefined` without a limit. */
  readonly timeToReachQueue: number | undefined
  /** `PROPID_M_TIME_TO_BE_RECEIVED`: time that is left of it, in milliseconds; `undefined` without a limit. */
  readonly timeToBeReceived: number | undefined
  /** `PROPID_M_TRACE`: `true` if the sender asked for reports about the route of the message. */
  readonly trace: boolean
  /** `PROPID_M_MSGID` as it is usually written: `{guid of the sending machine}\number`. */
  readonly messageId: string
  /** `PROPID_M_LOOKUPID`: unique in its queue and growing in the queue's order. */
  readonly lookupId: bigint
  /** `PROPID_M_CLASS`: 0 for an ordinary message. `MessageClass.nameOf` returns its name. */
  readonly class: number
  /** `PROPID_M_SENTTIME`: whole seconds, by the sender's clock. */
  readonly sentTime: Date
  /** `PROPID_M_ARRIVEDTIME`: whole seconds, by the receiver's clock. */
  readonly arrivedTime: Date
  /** `PROPID_M_AUTHENTICATED`: `true` if a signature was verified. Otherwise nothing about the sender is certain. */
  readonly authenticated: boolean
  /**
   * `PROPID_M_AUTHENTICATED_EX`: 0 without a verified signature, otherwise its version: 1 (MSMQ 1.0), 3 (2.0), 5 (3.0) or 9
   * (XML).
   */
  readonly signatureVersion: number
  /** `PROPID_M_HASH_ALG`, if the message was signed. */
  readonly hashAlgorithm: HashAlgorithm | undefined
  /**
   * `PROPID_M_SENDER_CERT`: the certificate that verified the signature. Message Queuing does not check its validity or its
   * chain: the receiver has to. `undefined` also where the bytes are not X.509.
   */
  readonly senderCertificate: Certificate | undefined
  /** `PROPID_M_SENDERID_TYPE`: the kind of `senderId`. */
  readonly senderIdType: SenderIdType
  /**
   * `PROPID_M_SENDERID`: a SID of any length, or a GUID. A message without a signature has one too: trust it only if
   * `authenticated` is `true`.
   */
  readonly senderId: Uint8Array | undefined
  /** `PROPID_M_PRIV_LEVEL`: encryption of the body on its way. */
  readonly privacyLevel: PrivacyLevel
  /** `PROPID_M_ENCRYPTION_ALG`, if the body was encrypted. */
  readonly encryptionAlgorithm: EncryptionAlgorithm | undefined
  /** `PROPID_M_FIRST_IN_XACT`: `true` for the first message of its transaction. */
  readonly firstInTransaction: boolean
  /** `PROPID_M_LAST_IN_XACT`: `true` for the last message of its transaction. */
  readonly lastInTransaction: boolean
  /** `PROPID_M_XACTID`: common to the messages of a transaction. */
  readonly transactionId: string | undefined
  /** `PROPID_M_ABORT_COUNT`: number of receives of it that were rolled back in this queue. */
  readonly abortCount: number
  /** `PROPID_M_MOVE_COUNT`: number of times that it was moved between queue and subqueues. */
  readonly moveCount: number
  /** `PROPID_M_LAST_MOVE_TIME`: whole seconds; `undefined` if it was never moved. */
  readonly lastMoveTime: Date | undefined
  /** `PROPID_M_DEST_QUEUE`: format name that it was sent to. */
  readonly destinationQueue: string
  /** `PROPID_M_SRC_MACHINE_ID`: a GUID without braces. `QueueManager.machineProperties` returns the name of the machine. */
  readonly sourceMachineId: string
}

/**
 * Groups of properties that a receiver reads. Properties in no group are always read. A call with fewer properties is quicker,
 * and for one without the body the size of the body does not matter.
 *
 * A field of a group that is not read does not have the type of its value: see {@link ReadMessage}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReadOptions {
  /**
   * `false` leaves the body out: `body` is {@link NotRead}, and `bodySize` still tells its length. A receive removes the body
   * with the message all the same. Not together with a codec. `true` by default.
   */
  readonly body?: boolean | undefined
  /**
   * `false` leaves the extension and the headers in it out: `extension` and `headers` are {@link NotRead}, and a span is not
   * linked to that of the sender. `true` by default.
   */
  readonly extension?: boolean | undefined
  /**
   * `false` leaves the names of queues out: `responseQueue`, `adminQueue`, `deadLetterQueue` and `destinationQueue` are
   * {@link NotRead}. `true` by default.
   */
  readonly queues?: boolean | undefined
  /**
   * `false` leaves out who sent the message, and how it was protected: `authenticated`, `signatureVersion`, `hashAlgorithm`,
   * `senderCertificate`, `senderIdType`, `senderId`, `privacyLevel` and `encryptionAlgorithm` are not there. `true` by default.
   */
  readonly security?: boolean | undefined
  /** `true` adds the properties that few programs need: {@link RareFields}. `false` by default. */
  readonly rare?: boolean | undefined
}

/**
 * Fields of a message that few programs need, for a receiver that reads them: `read: { rare: true }`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RareFields {
  /** `PROPID_M_VERSION`: version of the packet. */
  readonly version: number
  /** `PROPID_M_PROV_NAME` and `PROPID_M_PROV_TYPE`: provider that signed the message; `undefined` if none is named. */
  readonly provider: CryptographicProvider | undefined
  /** `PROPID_M_SIGNATURE`: signature of the message; `undefined` if there is none. */
  readonly signature: Uint8Array | undefined
  /** `PROPID_M_DEST_SYMM_KEY`: key of the body, encrypted for the receiver; `undefined` if there is none. */
  readonly symmetricKey: Uint8Array | undefined
  /** `PROPID_M_CONNECTOR_TYPE`: GUID of the connector, without braces; `undefined` if no connector sent the message. */
  readonly connectorType: string | undefined
  /** `PROPID_M_DEST_FORMAT_NAME`: format names of all destinations; `undefined` if the message has no list of them. */
  readonly destinationFormatName: string | undefined
  /** `PROPID_M_XACT_STATUS_QUEUE`: format name of the transaction status queue, for connectors; `undefined` if there is none. */
  readonly transactionStatusQueue: string | undefined
  /** `PROPID_M_SOAP_ENVELOPE`: envelope of a message that came by HTTP; `undefined` for others. */
  readonly soapEnvelope: string | undefined
  /** `PROPID_M_COMPOUND_MESSAGE`: the whole of a message that came by HTTP; `undefined` for others. */
  readonly compoundMessage: Uint8Array | undefined
}

type SecurityField =
  | "authenticated"
  | "signatureVersion"
  | "hashAlgorithm"
  | "senderCertificate"
  | "senderIdType"
  | "senderId"
  | "privacyLevel"
  | "encryptionAlgorithm"

type BodyField = "body"
type ExtensionField = "extension" | "headers"
type QueueField = "responseQueue" | "adminQueue" | "deadLetterQueue" | "destinationQueue"

type FlagOr<Flag, Default extends boolean> = Flag extends boolean ? Flag : Default

/** Value of an option: the given type, or the default where the option may be left out. */
type FlagOf<Read, Group extends keyof ReadOptions, Default extends boolean = true> = Group extends keyof Read
  ? FlagOr<Read[Group], Default>
  : Default

type IfRead<Value, Flag extends boolean> = Flag extends true ? Value : NotRead

/** Fields that are there if a flag is `true`, and may be there if it may be. */
type FieldsIf<Fields, Flag extends boolean> = [Flag] extends [true]
  ? Fields
  : [Flag] extends [false]
    ? unknown
    : Partial<Fields>

type Fields<Body, Names extends keyof ReceivedMessage, Flag extends boolean> = {
  readonly [Name in Names]: IfRead<ReceivedMessage<Body>[Name], Flag>
}

/**
 * Received message of a receiver with the options `Read`: {@link ReceivedMessage}, where left-out fields of a message to send are
 * {@link NotRead}, so that a copy cannot be sent without them, and other left-out fields are not there. With `rare: true` it has
 * {@link RareFields}, too.
 *
 * @category models
 * @since 0.1.0
 */
export type ReadMessage<Body, Read extends ReadOptions> = [keyof Read] extends [never]
  ? ReceivedMessage<Body>
  : Omit<ReceivedMessage<Body>, BodyField | ExtensionField | QueueField | SecurityField> &
      Fields<Body, BodyField, FlagOf<Read, "body">> &
      Fields<Body, ExtensionField, FlagOf<Read, "extension">> &
      Fields<Body, QueueField, FlagOf<Read, "queues">> &
      FieldsIf<Pick<ReceivedMessage, SecurityField>, FlagOf<Read, "security">> &
      FieldsIf<RareFields, FlagOf<Read, "rare", false>>

/**
 * Length of the longest label in UTF-16 units: 249, without the terminating NUL.
 *
 * @category limits
 * @since 0.1.0
 */
export const maximumLabelLength = messageProperties.LABEL.limit // D-17

/**
 * Size of the largest message in bytes, all headers included: 4 MiB.
 *
 * @category limits
 * @since 0.1.0
 */
export const maximumPacketSize = 4_194_304 // D-13

/**
 * Returns the size of a message on the wire, in bytes, as far as it is known before the send: fixed headers, label, body and
 * extension. Names, signature and certificate add some hundred to some thousand bytes, so that Message Queuing may still
 * refuse a message just under the limit.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Message } from "@effect-msmq/core"
 *
 * Message.packetSize({ label: "order 1", body: new Uint8Array(1024) }) // => 1160
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const packetSize = (message: Message): number =>
  // The sizes of the headers and of their padding are those of D-14.
  baseHeader +
  userHeader +
  propertiesHeader +
  pad(2 * ((message.label?.length ?? 0) + 1)) +
  pad(message.body?.length ?? 0) +
  pad(message.extension?.length ?? 0)

/**
 * Returns a message to send with everything that the sender of a received message set, and nothing else: no ids, times, signature or
 * counts. `send` and `sendAll` do the same with a received message itself; a copy can be changed first.
 *
 * - The extension is copied with its bytes, which hold the headers. To change them, leave it out:
 *   `{ ...Message.copyOf(message), extension: undefined, headers: { ...message.headers, attempt: "2" } }`.
 * - `timeToReachQueue` and `timeToBeReceived` are the times that were left when the message was received, and begin anew with the send;
 *   a time to be received of 0, which would lose the message, becomes one second. In a transaction that was begun they give way to the
 *   time limits of the transaction.
 * - A body that a codec decoded is encoded by the codec of the sender, which also sets the `bodyType`.
 * - Properties of connector applications and parts of SOAP envelopes are not copied.
 *
 * Fields that the receiver did not read ({@link NotRead}) stay so, and a send refuses them. Throws a `TypeError` for a value that is
 * no received message.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Message, MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1", priority: 5, headers: { tenant: "north" } })
 *   yield* sender.send({ ...Message.copyOf(yield* receiver.receive), label: "order 1, again" })
 *   const { headers, label, priority } = yield* receiver.receive
 *   return [label, priority, headers["tenant"]]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["order 1, again", 5, "north"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const copyOf = <Body>(message: Pick<ReceivedMessage<Body>, CopiedField>): Message<Body> => {
  const given: unknown = message
  if (typeof given !== "object" || given === null || !copiedFields.every((field) => field in given)) {
    throw new TypeError(`Message.copyOf: message is ${describeValue(given)}, but it must be a received message`)
  }
  const copy: { -readonly [Field in keyof Message<Body>]: Message<Body>[Field] } = {}
  for (const field of copiedFields) copyField(copy, message, field)
  const left = (message as WithTimesLeft)[timesLeft]
  if (left !== undefined) Object.assign(copy, { [timesLeft]: left })
  // The codec of the sender sets the type of a body that a codec decoded.
  if (!(message.body instanceof Uint8Array)) delete copy.bodyType
  return copy
}

/** Field that a sender sets and a receiver reads. Headers are read from the extension. */
type CopiedField = Exclude<keyof Message & keyof ReceivedMessage, "headers">

const copiedFields = [...messageFields.keys()]

const copyField = <Body, Field extends CopiedField>(
  copy: { -readonly [Name in Field]?: Message<Body>[Name] },
  message: Pick<ReceivedMessage<Body>, Field>,
  field: Field
): void => {
  const value = message[field]
  if (value !== undefined) copy[field] = value
}

const baseHeader = 16
const userHeader = 48
const propertiesHeader = 56

const pad = (length: number): number => Math.ceil(length / 4) * 4
