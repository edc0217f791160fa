import * as FormatName from "@effect-msmq/core/FormatName"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as PathName from "@effect-msmq/core/PathName"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { newChannel, newQueue, patternedBytes } from "./givens.ts"

/** Promises about the queues that a message names, and about the defaults of a sender. */
export const queueReferences: ReadonlyArray<ContractPromise> = [
  promise(
    "a response queue by its path name on this computer is carried as a name that any computer can answer to (B-06, B-07)",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const answers = yield* newQueue()
      const path = Result.getOrThrow(PathName.parse(answers))
      for (const responseQueue of [answers, path, answers.toUpperCase()]) {
        yield* sender.send({ responseQueue, body: patternedBytes(3) })
        const carried = (yield* receiver.receive).responseQueue ?? "nothing"
        assert.match(carried, /^DIRECT=OS:[^.\\]+\\private\$\\/i)
        assert.ok(carried.toLowerCase().endsWith(answers.slice(2).toLowerCase()), `${carried} instead of ${answers}`)
        const back = yield* MessageQueue.openSender(carried)
        yield* back.send({ label: "answer" })
      }
      const answered = yield* MessageQueue.openReceiver(answers)
      for (let count = 0; count < 3; count++) assert.equal((yield* answered.receive).label, "answer")
    })
  ),
  promise(
    "names of other computers are carried as direct names, without a call, and format names as they are (B-01, B-26)",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const name = FormatName.parse("DIRECT=OS:elsewhere\\private$\\acks")
      yield* sender.send({
        responseQueue: "elsewhere\\private$\\answers",
        adminQueue: Result.getOrThrow(name),
        acknowledge: { negativeReceive: true }
      })
      yield* sender.send({
        responseQueue: PathName.queuePath({ computer: "elsewhere", queue: "answers" }).pipe(Result.getOrThrow)
      })
      const first = yield* receiver.receive
      assert.equal(first.responseQueue, "DIRECT=OS:elsewhere\\private$\\answers")
      assert.equal(first.adminQueue, "DIRECT=OS:elsewhere\\private$\\acks")
      assert.equal((yield* receiver.receive).responseQueue, "DIRECT=OS:elsewhere\\answers")
    })
  ),
  promise(
    "a path name in the middle of a batch keeps the order of the messages, and one of a missing queue stops the batch there",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const [answers, others] = [yield* newQueue(), yield* newQueue()]
      const report = yield* sender.sendAll([
        { label: "1" },
        { label: "2", responseQueue: answers, adminQueue: others },
        { label: "3", adminQueue: answers },
        { label: "4" }
      ])
      assert.equal(report.accepted, 4)
      for (const label of ["1", "2", "3", "4"]) assert.equal((yield* receiver.receive).label, label)
      yield* MessageQueue.delete(others)
      const nowhere = `${others}-nowhere`
      const error = yield* Effect.flip(
        sender.sendAll([{ label: "5" }, { label: "6", responseQueue: nowhere }, { label: "7" }])
      )
      assert.equal(error.reason._tag, "IllegalMessage")
      assert.deepEqual(error.progress, { accepted: 1 })
      assert.match(
        error.message,
        /message 1: responseQueue is ".+-nowhere", but there is no such queue on this computer/
      )
      assert.equal((yield* receiver.receive).label, "5")
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  ),
  promise(
    "the defaults of a sender are those of each message and each send, and what a message has itself takes precedence",
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional: true })
      const answers = yield* newQueue()
      const sender = yield* MessageQueue.openSender(queue, {
        defaults: {
          label: "default",
          appSpecific: 7,
          delivery: "recoverable",
          headers: { tenant: "north" },
          responseQueue: answers,
          timeToBeReceived: "1 hour",
          transaction: "singleMessage"
        }
      })
      yield* sender.send({ body: patternedBytes(3) })
      yield* sender.sendAll([{ label: "own", headers: {}, appSpecific: undefined, timeToBeReceived: "Infinity" }])
      const receiver = yield* MessageQueue.openReceiver(queue)
      const first = yield* receiver.receive
      const { appSpecific, delivery, headers, label, responseQueue, timeToBeReceived } = first
      assert.deepEqual(
        { appSpecific, delivery, headers: { ...headers }, label },
        {
          appSpecific: 7,
          delivery: "recoverable",
          headers: { tenant: "north" },
          label: "default"
        }
      )
      assert.match(responseQueue ?? "nothing", /^DIRECT=OS:[^.]/)
      assert.notEqual(timeToBeReceived, undefined)
      assert.equal(first.firstInTransaction && first.lastInTransaction, true)
      const second = yield* receiver.receive
      assert.deepEqual(
        [second.label, second.appSpecific, { ...second.headers }, second.timeToBeReceived],
        ["own", 7, {}, undefined]
      )
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  )
]
