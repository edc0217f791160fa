/**
 * Queues: creating, deleting, finding and opening them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { creationOf, type Ensured, ensureQueue } from "./internal/queues/ensuring.ts"
import { type LocatedQueue, locate as locatePublic, type Restriction } from "./internal/queues/locating.ts"
import { openQueue, openQueueOfKind } from "./internal/queues/opening.ts"
import type { KindOf } from "./internal/queues/openToSend.ts"
import { openToSend, senderOn } from "./internal/queues/openToSend.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { onQueue } from "./internal/telemetry/telemetry.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import { spanOptions, withErrorType } from "./internal/telemetry/Operation.ts"
import type { QueueName } from "./internal/names/queueName.ts"
import { formatNameOf, nameOf, pathNameOf, readQueueName, registeredNameOf } from "./internal/names/queueName.ts"
import {
  type Changes,
  changesOf,
  type CreateOptions,
  type Properties,
  propertiesOf
} from "./internal/queues/queueRecords.ts"
import * as Given from "./internal/options/illegalOption.ts"
import {
  changes as changesTable,
  createOptions,
  oneOffSendOptions,
  openReceiverOptions,
  openSenderOptions,
  purgeOptions
} from "./internal/options/queueOptions.ts"
import { message as messageRule } from "./internal/options/outgoingMessages.ts"
import { answerable } from "./internal/options/messageReferences.ts"
import { withOptions } from "./internal/options/OptionTable.ts"
import { queueName } from "./internal/options/queueNames.ts"
import { redriveOptions, redriveTarget, removeOptions } from "./internal/options/redriveOptions.ts"
import { name } from "./internal/options/Rule.ts"
import { destinationQueue } from "./internal/redriving/MessageCallbacks.ts"
import { redriveMessages } from "./internal/redriving/redriveMessages.ts"
import type {
  RedriveOptions,
  RedriveReport,
  RedriveTarget,
  RemoveOptions,
  RemoveReport
} from "./internal/redriving/RedriveOptions.ts"
import { removeMessages as removeChosen } from "./internal/redriving/removeMessages.ts"
import { readOf } from "./internal/messages/readGroups.ts"
import type { SenderDefaults } from "./internal/sending/senderDefaults.ts"
import { addressDefaults, checkDefaults } from "./internal/sending/senderDefaults.ts"
import { withFields } from "./internal/arrival/AwaitedSend.ts"
import type { Message, ReadMessage, ReadOptions, ReceivedMessage } from "./Message.ts"
import type { ReceiveAccess } from "./internal/queues/receiveAccesses.ts"
import { receiveAccesses } from "./internal/queues/receiveAccesses.ts"
import type { MessageBody } from "./MessageBody.ts"
import type { ShareMode } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import { MsmqError } from "./MsmqError.ts"
import type { PathName } from "./PathName.ts"
import { Receiver } from "./Receiver.ts"
import type { Sender, SendOptions } from "./Sender.ts"
import type { GetOptions } from "./Senders.ts"
import { Senders } from "./Senders.ts"
import { Current } from "./Transaction.ts"

export type {
  /**
   * Name of a queue: a format name or path name, as a value of `FormatName` or `PathName` or as a string, such as `"DIRECT=OS:server\\private$\\orders"` or `".\\private$\\orders"`.
   *
   * @category models
   * @since 0.1.0
   */
  QueueName
}

export {
  /**
   * Length of the longest label of a queue in UTF-16 units: 124. That of a message may be longer.
   *
   * @category limits
   * @since 0.1.0
   */
  maximumLabelLength
} from "./internal/options/queueOptions.ts"

export type { Changes, CreateOptions, Properties } from "./internal/queues/queueRecords.ts"
export type { KindOf } from "./internal/queues/openToSend.ts"
export type { SenderDefaults } from "./internal/sending/senderDefaults.ts"
export type { ReceiveAccess } from "./internal/queues/receiveAccesses.ts"
export type { ShareMode } from "./Mqrt.ts"
export type { QueuePrivacyLevel } from "./mqrt/QueueProperties.ts"
export type {
  RedriveOptions,
  RedriveReport,
  RedriveTarget,
  RemoveOptions,
  RemoveReport
} from "./internal/redriving/RedriveOptions.ts"
export type { Ensured } from "./internal/queues/ensuring.ts"
export type { LocatedQueue, Restriction } from "./internal/queues/locating.ts"
import * as operations from "./internal/telemetry/Operation.ts"

