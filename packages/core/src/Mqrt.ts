/**
 * The seam: the functions of `mqrt.dll`, in domain values. A backend implements this one file and nothing else.
 *
 * Records here are plain and whole: `null` where nothing was given, never an absent field, so that a field forgotten on
 * either side does not compile. Handles are opaque; core owns them and gives each back exactly once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as OwnedHandle from "./internal/OwnedHandle.ts"

declare const HandleKind: unique symbol

/**
 * A security context as the backend knows it: the full, pointer-sized `HANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type SecurityContextHandle = bigint & { readonly [HandleKind]: "security context" }

/**
 * An open queue as the backend knows it: a `QUEUEHANDLE`.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueHandle = bigint & { readonly [HandleKind]: "queue" }

/**
 * A function of `mqrt.dll` returned an error code.
 *
 * - `function`: its name
 * - `code`: the HRESULT
 * - `properties`: for `MQ_ERROR_PROPERTY`, what the status array says of each property that was refused
 *
 * @category errors
 * @since 0.1.0
 */
export class MqrtFailure extends Data.TaggedError("MqrtFailure")<{
  readonly function: string
  readonly code: number
  readonly properties: ReadonlyArray<{ readonly property: string; readonly status: number }>
}> {}

/**
 * Which of the two getters is asked for a security context. `MQGetSecurityContextEx` superseded the other with
 * Windows 2000 SP2 (behaviour A-16).
 *
 * @category models
 * @since 0.1.0
 */
export type SecurityContextApi = "MQGetSecurityContextEx" | "MQGetSecurityContext"

/**
 * `PROPID_M_DELIVERY`: whether a message survives a restart of the machines that hold it (behaviour D-22).
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = "express" | "recoverable"

/**
 * `PROPID_M_AUTH_LEVEL`: whether a message is signed, and with which version of the signature (behaviour A-44).
 *
 * @category models
 * @since 0.1.0
 */
export type AuthenticationLevel = "none" | "always" | "msmq10" | "msmq20" | "msmq30"

/**
 * `PROPID_M_HASH_ALG`: the hash under the signature (behaviour A-52).
 *
 * @category models
 * @since 0.1.0
 */
export type HashAlgorithm = "md2" | "md4" | "md5" | "sha1" | "sha256" | "sha384" | "sha512"

/**
 * `PROPID_M_SENDERID_TYPE`: what names the sender in the message (behaviour A-61).
 *
 * @category models
 * @since 0.1.0
 */
export type SenderIdType = "none" | "sid" | "queueManager"

/**
 * The transaction argument of a send (behaviour F-01): `MQ_NO_TRANSACTION`, or `MQ_SINGLE_MESSAGE`.
 *
 * @category models
 * @since 0.1.0
 */
export type TransactionArgument = "none" | "singleMessage"

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
  /** `PROPID_M_CORRELATIONID`: 20 bytes. */
  readonly correlationId: Uint8Array | null
  /** `PROPID_M_APPSPECIFIC`: unsigned, 32 bits. */
  readonly appSpecific: number
  /** `PROPID_M_EXTENSION`. */
  readonly extension: Uint8Array | null
  /** `PROPID_M_RESP_QUEUE`: a format name. */
  readonly responseQueue: string | null
}

/**
 * What holds for every message of one call of `sendMessages`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions {
  /** `PROPID_M_SECURITY_CONTEXT`. */
  readonly securityContext: SecurityContextHandle | null
  readonly authenticationLevel: AuthenticationLevel
  /** `null`: what this version of Windows takes by default (behaviour A-53). */
  readonly hashAlgorithm: HashAlgorithm | null
  readonly senderIdType: SenderIdType
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
 * How long a receive waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiveOptions {
  /** Milliseconds, at most 4,294,967,294; 0 does not wait; `null` waits for ever (`INFINITE`). */
  readonly timeout: number | null
}

/**
 * The properties of a message that was received.
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
  /** `PROPID_M_DEST_QUEUE`: a format name. */
  readonly destinationQueue: string
  /** `PROPID_M_SRC_MACHINE_ID`: a GUID without braces. */
  readonly sourceMachineId: string
}

/**
 * The access that a queue is opened for, as `MQOpenQueue` takes it (behaviour C-21).
 *
 * @category models
 * @since 0.1.0
 */
