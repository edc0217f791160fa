/**
 * Control over a machine of the in-memory MSMQ, for tests: settings that an administrator makes on Windows, the certificates of
 * users, failures, and counts of events. It comes with `InMemoryMqrt.layer`.
 *
 * @since 0.1.0
 */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import * as Context from "effect/Context"
import type { StoreLocation } from "@effect-msmq/core/mqrt/CertificateProperties"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { checkEffect } from "./internal/arguments.ts"
import type * as network from "./internal/network/NetworkMachine.ts"
import type { InternalCertificateState } from "./internal/security/CertificateStore.ts"
import type * as creating from "./internal/security/Permission.ts"

/**
 * Certificate in the store of a user.
 *
 * @category models
 * @since 0.1.0
 */
export interface HeldCertificate {
  /** Certificate in ASN.1 DER. */
  readonly certificate: Uint8Array
  /** `true` where the store has the private key too. Without it no security context can be made. */
  readonly privateKey: boolean
  /** Name of the store that has it. Default: `"My"`. Security contexts are made for that of the current user only. */
  readonly store?: string | undefined
  /** Place of the store: `"CurrentUser"` or `"LocalMachine"`. Default: `"CurrentUser"`. */
  readonly location?: StoreLocation | undefined
  /** Name that an administrator gave it. Default: none. */
  readonly friendlyName?: string | undefined
  /** Interface of the provider that has the private key: `"CryptoAPI"` or `"CNG"`. Default: `"CryptoAPI"`. */
  readonly keyApi?: "CryptoAPI" | "CNG" | undefined
  /**
   * `true` where the directory has the certificate under the SID that the user has at that moment, as after
   * `MQRegisterCertificate`. A message that names another SID has a bad signature. Default: `false`.
   */
  readonly registered?: boolean | undefined
}

/**
 * State of the user's internal certificate, which MSMQ makes and uses where a program names none.
 *
 * @category models
 * @since 0.1.0
 */
export type InternalCertificate = InternalCertificateState

/**
 * User on whose behalf the program runs.
 *
 * @category models
 * @since 0.1.0
 */
export interface User {
  /**
   * SID such as `"S-1-5-21-1-2-3-1001"`, with 1 to 15 sub-authorities; `null` where Windows does not know it: such a user is
   * anonymous.
   */
  readonly sid: string | null
  /**
   * `true` where the user is an administrator of the machine. Other users cannot read the machine's journal, dead letters and
   * outgoing queues, and cannot take over a queue. Default: `true`.
   */
  readonly administrator?: boolean | undefined
  /**
   * Name of the account: one of the machine, such as `"alice"`, or `"CONTOSO\\alice"`. Default: `"user"`, for further users
   * `"user2"` and so on; for a SID that a user of the machine has already, the name of that user.
   */
  readonly name?: string | undefined
}

/**
 * Right on a queue: `MQSEC_...`, with the words of the C names.
 *
 * - `receiveMessage`: opens the queue for receiving; it is `peekMessage` and `deleteMessage` together
 * - `peekMessage`: opens the queue, its subqueues and its journal for peeking, and its subqueues for moving
 * - `receiveJournalMessage`: opens its journal for receiving; it is `peekMessage` and `deleteJournalMessage` together
 * - `writeMessage`: the queue accepts messages from the user when they arrive
 * - `getQueueProperties`, `setQueueProperties`, `getQueuePermissions`, `changeQueuePermissions`, `takeQueueOwnership`,
 *   `deleteQueue`: allow what they name. The owner may always read and change the permissions, and an administrator may always
 *   take over the queue
 * - `queueGenericRead`, `queueGenericWrite`, `queueGenericAll`: several of these together, as in Windows
 *
 * @category models
 * @since 0.1.0
 */
export type QueueRight = QueueSecurity.QueueRight

