/**
 * Seam between the SDK and its backends: the functions of `mqrt.dll`, in domain values. A backend implements this file and
 * nothing else.
 *
 * Records here are plain and complete: a value that was not given is `null`, never an absent field, so that a forgotten field
 * is a compile error on either side. Handles are opaque; core owns them and releases each exactly once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type {
  CursorHandle,
  LocateHandle,
  QueueHandle,
  SecurityContextHandle,
  TransactionHandle
} from "./mqrt/Handle.ts"
import { CallSite } from "./mqrt/CallSite.ts"
import type { AccountOfNameProperties, AccountOfSidProperties } from "./mqrt/AccountProperties.ts"
import type { StoredCertificateProperties, StoreLocation } from "./mqrt/CertificateProperties.ts"
import type { accesses, securityContextApis, shareModes } from "./mqrt/QueueValues.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { irreversible } from "./internal/promises/AbortGate.ts"
import type {
  MachineAction,
  QueueManagerProperties,
  PrivateComputerProperties,
  QueueAction,
  QueueManagementProperties,
  ComputerManagementProperties
} from "./mqrt/ManagementProperties.ts"
import type {
  LookupAction,
  LookupParameters,
  OutgoingProperties,
  ReceivedProperties,
  ReceiveParameters,
  SendParameters,
  SendOutcome,
  TransactionArgument
} from "./mqrt/MessageProperties.ts"
import type { MqrtFailure } from "./mqrt/MqrtFailure.ts"
import type {
  LocatedQueueProperties,
  LocateRestriction,
  NewQueueProperties,
  QueueChanges,
  QueueProperties
} from "./mqrt/QueueProperties.ts"

export type {
  CursorHandle,
  LocateHandle,
  QueueHandle,
  SecurityContextHandle,
  TransactionHandle
} from "./mqrt/Handle.ts"
export { MqrtFailure } from "./mqrt/MqrtFailure.ts"

/**
 * Function that gets a security context. `MQGetSecurityContextEx` superseded the other with Windows 2000 SP2.
 *
 * @category models
 * @since 0.1.0
 */
export type SecurityContextApi = (typeof securityContextApis)[number]

/**
 * Access that a queue is opened for, as `MQOpenQueue` takes it. The two with `Admin` open the local outgoing queue of a name.
 *
 * @category models
 * @since 0.1.0
 */
export type Access = keyof typeof accesses

/**
 * Share mode of a queue that is open: `"denyReceive"` keeps others from receiving, `"denyNone"` does not. `MQ_DENY_NONE`,
 * `MQ_DENY_RECEIVE_SHARE`.
 *
 * @category models
 * @since 0.1.0
 */
export type ShareMode = keyof typeof shareModes

/**
 * User to get a security context for: `LogonUserW`, `ImpersonateLoggedOnUser`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credentials {
  /** Name of the user, or `name@domain`. */
  readonly user: string
  /** Domain of the user; `null` for a local user, or where `user` is written `name@domain`. */
  readonly domain: string | null
  /** Password of the user. */
  readonly password: Redacted.Redacted<string>
}

/**
 * Parts of a security descriptor that are asked for or set: `SECURITY_INFORMATION`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SecurityParts {
  /** `OWNER_SECURITY_INFORMATION`. */
  readonly owner: boolean
  /** `GROUP_SECURITY_INFORMATION`. */
  readonly group: boolean
  /** `DACL_SECURITY_INFORMATION`. */
  readonly dacl: boolean
  /** `SACL_SECURITY_INFORMATION`. */
  readonly sacl: boolean
}

/**
 * Function that makes an effect as interruptible as the caller is.
 *
 * @category models
 * @since 0.1.0
 */
export type Interruptible = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * Functions of `mqrt.dll` that the SDK calls, and those of `advapi32.dll` and `crypt32.dll` that know accounts and certificates.
 *
 * **Gotchas**
 *
 * `getSecurityContext` and `freeSecurityContext` finish before they return, on the calling thread: a context captures the
 * identity of that thread.
 *
 * `sendMessages` sends on the calling thread, or on others if its calls are slow. All threads have the identity of the process,
 * which the SDK changes only during a call of `getSecurityContext`; a message has another identity by its security context.
 * `sendMessages` reads or copies all messages before it returns to the event loop. The records are core's, which writes later
 * messages of the batch into them once the effect has ended, so that whoever keeps one copies it. It runs uninterruptibly. Its
 * effect ends when the last message has been sent, one has failed, or its wait was interrupted. Sends on one handle begin and
 * end in the order in which they were called, except that a fiber that cannot wait, such as one of `Effect.runSync`, does not
 * wait for earlier sends.
 *
 * @category models
 * @since 0.1.0
 */
