import type { MqrtFailure, QueueHandle, ReceivedProperties, ReceiveOptions } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { failure } from "./Failure.ts"
import type { Machine } from "./Machine.ts"
import type { OpenQueue } from "./OpenQueue.ts"
import { receivedProperties } from "./Packet.ts"
import { waitForMessage } from "./WaitingReceive.ts"

class TakenMeanwhile extends Error {}

export const receive = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveOptions
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.suspend(() => {
    const opened = machine.opened(handle, "receive")
    if (typeof opened === "string") return Effect.fail(failure("MQReceiveMessage", opened))
    if (opened.queue.length > 0) return takeFirst(machine, handle, options, opened)
    return options.timeout === 0
      ? Effect.fail(failure("MQReceiveMessage", "MQ_ERROR_IO_TIMEOUT"))
      : waitForMessage(opened, options.timeout)
  })

/**
 * Takes the message in the very step that hands it to the caller: the fiber may yield between any two steps and be
 * interrupted there, and the message would be lost. After such a yield the queue may be empty again.
 */
const takeFirst = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveOptions,
  opened: OpenQueue
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.catchDefect(
    Effect.sync(() => {
      const packet = opened.queue.take()
      if (packet === undefined) throw new TakenMeanwhile()
      return receivedProperties(packet)
    }),
    (defect) => (defect instanceof TakenMeanwhile ? receive(machine, handle, options) : Effect.die(defect))
  )