/**
 * Options of a queue that is opened to send.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenSenderOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined> {
  /** Codec for the bodies. They are bytes by default. */
  readonly body?: MessageBody<Body, unknown> | undefined
  /**
   * Kind of the queue, for a queue whose properties cannot be read from here, such as one of another machine: `true` if it is
   * transactional. A send of the other kind is then refused instead of lost, and with `false` does not compile. By default the
   * queue's properties tell.
   */
  readonly transactional?: Transactional
  /**
   * Values of the fields that a message leaves out, and of the options that a send leaves out; see {@link SenderDefaults}.
   * Those of Message Queuing by default.
   */
  readonly defaults?: SenderDefaults<NoInfer<Body>> | undefined
}

/**
 * Options of a queue that is opened to receive or to peek.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenReceiverOptions<Body = Uint8Array, Read extends ReadOptions = {}> {
  /** Codec for the bodies. They are bytes by default. Not together with a `read` that leaves out what the codec needs. */
  readonly body?: ([Read["body"]] extends [false] ? never : MessageBody<never, Body>) | undefined
  /** `"denyReceive"` keeps all others from receiving while it is open. `"denyNone"` by default. */
  readonly shareMode?: ShareMode | undefined
  /**
   * Access that the queue is opened for. `"receive"` by default.
   *
   * - `"receive"`: receiving and peeking, `MQ_RECEIVE_ACCESS`
   * - `"peek"`: only peeking, `MQ_PEEK_ACCESS`
   * - `"receiveAndAdmin"` and `"peekAndAdmin"`: the same for the messages that wait here for another machine's queue, which only an
   *   administrator may read, with `MQ_ADMIN_ACCESS`. The queue is named as it was sent to; its kind is not known
   */
  readonly access?: ReceiveAccess | undefined
  /**
   * Groups of properties that its messages have, for a program that needs few of them, or the rare ones: see `Message.ReadOptions`.
   * All but the rare ones by default. `consume` reads all from Message Queuing, since it may have to send a message on; its
   * handler gets those of `read`.
   */
  readonly read?: Read | undefined
}

/**
 * Creates a queue and returns its format name.
 * [`MQCreateQueue`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms701768(v=vs.85)).
 *
 * `queue` is a path name; a private queue can only be created on this machine.
 *
 * Fails with `IllegalName`, `IllegalSddl`, `QueueExists`, `AccessDenied`, `UnsupportedOperation` (a public queue in a
 * workgroup) and `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   yield* MessageQueue.create(".\\private$\\orders", { label: "Orders" })
 *   return yield* MessageQueue.exists(".\\private$\\orders")
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const create = Effect.fn(operations.MessageQueue.create.name, spanOptions)(function* (
  queue: PathName | string,
  options: CreateOptions = {}
): Effect.fn.Return<string, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.create
  const given = yield* Given.options({ operation, queue: nameOf(queue) }, createOptions, options)
  const pathName = yield* pathNameOf(operation, queue)
  const creation = yield* creationOf(operation, pathName, given)
  return yield* creation
}, onQueue)

/**
 * Creates a queue unless it exists, and returns its format name. Any number of programs may ensure one queue at once: exactly one
 * of them creates it, and all succeed. A queue that another program deletes meanwhile is created again, in at most ten attempts.
 * `MQPathNameToFormatName`, `MQGetQueueProperties` and `MQCreateQueue`.
 *
 * A queue that exists must have the properties that `options` give; those that are left out are not compared and stay as they
 * are. Its permissions are not compared with `securityDescriptor`, nor is the `basePriority` of a private queue, which Message
 * Queuing ignores. Nothing is changed: {@link setProperties} does that. A user who may not create queues can ensure one that
 * exists.
 *
 * `queue` is a path name. A private queue can only be ensured on its own machine; a public one where {@link create} can create it.
 *
 * Fails with `QueueDiffers` for a queue with other properties, which lists each with the value that was given and the one that was
 * found; with `AccessDenied` where they must be compared and this user may not read them; with `QueueExists` for a queue that this
 * user may not see; and otherwise as {@link create} does.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const orders = MessageQueue.ensure(".\\private$\\orders", { transactional: true })
 * const program = Effect.gen(function* () {
 *   const first = yield* orders
 *   const second = yield* orders
 *   return [first.created, second.created, first.formatName === second.formatName]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [true, false, true]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const ensure = Effect.fn(operations.MessageQueue.ensure.name, spanOptions)(function* (
  queue: PathName | string,
  options: CreateOptions = {}
): Effect.fn.Return<Ensured, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.ensure
  const given = yield* Given.options({ operation, queue: nameOf(queue) }, createOptions, options)
  const pathName = yield* pathNameOf(operation, queue)
  return yield* ensureQueue(operation, pathName, given)
}, onQueue)

const delete_ = Effect.fn(operations.MessageQueue.delete.name, spanOptions)(function* (
  queue: QueueName
): Effect.fn.Return<void, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.delete
  const formatName = yield* registeredNameOf(operation, queue)
  const mqrt = yield* Mqrt
  return yield* mqrt.deleteQueue(formatName).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
}, onQueue)

export {
  /**
   * Deletes a queue with every message in it. The sender of a message gets a negative acknowledgment or a dead letter if it
   * asked for one. Open handles do not prevent it; calls that wait on them fail with `QueueDeleted`.
   * [`MQDeleteQueue`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms704038(v=vs.85)).
   *
   * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied`, and `UnsupportedFormatnameOperation` for a `DIRECT=` name.
   *
   * See the example of {@link exists}.
   *
   * @category destructors
   * @since 0.1.0
   */
  delete_ as delete
}

