import type { LookupAction, LookupParameters, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Fallible } from "../facts/Failure.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import { inOneStep } from "./oneStep.ts"
import { handOver, makeRequest } from "./ReceiveRequest.ts"

type Direction = (queue: Queue, lookupId: bigint, now: number, peeking: boolean) => Fallible<Packet | undefined>

/** Finds the message itself, unless a transaction holds it (behaviours E-38, E-43, X-13). */
const current: Direction = (queue, lookupId, now, peeking) => {
  const packet = queue.find(lookupId, now)
  return packet === undefined || queue.isVisible(packet, now, peeking)
    ? Result.succeed(packet)
    : Result.fail("MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION")
}

/** Finds a neighbour of a message that must be in the queue, locked or not (behaviour E-39). */
const beside =
  (step: (queue: Queue, place: Packet, now: number, peeking: boolean) => Packet | undefined): Direction =>
  (queue, lookupId, now, peeking) => {
    const place = queue.find(lookupId, now)
    return Result.succeed(place === undefined ? undefined : step(queue, place, now, peeking))
  }

/** Finds the message at an end of the queue, which takes no lookup id (behaviour E-40). */
const atEnd =
  (end: (queue: Queue, now: number, peeking: boolean) => Packet | undefined): Direction =>
  (queue, lookupId, now, peeking) =>
    lookupId === 0n ? Result.succeed(end(queue, now, peeking)) : Result.fail("MQ_ERROR_INVALID_PARAMETER")

const next = beside((queue, place, now, peeking) => queue.after(place, now, peeking))
const previous = beside((queue, place, now, peeking) => queue.before(place, now, peeking))
const first = atEnd((queue, now, peeking) => queue.first(now, peeking))
const last = atEnd((queue, now, peeking) => queue.last(now, peeking))

const directions: Record<LookupAction, Direction> = {
  peekCurrent: current,
  peekNext: next,
  peekPrevious: previous,
  peekFirst: first,
  peekLast: last,
  receiveCurrent: current,
  receiveNext: next,
  receivePrevious: previous,
  receiveFirst: first,
  receiveLast: last,
  receiveAllowPeek: current
}

/** Receives or peeks at a message by its lookup id. */
export const receiveByLookupId = (
  machine: Machine,
  handle: QueueHandle,
  lookupId: bigint,
  action: LookupAction,
  options: LookupParameters
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  inOneStep(machine.network.operations, "MQReceiveMessageByLookupId", (now) =>
    receiveNow(machine, handle, lookupId, action, options, now)
  )

const receiveNow = (
  machine: Machine,
  handle: QueueHandle,
  lookupId: bigint,
  action: LookupAction,
  { read, transaction }: LookupParameters,
  now: number
): Fallible<ReceivedProperties> =>
  Result.flatMap(
    makeRequest(machine, handle, { action, cursor: null, transaction, read }),
    (request): Fallible<ReceivedProperties> => {
      const { opened, peeks } = request
      // An older machine cannot look up messages for others (behaviour E-78).
      if (opened.machine !== machine && !opened.machine.version.lookup) {
        return Result.fail("MQ_ERROR_OPERATION_NOT_SUPPORTED_BY_REMOTE_COMPUTER")
      }
      return Result.flatMap(directions[action](opened.queue, lookupId, now, peeks), (found) =>
        found === undefined ? Result.fail("MQ_ERROR_MESSAGE_NOT_FOUND") : Result.succeed(handOver(request, found, now))
      )
    }
  )
