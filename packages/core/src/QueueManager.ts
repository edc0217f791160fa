/**
 * Queue managers: information about a machine's Message Queuing and its queues, and actions for administrators.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Certificate } from "./Certificate.ts"
import type {
  Info,
  MachineProperties,
  PrivateComputerInformation,
  QueueInfo
} from "./internal/queues/managementRecords.ts"
import { listQueues, type ListedQueue, type ListOptions } from "./internal/queues/listing.ts"
import { mqrtFor, formatNameAt, infoOf, messageCountOf, queueInfoOf } from "./internal/queues/managementRecords.ts"
import { publicRecord } from "./internal/queues/queueRecords.ts"
import { registerOptions } from "./internal/options/credentials.ts"
import * as Given from "./internal/options/illegalOption.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import { nameOf } from "./internal/names/queueName.ts"
import { onQueue } from "./internal/telemetry/telemetry.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import * as Guid from "./mqrt/Guid.ts"
import type * as Management from "./mqrt/ManagementProperties.ts"
import { Mqrt } from "./Mqrt.ts"
import type { MsmqError } from "./MsmqError.ts"

export type { ListedQueue, ListOptions } from "./internal/queues/listing.ts"
export type {
  EndOfData,
  Info,
  MachineProperties,
  PrivateComputerInformation,
  QueueInfo,
  StreamSource
} from "./internal/queues/managementRecords.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"

export type { SequenceInfo } from "./mqrt/ManagementProperties.ts"

/**
 * Returns the active and the private queues of a queue manager, and whether it is connected. `MQMgmtGetInfo` of
 * `MACHINE`. `computer`: a name, or left out for this one.
 *
 * Fails with `RemoteMachineNotAvailable`, `AccessDenied` and `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const { connected, privateQueues } = yield* QueueManager.info()
 *   return { connected, privateQueues }
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => { connected: true, privateQueues: ["MACHINE\\private$\\orders"] }
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const info = Effect.fn(operations.QueueManager.info.name, spanOptions)(
  (computer?: string): Effect.Effect<Info, MsmqError, Mqrt> => infoOf(operations.QueueManager.info, computer),
  withErrorType
)

/**
 * Returns the private queues of a machine, by their path names. `PROPID_MGMT_MSMQ_PRIVATEQ`.
 *
 * Fails as {@link info} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.andThen(MessageQueue.create(".\\private$\\orders"), QueueManager.privateQueues())
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["MACHINE\\private$\\orders"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const privateQueues = Effect.fn(operations.QueueManager.privateQueues.name, spanOptions)(
  (computer?: string): Effect.Effect<ReadonlyArray<string>, MsmqError, Mqrt> =>
    Effect.map(infoOf(operations.QueueManager.privateQueues, computer), (info) => info.privateQueues),
  withErrorType
)

/**
 * Returns the active queues of a machine, by their format names: those that contain a message or are open, including outgoing
 * queues. `PROPID_MGMT_MSMQ_ACTIVEQUEUES`.
 *
 * Fails as {@link info} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = "DIRECT=OS:WAREHOUSE\\private$\\orders"
 * const program = Effect.andThen(MessageQueue.openSender(orders), QueueManager.activeQueues()).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => ["DIRECT=OS:WAREHOUSE\\private$\\orders"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const activeQueues = Effect.fn(operations.QueueManager.activeQueues.name, spanOptions)(
  (computer?: string): Effect.Effect<ReadonlyArray<string>, MsmqError, Mqrt> =>
    Effect.map(infoOf(operations.QueueManager.activeQueues, computer), (info) => info.activeQueues),
  withErrorType
)

/**
 * Returns the properties of this machine's queue manager, or from the directory those of another: its name, its GUID and its public
 * keys. `MQGetMachineProperties`.
 *
 * `computer` is a name, or the GUID of a machine, such as `sourceMachineId` of a received message. This machine by default.
 *
 * Fails with `MachineNotFound`, `NoDs`, `AccessDenied` and `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { machineId } = yield* QueueManager.machineProperties()
 *   return (yield* QueueManager.machineProperties(machineId)).pathName
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "MACHINE"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const machineProperties = Effect.fn(operations.QueueManager.machineProperties.name, spanOptions)(
  (computer?: string): Effect.Effect<MachineProperties, MsmqError, Mqrt> =>
    Effect.flatMap(mqrtFor(operations.QueueManager.machineProperties, computer), (mqrt) =>
      Effect.mapBoth(
        mqrt.getMachineProperties(computer === undefined ? null : (Guid.canonical(computer) ?? computer)),
        {
          onFailure: operations.QueueManager.machineProperties.lift({ computer }),
          onSuccess: publicRecord
        }
      )
    ),
  withErrorType
)

/**
 * Returns the version of a machine's Message Queuing, and whether it works with a directory.
 * `MQGetPrivateComputerInformation`, which works without a directory.
 *
 * Fails with `ServiceNotAvailable`, and for another computer with `InvalidParameter` if Windows answers only for this one, among
 * Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.map(QueueManager.privateComputerInformation(), ({ directoryEnabled, version }) => ({
 *   directoryEnabled,
 *   major: version.major
 * }))
 *
 * const workgroup = InMemoryMqrt.layerWith({ workgroup: true })
 * await Effect.runPromise(program.pipe(Effect.provide(workgroup))) // => { directoryEnabled: false, major: 6 }
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const privateComputerInformation = Effect.fn(
  operations.QueueManager.privateComputerInformation.name,
  spanOptions
)(
  (computer?: string): Effect.Effect<PrivateComputerInformation, MsmqError, Mqrt> =>
    Effect.flatMap(mqrtFor(operations.QueueManager.privateComputerInformation, computer), (mqrt) =>
      Effect.mapBoth(mqrt.getPrivateComputerInformation(computer ?? null), {
        onFailure: operations.QueueManager.privateComputerInformation.lift({ computer }),
        onSuccess: ({ directoryEnabled, version }) => ({
          version: { major: version >>> 24, minor: (version >>> 16) & 0xff, build: version & 0xffff },
          directoryEnabled
        })
      })
    ),
  withErrorType
)

/**
 * Returns the counts and sizes of the messages in a queue and in its journal, the names of its subqueues, and for an outgoing
 * queue the progress of its delivery. For a queue that receives exactly-once streams of other machines it has their sources, each with
 * the last message that arrived and the number of those that were refused. It does not enumerate the messages. `MQMgmtGetInfo` of `QUEUE=`.
 *
 * An outgoing queue has the name of its destination. A path name with `.` means the computer `computer`.
 *
 * Fails with `Unspecific` for a queue that is not active: it is empty and not open. {@link messageCount} returns 0 for it.
 * Otherwise fails with `IllegalName`, `RemoteMachineNotAvailable`, `AccessDenied` and `ServiceNotAvailable`,
 * among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 *   const { messageCount, state } = yield* QueueManager.queueInfo(".\\private$\\orders")
 *   return { messageCount, state }
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => { messageCount: 2, state: "LOCAL CONNECTION" }
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const queueInfo = Effect.fn(operations.QueueManager.queueInfo.name, spanOptions)(
  (queue: QueueName, computer?: string): Effect.Effect<QueueInfo, MsmqError, Mqrt> =>
    queueInfoOf(operations.QueueManager.queueInfo, queue, computer),
  onQueue
)

/**
 * Returns the number of messages in a queue, active or not, or of those that wait here for another machine's queue. Messages in
 * subqueues and in the journal are not counted. `PROPID_MGMT_QUEUE_MESSAGE_COUNT`.
 *
 * Fails with `QueueNotFound`, and otherwise as {@link queueInfo} does: with `Unspecific` where it is unknown whether the queue
 * exists.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   return yield* QueueManager.messageCount(".\\private$\\orders")
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => 0
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const messageCount = Effect.fn(operations.QueueManager.messageCount.name, spanOptions)(
  (queue: QueueName, computer?: string): Effect.Effect<number, MsmqError, Mqrt> =>
    messageCountOf(operations.QueueManager.messageCount, queue, computer),
  onQueue
)

/**
 * Returns a stream of the private, public or outgoing queues of a machine, each with its counts, bytes and state as
 * {@link queueInfo} returns them. `MQMgmtGetInfo` of `MACHINE` or the directory gives the queues, and `MQMgmtGetInfo` of `QUEUE=`
 * the information about each when the stream's consumer asks for it.
 *
 * Private and public queues that are not active are in the list, too: their counts are 0, and `isActive` is `false`. A queue that
 * is deleted meanwhile, and an outgoing queue that closes, is left out.
 *
 * Fails as {@link info} does, with `IllegalOption` for an unknown kind, and for public queues as `MessageQueue.locate` and
 * {@link machineProperties} do; with `Released` when the backend's layer closes meanwhile.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\invoices")
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 *   const queues = yield* Stream.runCollect(QueueManager.queues({ kind: "private" }))
 *   return queues.map(({ messageCount, name }) => [name, messageCount])
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => [["MACHINE\\private$\\invoices", 0], ["MACHINE\\private$\\orders", 2]]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const queues = (options: ListOptions): Stream.Stream<ListedQueue, MsmqError, Mqrt> =>
  Stream.withSpan(listQueues(options), operations.QueueManager.queues.name, spanOptions)

const machineAction = (operation: Operation, action: Management.MachineAction) =>
  Effect.fn(operation.name, spanOptions)(
    (computer?: string): Effect.Effect<void, MsmqError, Mqrt> =>
      Effect.flatMap(mqrtFor(operation, computer), (mqrt) =>
        Effect.mapError(mqrt.machineAction(computer ?? null, action), operation.lift({ computer }))
      ),
    withErrorType
  )

const queueAction = (operation: Operation, action: Management.QueueAction) =>
  Effect.fn(operation.name, spanOptions)(function* (
    queue: QueueName,
    computer?: string
  ): Effect.fn.Return<void, MsmqError, Mqrt> {
    const mqrt = yield* mqrtFor(operation, computer)
    const formatName = yield* formatNameAt(operation, queue, computer)
    return yield* mqrt
      .queueAction(computer ?? null, formatName, action)
      .pipe(Effect.mapError(operation.lift({ queue: nameOf(queue), computer })))
  }, onQueue)

/**
 * Brings a machine's Message Queuing online: messages that wait for other machines are sent. `MQMgmtAction` with `CONNECT`.
 *
 * Only an administrator of the machine may do this. Fails with `AccessDenied`, `RemoteMachineNotAvailable` and
 * `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.andThen(QueueManager.connect(), QueueManager.info())
 *
 * const { connected } = await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * connected // => true
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const connect = machineAction(operations.QueueManager.connect, "CONNECT")

/**
 * Takes a machine's Message Queuing offline: it exchanges no messages with other machines, and keeps those for them.
 * `MQMgmtAction` with `DISCONNECT`.
 *
 * Fails as {@link connect} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* QueueManager.disconnect()
 *   const offline = yield* QueueManager.info()
 *   yield* QueueManager.connect()
 *   const online = yield* QueueManager.info()
 *   return [offline.connected, online.connected]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [false, true]
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const disconnect = machineAction(operations.QueueManager.disconnect, "DISCONNECT")

/**
 * Deletes the message files without messages from a machine's disk. `MQMgmtAction` with `TIDY`.
 *
 * Fails as {@link connect} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * await Effect.runPromise(QueueManager.tidy().pipe(Effect.provide(InMemoryMqrt.layer))) // => undefined
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const tidy = machineAction(operations.QueueManager.tidy, "TIDY")

/**
 * Pauses an outgoing queue: its messages wait here until {@link resume}. `MQMgmtAction` with `PAUSE`.
 *
 * The queue has the name of its destination. Only an administrator may pause it. Fails with `IllegalName`; with `QueueNotActive`,
 * `IllegalOperation` or `Unspecific` where there is no such outgoing queue; and as {@link connect} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = "WAREHOUSE\\private$\\orders"
 * const program = Effect.gen(function* () {
 *   const sender = yield* MessageQueue.openSender(orders)
 *   yield* QueueManager.pause(orders)
 *   yield* sender.send({ label: "order 1" })
 *   const { messageCount, state } = yield* QueueManager.queueInfo(orders)
 *   yield* QueueManager.resume(orders)
 *   return [messageCount, state, yield* QueueManager.messageCount(orders)]
 * }).pipe(Effect.scoped)
 *
 * const layer = InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => [1, "ONHOLD", 0]
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const pause = queueAction(operations.QueueManager.pause, "PAUSE")

/**
 * Resumes an outgoing queue after {@link pause}. `MQMgmtAction` with `RESUME`.
 *
 * Fails as {@link pause} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = "WAREHOUSE\\private$\\orders"
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.openSender(orders)
 *   yield* QueueManager.resume(orders)
 *   return (yield* QueueManager.queueInfo(orders)).state
 * }).pipe(Effect.scoped)
 *
 * const layer = InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => "CONNECTED"
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const resume = queueAction(operations.QueueManager.resume, "RESUME")

/**
 * Sends the transactional messages of an outgoing queue again that were not acknowledged, at once instead of at
 * `endOfData.resendTime`. `MQMgmtAction` with `EOD_RESEND`.
 *
 * Fails as {@link pause} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = "WAREHOUSE\\private$\\orders"
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.openSender(orders)
 *   yield* QueueManager.resend(orders)
 *   return (yield* QueueManager.queueInfo(orders)).state
 * }).pipe(Effect.scoped)
 *
 * const layer = InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] })
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => "CONNECTED"
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const resend = queueAction(operations.QueueManager.resend, "EOD_RESEND")

/**
 * Options of {@link registerCertificate}, for an external certificate or for the internal one.
 *
 * @category models
 * @since 0.1.0
 */
