/** Information about queue managers and their queues, as programs see it. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type * as Management from "../../mqrt/ManagementProperties.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { QueueProperties } from "../../mqrt/QueueProperties.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as PathName from "../../PathName.ts"
import { dateOf, type PublicRecord, publicRecord } from "./queueRecords.ts"
import type { QueueName } from "../names/queueName.ts"
import { formatNameOf, nameOf } from "../names/queueName.ts"
import { optionalArgument } from "../options/illegalOption.ts"
import { computer } from "../options/managementOptions.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Information about a queue manager.
 *
 * @category models
 * @since 0.1.0
 */
export interface Info extends PublicRecord<Management.ComputerManagementProperties> {}

/**
 * Properties of a queue manager in the directory.
 *
 * @category models
 * @since 0.1.0
 */
export interface MachineProperties extends PublicRecord<Management.QueueManagerProperties> {}

/**
 * Information about the Message Queuing of a computer.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrivateComputerInformation {
  /** Version of Message Queuing, such as 6.3 with Windows Server 2012 R2 and later. */
  readonly version: {
    /** Major version, such as 6. */
    readonly major: number
    /** Minor version, such as 3. */
    readonly minor: number
    /** Number of the build. */
    readonly build: number
  }
  /** `true` where it works with the directory; `false` in a workgroup. */
  readonly directoryEnabled: boolean
}

type Delivery = Management.QueueManagementProperties["endOfData"]

/**
 * Exactly-once delivery of an outgoing queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndOfData extends Omit<
  PublicRecord<Delivery>,
  "lastAcknowledgedTime" | "resendTime" | "resendInterval"
> {
  /** Time of the last acknowledgment. `PROPID_MGMT_QUEUE_EOD_LAST_ACK_TIME`. */
  readonly lastAcknowledgedTime: Date | undefined
  /** Time of the next attempt. `PROPID_MGMT_QUEUE_EOD_RESEND_TIME`. */
  readonly resendTime: Date | undefined
  /** Time between two attempts, in milliseconds. `PROPID_MGMT_QUEUE_EOD_RESEND_INTERVAL`. */
  readonly resendInterval: number | undefined
}

/**
 * Source of an exactly-once stream of messages from another queue manager to a queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamSource extends Omit<PublicRecord<Management.StreamSourceProperties>, "lastAccessTime"> {
  /** Time at which the last message of the stream arrived. */
  readonly lastAccessTime: Date
}

/**
 * Information about a queue, local or outgoing.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueInfo extends PublicRecord<Omit<Management.QueueManagementProperties, "endOfData" | "sources">> {
  /**
   * Sources of exactly-once streams to a local queue: one for each queue manager and name that transactional messages come from. None
   * for an outgoing queue, and for a queue that only this machine sends to. `PROPID_MGMT_QUEUE_EOD_SOURCE_INFO`.
   */
  readonly sources: ReadonlyArray<StreamSource>
  /** Exactly-once delivery of an outgoing queue; `undefined` for a local one. */
  readonly endOfData: EndOfData | undefined
}

/** Returns the backend, unless the name of the computer to ask is illegal. */
export const mqrtFor = (
  operation: Operation,
  name: string | undefined
): Effect.Effect<Mqrt["Service"], MsmqError, Mqrt> =>
  Effect.andThen(optionalArgument({ operation }, "computer", computer, name), Mqrt)

/** Returns the information about a queue manager. */
export const infoOf = (operation: Operation, computer: string | undefined): Effect.Effect<Info, MsmqError, Mqrt> =>
  Effect.flatMap(mqrtFor(operation, computer), (mqrt) =>
    Effect.mapBoth(mqrt.getQueueManagerInfo(computer ?? null), {
      onFailure: operation.lift({ computer }),
      onSuccess: publicRecord
    })
  )

