import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { errors } from "../../ErrorCode.ts"
import * as FormatName from "../../FormatName.ts"
import type { Mqrt, QueueHandle } from "../../Mqrt.ts"
import { MqrtFailure } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Reader, ReceiverState } from "../receiving/Reader.ts"
import type { CurrentName } from "./opening.ts"
import type { Operation } from "../telemetry/Operation.ts"

/**
 * Opens a subqueue of a queue that is open, or with `null` that queue itself, to move messages there, or with another access.
 */
export const openSubqueue = Effect.fnUntraced(function* (
  operation: Operation,
  { handle, mqrt, queue }: Pick<ReceiverState<unknown>, "handle" | "mqrt" | "queue">,
  { formatName }: CurrentName,
  subqueue: string | null,
  access: "move" | "receive" = "move"
): Effect.fn.Return<OwnedHandle.OwnedHandle<QueueHandle>, MsmqError, Scope.Scope> {
  // The backend may be called for the name, and is gone where the connection is closed.
  if (handle.state !== "open") return yield* handle.node.refusal(operation)
  const { native } = handle
  const whole = yield* Effect.tapError(wholeQueue(operation, mqrt, queue, formatName), (error) =>
    Effect.sync(() => OwnedHandle.noteFailure(handle, native, error))
  )
  const name =
    subqueue === null
      ? whole
      : FormatName.format(yield* operation.fromResult(FormatName.parse(`${whole};${subqueue}`), { queue }))
  return yield* OwnedHandle.scoped(handle, operation, {
    kind: "subqueue",
    name,
    queue: name,
    acquire: mqrt.openQueue(name, access, "denyNone").pipe(Effect.mapError(operation.lift({ queue: name }))),
    release: mqrt.closeQueue
  })
})

/**
 * Returns the direct name of the whole queue, since only a direct name can name a subqueue. Fails with `QueueDeleted` where the queue
 * that is open is not there any more, as the calls with its handle do.
 */
const wholeQueue = (
  operation: Operation,
  mqrt: Mqrt["Service"],
  queue: string,
  formatName: string
): Effect.Effect<string, MsmqError> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name?._tag === "Direct") return Effect.succeed(FormatName.format({ ...name, journal: false, subqueue: null }))
  // The queue manager may also name a subqueue by GUID, which the published grammar does not allow.
  const [known = formatName] = formatName.split(";")
  return mqrt.getQueueProperties(known).pipe(
    Effect.mapBoth({
      onFailure: (failure) =>
        operation.lift({ queue })(
          failure.code >>> 0 === errors.MQ_ERROR_QUEUE_NOT_FOUND
            ? new MqrtFailure({ ...failure, code: errors.MQ_ERROR_QUEUE_DELETED })
            : failure
        ),
      onSuccess: ({ pathName }) => `DIRECT=OS:${pathName}`
    })
  )
}

/** Moves a message to a subqueue, or with `null` to the queue itself, in the transaction that the effect runs in. */
export const moveTo = <Body, Received>(
  operation: Operation,
  reader: Reader<Body, Received>,
  name: CurrentName,
  lookupId: bigint,
  subqueue: string | null
): Effect.Effect<void, MsmqError> =>
  // The handle of the destination closes with that of the queue, so a retry opens both.
  reader.retryIfLost(
    Effect.scoped(
      Effect.flatMap(openSubqueue(operation, reader.state, name, subqueue), (destination) =>
        reader.act(operation, (queue, transaction) =>
          OwnedHandle.lease(destination, operation, (native) =>
            reader.state.mqrt.moveMessage(queue, native, lookupId, transaction)
          )
        )
      )
    )
  )
