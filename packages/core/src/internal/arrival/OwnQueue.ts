/** Private queues that this process has for itself, and others send to: for acknowledgments and for responses. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { QueueProperties } from "../../mqrt/QueueProperties.ts"
import type { Mqrt, QueueHandle } from "../../Mqrt.ts"
import { Mqrt as MqrtService } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import type { QueueName } from "../names/queueName.ts"
import { nameOf } from "../names/queueName.ts"
import { openQueue } from "../queues/opening.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { newQueueOf } from "../queues/queueRecords.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Queue of this process, which no other process receives from. */
export interface OwnQueue {
  /** Handle of the queue, to receive. */
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  /**
   * Handle of what uses the queue. Its closing ends the waits on it, and then deletes the queue if it was created here. It closes
   * before the handle of the queue.
   */
  readonly owner: OwnedHandle.OwnedHandle<void>
  /** Name of the queue, for errors. */
  readonly name: string
  /** Format name by which this computer opens it. */
  readonly formatName: string
  /** Format name by which other machines reach it, too. */
  readonly address: string
  readonly properties: QueueProperties
}

/** Purpose of a queue, which decides on its name and its kind. */
interface Purpose {
  /** Kind of what uses the queue, and its name, as errors and metrics have them. */
  readonly owner: { readonly kind: string; readonly name: string | null; readonly queue?: string }
  /** Beginning of the names of the queues that are created. */
  readonly prefix: string
  /** Label of a queue that is created. */
  readonly label: string
  /** Kind of a queue that is created: `true` for a transactional one. */
  readonly transactional: boolean
  /** Effect that runs before a queue that was created here is deleted; left out where there is nothing to do. */
  readonly beforeDeletion?: Effect.Effect<void>
}

/** Number of queues that are tried, which limits those of one machine that are in use at once. */
const mostQueues = 1000

/** Reasons that say that another process has the queue open, or that another user owns it. */
const inUse: ReadonlySet<Reason["_tag"]> = new Set(["SharingViolation", "AccessDenied"])

/**
 * Opens the first queue for a purpose that no other process has open, until the scope closes. Creates it if it does not exist, and
 * then deletes it with the scope. Uses one that a process left behind, or that an administrator made, as it is, without the messages
 * in it.
 */
export const openOwnQueue = (
  mqrt: Mqrt["Service"],
  operation: Operation,
  purpose: Purpose
): Effect.Effect<OwnQueue, MsmqError, Scope.Scope> => openFrom(mqrt, operation, purpose, 1)

const openFrom = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  operation: Operation,
  purpose: Purpose,
  number: number
): Effect.fn.Return<OwnQueue, MsmqError, Scope.Scope> {
  const pathName = `.\\private$\\${purpose.prefix}${number}`
  const error = operation.lift({ queue: pathName })
  const { label, transactional } = purpose

  const next = openFrom(mqrt, operation, purpose, number + 1)
  const created = yield* Effect.matchEffect(mqrt.createQueue(newQueueOf(pathName, { label, transactional }), null), {
    onFailure: (failure) =>
      // An account that may not create queues may use one that exists.
      Effect.match(mqrt.pathNameToFormatName(pathName), {
        onFailure: (sought): string | undefined | MsmqError => {
          const [creation, search] = [error(failure), error(sought)]
          return creation.reason._tag === "QueueExists" || search.isRetryable ? search : creation
        },
        onSuccess: () => undefined
      }),
    onSuccess: (formatName) => Effect.succeed(formatName)
  })
  if (created instanceof MsmqError) {
    // It was there a moment ago: the process that had it has just deleted it.
    const isGone = created.reason._tag === "QueueNotFound" && number < mostQueues
    return yield* isGone ? next : Effect.fail(created)
  }
  const attempt = Effect.gen(function* () {
    const own = yield* openGiven(mqrt, operation, purpose, pathName, created)
    yield* Effect.mapError(mqrt.purgeQueue(own.handle.native), error)
    return own
  })

  return yield* Effect.matchEffect(orClose(attempt), {
    onFailure: (given) => (number < mostQueues && inUse.has(given.reason._tag) ? next : Effect.fail(given)),
    onSuccess: ({ close, value }) =>
      isFit(value.properties, transactional) ? Effect.succeed(value) : Effect.andThen(close, next)
  })
})

/** Runs an effect in a scope of its own, which closes with that of the caller, or at once where the effect fails. */
export const orClose = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<
  { readonly value: A; readonly close: Effect.Effect<void> },
  E,
  Exclude<R, Scope.Scope> | Scope.Scope
> =>
  Effect.flatMap(Effect.scope, (outer) =>
    Effect.flatMap(Scope.fork(outer), (scope) => {
      const close = Scope.close(scope, Exit.void)
      return Scope.provide(effect, scope).pipe(
        Effect.map((value) => ({ value, close })),
        Effect.onError(() => close)
      )
    })
  )

/**
 * Opens a queue that exists, until the scope closes. No other process can receive from it meanwhile. `created`: format name of the
 * queue, if it is deleted with the scope.
 */
export const openGiven = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  operation: Operation,
  { beforeDeletion = Effect.void, owner }: Pick<Purpose, "beforeDeletion" | "owner">,
  queue: QueueName,
  created: string | undefined
): Effect.fn.Return<OwnQueue, MsmqError, Scope.Scope> {
  const name = nameOf(queue)
  const { handle, name: current } = yield* openQueue(queue, operation, "receive", "denyReceive").pipe(
    Effect.provideService(MqrtService, mqrt)
  )
  // The queue is deleted before it is closed, so that no other process opens it in between.
  const opened = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    ...owner,
    acquire: Effect.void,
    release: () =>
      created === undefined ? Effect.void : Effect.andThen(beforeDeletion, Effect.ignore(mqrt.deleteQueue(created)))
  })
  const properties = yield* Effect.mapError(
    mqrt.getQueueProperties(current.formatName),
    operation.lift({ queue: name })
  )
  return {
    handle,
    owner: opened,
    name,
    get formatName() {
      return current.formatName
    },
    address: `DIRECT=OS:${properties.pathName}`,
    properties
  }
})

/**
 * Returns `true` if a queue takes messages of its kind that are neither signed nor encrypted, as acknowledgments are (behaviours D-47,
 * D-49).
 */
const isFit = (properties: QueueProperties, transactional: boolean): boolean =>
  properties.transactional === transactional && !properties.authenticate && properties.privacyLevel !== "body"
