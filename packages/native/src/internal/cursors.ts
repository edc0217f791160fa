import type { CursorHandle, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { pointerSlot, slotValue } from "./CallMemory.ts"
import { call } from "./calls.ts"

/** Cursors; that of a queue elsewhere is made over the network. */
export const cursors = (bindings: Bindings): Pick<MqrtFunctions, "createCursor" | "closeCursor"> => ({
  createCursor: (queue) =>
    Effect.suspend(() => {
      const slot = pointerSlot()
      return Effect.map(call(bindings, "MQCreateCursor", queue, slot), () => slotValue(slot) as CursorHandle)
    }),
  closeCursor: (cursor) => Effect.asVoid(call(bindings, "MQCloseCursor", cursor))
})