export interface MqrtFunctions {
  /**
   * `MQGetSecurityContextEx` or `MQGetSecurityContext`. `certificate`: DER, or `null` for the internal certificate. `as`:
   * user to impersonate during the call; the impersonation always ends before the call returns.
   */
  readonly getSecurityContext: (
    certificate: Uint8Array | null,
    api: SecurityContextApi,
    as: Credentials | null
  ) => Effect.Effect<SecurityContextHandle, MqrtFailure>
  /** `MQFreeSecurityContext`, which reports nothing. */
  readonly freeSecurityContext: (handle: SecurityContextHandle) => Effect.Effect<void>
  /**
   * `MQRegisterCertificate`. `certificate`: DER, or `null` for a new internal certificate. `ifNotExists`: `true`
   * leaves an existing internal certificate as it is, and returns `"existed"`.
   */
  readonly registerCertificate: (
    certificate: Uint8Array | null,
    ifNotExists: boolean
  ) => Effect.Effect<"registered" | "existed", MqrtFailure>
  /**
   * Certificates of a store, in its order: `CertOpenStore`, `CertEnumCertificatesInStore`. `thumbprint`: the 20 bytes of a
   * SHA-1, for only the certificates that have it (`CertFindCertificateInStore`); `null` for all. Fails with
   * `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)` where there is no such store.
   */
  readonly findCertificates: (
    store: string,
    location: StoreLocation,
    thumbprint: Uint8Array | null
  ) => Effect.Effect<ReadonlyArray<StoredCertificateProperties>, MqrtFailure>
  /**
   * `LookupAccountNameW` on this computer. `.\name` is an account of this computer, which Windows itself does not
   * understand. Fails with `HRESULT_FROM_WIN32(ERROR_NONE_MAPPED)` where there is no such account.
   */
  readonly lookupAccountName: (name: string) => Effect.Effect<AccountOfNameProperties, MqrtFailure>
  /** `LookupAccountSidW` on this computer. Fails with `HRESULT_FROM_WIN32(ERROR_NONE_MAPPED)` where no account has the SID. */
  readonly lookupAccountSid: (sid: Uint8Array) => Effect.Effect<AccountOfSidProperties, MqrtFailure>
  /** SID of the user of the process: `OpenProcessToken`, and `GetTokenInformation` for `TokenUser`. */
  readonly currentUserSid: Effect.Effect<Uint8Array, MqrtFailure>

  /** `MQCreateQueue`: the format name of the new queue. `securityDescriptor`: self-relative, or `null` for the default. */
  readonly createQueue: (
    properties: NewQueueProperties,
    securityDescriptor: Uint8Array | null
  ) => Effect.Effect<string, MqrtFailure>
  /** `MQDeleteQueue`. */
  readonly deleteQueue: (formatName: string) => Effect.Effect<void, MqrtFailure>
  /** `MQGetQueueProperties`. */
  readonly getQueueProperties: (formatName: string) => Effect.Effect<QueueProperties, MqrtFailure>
  /** `MQSetQueueProperties`. */
  readonly setQueueProperties: (formatName: string, changes: QueueChanges) => Effect.Effect<void, MqrtFailure>
  /** `MQGetQueueSecurity`: a self-relative security descriptor. */
  readonly getQueueSecurity: (formatName: string, parts: SecurityParts) => Effect.Effect<Uint8Array, MqrtFailure>
  /** `MQSetQueueSecurity`. `securityDescriptor`: self-relative, or `null` for the defaults of the parts. */
  readonly setQueueSecurity: (
    formatName: string,
    parts: SecurityParts,
    securityDescriptor: Uint8Array | null
  ) => Effect.Effect<void, MqrtFailure>
  /** `MQLocateBegin`: starts a search for public queues in the directory. */
  readonly locateBegin: (restrictions: ReadonlyArray<LocateRestriction>) => Effect.Effect<LocateHandle, MqrtFailure>
  /** `MQLocateNext`: returns at most `count` queues, and none at the end. */
  readonly locateNext: (
    handle: LocateHandle,
    count: number
  ) => Effect.Effect<ReadonlyArray<LocatedQueueProperties>, MqrtFailure>
  /** `MQLocateEnd`. */
  readonly locateEnd: (handle: LocateHandle) => Effect.Effect<void, MqrtFailure>