/**
 * Returns `true` if a queue exists that this user may see. `MQPathNameToFormatName` and `MQGetQueueProperties`.
 *
 * Fails with `IllegalName`, and with `UnsupportedFormatnameOperation` where it cannot be known, as for a private queue of
 * another machine.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const before = yield* MessageQueue.exists(".\\private$\\orders")
 *   yield* MessageQueue.delete(".\\private$\\orders")
 *   return [before, yield* MessageQueue.exists(".\\private$\\orders")]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => [true, false]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const exists = Effect.fn(operations.MessageQueue.exists.name, spanOptions)(function* (
  queue: QueueName
): Effect.fn.Return<boolean, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.exists
  const mqrt = yield* Mqrt
  return yield* formatNameOf(operation, queue).pipe(
    Effect.flatMap((formatName) =>
      mqrt.getQueueProperties(formatName).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
    ),
    Effect.as(true),
    Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed(false))
  )
}, onQueue)

/**
 * Returns the properties of a queue.
 * [`MQGetQueueProperties`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms704346(v=vs.85)).
 *
 * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied` for a user who may not read them, and
 * `UnsupportedFormatnameOperation` for a private queue of another machine, and for a part of a queue.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { label: "Orders", quota: 1024 })
 *   yield* MessageQueue.setProperties(".\\private$\\orders", { journal: true, quota: "unlimited" })
 *   const { journal, label, quota } = yield* MessageQueue.properties(".\\private$\\orders")
 *   return { journal, label, quota }
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => { journal: true, label: "Orders", quota: undefined }
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const properties = Effect.fn(operations.MessageQueue.properties.name, spanOptions)(function* (
  queue: QueueName
): Effect.fn.Return<Properties, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.properties
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameOf(operation, queue)
  return propertiesOf(
    yield* mqrt.getQueueProperties(formatName).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
  )
}, onQueue)

/**
 * Changes properties of a queue; those that are left out stay as they are. `MQSetQueueProperties`.
 *
 * Fails as {@link properties} does, and with `Property`, whose `properties` say which one was refused and why, and
 * `PropertiesConflict` for a multicast address of a transactional queue.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { label: "Orders" })
 *   yield* MessageQueue.setProperties(".\\private$\\orders", { quota: 2048 })
 *   const { label, quota } = yield* MessageQueue.properties(".\\private$\\orders")
 *   return { label, quota }
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => { label: "Orders", quota: 2048 }
 * ```
 *
 * @category setters
 * @since 0.1.0
 */
