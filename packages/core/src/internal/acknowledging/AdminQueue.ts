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

/** A queue of this process for acknowledgments. */
export interface AdminQueue {
  readonly handle: OwnedHandle<QueueHandle>
  /** The name that other machines know it by, too. */
  readonly formatName: string
}

const pathNameOf = (number: number): string => `.\\private$\\effect-msmq-acknowledgments-${number}`

/** Queues that are tried before giving up: as many consumers of a machine can await acknowledgments at once. */
const mostQueues = 1000

const label = "effect-msmq: acknowledgments of copies"

/** Reasons that another process has a queue of this name, or another user. */
const taken: ReadonlySet<Reason["_tag"]> = new Set(["SharingViolation", "AccessDenied"])

/**
 * Opens the first of the queues for acknowledgments that nobody else holds; it is created where it is not there, and then
 * deleted with the scope. One that a process left behind, or an administrator made, is used as it is.
 */
export const openAdminQueue = (
  mqrt: Mqrt["Service"],
  operation: Operation
): Effect.Effect<AdminQueue, MsmqError, Scope.Scope> => opened(mqrt, operation, 1)

const opened = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  operation: Operation,
  number: number
): Effect.fn.Return<AdminQueue, MsmqError, Scope.Scope> {
  const pathName = pathNameOf(number)
  const error = operation.lift({ queue: pathName })

  const created = yield* Effect.matchEffect(mqrt.createQueue(newQueueOf(pathName, { label }), null), {
    onFailure: (failure) =>
      // One that is there may be used by who may not create any.
      Effect.mapBoth(mqrt.pathNameToFormatName(pathName), {
        onFailure: () => error(failure),
        onSuccess: () => undefined
      }),
    onSuccess: (formatName) => Effect.succeed(formatName)
  })
  const attempt = Effect.gen(function* () {
    const { formatName, handle } = yield* openQueue(pathName, operation, "receive", "denyReceive")
    // Closed only after it was deleted, so that no other process takes it in between.
    if (created !== undefined) yield* Effect.addFinalizer(() => Effect.ignore(mqrt.deleteQueue(created)))
    const properties = yield* Effect.mapError(mqrt.getQueueProperties(formatName), error)
    yield* Effect.mapError(mqrt.purgeQueue(handle.native), error)
    return { handle, properties }
  }).pipe(Effect.provideService(MqrtService, mqrt))

  return yield* Effect.matchEffect(attempt, {
    onFailure: (given) =>
      number < mostQueues && taken.has(given.reason._tag) ? opened(mqrt, operation, number + 1) : Effect.fail(given),
    onSuccess: ({ handle, properties }) =>
      isFit(properties)
        ? Effect.succeed({ handle, formatName: `DIRECT=OS:${properties.pathName}` })
        : opened(mqrt, operation, number + 1)
  })
})

/** Acknowledgments are neither transactional nor signed nor encrypted (behaviours D-47, D-49). */
const isFit = ({ authenticate, privacyLevel, transactional }: QueueProperties): boolean =>
  !transactional && !authenticate && privacyLevel !== "body"