export type RegisterOptions =
  | {
      /** External certificate that is registered. */
      readonly certificate: Certificate
      /** `false`, the default: an external certificate is always registered. */
      readonly ifNotExists?: false | undefined
    }
  | {
      /** Certificate that is left out: a new internal one is made and registered. */
      readonly certificate?: undefined
      /** `true` to keep an internal certificate that already exists. `false` by default. */
      readonly ifNotExists?: boolean | undefined
    }

/**
 * Registers a certificate under this user in the directory, so that messages signed with it can name the user.
 * Succeeds with `"existed"` where `ifNotExists` left an internal one as it was.
 * [`MQRegisterCertificate`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms705096(v=vs.85)).
 *
 * **Gotchas**
 *
 * A new internal certificate replaces the old one: messages that are signed with the old one are then refused.
 *
 * Fails with `UnsupportedOperation` or `NoDs` without a directory, as in a workgroup, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { QueueManager } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.all([
 *   QueueManager.registerCertificate({ ifNotExists: true }),
 *   QueueManager.registerCertificate({ ifNotExists: true }),
 *   QueueManager.registerCertificate()
 * ])
 *
 * const layer = InMemoryMqrt.layerWith({ internalCertificate: "absent" })
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => ["registered", "existed", "registered"]
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const registerCertificate = Effect.fn(operations.QueueManager.registerCertificate.name, spanOptions)(
  (options: RegisterOptions = {}): Effect.Effect<"registered" | "existed", MsmqError, Mqrt> => {
    const operation = operations.QueueManager.registerCertificate
    return Effect.flatMap(
      Given.options({ operation }, registerOptions, options),
      ({ certificate, ifNotExists = false }) =>
        Mqrt.use((mqrt) =>
          Effect.mapError(mqrt.registerCertificate(certificate?.der ?? null, ifNotExists), operation.lift())
        )
    )
  },
  withErrorType
)
