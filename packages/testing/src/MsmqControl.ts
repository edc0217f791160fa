/**
 * The far side of the in-memory MSMQ: what an administrator, a certificate store and an event log would show, for tests
 * to set and read. It comes with `InMemoryMqrt.layer`.
 *
 * @since 0.1.0
 */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type * as QueueSecurity from "@effect-msmq/core/QueueSecurity"
import * as Context from "effect/Context"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { checkEffect } from "./internal/options/arguments.ts"
import type * as network from "./internal/network/Network.ts"
import type { InternalCertificateState } from "./internal/security/CertificateStore.ts"
import type * as creating from "./internal/security/Permission.ts"

/**
 * A certificate that the user holds.
 *
 * - `certificate`: ASN.1 DER
 * - `privateKey`: whether its private key is in the store too; without it no security context can be made
 *   (behaviour A-11)
 * - `registered`: whether the directory knows it under the SID that the user has at that moment, as
 *   `MQRegisterCertificate` would see to; `false` by default (behaviour A-58)
 *
 * @category models
 * @since 0.1.0
 */
export interface HeldCertificate {
  readonly certificate: Uint8Array
  readonly privateKey: boolean
  readonly registered?: boolean | undefined
}

/**
 * The state of the user's internal certificate: the one that MSMQ makes and that is used where none is named.
 *
 * @category models
 * @since 0.1.0
 */
export type InternalCertificate = InternalCertificateState

/**
 * The user on whose behalf everything runs.
 *
 * - `sid`: such as `"S-1-5-21-1-2-3-1001"`, with 1 to 15 sub-authorities; `null` when the SID cannot be had (behaviour
 *   that user is anonymous
 * - `administrator`: whether the user is one of the machine's administrators; `true` by default. Others cannot read the
 *   machine's journal and dead letters, nor outgoing queues (behaviours D-66, E-57), and cannot take over a queue
 *
 * @category models
 * @since 0.1.0
 */
export interface User {
  readonly sid: string | null
  readonly administrator?: boolean | undefined
}

/**
 * A right on a queue: `MQSEC_...`, with the words of the C names.
 *
 * - `receiveMessage`: to open the queue for receiving; it is `peekMessage` and `deleteMessage` together
 * - `peekMessage`: to open it, its subqueues and its journal for peeking, and its subqueues for moving to them
 * - `receiveJournalMessage`: to open its journal for receiving; it is `peekMessage` and `deleteJournalMessage` together
 * - `writeMessage`: that what one sends is taken in when it arrives (behaviour A-64)
 * - `getQueueProperties`, `setQueueProperties`, `getQueuePermissions`, `changeQueuePermissions`, `takeQueueOwnership`,
 *   `deleteQueue`: to do what they say. The owner needs none to read and to change the permissions, and an administrator
 *   none to take over the queue
 * - `queueGenericRead`, `queueGenericWrite`, `queueGenericAll`: several of these together, as Windows does it
 *
 * @category models
 * @since 0.1.0
 */
export type QueueRight = QueueSecurity.QueueRight

/**
 * Rights on a queue that somebody is to have or not.
 *
 * - `queue`: its path name
 * - `sid`: a user's, or that of a group, or its alias in SDDL: everyone (`"S-1-1-0"` or `"WD"`, by default), anonymous
 *   (`"S-1-5-7"`), authenticated users (`"S-1-5-11"`), administrators (`"S-1-5-32-544"`)
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission {
  readonly queue: string
  readonly rights: ReadonlyArray<QueueRight>
  readonly sid?: string | undefined
}

/**
 * Who may create queues on a machine.
 *
 * @category models
 * @since 0.1.0
 */
export type QueueCreators = creating.QueueCreators

/**
 * What has happened since the machine was made.
 *
 * - `contextsAcquired`, `contextsFreed`: security contexts
 * - `keyFetches`: how often a private key was fetched: once for each context, and once for each signed message that is
 *   sent without one (behaviours)
 * - `signatures`: how many messages were signed
 *
 * @category models
 * @since 0.1.0
 */
export interface Counters {
  readonly contextsAcquired: number
  readonly contextsFreed: number
  readonly keyFetches: number
  readonly signatures: number
}

