import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { QueueProperties } from "../../mqrt/QueueProperties.ts"
import type { Mqrt, QueueHandle } from "../../Mqrt.ts"
import { Mqrt as MqrtService } from "../../Mqrt.ts"
import type { MsmqError, Reason } from "../../MsmqError.ts"
import { openQueue } from "../queues/opening.ts"
import type { OwnedHandle } from "../ownership/OwnedHandle.ts"
import { newQueueOf } from "../queues/queueRecords.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Administration queue of this process: a private queue that acknowledgments are sent to. */
export interface AdminQueue {
  readonly handle: OwnedHandle<QueueHandle>
  /** Format name by which other machines reach it, too. */
  readonly formatName: string
}

const pathNameOf = (number: number): string => `.\\private$\\effect-msmq-acknowledgments-${number}`

/** Number of queues that are tried, which limits the consumers of one machine that await acknowledgments at once. */
const mostQueues = 1000

const label = "effect-msmq: acknowledgments of copies"

/** Reasons that say that another process has the queue open, or that another user owns it. */
const inUse: ReadonlySet<Reason["_tag"]> = new Set(["SharingViolation", "AccessDenied"])

/**
 * Opens the first administration queue that no other process has open. Creates it if it does not exist, and then deletes it
 * with the scope. Uses one that a process left behind, or that an administrator made, as it is.
 */
export const openAdminQueue = (
  mqrt: Mqrt["Service"],
  operation: Operation
): Effect.Effect<AdminQueue, MsmqError, Scope.Scope> => openFrom(mqrt, operation, 1)

const openFrom = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  operation: Operation,
  number: number
): Effect.fn.Return<AdminQueue, MsmqError, Scope.Scope> {
  const pathName = pathNameOf(number)
  const error = operation.lift({ queue: pathName })

  const created = yield* Effect.matchEffect(mqrt.createQueue(newQueueOf(pathName, { label }), null), {
    onFailure: (failure) =>
      // An account that may not create queues may use one that exists.
      Effect.mapBoth(mqrt.pathNameToFormatName(pathName), {
        onFailure: () => error(failure),
        onSuccess: () => undefined
      }),
    onSuccess: (formatName) => Effect.succeed(formatName)
  })
  const attempt = Effect.gen(function* () {
    const { formatName, handle } = yield* openQueue(pathName, operation, "receive", "denyReceive")
    // The queue is deleted before it is closed, so that no other process opens it in between.
    if (created !== undefined) yield* Effect.addFinalizer(() => Effect.ignore(mqrt.deleteQueue(created)))
    const properties = yield* Effect.mapError(mqrt.getQueueProperties(formatName), error)
    yield* Effect.mapError(mqrt.purgeQueue(handle.native), error)
    return { handle, properties }
  }).pipe(Effect.provideService(MqrtService, mqrt))

  return yield* Effect.matchEffect(attempt, {
    onFailure: (given) =>
      number < mostQueues && inUse.has(given.reason._tag) ? openFrom(mqrt, operation, number + 1) : Effect.fail(given),
    onSuccess: ({ handle, properties }) =>
      isFit(properties)
        ? Effect.succeed({ handle, formatName: `DIRECT=OS:${properties.pathName}` })
        : openFrom(mqrt, operation, number + 1)
  })
})

/** Tells whether a queue takes acknowledgments, which are not transactional, signed or encrypted (behaviours D-47, D-49). */
const isFit = ({ authenticate, privacyLevel, transactional }: QueueProperties): boolean =>
  !transactional && !authenticate && privacyLevel !== "body"
