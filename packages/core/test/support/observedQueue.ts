/** A queue whose telemetry is observed. */
import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { Effect } from "effect"
import { certificates } from "./certificates.ts"

export const orders = ".\\private$\\orders"

export const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layerWith({ certificates })))

/** One queue, open both ways, before anybody looks. */
export const queue = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  return {
    sender: yield* MessageQueue.openSender(orders),
    receiver: yield* MessageQueue.openReceiver(orders)
  }
})
