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

describe("two time limits of a message", () => {
  for (const [timeToReachQueue, timeToBeReceived, class_] of [
    [100, 10, 0xc003],
    [10, 100, 0x8002]
  ] as const) {
    it.effect(
      `of ${timeToReachQueue} to reach the queue and ${timeToBeReceived} to be received: the shorter one counts (D-35, X-04)`,
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
  it.effect(
    "after it the message is gone, its sender gets an acknowledgment, and it is a dead letter (D-33, D-37)",
    () =>
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

  it.effect("after it a transactional message goes to the transactional dead-letter queue (D-37)", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin({ transactional: true })
      yield* send([timed({ timeToBeReceived: 10 })], single)
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(transactionalDeadLetters), [0xc002])
      assert.deepStrictEqual(yield* told(deadLetters), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a wait for the acknowledgment gets it as the time passes, without any other call (D-37)", () =>
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

  it.effect("of zero lets only receives that already wait get the message (D-39)", () =>
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

  it.effect("a message after it is not handed out, even while it is still counted (D-43)", () =>
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
    it.effect(`of a message that a transaction has received, it waits for ${end} (D-38)`, () =>
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

  it.effect("the rest of it remains after an abort in time (D-38)", () =>
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

  it.effect("that of the first message of a transaction counts for all (D-42)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* withAdmin({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* send([timed({ timeToBeReceived: 10 }), timed({ timeToBeReceived: 99 }), timed({})], { transaction })
      yield* mqrt.commitTransaction(transaction)
      yield* elapse("10 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc002, 0xc002, 0xc002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("begins with the send: a message of a transaction that commits too late is not received (D-33)", () =>
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

  it.effect("counts in a subqueue, too, but not for a copy in a journal or a dead letter (D-33)", () =>
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

  it.effect("does not count for a dead letter in the sender's own dead-letter queue (D-63)", () =>
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

  it.effect("after it the message leaves the outgoing queue, and is a dead letter on this machine (D-36)", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({ timeToReachQueue: 10 })])
      yield* elapse("9 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* told(adminQueue), [0x8002])
      assert.deepStrictEqual(yield* told(deadLetters), [0x8002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a shorter time to be received ends it with class 0xC003 (D-34, X-04)", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({ timeToReachQueue: 99, timeToBeReceived: 5 })])
      yield* elapse("5 seconds")
      assert.deepStrictEqual(yield* told(adminQueue), [0xc003])
      assert.deepStrictEqual(yield* told(deadLetters), [0xc003])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("is four days by default (D-32)", () =>
    Effect.gen(function* () {
      yield* toRemote([timed({})])
      yield* elapse("95 hours")
      assert.deepStrictEqual(yield* told(adminQueue), [])
      yield* elapse("1 hour")
      assert.deepStrictEqual(yield* told(adminQueue), [0x8002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("of zero delivers to a queue of this machine, and not to one of another (D-40, X-23)", () =>
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
  it("ends with the layer, even while messages have time limits", async () => {
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

  it.effect("does not wake up again and again for a limit of years (D-33)", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send([message({ timeToBeReceived: 4_294_967_293, label: "patient" })])
      yield* elapse("60 days")
      assert.strictEqual(yield* label, "patient")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
