import type { ReceivedProperties, ReceiveParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Clock from "effect/Clock"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import { failure } from "../facts/Failure.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Packet } from "../queue/Packet.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import { handOver, makeRequest } from "./ReceiveRequest.ts"
import { waitForMessage } from "./WaitingReceive.ts"

const receiving = "MQReceiveMessage"

/** Error of a receive whose message another receive took first. */
class MessageGone extends Error {}

const timeOf = (fiber: Fiber.Fiber<unknown, unknown>): number => fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()

/** Receives or peeks at a message, and waits for one as long as the options say. */
export const receive = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters
): Effect.Effect<ReceivedProperties, MqrtFailure> => {
  const received = receiveInSteps(machine, handle, options)
  return options.timeout === 0
    ? AtOnce.make(received, (fiber) => receiveAtOnce(machine, handle, options, timeOf(fiber)))
    : received
}

/** Receives or peeks at a message without a wait. Returns `undefined` where an operation goes on, or is to be run before. */
const receiveAtOnce = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters,
  now: number
): ReceivedProperties | Exit.Exit<never, MqrtFailure> | undefined => {
  if (!machine.network.operations.isIdle) return undefined
  const made = makeRequest(machine, handle, options)
  if (Result.isFailure(made)) return Exit.fail(failure(receiving, made.failure))
  const request = made.success
  if (request.opened.queue.isDue(now)) return undefined
  const found = look(request, options, now)
  if (Result.isFailure(found)) return Exit.fail(failure(receiving, found.failure))
  return found.success === undefined ? nothingFound(request) : handOver(request, found.success, now)
}

const nothingFound = ({ cursor }: ReceiveRequest): Exit.Exit<never, MqrtFailure> => {
  cursor?.leaveMessage()
  return Exit.fail(failure(receiving, "MQ_ERROR_IO_TIMEOUT"))
}

const receiveInSteps = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  machine.network.operations.whenIdle((now, fiber) => {
    const made = makeRequest(machine, handle, options)
    if (Result.isFailure(made)) return Effect.fail(failure(receiving, made.failure))
    const request = made.success
    const { operations } = machine.network
    const { queue } = request.opened
    if (queue.isDue(now)) {
      return Effect.andThen(operations.begin(queue.sweep(now), fiber), receive(machine, handle, options))
    }
    const found = look(request, options, now)
    if (Result.isFailure(found)) return Effect.fail(failure(receiving, found.failure))
    if (found.success !== undefined) return takeFound(machine, handle, options, request, found.success, fiber)
    if (options.timeout !== 0) {
      return waitForMessage(request, options.timeout, () =>
        operations.isIdle && isOpen(machine, handle, request) && findsNothing(request, options, timeOf(fiber))
          ? undefined
          : receive(machine, handle, options)
      )
    }
    return nothingFound(request)
  })

/** Looks for the message that a receive would get; `undefined`: there is none yet. */
const look = (request: ReceiveRequest, { action }: ReceiveParameters, now: number): Fallible<Packet | undefined> => {
  if (request.cursor !== null) return request.cursor.look(action, now)
  // To peek at the next message takes a cursor (behaviour E-01).
  return action === "peekNext"
    ? Result.fail("MQ_ERROR_ILLEGAL_CURSOR_ACTION")
    : Result.succeed(request.opened.queue.first(now, request.peeks))
}

const findsNothing = (request: ReceiveRequest, options: ReceiveParameters, now: number): boolean => {
  const found = look(request, options, now)
  return Result.isSuccess(found) && found.success === undefined
}

/**
 * Takes the message in the step that hands it to the caller. The fiber may yield between any two steps and be interrupted
 * there, and the message would be lost. After such a yield another receive may have the message, and the handles may be
 * closed.
 */
const takeFound = (
  machine: Machine,
  handle: QueueHandle,
  options: ReceiveParameters,
  request: ReceiveRequest,
  found: Packet,
  fiber: Fiber.Fiber<unknown, unknown>
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.catchDefect(
    Effect.sync(() => {
      const now = timeOf(fiber)
      const { opened, peeks } = request
      const isThere = isOpen(machine, handle, request) && opened.queue.isVisible(found, now, peeks)
      if (!machine.network.operations.isIdle || !isThere) throw new MessageGone()
      return handOver(request, found, now)
    }),
    (defect) => (defect instanceof MessageGone ? receive(machine, handle, options) : Effect.die(defect))
  )

/** Tells whether all handles of a request are still open. */
const isOpen = (machine: Machine, handle: QueueHandle, { cursor, opened, transaction }: ReceiveRequest): boolean =>
  machine.open.get(handle) === opened &&
  machine.network.reaches(machine, opened.machine) &&
  !opened.stale &&
  !opened.queue.deleted &&
  (cursor === null || opened.cursors.has(cursor)) &&
  transaction?.isOpen !== false
