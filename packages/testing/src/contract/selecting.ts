import * as MessageId from "@effect-msmq/core/MessageId"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { fork, newChannel, newQueue, patternedBytes, sameBytes } from "./givens.ts"

/** Creates a queue with three messages, and returns their ids. */
const three = Effect.gen(function* () {
  const channel = yield* newChannel()
  const labels = ["one", "two", "three"]
  const report = yield* channel.sender.sendAll(
    labels.map((label) => ({ label, body: patternedBytes(5000) })),
    { messageIds: true }
  )
  const [one = "", two = "", last = ""] = report.messageIds ?? []
  return { ...channel, one, two, last }
})

const labelOf = (found: Option.Option<{ readonly label: string }>): string | undefined =>
  Option.getOrUndefined(Option.map(found, ({ label }) => label))

export const selecting: ReadonlyArray<ContractPromise> = [
  promise(
    "a message is received by its id, whole, and the others stay",
    Effect.gen(function* () {
      const { receiver, two } = yield* three
      assert.equal((yield* receiver.byId(two).peek).label, "two")
      const message = yield* receiver.byId(two).receive
      assert.deepEqual([message.label, message.messageId], ["two", two])
      sameBytes(message.body, patternedBytes(5000), "the body")
      assert.equal(labelOf(yield* receiver.byId(two).poll), undefined)
      assert.deepEqual([(yield* receiver.receive).label, (yield* receiver.receive).label], ["one", "three"])
    })
  ),
  promise(
    "a correlation id that is sent as text is the message id in bytes",
    Effect.gen(function* () {
      const { one, receiver, sender } = yield* three
      yield* sender.send({ label: "response", correlationId: one })
      const { correlationId } = yield* receiver.byCorrelationId(one).receive
      sameBytes(correlationId ?? new Uint8Array(0), Result.getOrThrow(MessageId.toBytes(one)), "the correlation id")
      assert.ok(MessageId.equals(correlationId, one))
    })
  ),
  promise(
    "a message that is waited for by its correlation id is received when it arrives, at any place, and no other is",
    Effect.gen(function* () {
      const { last, one, receiver, sender } = yield* three
      const waiting = yield* fork(receiver.byCorrelationId(one).receive)
      yield* sender.send({ label: "another", correlationId: last })
      yield* sender.send({ label: "response", correlationId: one, priority: 7 })
      assert.equal((yield* Fiber.join(waiting)).label, "response")
      assert.equal(labelOf(yield* receiver.byCorrelationId(last).poll), "another")
      assert.equal((yield* receiver.receive).label, "one")
    })
  ),
  promise(
    "a receive by an id that does not arrive ends after its time",
    Effect.gen(function* () {
      const { receiver, two } = yield* three
      assert.equal(labelOf(yield* receiver.byCorrelationId(two).receiveWithin("50 millis")), undefined)
      assert.equal(labelOf(yield* receiver.byId(two).receiveWithin("50 millis")), "two")
    })
  ),
  promise(
    "a message that is received by its id in a transaction is back after an abort, and gone after a commit",
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional: true })
      const sender = yield* MessageQueue.openSender(queue)
      const receiver = yield* MessageQueue.openReceiver(queue)
      yield* Transaction.singleMessage(sender.send({ label: "one" }))
      const id = yield* Transaction.singleMessage(sender.send({ label: "two" }))
      yield* Effect.exit(Transaction.run(Effect.andThen(receiver.byId(id).receive, Effect.fail("no"))))
      assert.equal(labelOf(yield* receiver.byId(id).pollPeek), "two")
      yield* Transaction.run(receiver.byId(id).receive)
      assert.equal(labelOf(yield* receiver.byId(id).pollPeek), undefined)
      assert.equal((yield* receiver.receive).label, "one")
    })
  )
]
