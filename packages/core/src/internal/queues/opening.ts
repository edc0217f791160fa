import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { errors } from "../../ErrorCode.ts"
import * as FormatName from "../../FormatName.ts"
import type { Access, MqrtFailure, QueueHandle, ShareMode } from "../../Mqrt.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { QueueName } from "../names/queueName.ts"
import { formatNameOf, nameOf } from "../names/queueName.ts"
import { onQueue } from "../telemetry/telemetry.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Kind of a queue that is open. It may change where the queue is deleted and created again, when that one is opened. Senders and
 * receivers hold this object, since the engine looks up each field of an object with a getter as in a dictionary.
 */
export interface CurrentKind {
  /** `true` for a transactional queue; `undefined` where that cannot be known. */
  readonly transactional: boolean | undefined
}

/** Format name of a queue that is open. It changes where the queue is deleted and created again, when that one is opened. */
export interface CurrentName {
  readonly formatName: string
}

/** `beforeReopen`: looks at the queue that a new handle will be for, which may be another one of the same name. */
const openHandle = Effect.fnUntraced(function* (
  queue: QueueName,
  operation: Operation,
  access: Access,
  shareMode: ShareMode,
  beforeReopen: (mqrt: Mqrt["Service"], formatName: string) => Effect.Effect<void, MsmqError>
) {
  const name = { formatName: yield* formatNameOf(operation, queue) }
  const mqrt = yield* Mqrt
  const acquire = (formatName: string): Effect.Effect<QueueHandle, MsmqError> =>
    mqrt.openQueue(formatName, access, shareMode).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: access === "send" ? "sender" : "receiver",
    name: `of ${nameOf(queue)}`,
    queue: nameOf(queue),
    acquire: acquire(name.formatName),
    reopen: Effect.flatMap(Effect.provideService(formatNameOf(operation, queue), Mqrt, mqrt), (formatName) =>
      Effect.tap(Effect.andThen(beforeReopen(mqrt, formatName), acquire(formatName)), () =>
        Effect.sync(() => {
          name.formatName = formatName
        })
      )
    ),
    release: mqrt.closeQueue
  })
  return { mqrt, handle, name: name as CurrentName }
})

/** Opens a queue, which the scope closes. The next use of a stale handle opens the queue again, by the same name. */
export const openQueue = (queue: QueueName, operation: Operation, access: Access, shareMode: ShareMode) =>
  onQueue(
    openHandle(queue, operation, access, shareMode, () => Effect.void),
    queue
  )

/**
 * Opens a queue as {@link openQueue} does, and reads its kind, again at each reopening. Where the kind could be read but the read
 * fails, the opening fails and the handle is closed, since a message of the wrong kind would be dropped. `given`: the kind,
 * where the program gives it; then it is not read.
 */
export const openQueueOfKind = Effect.fnUntraced(function* (
  queue: QueueName,
  operation: Operation,
  access: Access,
  shareMode: ShareMode,
  given: boolean | undefined
) {
  const kind = { transactional: given }
  const ask = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<void, MsmqError> =>
    given === undefined
      ? Effect.mapBoth(isTransactional(mqrt, formatName), {
          onFailure: operation.lift({ queue: nameOf(queue) }),
          onSuccess: (transactional) => {
            kind.transactional = transactional
          }
        })
      : Effect.void
  const result = yield* openHandle(queue, operation, access, shareMode, ask)
  yield* orClose(ask(result.mqrt, result.name.formatName), result.handle)
  return { ...result, kind: kind as CurrentKind }
}, onQueue)

/** Closes a handle if the effect fails. Inside of the function above, `ask`, which the handle keeps, would refer to the handle. */
const orClose = <E>(effect: Effect.Effect<void, E>, handle: OwnedHandle.OwnedHandle<QueueHandle>) =>
  Effect.onError(effect, () => OwnedHandle.close(handle))

/** Codes for a queue whose properties cannot be read from here: of another machine, or without the right to (behaviours C-51, C-52). */
const unknowable: ReadonlySet<number> = new Set([
  errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION,
  errors.MQ_ERROR_ILLEGAL_FORMATNAME,
  errors.MQ_ERROR_UNSUPPORTED_OPERATION,
  errors.MQ_ERROR_ACCESS_DENIED
])

/** Returns `true` for a name whose queue has no properties to read: of many queues, or one by HTTP (behaviours B-16, B-22). */
const hasNoProperties = (name: FormatName.FormatName): boolean =>
  name._tag !== "Direct" && name._tag !== "Public" && name._tag !== "Private"
    ? true
    : !FormatName.supports(name, "receive")

/**
 * Returns the name of the queue that a journal or subqueue is a part of, and of the same kind as (behaviour B-31); of any other queue
 * its own. `name`: the name that was read; `undefined` for that of a subqueue by GUID, which a queue manager may return, although the
 * published grammar does not allow it.
 */
export const wholeOf = (name: FormatName.FormatName | undefined, formatName: string): string => {
  if (name === undefined) return formatName.split(";", 1)[0] ?? formatName
  if (name._tag === "Direct") return FormatName.format({ ...name, journal: false, subqueue: null })
  if (name._tag === "Public" || name._tag === "Private") return FormatName.format({ ...name, journal: false })
  return formatName
}

/** Returns `true` for a transactional queue, and `undefined` where that cannot be known from here. */
const isTransactional = (
  mqrt: Mqrt["Service"],
  formatName: string
): Effect.Effect<boolean | undefined, MqrtFailure> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name !== undefined && "systemQueue" in name) return Effect.succeed(name.systemQueue === "deadxact")
  if (name !== undefined && hasNoProperties(name)) return Effect.undefined
  return mqrt.getQueueProperties(wholeOf(name, formatName)).pipe(
    Effect.map((properties) => properties.transactional),
    Effect.catchIf(
      ({ code }) => unknowable.has(code >>> 0),
      () => Effect.undefined
    )
  )
}
