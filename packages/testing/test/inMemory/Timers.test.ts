import type { OutgoingProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { errors } from "@effect-msmq/core/ErrorCode"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { code, create, direct, drained, ends, message, messages, plain, receiving, settled, waiting } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const admin = ".\\private$\\admin"
const adminQueue = `DIRECT=OS:${admin}`
const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADLETTER"
const transactionalDeadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"
const remote = "DIRECT=OS:other\\private$\\orders"
const single = { transaction: "singleMessage" } as const

const negative = { positiveArrival: false, positiveReceive: false, negativeArrival: true, negativeReceive: true }

/** Makes a message whose sender asks for negative acknowledgments and a dead letter. */
const timed = (fields: Partial<OutgoingProperties>) =>
  message({ acknowledge: negative, adminQueue, journaling: { deadLetter: true, journal: false }, ...fields })

const withAdmin = Effect.fn(function* (fields: Parameters<typeof ends>[0] = {}) {
  const orders = yield* ends(fields)
  yield* create({ pathName: admin })
  return orders
})

const told = (formatName: string) =>
  Effect.map(drained(formatName), (received): ReadonlyArray<number> => received.map((message) => message.class))

describe("both times", () => {
  for (const [timeToReachQueue, timeToBeReceived, class_] of [
    [100, 10, 0xc003],
    [10, 100, 0x8002]
  ] as const) {
    it.effect(
      `D-35, X-04 of ${timeToReachQueue} to reach and ${timeToBeReceived} to be received the shorter holds`,
      () =>
        Effect.gen(function* () {
          const { mqrt, peek, send } = yield* withAdmin()
          const sent = timed({ timeToReachQueue, timeToBeReceived })
          yield* send([sent])
          // Neither limit is raised or lowered to the other.
          assert.strictEqual((yield* peek).timeToBeReceived, timeToBeReceived)
          yield* mqrt.sendMessages(yield* mqrt.openQueue(remote, "send", "denyNone"), [sent], plain)
          yield* elapse("9 seconds")
          assert.deepStrictEqual(yield* told(adminQueue), [])
          yield* elapse("1 second")
          const here: ReadonlyArray<number> = timeToBeReceived === 10 ? [0xc002] : []
          assert.sameMembers([...(yield* told(deadLetters))], [...here, class_])
          assert.strictEqual(yield* messages, timeToBeReceived === 10 ? 0 : 1)
        }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }
})

describe("time to be received", () => {
  it.effect("D-33, D-37 once it is over the message is gone, its sender is told, and it is a dead letter", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin()
      yield* send([timed({ timeToBeReceived: 10 }), timed({ timeToBeReceived: 20 }), timed({})])
      yield* elapse("9 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
      assert.deepStrictEqual(yield* told(deadLetters), [0xc002])
      yield* elapse("1 hour")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
      assert.strictEqual((yield* drained(direct)).length, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-37 a transactional one goes to the transactional dead letters", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin({ transactional: true })
      yield* send([timed({ timeToBeReceived: 10 })], single)
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(transactionalDeadLetters), [0xc002])
      assert.deepStrictEqual(yield* told(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-37 nobody need look: who waits for the acknowledgment gets it as the time passes", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* withAdmin()
      const acknowledgments = yield* mqrt.openQueue(adminQueue, "receive", "denyNone")
      const fiber = yield* waiting(mqrt.receiveMessage(acknowledgments, receiving({ timeout: 60_000 })))
      yield* send([timed({ timeToBeReceived: 30 })])
      yield* send([timed({ timeToBeReceived: 10 })])
      yield* elapse("10 seconds")
      yield* settled
      const { class: value, sentTime } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([value, sentTime], [0xc002, 10])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-39 none at all: only who waits already gets the message", () =>
    Effect.gen(function* () {
      const { poll, send, wait } = yield* withAdmin()
      const fiber = yield* waiting(wait)
      yield* send([timed({ timeToBeReceived: 0, label: "caught" }), timed({ timeToBeReceived: 0 })])
      assert.strictEqual((yield* Fiber.join(fiber)).label, "caught")
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-43 what is over is not handed out, even where it is still counted", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* withAdmin()
      yield* elapse("500 millis")
      yield* send([timed({ timeToBeReceived: 1 })])
      yield* elapse("1 second")
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [end, expected] of [
    ["abortTransaction", [0xc002]],
    ["commitTransaction", []]
  ] as const) {
    it.effect(`D-38 of a message that a transaction has received, it waits for ${end}`, () =>
      Effect.gen(function* () {
        const { mqrt, receive, send } = yield* withAdmin({ transactional: true })
        yield* send([timed({ timeToBeReceived: 10 })], single)
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        yield* elapse("1 minute")
        assert.deepStrictEqual(yield* told(adminQueue), [])
        yield* mqrt[end](transaction)
        assert.deepStrictEqual(yield* told(adminQueue), expected)
        assert.deepStrictEqual(yield* told(transactionalDeadLetters), expected)
        assert.deepStrictEqual(yield* drained(direct), [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("D-38 an abort in time leaves the rest of it", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* withAdmin({ transactional: true })
      yield* send([timed({ timeToBeReceived: 10 })], single)
      const transaction = yield* mqrt.beginTransaction
      yield* receive({ transaction })
      yield* elapse("5 seconds")
      yield* mqrt.abortTransaction(transaction)
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("5 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-42 in a transaction that of the first message holds for all", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* withAdmin({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* send([timed({ timeToBeReceived: 10 }), timed({ timeToBeReceived: 99 }), timed({})], { transaction })
      yield* mqrt.commitTransaction(transaction)
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002, 0xc002, 0xc002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-33 counted from the send: a transaction that commits too late sends what nobody receives", () =>
    Effect.gen(function* () {
      const { mqrt, send, wait } = yield* withAdmin({ transactional: true })
      const fiber = yield* waiting(wait)
      const transaction = yield* mqrt.beginTransaction
      yield* send([timed({ timeToBeReceived: 10 })], { transaction })
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* mqrt.commitTransaction(transaction)
      yield* settled
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-33 in a subqueue too; a journal's copy and a dead letter have no end", () =>
    Effect.gen(function* () {
      const { mqrt, peek, poll, receiver, send } = yield* withAdmin({ journal: true })
      const subqueue = yield* mqrt.openQueue(`${direct};aside`, "move", "denyNone")
      yield* send([timed({ timeToBeReceived: 10, label: "received" }), timed({ timeToBeReceived: 10, label: "moved" })])
      yield* poll
      yield* mqrt.moveMessage(receiver, subqueue, (yield* peek).lookupId, "none")
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002])
      yield* elapse("10 days")
      assert.deepStrictEqual(
        (yield* drained(deadLetters)).map((letter) => letter.label),
        ["moved"]
      )
      assert.deepStrictEqual(
        (yield* drained(`${direct};JOURNAL`)).map((copy) => copy.label),
        ["received"]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-63 in the sender's own dead-letter queue the letter stays, though its time is over", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin({ transactional: true })
      const graves = ".\\private$\\graves"
      yield* create({ pathName: graves, transactional: true })
      yield* send([timed({ timeToBeReceived: 10, deadLetterQueue: graves })], single)
      yield* elapse("10 days")
      assert.deepStrictEqual(yield* told(`DIRECT=OS:${graves}`), [0xc002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("time to reach the queue", () => {
  const toRemote = Effect.fn(function* (messages: ReadonlyArray<OutgoingProperties>) {
    const mqrt = yield* Mqrt.Mqrt
    yield* create({ pathName: admin })
    yield* mqrt.sendMessages(yield* mqrt.openQueue(remote, "send", "denyNone"), messages, plain)
  })

  it.effect("D-36 once it is over the message leaves the outgoing queue, and is a dead letter here", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({ timeToReachQueue: 10 })])
      yield* elapse("9 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [0x8002])
      assert.deepStrictEqual(yield* told(deadLetters), [0x8002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-34, X-04 a shorter time to be received ends it with 0xC003", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({ timeToReachQueue: 99, timeToBeReceived: 5 })])
      yield* elapse("5 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc003])
      assert.deepStrictEqual(yield* told(deadLetters), [0xc003])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-32 where none is given it is four days", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({})])
      yield* elapse("95 hours")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("1 hour")
      assert.deepStrictEqual(yield* told(adminQueue), [0x8002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-40, X-23 none at all: delivered where the queue is here, over where it is not", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* send([timed({ timeToReachQueue: 0 })])
      yield* toRemote([timed({ timeToReachQueue: 0 })])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [0x8002])
      assert.strictEqual(yield* messages, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the timer", () => {
  it("ends with the layer, whatever still has time", async () => {
    let timers = 0
    const clock: Clock.Clock = Object.assign(Object.create(Context.get(Context.empty(), Clock.Clock)), {
      sleep: () => {
        timers++
        return Effect.onInterrupt(Effect.never, () => Effect.sync(() => timers--))
      }
    })
    const during = await Effect.gen(function* () {
      const { send } = yield* ends()
      yield* send([message({ timeToBeReceived: 3600 }), message({ timeToBeReceived: 60 })])
      return timers
    }).pipe(Effect.provide(InMemoryMqrt.layer), Effect.provideService(Clock.Clock, clock), Effect.runPromise)
    assert.strictEqual(during, 1)
    assert.strictEqual(timers, 0)
  })

  it.effect("D-33 a limit of years does not wake it all the time", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send([message({ timeToBeReceived: 4_294_967_293, label: "patient" })])
      yield* elapse("60 days")
      assert.strictEqual(yield* label, "patient")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
