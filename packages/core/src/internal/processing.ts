/** What can be seen of a handler at work: the span that it runs in, and what its log lines bear. */
import * as Effect from "effect/Effect"
import type { ReceivedMessage } from "../Message.ts"

/** Runs one try at a message, in a span of its own by OpenTelemetry's conventions for messaging. */
export const processing = <A, E, R>(
  handling: Effect.Effect<A, E, R>,
  queue: string,
  message: ReceivedMessage,
  attempt: number
): Effect.Effect<A, E, R> =>
  handling.pipe(
    Effect.annotateLogs({ "messaging.destination.name": queue, "messaging.message.id": message.messageId }),
    Effect.withSpan(
      `process ${queue}`,
      {
        kind: "consumer",
        attributes: {
          "messaging.system": "msmq",
          "messaging.operation.name": "process",
          "messaging.operation.type": "process",
          "messaging.destination.name": queue,
          "messaging.message.id": message.messageId,
          "msmq.message.attempt": attempt
        }
      },
      { captureStackTrace: false }
    )
  )