/** Returns the format name of a queue for another computer. A path name with `.` means that computer. */
export const formatNameAt = (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined
): Effect.Effect<string, MsmqError, Mqrt> => {
  const path = computer === undefined ? undefined : Result.getOrUndefined(PathName.parse(nameOf(queue)))
  return path !== undefined && computer !== undefined && PathName.isLocal(path)
    ? Effect.succeed(FormatName.format(FormatName.fromPathName({ ...path, computer })))
    : formatNameOf(operation, queue)
}

const endOfDataOf = (delivery: Delivery): EndOfData | undefined =>
  Object.values(delivery).every((value) => value === null)
    ? undefined
    : {
        ...publicRecord(delivery),
        lastAcknowledgedTime:
          delivery.lastAcknowledgedTime === null ? undefined : dateOf(delivery.lastAcknowledgedTime),
        resendTime: delivery.resendTime === null ? undefined : dateOf(delivery.resendTime),
        resendInterval: delivery.resendInterval === null ? undefined : delivery.resendInterval * 1000
      }

/** Asks for the information about a queue, by its format name. `queue`: the name that errors have. */
export const queueInfoBy = (
  operation: Operation,
  queue: string,
  formatName: string,
  computer: string | undefined
): Effect.Effect<QueueInfo, MsmqError, Mqrt> =>
  Mqrt.use((mqrt) =>
    Effect.mapBoth(mqrt.getQueueInfo(computer ?? null, formatName), {
      onFailure: operation.lift({ queue, computer }),
      onSuccess: (info) => {
        const sources = info.sources.map((source) => ({ ...source, lastAccessTime: dateOf(source.lastAccessTime) }))
        return { ...publicRecord(info), sources, endOfData: endOfDataOf(info.endOfData) }
      }
    })
  )

/** Returns the information about a queue. */
export const queueInfoOf = Effect.fnUntraced(function* (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined
): Effect.fn.Return<QueueInfo, MsmqError, Mqrt> {
  yield* mqrtFor(operation, computer)
  const formatName = yield* formatNameAt(operation, queue, computer)
  return yield* queueInfoBy(operation, nameOf(queue), formatName, computer)
})

/** Asks the queue manager of another machine whether it has a private queue; nothing else knows that. */
const isPrivateQueueOf = (
  operation: Operation,
  formatName: string,
  computer: string
): Effect.Effect<boolean, MsmqError, Mqrt> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name?._tag !== "Direct" || !name.isPrivate) return Effect.succeed(false)
  const ending = `\\private$\\${name.queue}`.toLowerCase()
  return Effect.map(infoOf(operation, computer), ({ privateQueues }) =>
    privateQueues.some((path) => path.toLowerCase().endsWith(ending))
  )
}

/**
 * Returns the properties of a queue that is not active; `undefined` where they cannot be read from here, and nothing says that there
 * is no such queue. Fails with `error` for another machine's queue of which nothing is known.
 */
export const propertiesOfInactive = Effect.fnUntraced(function* (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined,
  error: MsmqError
): Effect.fn.Return<QueueProperties | undefined, MsmqError, Mqrt> {
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameAt(operation, queue, computer)
  return yield* mqrt.getQueueProperties(formatName).pipe(
    Effect.mapError(operation.lift({ queue: nameOf(queue), computer })),
    Effect.catchReason("MsmqError", "UnsupportedFormatnameOperation", () =>
      // No messages for the queue of the other machine wait here.
      computer === undefined
        ? Effect.undefined
        : Effect.flatMap(isPrivateQueueOf(operation, formatName, computer), (isThere) =>
            isThere ? Effect.undefined : Effect.fail(error)
          )
    )
  )
})

/** Returns the number of messages in a queue, active or not. */
export const messageCountOf = (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined
): Effect.Effect<number, MsmqError, Mqrt> =>
  queueInfoOf(operation, queue, computer).pipe(
    Effect.map((info) => info.messageCount),
    Effect.catchIf(
      ({ reason }) => reason._tag === "Unspecific",
      (error) =>
        propertiesOfInactive(operation, queue, computer, error).pipe(
          Effect.as(0),
          Effect.catchReason("MsmqError", "AccessDenied", () => Effect.fail(error))
        )
    )
  )