/**
 * A queue or a journal and how many messages are in it. An `outgoing` one holds messages for another machine; its
 * `pathName` is the format name too.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueState {
  readonly pathName: string
  readonly formatName: string
  readonly messages: number
  readonly outgoing: boolean
}

/**
 * A message that was accepted from its sender and refused on arrival, or rejected by its receiver. What becomes of it is
 * up to its sender: by default it is dropped.
 *
 * - `queue`: the path name of the queue that it was for
 * - `class`: why, as `PROPID_M_CLASS` of a negative acknowledgment says it: `0x8003` the queue was full, `0x8004` its
 *   sender may not write to the queue, `0x8006` bad signature, `0x8007` encrypted where it may not be or not where it must
 *   be, `0x8009` not a transactional queue, `0x800A` not a transactional message, `0xC004` rejected by its receiver
 *   (behaviours D-46, E-69)
 *
 * @category models
 * @since 0.1.0
 */
export interface Rejection {
  readonly queue: string
  readonly messageId: string
  readonly class: number
}

/**
 * What all queues of the machine may hold together, in kilobytes; `null`, or left out: no limit. At first it is what the
 * version of MSMQ has by default: 4 GB each (behaviour C-54).
 *
 * - `messages`: in queues, outgoing ones too. Where one more is too much its send fails with
 *   `MQ_ERROR_INSUFFICIENT_RESOURCES` (behaviour D-55). Those of open transactions count once they are committed
 * - `journals`: in the journals, the machine's too, and its dead-letter queues. A copy that is too much is dropped
 *   silently (behaviour D-59)
 *
 * @category models
 * @since 0.1.0
 */
export interface MachineQuota {
  readonly messages?: number | null | undefined
  readonly journals?: number | null | undefined
}

/**
 * Which ways of a link are meant: `"both"` by default.
 *
 * @category models
 * @since 0.1.0
 */
export type LinkWay = network.LinkWay

/**
 * What there is on a machine: its Message Queuing, and the control over it.
 *
 * @category models
 * @since 0.1.0
 */
export type MachineContext = Context.Context<Mqrt | MsmqControl>

