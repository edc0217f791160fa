import { MessageQueue, MsmqError, SecurityContext } from "@effect-msmq/core"
import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import {
  code,
  codeOf,
  direct,
  drained,
  ends,
  labelled,
  message,
  messages,
  path,
  plain,
  receiving,
  settled,
  waiting
} from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl
const crashProcess = control.use((msmq) => msmq.crashProcess)
const invalid = errors.MQ_ERROR_INVALID_HANDLE
const single = { transaction: "singleMessage" } as const

const labelsLeft = Effect.map(drained(direct), (received) => received.map(({ label }) => label))

describe("the end of the program's process", () => {
  it.effect("frees the security contexts that were never freed (A-28)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* ends()
      const securityContext = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
      yield* crashProcess
      const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
      const outcome = yield* mqrt.sendMessages(sender, [message()], { ...plain, securityContext })
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_BAD_SECURITY_CONTEXT)
      const { contextsAcquired, contextsFreed } = yield* control.use((msmq) => msmq.counters)
      assert.deepStrictEqual([contextsAcquired, contextsFreed], [1, 0])
      const again = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
      assert.notStrictEqual(again, securityContext)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("aborts its transactions: received messages are back, and sent messages were never sent (F-37)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* ends({ transactional: true })
      yield* send(labelled("received"), single)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      yield* send(labelled("sent"), { transaction })
      yield* crashProcess
      const received = yield* drained(direct)
      assert.deepStrictEqual(
        received.map(({ abortCount, label }) => ({ abortCount, label })),
        [{ abortCount: 1, label: "received" }]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("makes its transactions unknown to the next process (F-40)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* ends({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* crashProcess
      const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
      const receiver = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const sequence = errors.MQ_ERROR_TRANSACTION_SEQUENCE
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], { ...plain, transaction })), sequence)
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving({ transaction }))), sequence)
      assert.strictEqual(yield* code(mqrt.commitTransaction(transaction)), sequence)
      yield* mqrt.releaseTransaction(transaction)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ends its waits, which take no message: the next process gets all messages (G-25)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send, wait } = yield* ends()
      const fibers = [
        yield* waiting(code(wait)),
        yield* waiting(code(receive({ timeout: 1000 }))),
        yield* waiting(code(receive({ action: "peekCurrent", timeout: null })))
      ]
      yield* crashProcess
      const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
      yield* mqrt.sendMessages(sender, labelled("a", "b"), plain)
      assert.deepStrictEqual(yield* labelsLeft, ["a", "b"])
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [invalid, invalid, invalid])
      yield* send(labelled("never"))
      yield* elapse("1 minute")
      assert.deepStrictEqual(yield* labelsLeft, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("leaves a message in the queue that has arrived for a wait but was not handed out (G-25)", () =>
    Effect.gen(function* () {
      const { receive, send, wait } = yield* ends()
      const fibers = [
        yield* waiting(code(receive({ action: "peekCurrent", timeout: null }))),
        yield* waiting(code(wait)),
        yield* waiting(code(wait)),
        yield* waiting(code(wait))
      ]
      // There is no yield in between, after which waiting fibers would go on.
      yield* Effect.provideService(
        Effect.andThen(send(labelled("a", "b")), crashProcess),
        References.PreventSchedulerYield,
        true
      )
      assert.deepStrictEqual(yield* labelsLeft, ["a", "b"])
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [invalid, invalid, invalid, invalid])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("aborts its transactions without handing their messages to its waits (G-25)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send, wait } = yield* ends({ transactional: true })
      yield* send(labelled("a"), single)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      const fibers = [yield* waiting(code(wait)), yield* waiting(code(receive({ transaction, timeout: null })))]
      yield* crashProcess
      assert.deepStrictEqual(yield* labelsLeft, ["a"])
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [invalid, invalid])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("makes all its handles invalid, and their numbers are not used again (C-35)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      const cursor = yield* mqrt.createCursor(receiver)
      yield* crashProcess
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], plain)), invalid)
      const calls: Record<string, Effect.Effect<unknown, Mqrt.MqrtFailure>> = {
        receiveMessage: mqrt.receiveMessage(receiver, receiving({ timeout: null })),
        receiveMessageByLookupId: mqrt.receiveMessageByLookupId(receiver, 0n, "receiveFirst", {
          transaction: "none",
          read: usualRead
        }),
        purgeQueue: mqrt.purgeQueue(receiver),
        createCursor: mqrt.createCursor(receiver),
        closeCursor: mqrt.closeCursor(cursor),
        closeReceiver: mqrt.closeQueue(receiver),
        closeSender: mqrt.closeQueue(sender)
      }
      for (const [name, call] of Object.entries(calls)) assert.strictEqual(yield* code(call), invalid, name)
      const next = yield* mqrt.openQueue(direct, "receive", "denyNone")
      assert.notInclude([receiver, sender], next)
      assert.strictEqual(yield* code(mqrt.receiveMessage(next, receiving({ cursor }))), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ends its exclusive access to a queue, and removes an empty subqueue", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      yield* mqrt.closeQueue(receiver)
      yield* mqrt.closeQueue(sender)
      yield* mqrt.openQueue(direct, "receive", "denyReceive")
      yield* mqrt.openQueue(`${direct};retry`, "move", "denyNone")
      yield* crashProcess
      yield* mqrt.openQueue(direct, "receive", "denyReceive")
      assert.deepStrictEqual((yield* mqrt.getQueueInfo(null, direct)).subqueues, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("leaves the messages, express ones too, and their time limits go on", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* send([message(), message({ timeToBeReceived: 10 })])
      yield* crashProcess
      assert.strictEqual(yield* messages, 2)
      yield* elapse("10 seconds")
      assert.strictEqual(yield* messages, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ends its handles while the service is stopped, too", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      const msmq = yield* control
      yield* msmq.stopService
      yield* crashProcess
      yield* msmq.startService
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving())), invalid)
      assert.strictEqual(yield* code(mqrt.closeQueue(sender)), invalid)
      yield* mqrt.openQueue(direct, "receive", "denyReceive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("makes the resources of the SDK invalid, and closing them has no effect", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(path)
      yield* Effect.gen(function* () {
        const [sender, receiver] = [yield* MessageQueue.openSender(path), yield* MessageQueue.openReceiver(path)]
        const securityContext = yield* SecurityContext.acquire()
        const receives = yield* waiting(Effect.flip(receiver.receive))
        yield* crashProcess
        yield* settled
        const failures: ReadonlyArray<MsmqError.MsmqError> = [
          yield* Fiber.join(receives),
          yield* Effect.flip(receiver.poll),
          yield* Effect.flip(sender.send({}))
        ]
        assert.deepStrictEqual(
          failures.map(({ reason }) => reason._tag),
          ["InvalidHandle", "InvalidHandle", "InvalidHandle"]
        )
        const reopened = yield* MessageQueue.openSender(path)
        const error = yield* Effect.flip(reopened.send({}, { securityContext }))
        assert.strictEqual(error.reason._tag, "BadSecurityContext")
        yield* reopened.send({ label: "goes on" })
      }).pipe(Effect.scoped)
      const receiver = yield* MessageQueue.openReceiver(path)
      assert.strictEqual((yield* receiver.receive).label, "goes on")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
