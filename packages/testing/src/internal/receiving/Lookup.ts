import type { ErrorCodeName } from "@effect-msmq/core/ErrorCode"
import type { LookupAction, LookupParameters, ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import type { MqrtFailure, QueueHandle } from "@effect-msmq/core/Mqrt"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { failure } from "../machine/Failure.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Packet } from "../queue/Packet.ts"
import type { Queue } from "../queue/Queue.ts"
import { handOver, makeRequest } from "./ReceiveRequest.ts"

const notFound: ErrorCodeName = "MQ_ERROR_MESSAGE_NOT_FOUND"
const notSupported: ErrorCodeName = "MQ_ERROR_OPERATION_NOT_SUPPORTED_BY_REMOTE_COMPUTER"

type Direction = (queue: Queue, lookupId: bigint, now: number, peeking: boolean) => Packet | undefined | ErrorCodeName

/** The message itself, unless a transaction has it (behaviours E-38, E-43, X-13). */
const current: Direction = (queue, lookupId, now, peeking) => {
  const packet = queue.find(lookupId, now)
  return packet === undefined || queue.isVisible(packet, now, peeking)
    ? packet
    : "MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION"
}

/** From a message that must be there, locked or not (behaviour E-39). */
const beside =
  (step: (queue: Queue, place: Packet, now: number, peeking: boolean) => Packet | undefined): Direction =>
  (queue, lookupId, now, peeking) => {
    const place = queue.find(lookupId, now)
    return place === undefined ? undefined : step(queue, place, now, peeking)
  }

const atEnd =
  (end: (queue: Queue, now: number, peeking: boolean) => Packet | undefined): Direction =>
  (queue, lookupId, now, peeking) =>
    // An end needs no message to find it by (behaviour E-40).
    lookupId === 0n ? end(queue, now, peeking) : "MQ_ERROR_INVALID_PARAMETER"

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

/** Receives or peeks by lookup id, in one step: whoever is interrupted has it or has not. */
export const receiveByLookupId = (
  machine: Machine,
  handle: QueueHandle,
  lookupId: bigint,
  action: LookupAction,
  options: LookupParameters
): Effect.Effect<ReceivedProperties, MqrtFailure> =>
  Effect.clockWith((clock) =>
    Effect.catchDefect(
      Effect.sync(() => receiveNow(machine, handle, lookupId, action, options, clock)),
      (defect) =>
        defect instanceof Refused ? Effect.fail(failure("MQReceiveMessageByLookupId", defect.code)) : Effect.die(defect)
    )
  )

class Refused extends Error {
  readonly code: ErrorCodeName

  constructor(code: ErrorCodeName) {
    super(code)
    this.code = code
  }
}

const receiveNow = (
  machine: Machine,
  handle: QueueHandle,
  lookupId: bigint,
  action: LookupAction,
  { rare, transaction }: LookupParameters,
  clock: Clock.Clock
): ReceivedProperties => {
  const request = makeRequest(machine, handle, { action, cursor: null, transaction, rare })
  if (typeof request === "string") throw new Refused(request)
  const { opened } = request
  // An older machine does not know how (behaviour E-78).
  if (opened.machine !== machine && !opened.machine.version.lookup) throw new Refused(notSupported)
  const now = clock.currentTimeMillisUnsafe()
  const found = directions[action](opened.queue, lookupId, now, request.peeks) ?? notFound
  if (typeof found === "string") throw new Refused(found)
  return handOver(request, found, now)
}