/**
 * Sets and reads what a program cannot. What is told wrongly is a defect: an `MsmqError` for
 * `IllegalOption`.
 *
 * - `addCertificate`: puts a certificate into the user's store, or replaces what is known of it
 * - `removeCertificate`: takes it out, and says whether it was there. Contexts that captured it go on working
 *   (behaviour A-05), and its registration stays
 * - `unregisterCertificate`: takes the registration back that a certificate has under the user's SID, and says whether
 *   there was one. The machine notices it up to 20 minutes late: so long it remembers what it has verified, at most 53
 *   certificates (behaviour A-55)
 * - `setInternalCertificate`, `setUser`: as {@link InternalCertificate} and {@link User}. The internal certificate, when
 *   registered, is so for whoever is the user. A SID outside the grammar is a defect
 * - `setResourcesExhausted`: whether getting a security context and sending fail with
 *   `MQ_ERROR_INSUFFICIENT_RESOURCES` (behaviours A-14, D-05)
 * - `machineQuota`, `setMachineQuota`: as {@link MachineQuota}; what is there already stays
 * - `allow`, `deny`: adds to a queue's list of permissions, as {@link Permission}, or changes what is there for that
 *   SID. What is denied comes first, and so wins over what is allowed, to the same SID or another; to allow takes back
 *   what was denied to just that SID. Handles that are open stay so (behaviour C-31). A path name of no queue of the
 *   machine and a SID outside the grammar are defects
 * - `setQueueCreators`: who may create queues, as {@link QueueCreators}; others fail with `MQ_ERROR_ACCESS_DENIED`
 *   (behaviour C-12). Everyone at first
 * - `setStorageFailed`: whether nothing can be written to the machine's disk, so that sends of recoverable messages and
 *   of transactional ones fail with `MQ_ERROR_MESSAGE_STORAGE_FAILED`; express ones go on (behaviour D-02)
 * - `crashProcess`: the program's process ends without closing anything, as if it were killed: security contexts are gone,
 *   open transactions abort, handles on queues and cursors are closed, and a receive that waits takes no message
 *   (behaviours A-28, F-37, G-25). What the program does next is what the next process does; an old handle is invalid to
 *   it: a receive that waited ends with `MQ_ERROR_INVALID_HANDLE`, an old transaction says
 *   `MQ_ERROR_TRANSACTION_SEQUENCE` and an old context `MQ_ERROR_BAD_SECURITY_CONTEXT`
 * - `setDirectoryAvailable`: whether this machine reaches the directory, as at first; otherwise what it asks of it fails
 *   with `MQ_ERROR_NO_DS`: finding and creating public queues, resolving names, registering certificates. What is open
 *   stays so. A message that is signed and names a SID is then a bad signature here, and an encrypted one for another
 *   machine cannot be encrypted (behaviours ). It changes nothing in a workgroup
 * - `setEncryptionKeyPublished`: whether the directory has the public key of this machine, as at first; otherwise other
 *   machines cannot encrypt what they send here (behaviour A-82)
 * - `setDistributionList`: fills the distribution list of a GUID, the `DL=` name, with format names of queues and other
 *   lists, for all machines (behaviour B-20); with none it is no longer there. A name that cannot be in one, and any in a
 *   workgroup, is a defect
 * - `stopService`, `startService`: the queue manager, which runs at first. While it is stopped, every call fails with
 *   `MQ_ERROR_SERVICE_NOT_AVAILABLE` (behaviour C-13), but what frees a handle works. A stop ends who waits with that
 *   code too, aborts open transactions and loses express messages, wherever they are; recoverable ones stay (behaviours
 *   D-22, E-53, F-37). The handles on queues of before are stale, also after a start (behaviour C-37)
 * - `cutLink`, `joinLink`: the link between this machine and another one of its network; it is joined at first. What is
 *   on its way waits meanwhile, and remote reads end. `"onlyThere"` cuts the way to the other machine alone, and
 *   `"onlyBack"` the way back: then messages arrive, but nobody hears of it, so that they are sent again (behaviours D-69,
 *   D-70). A joined link carries over at once what waited
 * - `machine`: another machine of the network, to run something there: see {@link on}
 * - `counters`: as {@link Counters}
 * - `queues`: every queue of the machine, then the outgoing ones, in order of creation
 * - `journals`: the journal of every queue, in order of creation, then the machine's own journal and its queues for dead
 *   letters, plain ones and transactional ones
 * - `messagesIn`: what is in a queue, by its format name, and none of it taken: a queue, a subqueue, a journal, a
 *   dead-letter queue, or an outgoing queue by the name that was sent to. Those are included that a transaction has
 *   received, but not those that one is about to send. Empty where there is no such queue
 * - `rejected`: the latest 10,000 messages that were refused on arrival or rejected by their receivers, oldest first
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
    readonly addCertificate: (certificate: HeldCertificate) => Effect.Effect<void>
    readonly removeCertificate: (certificate: Uint8Array) => Effect.Effect<boolean>
    readonly unregisterCertificate: (certificate: Uint8Array) => Effect.Effect<boolean>
    readonly setInternalCertificate: (state: InternalCertificate) => Effect.Effect<void>
    readonly setUser: (user: User) => Effect.Effect<void>
    readonly setResourcesExhausted: (exhausted: boolean) => Effect.Effect<void>
    readonly machineQuota: Effect.Effect<Required<MachineQuota>>
    readonly setMachineQuota: (quota: MachineQuota) => Effect.Effect<void>
    readonly allow: (permission: Permission) => Effect.Effect<void>
    readonly deny: (permission: Permission) => Effect.Effect<void>
    readonly setQueueCreators: (creators: QueueCreators) => Effect.Effect<void>
    readonly setStorageFailed: (failed: boolean) => Effect.Effect<void>
    readonly crashProcess: Effect.Effect<void>
    readonly setDirectoryAvailable: (available: boolean) => Effect.Effect<void>
    readonly setEncryptionKeyPublished: (published: boolean) => Effect.Effect<void>
    readonly setDistributionList: (list: string, queues: ReadonlyArray<string>) => Effect.Effect<void>
    readonly stopService: Effect.Effect<void>
    readonly startService: Effect.Effect<void>
    readonly cutLink: (to: string, way?: LinkWay) => Effect.Effect<void>
    readonly joinLink: (to: string, way?: LinkWay) => Effect.Effect<void>
    readonly machine: (name: string) => Effect.Effect<MachineContext>
    readonly counters: Effect.Effect<Counters>
    readonly queues: Effect.Effect<ReadonlyArray<QueueState>>
    readonly journals: Effect.Effect<ReadonlyArray<QueueState>>
    readonly messagesIn: (formatName: string) => Effect.Effect<ReadonlyArray<ReceivedProperties>>
    readonly rejected: Effect.Effect<ReadonlyArray<Rejection>>
  }
>()("@effect-msmq/testing/MsmqControl") {}

/**
 * Runs an effect on another machine of the network: what it sends, receives and controls, it does there. A name that no
 * machine has is a defect.
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
