/** Check of a queue that a program gives for the responses to its requests. */
import * as Effect from "effect/Effect"
import type { Mqrt } from "../../Mqrt.ts"
import { Mqrt as MqrtService } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { destinationOf, destinationsOf, isSameQueue } from "../arrival/Destination.ts"
import { allowing } from "../names/knownNames.ts"
import type { QueueName } from "../names/queueName.ts"
import { formatNameOf, nameOf, readQueueName } from "../names/queueName.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf } from "../options/illegalOption.ts"
import { Violation } from "../options/Violation.ts"

const allowsResponses = allowing("send", "receive")

/**
 * Fails for a name of which no queue for responses can be, and for the queue of the requests, which the requester would empty.
 * `requests`: format name of that one.
 */
export const checkResponseQueue = Effect.fnUntraced(function* (
  mqrt: Mqrt["Service"],
  call: Call,
  responseQueue: QueueName,
  requests: string
): Effect.fn.Return<void, MsmqError> {
  const refuse = (rule: string) => errorOf(call, new Violation("responseQueue", rule, nameOf(responseQueue)))
  const name = yield* readQueueName(call.operation, responseQueue)
  if (!allowsResponses(name)) return yield* refuse(mustBeWhole)
  const formatName = yield* Effect.provideService(formatNameOf(call.operation, responseQueue), MqrtService, mqrt)
  const given = yield* destinationOf(mqrt, call, formatName)
  const asked = yield* destinationsOf(mqrt, call, requests)
  if (asked.some((one) => isSameQueue(given, one))) return yield* refuse(mustBeAnother)
})

const mustBeWhole =
  "it must be a queue of this computer that messages are sent to and received from, which no subqueue, journal or dead-letter queue is"

const mustBeAnother =
  "it must be another queue than that of the requests: the requester would receive its own requests, and those of others"
