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

/** Arguments that a queue is opened with. */
interface Opening {
  readonly queue: QueueName
  readonly operation: Operation
  readonly access: Access
  readonly shareMode: ShareMode
}

/** Kind of the queue that is open; `undefined` where nobody can tell whether it takes part in transactions. */
export interface QueueKind {
  readonly transactional: boolean | undefined
}

const openWith = Effect.fnUntraced(function* (
  { access, operation, queue, shareMode }: Opening,
  /** Looks at what another handle will be open on: it may be another queue of that name. */
  renewed: (mqrt: Mqrt["Service"], formatName: string) => Effect.Effect<void, MsmqError>
) {
  const formatName = yield* formatNameOf(operation, queue)
  const mqrt = yield* Mqrt
  const taken = (name: string): Effect.Effect<QueueHandle, MsmqError> =>
    mqrt.openQueue(name, access, shareMode).pipe(Effect.mapError(operation.lift({ queue: nameOf(queue) })))
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: access === "send" ? "sender" : "receiver",
    name: `of ${nameOf(queue)}`,
    queue: nameOf(queue),
    acquire: taken(formatName),
    reopen: Effect.flatMap(Effect.provideService(formatNameOf(operation, queue), Mqrt, mqrt), (name) =>
      Effect.andThen(renewed(mqrt, name), taken(name))
    ),
    release: mqrt.closeQueue
  })
  return { mqrt, handle, formatName }
})

/** Opens a queue; the scope closes it. A handle that goes stale is taken anew by its next use, by the name given here. */
export const open = (queue: QueueName, operation: Operation, access: Access, shareMode: ShareMode) =>
  onQueue(
    openWith({ queue, operation, access, shareMode }, () => Effect.void),
    queue
  )

/**
 * Opens a queue as {@link open} does, and learns whether it is transactional, also when its handle is taken anew. Where
 * that can be known but is not told now, the opening fails and the handle is closed: what is sent in the wrong way would
 * vanish. `told`: what the program says of the queue, of which nothing is learned then.
 */
export const openKnown = Effect.fnUntraced(function* (
  queue: QueueName,
  operation: Operation,
  access: Access,
  shareMode: ShareMode,
  told: boolean | undefined
) {
  const kind = { transactional: told }
  const learn = (mqrt: Mqrt["Service"], formatName: string): Effect.Effect<void, MsmqError> =>
    told === undefined
      ? Effect.mapBoth(isTransactional(mqrt, formatName), {
          onFailure: operation.lift({ queue: nameOf(queue) }),
          onSuccess: (transactional) => {
            kind.transactional = transactional
          }
        })
      : Effect.void
  const opened = yield* openWith({ queue, operation, access, shareMode }, learn)
  yield* orClose(learn(opened.mqrt, opened.formatName), opened.handle)
  return { ...opened, kind: kind as QueueKind }
}, onQueue)

/** Closes a handle if the effect fails. In the function above, `learn`, which the handle keeps, would lead back to it. */
const orClose = <E>(effect: Effect.Effect<void, E>, handle: OwnedHandle.OwnedHandle<QueueHandle>) =>
  Effect.onError(effect, () => OwnedHandle.close(handle))

/** Codes that say that nobody can tell from here: a queue of another machine, or no right to look (behaviours C-51, C-52). */
const unknowable: ReadonlySet<number> = new Set([
  errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION,
  errors.MQ_ERROR_ILLEGAL_FORMATNAME,
  errors.MQ_ERROR_UNSUPPORTED_OPERATION,
  errors.MQ_ERROR_ACCESS_DENIED
])

/** Names of what has no properties of its own: many queues at once, or what is reached by HTTP (behaviours B-16, B-22). */
const withoutProperties = (name: FormatName.FormatName): boolean =>
  name._tag !== "Direct" && name._tag !== "Public" && name._tag !== "Private"
    ? true
    : !FormatName.supports(name, "receive")

/** The whole queue: a part of it is of its kind (behaviour B-31). */
const wholeOf = (name: FormatName.FormatName, formatName: string): string => {
  if (name._tag === "Direct") return FormatName.format({ ...name, journal: false, subqueue: null })
  if (name._tag === "Public" || name._tag === "Private") return FormatName.format({ ...name, journal: false })
  return formatName
}

/** Tells whether a queue takes part in transactions; `undefined` where that cannot be known from here. */
const isTransactional = (
  mqrt: Mqrt["Service"],
  formatName: string
): Effect.Effect<boolean | undefined, MqrtFailure> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name !== undefined && "systemQueue" in name) return Effect.succeed(name.systemQueue === "deadxact")
  if (name !== undefined && withoutProperties(name)) return Effect.undefined
  return mqrt.getQueueProperties(name === undefined ? formatName : wholeOf(name, formatName)).pipe(
    Effect.map((properties) => properties.transactional),
    Effect.catchIf(
      ({ code }) => unknowable.has(code >>> 0),
      () => Effect.undefined
    )
  )
}
