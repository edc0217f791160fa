/**
 * Queues: creating, deleting, finding and opening them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Result from "effect/Result"
import * as FormatName from "./FormatName.ts"
import * as OwnedHandle from "./internal/OwnedHandle.ts"
import type { QueueName } from "./internal/queueName.ts"
import { formatNameOf, nameOf, pathNameOf, registeredNameOf } from "./internal/queueName.ts"
import type { MessageBody } from "./MessageBody.ts"
import type { Access, MqrtFailure, QueueHandle, ShareMode } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import { MsmqError, reasonOf } from "./MsmqError.ts"
import type { PathName } from "./PathName.ts"
import type { QueuePrivacyLevel } from "./QueueProperties.ts"
import { Receiver } from "./Receiver.ts"
import { Sender } from "./Sender.ts"

export type {
  /**
   * How a queue may be named wherever one is asked for: a format name or path name that was built or parsed, or either
   * as a string, such as `"DIRECT=OS:server\\private$\\orders"` or `".\\private$\\orders"`.
   *
   * @category models
   * @since 0.1.0
   */
  QueueName
}

/**
 * The properties of a new queue.
 *
 * - `label`: `PROPID_Q_LABEL`, at most 124 UTF-16 units; empty by default
 * - `authenticate`: `PROPID_Q_AUTHENTICATE`: whether messages without a valid signature are dropped on arrival, without
 *   an error to their sender (behaviours ); `false` by default
 * - `transactional`: `PROPID_Q_TRANSACTION`: fixed for the queue's life (C-16); `false` by default
 * - `journal`: `PROPID_Q_JOURNAL`: whether received messages are copied to the queue's journal; `false` by default
 * - `quota`, `journalQuota`: `PROPID_Q_QUOTA`, `PROPID_Q_JOURNAL_QUOTA`: kilobytes (C-19); unlimited by default
 * - `privacyLevel`: `PROPID_Q_PRIV_LEVEL`: whether encrypted bodies are taken; `"optional"` by default
 * - `basePriority`: `PROPID_Q_BASEPRIORITY`: -32,768 to 32,767, of a public queue; 0 by default
 * - `multicastAddress`: `PROPID_Q_MULTICAST_ADDRESS`, such as `"234.1.1.1:8001"`; not of a transactional queue (C-17)
 * - `type`: `PROPID_Q_TYPE`: the GUID of a kind of service, without braces; none by default
 *
 * @category models
 * @since 0.1.0
 */
export interface CreateOptions {
  readonly label?: string | undefined
  readonly authenticate?: boolean | undefined
  readonly transactional?: boolean | undefined
  readonly journal?: boolean | undefined
  readonly quota?: number | undefined
  readonly journalQuota?: number | undefined
  readonly privacyLevel?: QueuePrivacyLevel | undefined
  readonly basePriority?: number | undefined
  readonly multicastAddress?: string | undefined
  readonly type?: string | undefined
}

/**
 * How to open a queue for sending.
 *
 * - `body`: the codec for the bodies; left out, they are bytes
 * - `transactional`: whether the queue is transactional, for a queue whose properties cannot be read from here, as that
 *   of another machine. A send of the other kind is then refused instead of lost, and with `false` does not compile
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenSenderOptions<Body = Uint8Array, Transactional extends boolean | undefined = boolean | undefined> {
  readonly body?: MessageBody<Body> | undefined
  readonly transactional?: Transactional
}

/**
 * How to open a queue for receiving.
 *
 * - `body`: the codec for the bodies; left out, they are bytes
 * - `access`: `"peek"` for one that only looks (behaviour C-33): `MQ_PEEK_ACCESS`. `"receive"` by default
 * - `shareMode`: `"denyReceive"` keeps everybody else from receiving while it is open (behaviour C-24); `"denyNone"` by
 *   default
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenReceiverOptions<Body = Uint8Array> {
  readonly body?: MessageBody<Body> | undefined
  readonly shareMode?: ShareMode | undefined
  readonly access?: "receive" | "peek" | undefined
}

const failed =
  (operation: string, queue: string) =>
  (failure: MqrtFailure): MsmqError =>
    new MsmqError({ operation, reason: reasonOf(failure), queue })

/**
 * Creates a queue and gives its format name. `MQCreateQueue`.
 *
 * `queue` is a path name; a private queue can only be created on this machine (behaviour C-10).
 *
 * Fails with `IllegalName`, `QueueExists`, `AccessDenied`, `UnsupportedOperation` (a public queue in a workgroup) and
 * `ServiceNotAvailable`, among Message Queuing's codes.
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
export const create = Effect.fn("MessageQueue.create")(function* (
  queue: PathName | string,
  options: CreateOptions = {}
): Effect.fn.Return<string, MsmqError, Mqrt> {
  const operation = "MessageQueue.create"
  const pathName = yield* pathNameOf(operation, queue)
  const mqrt = yield* Mqrt
  return yield* mqrt
    .createQueue(
      {
        pathName,
        label: options.label ?? "",
        type: options.type ?? "00000000-0000-0000-0000-000000000000",
        authenticate: options.authenticate ?? false,
        transactional: options.transactional ?? false,
        journal: options.journal ?? false,
        quota: options.quota ?? null,
        journalQuota: options.journalQuota ?? null,
        basePriority: options.basePriority ?? 0,
        privacyLevel: options.privacyLevel ?? "optional",
        multicastAddress: options.multicastAddress ?? null
      },
      null
    )
    .pipe(Effect.mapError(failed(operation, pathName)))
})

const delete_ = Effect.fn("MessageQueue.delete")(function* (queue: QueueName): Effect.fn.Return<void, MsmqError, Mqrt> {
  const operation = "MessageQueue.delete"
  const formatName = yield* registeredNameOf(operation, queue)
  const mqrt = yield* Mqrt
  return yield* mqrt.deleteQueue(formatName).pipe(Effect.mapError(failed(operation, nameOf(queue))))
})

export {
  /**
   * Deletes a queue with every message in it (behaviour C-41). `MQDeleteQueue`. Open handles do not keep it from going
   * (C-47); what waits on them fails with `QueueDeleted`.
   *
   * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied`, and `UnsupportedFormatnameOperation` for a `DIRECT=` name
   * (B-24).
   *
   * @category destructors
   * @since 0.1.0
   */
  delete_ as delete
}