/**
 * Rights on a queue to allow or to deny.
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission {
  /** Path name of the queue. */
  readonly queue: string
  /** Rights to allow or to deny. */
  readonly rights: ReadonlyArray<QueueRight>
  /**
   * SID of a user or of a group, or its alias in SDDL: everyone (`"S-1-1-0"` or `"WD"`), anonymous (`"S-1-5-7"`),
   * authenticated users (`"S-1-5-11"`), administrators (`"S-1-5-32-544"`). Default: everyone.
   */
  readonly sid?: string | undefined
}

/**
 * Users who may create queues on a machine.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueCreators = creating.QueueCreators

/**
 * Numbers of events since the machine was made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counters {
  /** Number of security contexts acquired. */
  readonly contextsAcquired: number
  /** Number of security contexts freed. */
  readonly contextsFreed: number
  /**
   * Number of times that a private key was fetched: once for each context, and once for each signed message that is sent
   * without one.
   */
  readonly keyFetches: number
  /** Number of messages signed. */
  readonly signatures: number
}

/**
 * Queue or journal with its number of messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueState {
  /** Path name; for an outgoing queue its format name. */
  readonly pathName: string
  /** Format name that the queue is listed under, such as `"PRIVATE=...\\00000001"`. */
  readonly formatName: string
  /** Number of messages in the queue. */
  readonly messages: number
  /** `true` for a queue with messages for another machine. */
  readonly outgoing: boolean
}

/**
 * Message that was accepted from its sender and then refused on arrival, or rejected by its receiver. It is dropped, unless
 * its sender asked for a dead letter.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rejection {
  /** Path name of the queue that the message was for. */
  readonly queue: string
  /** Id of the message, which its send returned. */
  readonly messageId: string
  /**
   * Reason, as `PROPID_M_CLASS` of a negative acknowledgment says it: `0x8003` the queue was full, `0x8004` the sender may
   * not write to the queue, `0x8006` bad signature, `0x8007` encrypted where that is not allowed or not encrypted where it
   * must be, `0x8009` not a transactional queue, `0x800A` not a transactional message, `0xC004` rejected by its receiver.
   */
  readonly class: number
}

/**
 * Largest size of all messages of a machine together. At first it is the default of the version of MSMQ: 4 GB each for the
 * current one.
 *
 * @category models
 * @since 0.1.0
 */
export interface MachineQuota {
  /**
   * Quota of the messages in queues, outgoing queues included, in kilobytes; `null` or left out: no limit. The send of a
   * message that exceeds it fails with `MQ_ERROR_INSUFFICIENT_RESOURCES`. Messages of an open transaction count once it
   * commits.
   */
  readonly messages?: number | null | undefined
  /**
   * Quota of the copies in journals, that of the machine included, and in its dead-letter queues, in kilobytes; `null` or
   * left out: no limit. A copy that exceeds it is dropped silently.
   */
  readonly journals?: number | null | undefined
}

/**
 * Directions of a link that are cut or joined: both, only from this machine to the other one, or only from the other one to
 * this machine.
 *
 * @category models
 * @since 0.1.0
 */
export type LinkWay = network.LinkWay

/**
 * Services of one machine: its Message Queuing, and the control over it.
 *
 * @category models
 * @since 0.1.0
 */
export type MachineContext = Context.Context<Mqrt | MsmqControl>