  /** `MQPathNameToFormatName`. */
  readonly pathNameToFormatName: (pathName: string) => Effect.Effect<string, MqrtFailure>
  /** `MQADsPathToFormatName`. */
  readonly adsPathToFormatName: (adsPath: string) => Effect.Effect<string, MqrtFailure>

  /** `MQOpenQueue`. */
  readonly openQueue: (
    formatName: string,
    access: Access,
    shareMode: ShareMode
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** `MQCloseQueue`. Cancels the calls that still wait on the handle, and waits until they have ended. */
  readonly closeQueue: (handle: QueueHandle) => Effect.Effect<void, MqrtFailure>
  /** `MQPurgeQueue`. */
  readonly purgeQueue: (handle: QueueHandle) => Effect.Effect<void, MqrtFailure>
  /** `MQCreateCursor`. */
  readonly createCursor: (handle: QueueHandle) => Effect.Effect<CursorHandle, MqrtFailure>
  /** `MQCloseCursor`. */
  readonly closeCursor: (handle: CursorHandle) => Effect.Effect<void, MqrtFailure>

  /**
   * `MQSendMessage`, once for each message, in order, until one fails. It may take several turns of the event loop, and still
   * counts as one call, which a release of its handles waits for.
   *
   * `interruptible` makes the waits between two messages as interruptible as the caller is. An interruption ends the call early,
   * without a failure: the outcome has the messages that were accepted. Without `interruptible` all messages are sent.
   */
  readonly sendMessages: (
    handle: QueueHandle,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendParameters,
    interruptible?: Interruptible
  ) => Effect.Effect<SendOutcome>
  /**
   * `MQReceiveMessage`. Waits without a thread. An interruption cancels the request before it returns; a message that the caller
   * does not get stays in the queue, or is the next that is received from it.
   */
  readonly receiveMessage: (
    handle: QueueHandle,
    options: ReceiveParameters
  ) => Effect.Effect<ReceivedProperties, MqrtFailure>
  /** `MQReceiveMessageByLookupId`, which never waits. `lookupId`: 0 for the first and last actions. */
  readonly receiveMessageByLookupId: (
    handle: QueueHandle,
    lookupId: bigint,
    action: LookupAction,
    options: LookupParameters
  ) => Effect.Effect<ReceivedProperties, MqrtFailure>
  /** `MQMoveMessage`: between a queue and its subqueues. */
  readonly moveMessage: (
    source: QueueHandle,
    destination: QueueHandle,
    lookupId: bigint,
    transaction: TransactionArgument
  ) => Effect.Effect<void, MqrtFailure>
  /** `MQMarkMessageRejected`: of a message that was received in an open transaction. */
  readonly markMessageRejected: (handle: QueueHandle, lookupId: bigint) => Effect.Effect<void, MqrtFailure>

  /** `MQBeginTransaction`. */
  readonly beginTransaction: Effect.Effect<TransactionHandle, MqrtFailure>
  /** `ITransaction::Commit`. */
  readonly commitTransaction: (handle: TransactionHandle) => Effect.Effect<void, MqrtFailure>
  /** `ITransaction::Abort`. */
  readonly abortTransaction: (handle: TransactionHandle) => Effect.Effect<void, MqrtFailure>
  /** `ITransaction::Release`: a transaction that was not committed is aborted. */
  readonly releaseTransaction: (handle: TransactionHandle) => Effect.Effect<void>

  /** `MQGetMachineProperties`. `machine`: a name, a GUID without braces in lower case, or `null` for this one. */
  readonly getMachineProperties: (machine: string | null) => Effect.Effect<QueueManagerProperties, MqrtFailure>
  /** `MQGetPrivateComputerInformation`. */
  readonly getPrivateComputerInformation: (
    computer: string | null
  ) => Effect.Effect<PrivateComputerProperties, MqrtFailure>
  /** `MQMgmtGetInfo` of `MACHINE`. */
  readonly getQueueManagerInfo: (computer: string | null) => Effect.Effect<ComputerManagementProperties, MqrtFailure>
  /** `MQMgmtGetInfo` of `QUEUE=`. */
  readonly getQueueInfo: (
    computer: string | null,
    formatName: string
  ) => Effect.Effect<QueueManagementProperties, MqrtFailure>
  /** `MQMgmtAction` on `MACHINE`. */
  readonly machineAction: (computer: string | null, action: MachineAction) => Effect.Effect<void, MqrtFailure>
  /** `MQMgmtAction` on `QUEUE=`. */
  readonly queueAction: (
    computer: string | null,
    formatName: string,
    action: QueueAction
  ) => Effect.Effect<void, MqrtFailure>
}

/**
 * Service of a backend: the functions of `mqrt.dll`, and the handles that are open through them.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Mqrt } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const mqrt = yield* Mqrt.Mqrt
 *   const formatName = yield* mqrt.pathNameToFormatName(".\\private$\\orders")
 *   return formatName.startsWith("PRIVATE=")
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => true
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Mqrt extends Context.Service<
  Mqrt,
  MqrtFunctions & {
    /** Tree of the open handles, which only core uses. */
    readonly openHandles: OwnedHandle.Root
  }