export const setProperties = Effect.fn(operations.MessageQueue.setProperties.name, spanOptions)(function* (
  queue: QueueName,
  changes: Changes
): Effect.fn.Return<void, MsmqError, Mqrt> {
  const operation = operations.MessageQueue.setProperties
  const checked = yield* Given.options({ operation, queue: nameOf(queue) }, changesTable, changes, "changes")
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameOf(operation, queue)
  return yield* mqrt
    .setQueueProperties(formatName, changesOf(checked))
    .pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
}, onQueue)

/**
 * Returns the format name to open a queue by. `MQPathNameToFormatName`, which knows public queues and those of this machine; a
 * private queue of another machine is named directly, and a format name stays as it is.
 *
 * Fails with `IllegalName`, `QueueNotFound`, and `UnsupportedOperation` for a public queue in a workgroup.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = MessageQueue.formatName("server\\private$\\orders")
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "DIRECT=OS:server\\private$\\orders"
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const formatName = Effect.fn(operations.MessageQueue.formatName.name, spanOptions)(
  (queue: QueueName): Effect.Effect<string, MsmqError, Mqrt> => formatNameOf(operations.MessageQueue.formatName, queue),
  onQueue
)

/**
 * Returns the format name of a public queue or a distribution list by its path in the directory, such as `adsPath` of
 * {@link properties}. `MQADsPathToFormatName`.
 *
 * Fails with `QueueNotFound`, `IllegalQueuePathname` and `NoDs`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const created = yield* MessageQueue.create("MACHINE\\orders")
 *   const { adsPath } = yield* MessageQueue.properties(created)
 *   return (yield* MessageQueue.formatNameOfAdsPath(adsPath ?? "")) === created
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => true
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const formatNameOfAdsPath = Effect.fn(operations.MessageQueue.formatNameOfAdsPath.name, spanOptions)(
  (adsPath: string): Effect.Effect<string, MsmqError, Mqrt> => {
    const operation = operations.MessageQueue.formatNameOfAdsPath
    return Effect.flatMap(Given.argument({ operation }, "adsPath", name, adsPath), (path) =>
      Mqrt.use((mqrt) => Effect.mapError(mqrt.adsPathToFormatName(path), operation.lift({ queue: path })))
    )
  },
  withErrorType
)

/**
 * Returns a stream of the public queues that meet all restrictions; without restrictions, of all public queues. Private queues
 * are never among them: see `QueueManager.privateQueues`. `MQLocateBegin`, `MQLocateNext`, `MQLocateEnd`. Message Queuing has no
 * restriction by machine: `QueueManager.queues` with `kind: "public"` returns the queues of one.
 *
 * The directory is searched in steps, as the stream's consumer asks for more. The search ends with the stream, also when the
 * stream fails, is interrupted or is left early.
 *
 * Fails with `NoDs` without a directory, as in a workgroup, and `IllegalPropertyValue` for a type that is no GUID, among
 * Message Queuing's codes; with `Released` when the backend's layer closes meanwhile; with `IllegalOption` for an illegal
 * restriction, such as an invalid `Date` or an `instance` that is no GUID.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create("MACHINE\\orders", { label: "Orders" })
 *   yield* MessageQueue.create("MACHINE\\invoices", { label: "Invoices" })
 *   const found = MessageQueue.locate([{ property: "label", relation: "equal", value: "Orders" }])
 *   return yield* Stream.runCollect(Stream.map(found, (queue) => queue.pathName))
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => ["MACHINE\\orders"]
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const locate = (restrictions: ReadonlyArray<Restriction> = []): Stream.Stream<LocatedQueue, MsmqError, Mqrt> =>
  Stream.withSpan(
    locatePublic(restrictions, operations.MessageQueue.locate),
    operations.MessageQueue.locate.name,
    spanOptions
  )

/**
 * Opens a queue for sending; the scope closes it, after the sends that run.
 * [`MQOpenQueue`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms699817(v=vs.85)) with `MQ_SEND_ACCESS`.
 *
 * It reads the queue's properties to know whether the queue is transactional, so that a send of the other kind is refused:
 * Message Queuing would accept it and drop it later. Each reopening reads them again. The kind stays unknown for a queue of
 * another machine, and where this user may not read the properties. A queue of another machine opens even if it does not
 * exist: its messages are then refused on arrival.
 *
 * Fails with `IllegalName`, `QueueNotFound`, `UnsupportedFormatnameOperation` (names that can only be read),
 * `ServiceNotAvailable`, among Message Queuing's codes. A failure to read the properties that is not about the queue, such as
 * `InsufficientResources` or `NoDs`, fails the opening. With `transactional` given, the properties are not read.
 *
 * The option `defaults` is `DefaultPropertiesToSend` of System.Messaging. They are checked here: a wrong one fails with
 * `IllegalOption`. What a message or a send has itself takes precedence; `undefined` does not. A headers field or an extension
 * replaces the defaults of both, as both are one property; a signer, be it a security context or a certificate, replaces the
 * default of both. In a transaction that was begun, its time limits replace the defaults.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders", {
 *     defaults: { delivery: "recoverable", priority: 5, timeToBeReceived: "1 hour" }
 *   })
 *   yield* sender.send({ label: "order 1" })
 *   yield* sender.send({ label: "order 2", priority: 7 })
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const [second, first] = [yield* receiver.receive, yield* receiver.receive]
 *   return [first, second].map(({ delivery, label, priority }) => `${label}: ${delivery}, ${priority}`)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => ["order 1: recoverable, 5", "order 2: recoverable, 7"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const openSender = Effect.fn(
  operations.MessageQueue.openSender.name,
  spanOptions
)(function* <Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
  queue: QueueName,
  options: OpenSenderOptions<Body, Transactional> = {}
): Effect.fn.Return<Sender<Body, KindOf<Transactional>>, MsmqError, Mqrt | Scope.Scope> {
  const operation = operations.MessageQueue.openSender
  const given = yield* Given.options({ operation, queue: nameOf(queue) }, openSenderOptions, options)
  const call = { operation, queue: nameOf(queue) }
  const defaults = given.defaults && checkDefaults(call, given.body, given.defaults)
  if (defaults instanceof MsmqError) return yield* defaults
  const opened = yield* openToSend(operation, queue, given.transactional)
  if (defaults !== undefined) yield* addressDefaults(opened.mqrt, call, defaults)
  return senderOn<Body, KindOf<Transactional>>(opened, call.queue, given.body, defaults)
})

/**
 * Opens a queue for receiving; the scope closes it, after cancelling the receives that wait on it.
 * [`MQOpenQueue`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms699817(v=vs.85)) with `MQ_RECEIVE_ACCESS`.
 *
 * It reads the kind of the queue as {@link openSender} does; a failure to read it fails the opening.
 *
 * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied`, `SharingViolation`, `UnsupportedFormatnameOperation` (names
 * that can only be sent to), `RemoteMachineNotAvailable`, `ServiceNotAvailable`, among Message Queuing's codes. With an access that
 * ends in `Admin`, `QueueNotFound` means that nothing waits here for the queue, and no sender has it open.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.send({ label: "order 1", body: new Uint8Array(1024) })
 *   const overview = yield* MessageQueue.openReceiver(".\\private$\\orders", {
 *     access: "peek",
 *     read: { body: false, rare: true }
 *   })
 *   const { bodySize, label, version } = yield* overview.peek
 *   return { bodySize, label, version }
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => { bodySize: 1024, label: "order 1", version: 16 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const openReceiver = Effect.fn(
  operations.MessageQueue.openReceiver.name,
  spanOptions
)(function* <Body = Uint8Array, const Read extends ReadOptions = {}>(
  queue: QueueName,
  options: OpenReceiverOptions<Body, Read> = {}
): Effect.fn.Return<Receiver<Body, ReadMessage<Body, Read>>, MsmqError, Mqrt | Scope.Scope> {
  const operation = operations.MessageQueue.openReceiver
  const given = yield* Given.options({ operation, queue: nameOf(queue) }, openReceiverOptions, options)
  const { access: asked = "receive", body: codec, read, shareMode = "denyNone" } = given
  const { access, isOutgoing, receives } = receiveAccesses[asked]
  const opened = isOutgoing
    ? { ...(yield* openQueue(queue, operation, access, shareMode)), kind: { transactional: undefined } }
    : yield* openQueueOfKind(queue, operation, access, shareMode, undefined)
  const { handle, kind, mqrt, name } = opened
  const state = {
    mqrt,
    handle,
    queue: nameOf(queue),
    kind,
    exclusive: receives && shareMode === "denyReceive",
    reopens: true,
    codec,
    read: readOf(read)
  }
  return Receiver.make<Body, ReadMessage<Body, Read>>(state, name, asked)
})

/**
 * Choice of the messages that {@link purge} removes.
 *
 * @category models
 * @since 0.1.0
 */