/**
 * Whether a queue exists that this user may see. `MQPathNameToFormatName` and `MQGetQueueProperties`.
 *
 * Fails with `IllegalName`, and with `UnsupportedFormatnameOperation` where it cannot be known, as for a private queue of
 * another machine (behaviour C-51).
 *
 * @category getters
 * @since 0.1.0
 */
export const exists = Effect.fn("MessageQueue.exists")(function* (
  queue: QueueName
): Effect.fn.Return<boolean, MsmqError, Mqrt> {
  const operation = "MessageQueue.exists"
  const mqrt = yield* Mqrt
  return yield* formatNameOf(operation, queue).pipe(
    Effect.flatMap((formatName) =>
      mqrt.getQueueProperties(formatName).pipe(Effect.mapError(failed(operation, nameOf(queue))))
    ),
    Effect.as(true),
    Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed(false))
  )
})

const open = Effect.fnUntraced(function* (operation: string, queue: QueueName, access: Access, shareMode: ShareMode) {
  const formatName = yield* formatNameOf(operation, queue)
  const mqrt = yield* Mqrt
  const acquire: Effect.Effect<QueueHandle, MsmqError> = mqrt
    .openQueue(formatName, access, shareMode)
    .pipe(Effect.mapError(failed(operation, nameOf(queue))))
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: access === "send" ? "sender" : "receiver",
    name: `of ${nameOf(queue)}`,
    acquire,
    // A handle that the service no longer knows is closed already.
    release: (native) => Effect.ignore(mqrt.closeQueue(native))
  })
  return { mqrt, handle, formatName }
})

/**
 * What the type of a sender says of its queue.
 *
 * @category models
 * @since 0.1.0
 */
export type KindOf<Transactional> = [Transactional] extends [true]
  ? "transactional"
  : [Transactional] extends [false]
    ? "plain"
    : "unknown"

/** Whether a queue takes part in transactions; `undefined` where that cannot be known. */
const isTransactional = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<boolean | undefined> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName, { alphabet: "any" }))
  if (name !== undefined && "systemQueue" in name) return Effect.succeed(name.systemQueue === "deadxact")
  // A part of a queue is of its kind (behaviour B-31).
  const whole = name?._tag === "Direct" ? FormatName.format({ ...name, journal: false, subqueue: null }) : formatName
  return mqrt.getQueueProperties(whole).pipe(
    Effect.map((properties) => properties.transactional),
    Effect.orElseSucceed(() => undefined)
  )
}

/**
 * Opens a queue for sending; the scope closes it, after the sends that run. `MQOpenQueue` with `MQ_SEND_ACCESS`.
 *
 * For a queue whose properties can be read it is learnt whether it is transactional, so that a send of the other kind is
 * refused: Message Queuing would take it and drop it (behaviours F-08, F-09). A queue of another machine opens whether it
 * exists or not (C-28).
 *
 * Fails with `IllegalName`, `QueueNotFound`, `UnsupportedFormatnameOperation` (names that can only be read),
 * `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const openSender = Effect.fn("MessageQueue.openSender")(function* <
  Body = Uint8Array,
  const Transactional extends boolean | undefined = undefined
>(
  queue: QueueName,
  options: OpenSenderOptions<Body, Transactional> = {}
): Effect.fn.Return<Sender<Body, KindOf<Transactional>>, MsmqError, Mqrt | Scope.Scope> {
  const { formatName, handle, mqrt } = yield* open("MessageQueue.openSender", queue, "send", "denyNone")
  const transactional = options.transactional ?? (yield* isTransactional(mqrt, formatName))
  return new Sender({ mqrt, handle, queue: nameOf(queue), transactional, codec: options.body }, formatName)
})

/**
 * Opens a queue for receiving; the scope closes it, after taking back what waits on it. `MQOpenQueue` with
 * `MQ_RECEIVE_ACCESS`.
 *
 * Fails with `IllegalName`, `QueueNotFound`, `AccessDenied`, `SharingViolation`, `UnsupportedFormatnameOperation` (names
 * that can only be sent to), `RemoteMachineNotAvailable`, `ServiceNotAvailable`, among Message Queuing's codes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const openReceiver = Effect.fn("MessageQueue.openReceiver")(function* <Body = Uint8Array>(
  queue: QueueName,
  options: OpenReceiverOptions<Body> = {}
): Effect.fn.Return<Receiver<Body>, MsmqError, Mqrt | Scope.Scope> {
  const { access = "receive", body: codec, shareMode = "denyNone" } = options
  const { formatName, handle, mqrt } = yield* open("MessageQueue.openReceiver", queue, access, shareMode)
  const transactional = yield* isTransactional(mqrt, formatName)
  return new Receiver({ mqrt, handle, queue: nameOf(queue), transactional, codec }, formatName)
})
