/** What queue managers tell, as programs see it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FormatName from "../../FormatName.ts"
import type * as Management from "../../mqrt/ManagementProperties.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as PathName from "../../PathName.ts"
import { dateOf, type PublicRecord, publicRecord } from "./queueRecords.ts"
import type { QueueName } from "../names/queueName.ts"
import { formatNameOf, nameOf } from "../names/queueName.ts"
import { optionalArgument } from "../options/illegalOption.ts"
import { computer } from "../options/managementOptions.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * What a queue manager tells of itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Info extends PublicRecord<Management.QueueManagerInfo> {}

/**
 * The properties of a queue manager in the directory.
 *
 * @category models
 * @since 0.1.0
 */
export interface MachineProperties extends PublicRecord<Management.MachineProperties> {}

/**
 * What a computer tells of its Message Queuing.
 *
 * - `version`: such as 6.3 with Windows Server 2012 R2 and later
 * - `directoryEnabled`: whether it works with the directory; otherwise it is in a workgroup
 *
 * @category models
 * @since 0.1.0
 */
export interface PrivateComputerInformation {
  readonly version: { readonly major: number; readonly minor: number; readonly build: number }
  readonly directoryEnabled: boolean
}

type Delivery = Management.QueueInfo["endOfData"]

/**
 * The exactly-once delivery of an outgoing queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface EndOfData extends Omit<
  PublicRecord<Delivery>,
  "lastAcknowledgedTime" | "resendTime" | "resendInterval"
> {
  /** `PROPID_MGMT_QUEUE_EOD_LAST_ACK_TIME`. */
  readonly lastAcknowledgedTime: Date | undefined
  /** `PROPID_MGMT_QUEUE_EOD_RESEND_TIME`: when it is tried again. */
  readonly resendTime: Date | undefined
  /** `PROPID_MGMT_QUEUE_EOD_RESEND_INTERVAL`: how long is waited between two attempts. */
  readonly resendInterval: Duration.Duration | undefined
}

/**
 * What a queue manager tells of a queue, local or outgoing.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueInfo extends PublicRecord<Omit<Management.QueueInfo, "endOfData">> {
  /** The exactly-once delivery of an outgoing queue; `undefined` for a local one. */
  readonly endOfData: EndOfData | undefined
}

/** The backend, once it is certain that a computer can be asked by that name. */
export const asked = (
  operation: Operation,
  name: string | undefined
): Effect.Effect<Mqrt["Service"], MsmqError, Mqrt> =>
  Effect.andThen(optionalArgument({ operation }, "computer", computer, name), Mqrt)

export const infoOf = (operation: Operation, computer: string | undefined): Effect.Effect<Info, MsmqError, Mqrt> =>
  Effect.flatMap(asked(operation, computer), (mqrt) =>
    Effect.mapBoth(mqrt.getQueueManagerInfo(computer ?? null), {
      onFailure: operation.lift({ computer }),
      onSuccess: publicRecord
    })
  )

/** A queue as a computer is to understand its name: what is local there is named directly from here. */
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
        resendInterval: delivery.resendInterval === null ? undefined : Duration.seconds(delivery.resendInterval)
      }

export const queueInfoOf = Effect.fnUntraced(function* (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined
): Effect.fn.Return<QueueInfo, MsmqError, Mqrt> {
  const mqrt = yield* asked(operation, computer)
  const formatName = yield* formatNameAt(operation, queue, computer)
  const info = yield* mqrt
    .getQueueInfo(computer ?? null, formatName)
    .pipe(Effect.mapError(operation.lift({ queue: nameOf(queue), computer })))
  return { ...publicRecord(info), endOfData: endOfDataOf(info.endOfData) }
})

/** Whether a private queue of another machine is there, which only its queue manager can tell. */
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

/** A queue that is not active holds no message, if there is such a queue at all; `error`: what is said where it is not. */
export const countOfInactive = Effect.fnUntraced(function* (
  operation: Operation,
  queue: QueueName,
  computer: string | undefined,
  error: MsmqError
): Effect.fn.Return<number, MsmqError, Mqrt> {
  const mqrt = yield* Mqrt
  const formatName = yield* formatNameAt(operation, queue, computer)
  return yield* mqrt.getQueueProperties(formatName).pipe(
    Effect.mapError(operation.lift({ queue: nameOf(queue), computer })),
    Effect.as(0),
    Effect.catchReason("MsmqError", "UnsupportedFormatnameOperation", () =>
      // Nothing waits here for another machine's queue.
      computer === undefined
        ? Effect.succeed(0)
        : Effect.flatMap(isPrivateQueueOf(operation, formatName, computer), (isThere) =>
            isThere ? Effect.succeed(0) : Effect.fail(error)
          )
    ),
    Effect.catchReason("MsmqError", "AccessDenied", () => Effect.fail(error))
  )
})