export interface PurgeOptions {
  /**
   * `true` for the messages that wait here for another machine's queue, which only an administrator may remove: the
   * queue is then named as it was sent to. `false` by default.
   */
  readonly outgoing?: boolean | undefined
}

/**
 * Removes every message of a queue, without a copy in the journal; of a subqueue or a journal, where it is named. A
 * message that was received in an open transaction is removed too if that transaction aborts. Subqueues keep theirs.
 * [`MQPurgeQueue`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms703188(v=vs.85)).
 *
 * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied`, `SharingViolation`, `RemoteMachineNotAvailable` and
 * `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Option } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }])
 *   yield* MessageQueue.purge(".\\private$\\orders")
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   return Option.isNone(yield* receiver.poll)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => true
 * ```
 *
 * @category destructors
 * @since 0.1.0
 */
export const purge: (queue: QueueName, options?: PurgeOptions) => Effect.Effect<void, MsmqError, Mqrt> = Effect.fn(
  operations.MessageQueue.purge.name,
  spanOptions
)(function* (queue: QueueName, options: PurgeOptions = {}): Effect.fn.Return<void, MsmqError, Mqrt | Scope.Scope> {
  const operation = operations.MessageQueue.purge
  const given = yield* Given.options({ operation, queue: nameOf(queue) }, purgeOptions, options)
  const access = given.outgoing === true ? "receiveAdmin" : "receive"
  const { handle, mqrt } = yield* openQueue(queue, operation, access, "denyNone")
  return yield* OwnedHandle.lease(handle, operation, (native) =>
    mqrt.purgeQueue(native).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
  )
}, Effect.scoped)

