/** List of the queues of a machine, with the counts and the state of each. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { options as readOptions } from "../options/illegalOption.ts"
import { listOptions } from "../options/managementOptions.ts"
import * as operations from "../telemetry/Operation.ts"
import { locate } from "./locating.ts"
import { formatNameAt, infoOf, propertiesOfInactive, queueInfoBy, type QueueInfo } from "./managementRecords.ts"

/**
 * Choice of the queues that are listed.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /**
   * Kind of the queues: `"private"` and `"public"` for the queues of the machine; `"outgoing"` for its queues of messages that wait for
   * other machines.
   */
  readonly kind: "private" | "public" | "outgoing"
  /** Name of the computer. This computer by default. */
  readonly computer?: string | undefined
}

/**
 * Queue in a list: its name, and the information about it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListedQueue extends QueueInfo {
  /** Name of the queue: its path name; of an outgoing queue the format name of its destination. */
  readonly name: string
  /**
   * `true` for a queue that is open or holds messages. Message Queuing has no information about others: their counts are 0, and their
   * state is `"INACTIVE"`.
   */
  readonly isActive: boolean
}

const { queues: operation } = operations.QueueManager

/** Queue of a machine, by the names that Message Queuing gives it. */
interface Named {
  readonly name: string
  /** Name to ask for it by. */
  readonly formatName: string
  /** Type, as `PROPID_MGMT_QUEUE_TYPE` has it. */
  readonly type: "PRIVATE" | "PUBLIC"
  /** Kind, where it is known: `true` for a transactional queue. */
  readonly transactional: boolean | undefined
}

/** Reasons for which a queue that was listed has no information: it was deleted, or as an outgoing queue closed. */
const gone: ReadonlySet<string> = new Set(["Unspecific", "QueueNotFound", "QueueNotActive"])

type Asked = Effect.Effect<ListedQueue | undefined, MsmqError, Mqrt>

/** Asks for the information about a queue, unless the layer of the backend is closed. */
const ask = (name: string, formatName: string, computer: string | undefined) =>
  Effect.flatMap(Mqrt, ({ openHandles: { node, state } }) =>
    state === "open" ? queueInfoBy(operation, name, formatName, computer) : Effect.fail(node.refusal(operation))
  )

/** Returns the information about a queue that is not active, and none for one that does not exist. */
const inactive = (
  { formatName, name, transactional, type }: Named,
  computer: string | undefined,
  error: MsmqError
): Asked =>
  propertiesOfInactive(operation, formatName, computer, error).pipe(
    // A queue whose properties this user may not read.
    Effect.catchReason("MsmqError", "AccessDenied", () => Effect.undefined),
    Effect.map((properties) => ({
      name,
      isActive: false,
      pathName: name,
      formatName,
      type,
      isLocal: true,
      transactional: properties?.transactional ?? transactional,
      foreign: undefined,
      messageCount: 0,
      bytesInQueue: 0,
      journalMessageCount: 0,
      bytesInJournal: 0,
      state: "INACTIVE",
      nextHops: [],
      subqueues: [],
      sources: [],
      endOfData: undefined
    }))
  )

const queueOf = (named: Named, computer: string | undefined): Asked =>
  ask(named.name, named.formatName, computer).pipe(
    Effect.map((info): ListedQueue | undefined => ({ ...info, name: named.name, isActive: true })),
    Effect.catchIf(
      ({ reason }) => reason._tag === "Unspecific",
      (error) => inactive(named, computer, error)
    ),
    // It was deleted after it was listed.
    Effect.catchIf(
      ({ reason }) => gone.has(reason._tag),
      () => Effect.undefined
    )
  )

const outgoingQueueOf = (formatName: string, computer: string | undefined): Asked =>
  ask(formatName, formatName, computer).pipe(
    Effect.map((info) => (info.isLocal ? undefined : { ...info, name: formatName, isActive: true })),
    Effect.catchIf(
      ({ reason }) => gone.has(reason._tag),
      () => Effect.undefined
    )
  )

type Found = Stream.Stream<ListedQueue | undefined, MsmqError, Mqrt>

const privateQueues = (computer: string | undefined): Found =>
  Stream.fromIterableEffect(Effect.map(infoOf(operation, computer), (info) => info.privateQueues)).pipe(
    Stream.mapEffect((name) =>
      Effect.flatMap(formatNameAt(operation, name, computer), (formatName) =>
        queueOf({ name, formatName, type: "PRIVATE", transactional: undefined }, computer)
      )
    )
  )

/** Returns the public queues of a machine. The directory cannot be searched for those of one machine alone. */
const publicQueues = (computer: string | undefined): Found =>
  Stream.unwrap(
    Effect.gen(function* () {
      const mqrt = yield* Mqrt
      const { pathName: machine } = yield* mqrt
        .getMachineProperties(computer ?? null)
        .pipe(Effect.mapError(operation.lift({ computer })))
      const beginning = `${machine}\\`.toLowerCase()
      return locate([], operation).pipe(
        Stream.filter(({ pathName }) => pathName.toLowerCase().startsWith(beginning)),
        Stream.mapEffect(({ formatName, pathName, transactional }) =>
          queueOf({ name: pathName, formatName, type: "PUBLIC", transactional }, computer)
        )
      )
    })
  )

const outgoingQueues = (computer: string | undefined): Found =>
  Stream.fromIterableEffect(Effect.map(infoOf(operation, computer), (info) => info.activeQueues)).pipe(
    Stream.mapEffect((formatName) => outgoingQueueOf(formatName, computer))
  )

const queuesOf: { readonly [Kind in ListOptions["kind"]]: (computer: string | undefined) => Found } = {
  private: privateQueues,
  public: publicQueues,
  outgoing: outgoingQueues
}

/** Lists the queues of a machine. */
export const listQueues = (given: ListOptions): Stream.Stream<ListedQueue, MsmqError, Mqrt> =>
  Stream.unwrap(
    Effect.map(readOptions({ operation }, listOptions, given, "options"), ({ computer, kind }) =>
      Stream.filter(queuesOf[kind](computer), (queue): queue is ListedQueue => queue !== undefined)
    )
  )
