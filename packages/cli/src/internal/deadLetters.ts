/** Dead-letter queues of this machine. */
import { type Message, MessageQueue, type MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Effect, Stream } from "effect"

/** Dead-letter queue, by its path name and by the name that it is opened with. */
export interface DeadLetterQueue {
  readonly name: string
  readonly queue: string
  readonly transactional: boolean
}

export const deadLetterQueues: ReadonlyArray<DeadLetterQueue> = [
  { name: ".\\system$;DEADLETTER", queue: "DIRECT=OS:.\\SYSTEM$;DEADLETTER", transactional: false },
  { name: ".\\system$;DEADXACT", queue: "DIRECT=OS:.\\SYSTEM$;DEADXACT", transactional: true }
]

/** Groups of properties that are not needed to count messages. */
const few = { body: false, extension: false, queues: false, security: false } as const

type Letter = Pick<Message.ReceivedMessage, "arrivedTime" | "bodySize" | "class">

/** Sums up the first messages of a dead-letter queue by looking at each, since Message Queuing does not count them. */
export const sumUp = <A>(
  { queue }: DeadLetterQueue,
  empty: A,
  most: number,
  add: (sum: A, letter: Letter) => A
): Effect.Effect<A, MsmqError.MsmqError, Mqrt> =>
  MessageQueue.openReceiver(queue, { access: "peek", read: few }).pipe(
    Effect.flatMap(({ browse }) => Stream.runFold(Stream.take(browse, most), () => empty, add)),
    Effect.scoped
  )