/**
 * Options of a message that is sent without a sender of its own: those of the sender, and those of the send.
 *
 * @category models
 * @since 0.1.0
 */
export interface OneOffSendOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined>
  extends GetOptions<Body, Transactional>, SendOptions<KindOf<Transactional>> {}

/**
 * Sends one message to a queue and returns its id, over the cache `Senders`, which keeps the queue open for a while.
 *
 * It does what `send` of a `Sender` does, and fails as that and as {@link openSender} do. For many messages to one queue a sender is
 * quicker.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Senders } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* MessageQueue.send(".\\private$\\orders", { label: "order 1" })
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const { label } = yield* receiver.receive
 *   return label
 * }).pipe(Effect.scoped)
 *
 * const layer = Layer.provideMerge(Senders.layer(), InMemoryMqrt.layer)
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => "order 1"
 * ```
 *
 * @category sending
 * @since 0.1.0
 */
export const send = <Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
  queue: QueueName,
  message: Message<NoInfer<Body>>,
  options: OneOffSendOptions<Body, Transactional> = {}
): Effect.Effect<string, MsmqError, Senders> => {
  const operation = operations.MessageQueue.send
  const call = { operation, queue: nameOf(queue) }
  return Effect.gen(function* () {
    yield* Given.argument(call, "queue", queueName, queue)
    yield* Given.argument(call, "message", messageRule, message)
    const given = yield* Given.options(call, oneOffSendOptions, options)
    return yield* sendOver(operation, queue, message, () => given)
  })
}

/** Sends a message over the cache of senders. `optionsFor`: returns the options for a queue of that kind. */
const sendOver = <Body, Transactional extends boolean | undefined>(
  operation: Operation,
  queue: QueueName,
  message: Message<Body>,
  optionsFor: (transactional: boolean | undefined) => OneOffSendOptions<Body, Transactional>
): Effect.Effect<string, MsmqError, Senders> => {
  const send = Effect.scoped(
    Effect.gen(function* () {
      const senders = yield* Senders
      const sender = yield* senders
        .get<Body, Transactional>(queue, optionsFor(undefined))
        .pipe(Effect.mapError((error) => operation.error(error.reason, { queue: error.queue })))
      return yield* sender.sendAs(operation, message, optionsFor(sender.transactional))
    })
  )
  // Nothing was accepted. The program did not open the queue that was deleted since, and means the one that has its name now.
  return Effect.catchIf(
    send,
    ({ reason }) => reason._tag === "QueueDeleted",
    () =>
      Effect.andThen(
        Effect.flatMap(Senders, (senders) => senders.invalidate(queue)),
        send
      )
  )
}

