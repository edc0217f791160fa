import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CursorHandle, Mqrt, QueueHandle } from "../../Mqrt.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Reader of a queue, as far as it is needed to open a cursor of it. */
export interface CursorOwner {
  /** Backend, handle and name of the queue. */
  readonly state: {
    readonly mqrt: Mqrt["Service"]
    readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
    readonly queue: string
  }
  /** Returns the error for a failed call, and notes where the handle has become useless. */
  noteFailure(operation: Operation, queue: QueueHandle, failure: MqrtFailure): MsmqError
  /** Makes a call again, once, if the queue's handle was lost. */
  retryIfLost<A, R>(call: Effect.Effect<A, MsmqError, R>): Effect.Effect<A, MsmqError, R>
}

/** Creates a cursor before the first message of a reader's queue; the scope closes it. */
export const openCursor = (
  reader: CursorOwner,
  operation: Operation
): Effect.Effect<OwnedHandle.OwnedHandle<CursorHandle>, MsmqError, Scope.Scope> => {
  const { handle, mqrt, queue } = reader.state
  return reader.retryIfLost(
    OwnedHandle.scoped(handle, operation, {
      kind: "cursor",
      name: `of ${queue}`,
      queue,
      acquire: Effect.suspend(() => {
        const { native } = handle
        return Effect.mapError(mqrt.createCursor(native), (failure) => reader.noteFailure(operation, native, failure))
      }),
      release: mqrt.closeCursor
    })
  )
}
