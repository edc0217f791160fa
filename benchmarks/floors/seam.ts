/** Calls of the seam, as the SDK makes them, with nothing around them. */
import type { Mqrt } from "@effect-msmq/core"
import type { OutgoingProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { Effect } from "effect"

type Service = Mqrt.Mqrt["Service"]

/** Does an effect so many times, one after the other. */
export const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    let left = count
    return Effect.whileLoop({ while: () => left-- > 0, body: () => effect, step: () => {} })
  })

/** Opens a queue that the scope closes. */
export const openQueue = (mqrt: Service, formatName: string, access: "send" | "receive") =>
  Effect.acquireRelease(mqrt.openQueue(formatName, access, "denyNone"), (queue) =>
    Effect.ignore(mqrt.closeQueue(queue))
  )

/** Sends messages in one call, and fails if one is refused. */
export const sendMessages = (
  mqrt: Service,
  queue: Mqrt.QueueHandle,
  messages: ReadonlyArray<OutgoingProperties>,
  options: SendParameters
) =>
  Effect.flatMap(mqrt.sendMessages(queue, messages, options), ({ failure }) =>
    failure === null ? Effect.void : Effect.fail(failure)
  )

/** Runs calls in a transaction that is committed. */
export const transaction = (
  mqrt: Service,
  calls: (transaction: Mqrt.TransactionHandle) => Effect.Effect<unknown, Mqrt.MqrtFailure>
): Effect.Effect<void, Mqrt.MqrtFailure> =>
  Effect.flatMap(mqrt.beginTransaction, (transaction) =>
    Effect.andThen(
      calls(transaction),
      Effect.andThen(mqrt.commitTransaction(transaction), mqrt.releaseTransaction(transaction))
    )
  )