/**
 * Sends the response to a message that was received, and returns its id: to the `responseQueue` of the message, with its `messageId` as
 * `correlationId`. It goes over the cache `Senders`, as {@link send} does.
 *
 * In a transaction, such as that of a handler of `consume`, the response takes part in it, so that it is sent if and only if the
 * request is handled; the response queue must then be transactional. Otherwise it is sent as the kind of the response queue needs it:
 * to a transactional one in a transaction of its own.
 *
 * **Gotchas**
 *
 * The kind of a queue of another computer cannot be read from here, and Message Queuing drops a response of the wrong kind: give
 * `transactional` for it.
 *
 * Fails as {@link send} does; with `IllegalOption` for a message that names no response queue, and with `IllegalMessage` for a response
 * with a `correlationId` of its own.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageId, MessageQueue, Senders } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   yield* MessageQueue.create(".\\private$\\answers")
 *   const id = yield* MessageQueue.send(".\\private$\\orders", { responseQueue: ".\\private$\\answers" })
 *
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   yield* MessageQueue.reply(yield* orders.receive, { label: "done" })
 *
 *   const answers = yield* MessageQueue.openReceiver(".\\private$\\answers")
 *   const answer = yield* answers.receive
 *   return [answer.label, MessageId.equals(answer.correlationId, id)]
 * }).pipe(Effect.scoped)
 *
 * const layer = Layer.provideMerge(Senders.layer(), InMemoryMqrt.layer)
 * await Effect.runPromise(program.pipe(Effect.provide(layer))) // => ["done", true]
 * ```
 *
 * @category sending
 * @since 0.1.0
 */
export const reply = <Body = Uint8Array, const Transactional extends boolean | undefined = undefined>(
  received: Pick<ReceivedMessage<unknown>, "messageId" | "responseQueue">,
  message: Message<NoInfer<Body>>,
  options: OneOffSendOptions<Body, Transactional> = {}
): Effect.Effect<string, MsmqError, Senders> => {
  const operation = operations.MessageQueue.reply
  return Effect.gen(function* () {
    const { messageId, responseQueue } = yield* Given.argument({ operation }, "received", answerable, received)
    const call = { operation, queue: responseQueue }
    yield* Given.argument(call, "message", messageRule, message)
    const given = yield* Given.options(call, oneOffSendOptions, options)
    const response = yield* withFields(call, message, ["correlationId"], { correlationId: messageId })
    const isOutside = given.transaction === undefined && (yield* Current) === "none"
    return yield* sendOver<Body, Transactional>(operation, responseQueue, response, (transactional) =>
      isOutside && transactional === true ? withOptions(given, { transaction: "singleMessage" }) : given
    )
  })
}

