/** Checks that send a message to a queue of their own and receive it. */
import { MessageQueue, type MsmqError, QueueManager, SecurityContext, Transaction } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Duration, Effect, Option, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { counted } from "../amounts.ts"
import type { Finding, QueuingCheck } from "./Check.ts"
import { failed, ok, unlessDenied, warning } from "./Check.ts"

/** Beginning of the names of the doctor's own queues. */
const prefix = "effect-msmq-doctor-"

/** Uses a queue of the doctor's own, and deletes it whatever happened. Fails where it cannot be deleted, too. */
const inOwnQueue = <A>(
  options: MessageQueue.CreateOptions,
  use: (queue: string) => Effect.Effect<A, MsmqError.MsmqError, Mqrt | Scope.Scope>
): Effect.Effect<A, MsmqError.MsmqError, Mqrt> => {
  const queue = `.\\private$\\${prefix}${randomUUID()}`
  return Effect.acquireUseRelease(
    MessageQueue.create(queue, options),
    () => Effect.scoped(use(queue)),
    () => MessageQueue.delete(queue)
  )
}

const body = new TextEncoder().encode("effect-msmq doctor")

/** Time to wait for a message that was sent to the same machine. */
const longest = "5 seconds"

/** Sends and receives a message, and tells how long that took. */
const roundTrip = (
  kind: string,
  options: MessageQueue.CreateOptions,
  exchange: (queue: string) => Effect.Effect<Option.Option<Uint8Array>, MsmqError.MsmqError, Mqrt | Scope.Scope>
): Effect.Effect<Finding, MsmqError.MsmqError, Mqrt> =>
  Effect.gen(function* () {
    const [took, received] = yield* inOwnQueue(options, (queue) => Effect.timed(exchange(queue)))
    if (Option.isNone(received)) {
      return failed(
        `a ${kind} message that was sent to a queue of this machine did not arrive within ${longest}`,
        "Look for it in the dead-letter queues, and for errors of MSMQ in the event log of Windows."
      )
    }
    const milliseconds = Duration.toMillis(took)
    return Buffer.compare(received.value, body) === 0
      ? ok(`a ${kind} message was sent to a queue of this machine and received in ${milliseconds.toFixed(1)} ms`)
      : failed(`a ${kind} message arrived with another body`, "Report this: it must not happen.")
  })

const receiveBody = (queue: string) =>
  Effect.gen(function* () {
    const receiver = yield* MessageQueue.openReceiver(queue)
    return Option.map(yield* receiver.receiveWithin(longest), (message) => message.body)
  })

const mayNotCreate = ({ operation, reason }: MsmqError.MsmqError): boolean =>
  reason._tag === "AccessDenied" && operation === "MessageQueue.create"

export const roundTrips: ReadonlyArray<QueuingCheck> = [
  {
    id: "roundTrip",
    needs: ["service"],
    run: roundTrip("plain", {}, (queue) =>
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(queue)
        yield* sender.send({ body })
        return yield* receiveBody(queue)
      })
    ).pipe(
      // A user who may not send to a queue of his own, or receive from it, has another trouble.
      Effect.catchIf(mayNotCreate, ({ message }) =>
        Effect.succeed(
          warning(
            `this user may not create a private queue: ${message}`,
            "Nothing to do if the queues of your programs exist; otherwise create them as an administrator."
          )
        )
      )
    )
  },
  {
    id: "transaction",
    needs: ["roundTrip"],
    run: roundTrip("transactional", { transactional: true }, (queue) =>
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(queue)
        yield* Transaction.run(sender.send({ body }))
        return yield* Transaction.run(receiveBody(queue))
      })
    )
  },
  {
    id: "signedMessage",
    needs: ["roundTrip", "securityContext"],
    run: roundTrip("signed", { authenticate: true }, (queue) =>
      Effect.gen(function* () {
        const securityContext = yield* SecurityContext.acquire()
        const sender = yield* MessageQueue.openSender(queue)
        yield* sender.send({ body }, { securityContext })
        return yield* receiveBody(queue)
      })
    )
  },
  {
    id: "leftovers",
    needs: ["service"],
    run: Effect.map(QueueManager.privateQueues(), (names) => {
      const left = names.filter((name) => name.split("\\").at(-1)?.toLowerCase().startsWith(prefix) === true)
      return left.length === 0
        ? ok("no queue of an earlier doctor is left")
        : warning(
            `${counted(left.length, "queue")} of a doctor that was killed, or could not delete them: ${left.join(", ")}`,
            "Delete them in Computer Management, or with MessageQueue.delete."
          )
    }).pipe(unlessDenied("the private queues"))
  }
]
