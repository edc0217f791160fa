/** What can be seen of a handler at work: the span that it runs in, and what its log lines bear. */
import * as Effect from "effect/Effect"
import type { ReceivedMessage } from "../../Message.ts"
import { inProcessSpan } from "../telemetry/processSpan.ts"

/** Runs one try at a message. */
export const processing = <A, E, R>(
  handling: Effect.Effect<A, E, R>,
  queue: string,
  message: ReceivedMessage,
  attempt: number
): Effect.Effect<A, E, R> =>
  Effect.annotateCurrentSpan("msmq.message.attempt", attempt).pipe(
    Effect.andThen(handling),
    Effect.annotateLogs({ "messaging.destination.name": queue, "messaging.message.id": message.messageId }),
    (handled) => inProcessSpan(handled, message, { queue })
  )