/**
 * Control over one machine. An argument that is not allowed is a defect: an `MsmqError` for `IllegalOption`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const msmq = yield* MsmqControl.MsmqControl
 *   const orders = yield* MessageQueue.create(".\\private$\\orders")
 *   yield* msmq.deny({ queue: ".\\private$\\orders", rights: ["receiveMessage"] })
 *   return yield* MessageQueue.openReceiver(orders)
 * })
 *
 * const error = await Effect.runPromise(program.pipe(Effect.scoped, Effect.flip, Effect.provide(InMemoryMqrt.layer)))
 * error.reason._tag // => "AccessDenied"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class MsmqControl extends Context.Service<
  MsmqControl,
  {
    /** Adds a certificate to the user's store, or replaces it. */
    readonly addCertificate: (certificate: HeldCertificate) => Effect.Effect<void>
    /**
     * Removes a certificate from the user's store, and succeeds with `false` where there was none. Contexts that captured it
     * still work, and its registration stays.
     */
    readonly removeCertificate: (certificate: Uint8Array) => Effect.Effect<boolean>
    /**
     * Removes the registration of a certificate under the user's SID, and succeeds with `false` where there was none. The
     * machine may still accept it for 20 minutes, since it caches up to 53 certificates that it has verified for that time.
     */
    readonly unregisterCertificate: (certificate: Uint8Array) => Effect.Effect<boolean>
    /** Sets the state of the internal certificate. A registered one is registered for every user. */
    readonly setInternalCertificate: (state: InternalCertificate) => Effect.Effect<void>
    /** Sets the user on whose behalf the program runs. A text that is not a SID is a defect. */
    readonly setUser: (user: User) => Effect.Effect<void>
    /**
     * Makes getting a security context and sending fail with `MQ_ERROR_INSUFFICIENT_RESOURCES`, or work again.
     */
    readonly setResourcesExhausted: (exhausted: boolean) => Effect.Effect<void>
    /** Reads the quota of the machine, in kilobytes. */
    readonly machineQuota: Effect.Effect<Required<MachineQuota>>
    /** Sets the quota of the machine. Messages that exceed it already stay. */
    readonly setMachineQuota: (quota: MachineQuota) => Effect.Effect<void>
    /**
     * Allows rights on a queue to a SID, and removes the denial of these rights to that SID. A right that another entry denies
     * stays denied. Open handles stay open. A path name that no queue of the machine has, and a text that is not a SID, are
     * defects.
     */
    readonly allow: (permission: Permission) => Effect.Effect<void>
    /** Denies rights on a queue to a SID. A denial takes precedence over a permission. Otherwise as `allow`. */
    readonly deny: (permission: Permission) => Effect.Effect<void>
    /**
     * Sets the users who may create queues: at first everyone. For others, creating a queue fails with `MQ_ERROR_ACCESS_DENIED`.
     */
    readonly setQueueCreators: (creators: QueueCreators) => Effect.Effect<void>
    /**
     * Makes the disk of the machine fail, or work again: sends of recoverable and of transactional messages fail with
     * `MQ_ERROR_MESSAGE_STORAGE_FAILED`, and those of express messages work.
     */
    readonly setStorageFailed: (failed: boolean) => Effect.Effect<void>
    /**
     * Ends the program's process as a crash does, without closing anything: security contexts are gone, open transactions
     * abort, handles on queues and cursors are closed, and a receive that waits takes no message. The program then goes on
     * as the next process, for which the old handles are invalid: a receive that waited ends with `MQ_ERROR_INVALID_HANDLE`,
     * an old transaction fails with `MQ_ERROR_TRANSACTION_SEQUENCE`, and an old context with `MQ_ERROR_BAD_SECURITY_CONTEXT`.
     */
    readonly crashProcess: Effect.Effect<void>
    /**
     * Makes the directory unreachable for this machine, or reachable again, as it is at first. While it is unreachable, finding
     * and creating public queues, resolving names and registering certificates fail with `MQ_ERROR_NO_DS`. Open handles stay
     * open. A message that is signed and names a SID has a bad signature here, and an encrypted message for another machine
     * cannot be encrypted. In a workgroup it changes nothing.
     */
    readonly setDirectoryAvailable: (available: boolean) => Effect.Effect<void>
    /**
     * Publishes the public key of this machine in the directory, where it is at first, or withdraws it. Without it other
     * machines cannot encrypt messages for this one.
     */
    readonly setEncryptionKeyPublished: (published: boolean) => Effect.Effect<void>
    /**
     * Sets the elements of the distribution list of a GUID, the `DL=` name, for all machines: format names of queues and of
     * other lists. Without any the list is removed. A name that cannot be in a list is a defect. In a
     * workgroup every list is a defect.
     */
    readonly setDistributionList: (list: string, queues: ReadonlyArray<string>) => Effect.Effect<void>
    /**
     * Stops the queue manager. Every call fails with `MQ_ERROR_SERVICE_NOT_AVAILABLE` until it is started, except those that
     * free a handle. Receives that wait end with that code too, open transactions abort, and express messages are lost wherever
     * they are; recoverable ones stay. Open queue handles become stale, also after a start.
     */
    readonly stopService: Effect.Effect<void>
    /** Starts the queue manager, which runs at first. */
    readonly startService: Effect.Effect<void>
    /**
     * Cuts the link from this machine to another of its network, or one way of it (default: `"both"`). Messages wait until it
     * is joined, and remote reads end. With `"onlyThere"` no message gets to the other machine. With `"onlyBack"` messages
     * arrive, but this machine does not learn of it and sends them again.
     */
    readonly cutLink: (to: string, way?: LinkWay) => Effect.Effect<void>
    /** Joins the link, or one way of it (default: `"both"`), which carries over at once the messages that waited. */
    readonly joinLink: (to: string, way?: LinkWay) => Effect.Effect<void>
    /** Reads the services of another machine of the network, to run something there: see {@link on}. */
    readonly machine: (name: string) => Effect.Effect<MachineContext>
    /** Reads the counters of the machine. */
    readonly counters: Effect.Effect<Counters>
    /** Reads every queue of the machine, then its outgoing queues, each in the order of creation. */
    readonly queues: Effect.Effect<ReadonlyArray<QueueState>>
    /**
     * Reads the journal of every queue, in the order of creation, then the machine's own journal and its dead-letter queues,
     * the plain one and the transactional one.
     */
    readonly journals: Effect.Effect<ReadonlyArray<QueueState>>
    /**
     * Reads the messages of a queue by its format name, and takes none: of a queue, a subqueue, a journal, a dead-letter queue,
     * or an outgoing queue by the name that was sent to. Messages that a transaction has received are included, and those that
     * one will send are not. Empty where there is no such queue.
     */
    readonly messagesIn: (formatName: string) => Effect.Effect<ReadonlyArray<ReceivedProperties>>
    /** Reads the latest 10,000 messages that were refused on arrival or rejected by their receivers, the oldest first. */
    readonly rejected: Effect.Effect<ReadonlyArray<Rejection>>
  }
