import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties, ReceiveParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { failure } from "../machine/Failure.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Packet } from "../queue/Packet.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import { handOver, makeRequest } from "./ReceiveRequest.ts"
import { waitForMessage } from "./WaitingReceive.ts"

const receiving = "MQReceiveMessage"

class TakenMeanwhile extends Error {}

export const receive = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.clockWith((clock) => {
    const request = makeRequest(machine, handle, options)
    if (typeof request === "string") return Effect.fail(failure(receiving, request))
    const found = look(request, options, clock.currentTimeMillisUnsafe())
    if (typeof found === "string") return Effect.fail(failure(receiving, found))
    if (found !== undefined) return takeFound(machine, handle, options, request, found, clock)
    if (options.timeout !== 0) {
      return waitForMessage(request, options.timeout, () => {
        const stillNone =
          isOpen(machine, handle, request) && look(request, options, clock.currentTimeMillisUnsafe()) === undefined
        return stillNone ? undefined : receive(machine, handle, options)
      })
    }
    request.cursor?.foundNothing()
    return Effect.fail(failure(receiving, "MQ_ERROR_IO_TIMEOUT"))
  })

/** The message that a receive would meet; `undefined`: none for now. */
const look = (
  request: ReceiveRequest,
  { action }: ReceiveParameters,
  now: number
): Packet | undefined | ErrorCodeName => {
  if (request.cursor !== null) return request.cursor.look(action, now)
  // The next one is next to a cursor (behaviour E-01).
  return action === "peekNext" ? "MQ_ERROR_ILLEGAL_CURSOR_ACTION" : request.opened.queue.first(now, request.peeks)
}

/**
 * Takes the message in the very step that hands it to the caller: the fiber may yield between any two steps and be
 * interrupted there, and the message would be lost. After such a yield the message may be another's, and the handles
 * closed.
 */
const takeFound = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters,
  request: ReceiveRequest,
  found: Packet,
  clock: Clock.Clock
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.catchDefect(
    Effect.sync(() => {
      const now = clock.currentTimeMillisUnsafe()
      const { opened, peeks } = request
      if (!isOpen(machine, handle, request) || !opened.queue.isVisible(found, now, peeks)) throw new TakenMeanwhile()
      return handOver(request, found, now)
    }),
    (defect) => (defect instanceof TakenMeanwhile ? receive(machine, handle, options) : Effect.die(defect))
  )

/** Whether all that the request names is still what it was. */
const isOpen = (machine: Machine, handle: QueueHandle, { cursor, opened, transaction }: ReceiveRequest): boolean =>
  machine.open.get(handle) === opened &&
  machine.network.reaches(machine, opened.machine) &&
  !opened.stale &&
  !opened.queue.deleted &&
  (cursor === null || opened.cursors.has(cursor)) &&
  transaction?.isOpen !== false