>()("@effect-msmq/core/Mqrt") {}

/**
 * Makes the service from a backend's functions. When the scope closes, every handle still open through it is released, children
 * first, before the backend closes.
 *
 * **Details**
 *
 * To decorate a service, spread the whole of it, as in `make({ ...mqrt, closeQueue })`, so that a dropped connection is reported
 * once.
 *
 * @example
 * ```ts import.meta.vitest
 * import { Mqrt, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * // Logs each purge, on top of a backend.
 * const logging = Layer.effect(
 *   Mqrt.Mqrt,
 *   Effect.flatMap(Mqrt.Mqrt, (mqrt) =>
 *     Mqrt.make({ ...mqrt, purgeQueue: (handle) => Effect.andThen(Effect.log("purge"), mqrt.purgeQueue(handle)) })
 *   )
 * ).pipe(Layer.provide(InMemoryMqrt.layer))
 *
 * const program = Effect.map(QueueManager.machineProperties(), ({ pathName }) => pathName)
 * await Effect.runPromise(program.pipe(Effect.provide(logging))) // => "MACHINE"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (functions: MqrtFunctions | Mqrt["Service"]): Effect.Effect<Mqrt["Service"], never, Scope.Scope> =>
  Effect.map(OwnedHandle.makeRoot("openHandles" in functions ? functions.openHandles : undefined), (openHandles) =>
    Mqrt.of({ ...functions, ...irreversibles(functions), openHandles })
  )

/** Returns the functions whose effect an abort cannot undo once they were called. Sends, receives and commits mark that moment themselves. */
const irreversibles = (functions: MqrtFunctions) =>
  ({
    registerCertificate: (...given) => irreversible(functions.registerCertificate(...given)),
    createQueue: (...given) => irreversible(functions.createQueue(...given)),
    deleteQueue: (...given) => irreversible(functions.deleteQueue(...given)),
    setQueueProperties: (...given) => irreversible(functions.setQueueProperties(...given)),
    setQueueSecurity: (...given) => irreversible(functions.setQueueSecurity(...given)),
    purgeQueue: (...given) => irreversible(functions.purgeQueue(...given)),
    moveMessage: (...given) => irreversible(functions.moveMessage(...given)),
    markMessageRejected: (...given) => irreversible(functions.markMessageRejected(...given)),
    machineAction: (...given) => irreversible(functions.machineAction(...given)),
    queueAction: (...given) => irreversible(functions.queueAction(...given))
  }) satisfies Partial<MqrtFunctions>

/**
 * Makes the layer of a backend from an effect that makes its functions.
 *
 * See the example of {@link make}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(
  functions: Effect.Effect<MqrtFunctions, E, R>
): Layer.Layer<Mqrt, E, Exclude<R, Scope.Scope>> =>
  Layer.effect(
    Mqrt,
    // The stack of the program is available only before the first wait.
    Effect.flatMap(OwnedHandle.Opener, (opener) =>
      Effect.provideService(Effect.flatMap(functions, make), OwnedHandle.Opener, opener ?? new CallSite())
    )
  )