>()("@effect-msmq/testing/MsmqControl") {}

/**
 * Runs an effect on another machine of the network: it sends, receives and controls there. A name that no machine has is a
 * defect.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MsmqControl.on(MessageQueue.create(".\\private$\\orders"), "WAREHOUSE")
 *   const sender = yield* MessageQueue.openSender("DIRECT=OS:WAREHOUSE\\private$\\orders")
 *   yield* sender.send({ label: "order 1" })
 *   const receive = Effect.gen(function* () {
 *     const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *     return yield* receiver.receive
 *   })
 *   return (yield* MsmqControl.on(receive, "WAREHOUSE")).label
 * }).pipe(Effect.scoped)
 *
 * const layer = InMemoryMqrt.layerWith({ machines: [{ machineName: "OFFICE" }, { machineName: "WAREHOUSE" }] })
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => "order 1"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const on: {
  (
    machine: string
  ): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, MsmqControl | Exclude<R, Mqrt | MsmqControl>>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    machine: string
  ): Effect.Effect<A, E, MsmqControl | Exclude<R, Mqrt | MsmqControl>>
} = dual(
  2,
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    machine: string
  ): Effect.Effect<A, E, MsmqControl | Exclude<R, Mqrt | MsmqControl>> =>
    MsmqControl.use((control) =>
      Effect.andThen(
        checkEffect("MsmqControl.on", effect),
        Effect.flatMap(control.machine(machine), (context) => Effect.provide(effect, context))
      )
    )
)
