import type { CursorHandle, MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { pointerSlot, slotValue } from "./layout.ts"
import { call } from "./calls.ts"
import { transactionPointer } from "./transactions.ts"

type OpenQueues = Pick<
  MqrtFunctions,
  "closeQueue" | "purgeQueue" | "createCursor" | "closeCursor" | "moveMessage" | "markMessageRejected"
>

/** Returns the functions of queues that are open. A cursor of a queue on another computer is created over the network. */
export const openQueues = (bindings: Bindings): OpenQueues => ({
  closeQueue: (handle) => Effect.asVoid(call(bindings, "MQCloseQueue", handle)),

  purgeQueue: (handle) => Effect.asVoid(call(bindings, "MQPurgeQueue", handle)),

  createCursor: (queue) =>
    Effect.suspend(() => {
      const slot = pointerSlot()
      return Effect.map(call(bindings, "MQCreateCursor", queue, slot), () => slotValue(slot) as CursorHandle)
    }),

  closeCursor: (cursor) => Effect.asVoid(call(bindings, "MQCloseCursor", cursor)),

  moveMessage: (source, destination, lookupId, transaction) =>
    Effect.asVoid(call(bindings, "MQMoveMessage", source, destination, lookupId, transactionPointer(transaction))),

  markMessageRejected: (queue, lookupId) => Effect.asVoid(call(bindings, "MQMarkMessageRejected", queue, lookupId))
})
