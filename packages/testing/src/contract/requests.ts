import { numbers } from "@effect-msmq/core/MessageClass"
import * as MessageBody from "@effect-msmq/core/MessageBody"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as Requester from "@effect-msmq/core/Requester"
import * as Senders from "@effect-msmq/core/Senders"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { fork, newChannel, newQueue, patternedBytes } from "./givens.ts"

/** Names of the queues that the SDK itself has open here. */
const ownQueues = Effect.map(QueueManager.privateQueues(), (names) =>
  names.filter((name) => /effect-msmq-(?:responses|acknowledgments)-/.test(name)).toSorted()
)

/** Provides a cache of senders until the scope closes. */
const withSenders = <A, E, R>(effect: Effect.Effect<A, E, R | Senders.Senders>) =>
  Effect.flatMap(Senders.make(), (senders) => Effect.provideService(effect, Senders.Senders, senders))

/** Promises about sends that wait for acknowledgments, sends without a sender of their own, and requests. */
export const requests: ReadonlyArray<ContractPromise> = [
  promise(
    "a send can wait until its message has arrived or was received, and fails where it was not (D-44, D-46, D-47)",
    Effect.gen(function* () {
      const before = yield* ownQueues
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { queue, receiver, sender } = yield* newChannel()
          const arrived = yield* sender.sendAwaiting({ body: patternedBytes(100) }, { within: "30 seconds" })
          assert.equal(arrived.class, numbers.MQMSG_CLASS_ACK_REACH_QUEUE)
          assert.equal((yield* receiver.receive).messageId, arrived.messageId)
          const until = { until: "received", within: "30 seconds" } as const
          const received = yield* fork(sender.sendAwaiting({}, until))
          yield* receiver.receive
          assert.equal((yield* Fiber.join(received)).class, numbers.MQMSG_CLASS_ACK_RECEIVE)
          const purged = yield* fork(Effect.flip(sender.sendAwaiting({}, until)))
          yield* receiver.peek
          yield* MessageQueue.purge(queue)
          const error = yield* Fiber.join(purged)
          assert.equal(error.reason._tag, "Undelivered", error.message)
          if (error.reason._tag === "Undelivered") assert.equal(error.reason.class, numbers.MQMSG_CLASS_NACK_Q_PURGED)
        })
      )
      assert.deepEqual(yield* ownQueues, before)
    })
  ),
  promise(
    "one-off sends and a reply go over one cache, in the transaction that runs",
    withSenders(
      Effect.gen(function* () {
        const { queue, receiver } = yield* newChannel({ transactional: true })
        const answers = yield* newQueue()
        yield* Transaction.run(
          Effect.andThen(MessageQueue.send(queue, { label: "kept" }), MessageQueue.send(queue, { label: "too" }))
        )
        yield* Effect.ignore(
          Transaction.run(Effect.andThen(MessageQueue.send(queue, { label: "lost" }), Effect.fail("rolled back")))
        )
        const ask = { label: "alone", responseQueue: answers }
        const id = yield* MessageQueue.send(queue, ask, { transaction: "singleMessage" })
        for (const label of ["kept", "too"]) assert.equal((yield* receiver.receive).label, label)
        const question = yield* receiver.receive
        assert.equal(question.messageId, id)
        yield* MessageQueue.reply(question, { body: "answer" }, { body: MessageBody.text })
        const response = yield* MessageQueue.openReceiver(answers, { body: MessageBody.text })
        assert.equal((yield* response.byCorrelationId(id).receive).body, "answer")
      })
    )
  ),
  ...[false, true].map((transactional) =>
    promise(
      `each request to a ${transactional ? "transactional" : "plain"} queue gets its own response, and the requester leaves no queue`,
      withSenders(
        Effect.gen(function* () {
          const before = yield* ownQueues
          const { queue, receiver } = yield* newChannel({ transactional })
          const unexpected: Array<string> = []
          yield* Effect.scoped(
            Effect.gen(function* () {
              const requester = yield* Requester.open(queue, {
                within: "30 seconds",
                negativeAcknowledgments: true,
                onUnexpected: ({ message }) => Effect.sync(() => unexpected.push(message.label))
              })
              const labels = Array.from({ length: 20 }, (_, index) => `${index}`)
              const asked = yield* Effect.forEach(labels, (label) => fork(requester.request({ label })))
              const questions: Array<Effect.Success<typeof receiver.receive>> = []
              for (const _ of labels) questions.push(yield* receiver.receive)
              yield* Fiber.interrupt(asked[0]!)
              for (const question of questions.toReversed()) {
                yield* MessageQueue.reply(question, { label: `answer ${question.label}` })
              }
              for (const [index, fiber] of asked.entries()) {
                if (index > 0) assert.equal((yield* Fiber.join(fiber)).label, `answer ${index}`)
              }
              yield* MessageQueue.reply(questions[1]!, { label: "again" })
              const last = yield* fork(requester.request({ label: "last" }))
              const question = yield* receiver.receive
              yield* MessageQueue.reply(question, { label: "answer" })
              assert.equal((yield* Fiber.join(last)).label, "answer")
              assert.deepEqual(unexpected.toSorted(), ["again", "answer 0"])
            })
          )
          assert.deepEqual(yield* ownQueues, before)
        })
      )
    )
  ),
  promise(
    "a request without a response ends in its time, and is not received after it (D-37)",
    Effect.gen(function* () {
      const { queue, receiver } = yield* newChannel()
      const requester = yield* Requester.open(queue)
      const error = yield* Effect.flip(requester.request({}, { within: "200 millis" }))
      assert.equal(error.reason._tag, "NoResponse")
      yield* Effect.sleep("1800 millis")
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  )
]