export type Access = "send" | "receive"

/**
 * Whether others may receive from a queue while this handle is open: `MQ_DENY_NONE` or `MQ_DENY_RECEIVE_SHARE`.
 *
 * @category models
 * @since 0.1.0
 */
export type ShareMode = "denyNone" | "denyReceive"

/**
 * The properties of a queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueProperties {
  /** `PROPID_Q_PATHNAME`. */
  readonly pathName: string
  /** `PROPID_Q_LABEL`: at most 124 UTF-16 units. */
  readonly label: string
  /** `PROPID_Q_AUTHENTICATE`: whether messages without a valid signature are dropped on arrival. */
  readonly authenticate: boolean
  /** `PROPID_Q_TRANSACTION`: whether the queue is transactional; fixed when it is created. */
  readonly transactional: boolean
}

/**
 * The functions of `mqrt.dll` that the SDK calls.
 *
 * **Gotchas**
 *
 * `getSecurityContext`, `freeSecurityContext` and `sendMessages` finish before they return, on the calling thread: a
 * context captures the identity of that thread, and a send must not outlive the slice that core gave it.
 *
 * @category models
 * @since 0.1.0
 */
export interface MqrtFunctions {
  /** `MQGetSecurityContextEx` or `MQGetSecurityContext`. `certificate`: DER, or `null` for the internal certificate. */
  readonly getSecurityContext: (
    certificate: Uint8Array | null,
    api: SecurityContextApi
  ) => Effect.Effect<SecurityContextHandle, MqrtFailure>
  /** `MQFreeSecurityContext`, which reports nothing (behaviour A-27). */
  readonly freeSecurityContext: (handle: SecurityContextHandle) => Effect.Effect<void>
  /** `MQCreateQueue`: the format name of the new queue. */
  readonly createQueue: (properties: QueueProperties) => Effect.Effect<string, MqrtFailure>
  /** `MQDeleteQueue`. */
  readonly deleteQueue: (formatName: string) => Effect.Effect<void, MqrtFailure>
  /** `MQGetQueueProperties`. */
  readonly getQueueProperties: (formatName: string) => Effect.Effect<QueueProperties, MqrtFailure>
  /** `MQPathNameToFormatName`. */
  readonly pathNameToFormatName: (pathName: string) => Effect.Effect<string, MqrtFailure>
  /** `MQOpenQueue`. */
  readonly openQueue: (
    formatName: string,
    access: Access,
    shareMode: ShareMode
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** `MQCloseQueue`. Cancels and settles whatever still waits on the handle. */
  readonly closeQueue: (handle: QueueHandle) => Effect.Effect<void, MqrtFailure>
  /** `MQSendMessage`, once for each message, in order, until one fails. */
  readonly sendMessages: (
    handle: QueueHandle,
    messages: ReadonlyArray<MessageProperties>,
    options: SendOptions
  ) => Effect.Effect<SendOutcome>
  /**
   * `MQReceiveMessage`. Waits without a thread; interruption takes the request back before it returns, and a message
   * that is not handed out stays in the queue.
   */
  readonly receiveMessage: (
    handle: QueueHandle,
    options: ReceiveOptions
  ) => Effect.Effect<ReceivedProperties, MqrtFailure>
}

/**
 * The service that everything a program calls stands on: the functions of `mqrt.dll`, and the handles open through them.
 *
 * @category services
 * @since 0.1.0
 */
export class Mqrt extends Context.Service<
  Mqrt,
  MqrtFunctions & {
    /** Core's own: the tree of what is open. */
    readonly openHandles: OwnedHandle.Root
  }
>()("@effect-msmq/core/Mqrt") {}

/**
 * Makes the service from a backend's functions. When the scope closes, every handle still open through it is released,
 * children first, before the backend itself goes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (functions: MqrtFunctions): Effect.Effect<Mqrt["Service"], never, Scope.Scope> =>
  Effect.map(OwnedHandle.makeRoot, (openHandles) => Mqrt.of({ ...functions, openHandles }))

/**
 * Makes the layer of a backend from an effect that makes its functions.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(
  functions: Effect.Effect<MqrtFunctions, E, R>
): Layer.Layer<Mqrt, E, Exclude<R, Scope.Scope>> => Layer.effect(Mqrt, Effect.flatMap(functions, make))
