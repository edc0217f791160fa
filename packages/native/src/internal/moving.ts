import type { MqrtFunctions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { Bindings } from "./bindings.ts"
import { call } from "./calls.ts"
import { transactionPointer } from "./transactions.ts"

/** What is done to messages where they lie. Both functions came with Windows Vista. */
export const moving = (bindings: Bindings): Pick<MqrtFunctions, "moveMessage" | "markMessageRejected"> => ({
  moveMessage: (source, destination, lookupId, transaction) =>
    Effect.asVoid(call(bindings, "MQMoveMessage", source, destination, lookupId, transactionPointer(transaction))),
  markMessageRejected: (queue, lookupId) => Effect.asVoid(call(bindings, "MQMarkMessageRejected", queue, lookupId))
})
