import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CursorHandle } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { Reader, ReceiverState } from "./Reader.ts"

/** Creates a cursor before the first message of a reader's queue; the scope closes it. */
export const openCursor = (
  reader: Pick<Reader<unknown>, "noteFailure" | "retryIfLost"> & {
    readonly state: Omit<ReceiverState<unknown>, "codec">
  },
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