/**
 * Forwards the messages that are in a queue to another queue, in their order: from a dead-letter queue, a subqueue of poison
 * messages, a journal or any other queue, to a queue, to the one that each message was sent to, or to the one that a function names.
 *
 * Each message is peeked at, shown to `where`, and then leaves its queue:
 *
 * - **Between two transactional queues** the message is received and its copy sent in one transaction. The copy asks to be a dead
 *   letter, so that a message is never lost and never there twice. In an outer transaction all of them take part in that one.
 * - **From a subqueue back to its queue** the message itself is moved, by `MQMoveMessage`, and keeps its id.
 * - **Otherwise** the copy is sent first. The message is removed when its copy has arrived, or when it is known to become a dead letter
 *   where it does not. A failure between the two leaves both, and so does another receiver that takes the message at that moment: see
 *   `shareMode`. For the acknowledgment a private queue is created, as for poison messages of `consume`.
 *
 * A copy has what the sender of the message set (`Message.copyOf`), and an id of its own. Time limits that have run out are left out. It
 * is neither signed nor encrypted.
 *
 * Only messages that are there at the beginning are redriven, so that one that comes back is not forwarded again and again. A message
 * that another receiver takes meanwhile is skipped. An interruption waits for the message that is being redriven, to a plain queue up
 * to 5 seconds for its acknowledgment and 35 to one of another machine; `onProgress` has then counted it.
 *
 * Stops at the first message that cannot be redriven: the message is still in its queue, the error has its `messageId`, and `progress`
 * has the number of those that were redriven before it. Fails as {@link openReceiver} and {@link openSender} do; with `CopyNotArrived`
 * where a queue refuses the copy, such as a full one; with `IllegalOption` where the kind of a queue is not known; with `SourceFailed`
 * where a function throws; with `TransactionMismatch` in a transaction where one of the queues is not transactional.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   yield* MessageQueue.create(".\\private$\\retries", { transactional: true })
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "invoice 1" }], { transaction: "singleMessage" })
 *   const where = ({ label }: { readonly label: string }) => label.startsWith("order")
 *   const dryRun = yield* MessageQueue.redrive(".\\private$\\orders", ".\\private$\\retries", { where, dryRun: true })
 *   const report = yield* MessageQueue.redrive(".\\private$\\orders", ".\\private$\\retries", { where })
 *   const retries = yield* MessageQueue.openReceiver(".\\private$\\retries")
 *   return [dryRun.redriven, report, (yield* retries.receive).label]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => [1, { examined: 2, redriven: 1, skipped: 1 }, "order 1"]
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const redrive: (
  from: QueueName,
  to: RedriveTarget,
  options?: RedriveOptions
) => Effect.Effect<RedriveReport, MsmqError, Mqrt> = Effect.fn(operations.MessageQueue.redrive.name, spanOptions)(
  function* (
    from: QueueName,
    to: RedriveTarget,
    options: RedriveOptions = {}
  ): Effect.fn.Return<RedriveReport, MsmqError, Mqrt | Scope.Scope> {
    const operation = operations.MessageQueue.redrive
    const call = { operation, queue: nameOf(from) }
    const given = yield* Given.options(call, redriveOptions, options)
    yield* Given.argument(call, "from", queueName, from)
    yield* Given.argument(call, "to", redriveTarget, to)
    if (typeof to !== "function" && to !== destinationQueue) yield* readQueueName(operation, to)
    return yield* redriveMessages(operation, from, to, given)
  },
  Effect.scoped,
  onQueue
)

/**
 * Removes messages of a queue that a function chooses, or that are older than a duration, one by one: see {@link purge} for all at
 * once. Each message is peeked at, shown to `where`, and received by its lookup id. So the sender of a message gets the acknowledgment of
 * a receive if it asked for one, and a queue with `journal: true` keeps a copy, unlike after a purge.
 *
 * In a transaction, such as that of `Transaction.run`, the messages are removed by its commit; the queue must then be transactional.
 * Otherwise each is removed at once. Only messages that are there at the beginning are looked at, and those that another receiver takes
 * or holds meanwhile are skipped. An interruption takes effect between two messages, and `onProgress` has counted those that were
 * removed.
 *
 * Fails as {@link openReceiver} does; with `IllegalOption` without `where`, `olderThan` and `limit`, and where `where` does not return
 * `true` or `false`; with `SourceFailed` where a function throws. The error has the `messageId` of the message that it failed at.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* sender.sendAll([{ label: "order 1" }, { label: "test 1" }, { label: "order 2" }])
 *   return yield* MessageQueue.removeMessages(".\\private$\\orders", {
 *     where: ({ label }) => label.startsWith("test")
 *   })
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer)))
 * // => { examined: 3, removed: 1, skipped: 2 }
 * ```
 *
 * @category actions
 * @since 0.1.0
 */
export const removeMessages: (
  queue: QueueName,
  options: RemoveOptions
) => Effect.Effect<RemoveReport, MsmqError, Mqrt> = Effect.fn(operations.MessageQueue.removeMessages.name, spanOptions)(
  function* (queue: QueueName, options: RemoveOptions): Effect.fn.Return<RemoveReport, MsmqError, Mqrt | Scope.Scope> {
    const operation = operations.MessageQueue.removeMessages
    const given = yield* Given.options({ operation, queue: nameOf(queue) }, removeOptions, options, "options")
    return yield* removeChosen(operation, queue, given)
  },
  Effect.scoped,
  onQueue
)
