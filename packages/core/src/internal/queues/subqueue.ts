import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as FormatName from "../../FormatName.ts"
import type { Mqrt, QueueHandle } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Reader } from "../messages/Reader.ts"
import type { Operation } from "../telemetry/Operation.ts"

interface Opened {
  readonly mqrt: Mqrt["Service"]
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  readonly queue: string
}

/** Opens a subqueue of the queue that is open, or with `null` that queue itself, for messages to be moved there. */
export const openSubqueue = Effect.fnUntraced(function* (
  operation: Operation,
  { handle, mqrt, queue }: Opened,
  formatName: string,
  subqueue: string | null
): Effect.fn.Return<OwnedHandle.OwnedHandle<QueueHandle>, MsmqError, Scope.Scope> {
  // To learn its name the backend may be called, which a connection that is closed has no more.
  if (handle.state !== "open") return yield* handle.node.refusal(operation)
  const whole = yield* wholeQueue(operation, mqrt, queue, formatName)
  const name = subqueue === null ? whole : yield* named(operation, queue, `${whole};${subqueue}`)
  return yield* OwnedHandle.scoped(handle, operation, {
    kind: "subqueue",
    name,
    queue: name,
    acquire: mqrt.openQueue(name, "move", "denyNone").pipe(Effect.mapError(operation.lift({ queue: name }))),
    release: mqrt.closeQueue
  })
})

/** Only a direct name can name a subqueue: that of the queue's path, where it was opened by another name. */
const wholeQueue = (
  operation: Operation,
  mqrt: Mqrt["Service"],
  queue: string,
  formatName: string
): Effect.Effect<string, MsmqError> => {
  const name = Result.getOrUndefined(FormatName.parse(formatName))
  if (name?._tag === "Direct") return Effect.succeed(FormatName.format({ ...name, journal: false, subqueue: null }))
  // The queue manager may name a subqueue by GUID too, which the published grammar does not have.
  const [known = formatName] = formatName.split(";")
  return mqrt.getQueueProperties(known).pipe(
    Effect.mapBoth({
      onFailure: operation.lift({ queue }),
      onSuccess: ({ pathName }) => `DIRECT=OS:${pathName}`
    })
  )
}

const named = (operation: Operation, queue: string, name: string): Effect.Effect<string, MsmqError> =>
  Effect.mapBoth(Effect.fromResult(FormatName.parse(name)), {
    onFailure: ({ reason }) => operation.error(reason, { queue }),
    onSuccess: FormatName.format
  })

/** Moves a message to a subqueue, or with `null` to the queue itself, in the transaction that the effect runs in. */
export const moveTo = <Body>(
  operation: Operation,
  reader: Reader<Body>,
  formatName: string,
  lookupId: bigint,
  subqueue: string | null
): Effect.Effect<void, MsmqError> =>
  // With the queue's handle the destination's is closed too, so both are opened anew.
  reader.retryIfLost(
    Effect.scoped(
      Effect.flatMap(openSubqueue(operation, reader.state, formatName, subqueue), (destination) =>
        reader.act(operation, (queue, transaction) =>
          OwnedHandle.lease(destination, operation, (native) =>
            reader.state.mqrt.moveMessage(queue, native, lookupId, transaction)
          )
        )
      )
    )
  )
