import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { code, create, drained, labelled, message } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"
import {
  acks,
  all,
  buried,
  classesIn,
  cut,
  deadLetters,
  join,
  labelsIn,
  onStore,
  orders,
  outgoing,
  queues,
  send,
  single,
  transactionalDeadLetters,
  two
} from "../support/officeAndStore.ts"

const control = MsmqControl.MsmqControl

describe("a link that is cut", () => {
  it.effect("messages wait until the link is joined, in order (D-70)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      yield* send(labelled("a", "b"))
      yield* send(labelled("c"))
      assert.strictEqual((yield* outgoing).messageCount, 3)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a", "b", "c"])
    }).pipe(Effect.provide(two))
  )

  it.effect("a message that cannot reach its queue in time is a dead letter on the sender's machine (D-36, D-60)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      const fields = { journaling: buried, acknowledge: all, adminQueue: acks }
      yield* send([
        message({ ...fields, label: "late", timeToReachQueue: 10 }),
        message({ ...fields, label: "older", timeToReachQueue: 99, timeToBeReceived: 5 })
      ])
      yield* elapse("1 minute")
      yield* join()
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
      assert.deepStrictEqual(yield* classesIn(deadLetters), [0xc003, 0x8002])
      assert.deepStrictEqual(yield* classesIn(acks), [0xc003, 0x8002])
    }).pipe(Effect.provide(two))
  )

  it.effect("a time to reach the queue of 0 is enough over a joined link, and too short for a cut one (D-40)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* send([message({ label: "there", timeToReachQueue: 0 })])
      yield* cut()
      yield* send([message({ label: "over", timeToReachQueue: 0 })])
      yield* elapse("1 second")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["there"])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "a message that is not received in time is a dead letter on the receiver's machine, a transactional one on the sender's (D-37, H-34)",
    () =>
      Effect.gen(function* () {
        yield* onStore(create())
        yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
        const short = message({ journaling: buried, timeToBeReceived: 10 })
        yield* send([short])
        yield* send([short], single, "DIRECT=OS:STORE\\private$\\exact")
        yield* elapse("10 seconds")
        assert.deepStrictEqual(yield* onStore(classesIn(deadLetters)), [0xc002])
        assert.deepStrictEqual(yield* classesIn(transactionalDeadLetters), [0xc002])
        assert.deepStrictEqual(yield* drained(deadLetters), [])
        assert.deepStrictEqual(yield* onStore(drained(transactionalDeadLetters)), [])
      }).pipe(Effect.provide(two))
  )

  it.effect("a restart of the sender's service loses express messages only (D-22, D-70)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut()
      yield* send([message({ label: "express" }), message({ label: "recoverable", delivery: "recoverable" })])
      const here = yield* control
      yield* here.stopService
      yield* here.startService
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["recoverable"])
    }).pipe(Effect.provide(two))
  )

  it.effect("messages wait for a stopped service as they do for a cut link (D-70)", () =>
    Effect.gen(function* () {
      yield* queues()
      const there = yield* Effect.map(onStore(control), (service) => service)
      yield* there.stopService
      yield* send(labelled("a"))
      assert.strictEqual((yield* outgoing).messageCount, 1)
      yield* there.startService
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "a machine with a full quota accepts nothing and reports nothing, and is tried again after 30 seconds (D-54)",
    () =>
      Effect.gen(function* () {
        yield* queues()
        const there = yield* onStore(control)
        yield* there.setMachineQuota({ messages: 0 })
        yield* send([message({ label: "a", acknowledge: all, adminQueue: acks })])
        assert.strictEqual((yield* outgoing).messageCount, 1)
        yield* there.setMachineQuota({})
        yield* elapse("29 seconds")
        assert.deepStrictEqual(yield* onStore(drained(orders)), [])
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
        assert.deepStrictEqual(yield* classesIn(acks), [0x0002, 0x4000])
      }).pipe(Effect.provide(two))
  )
})

describe("a link that is cut one way", () => {
  const resend = Effect.map(outgoing, ({ endOfData }) => [endOfData.resendCount, endOfData.resendInterval])

  it.effect("a message whose arrival the sender does not know of is sent again, and accepted once (D-11, D-69)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut("onlyBack")
      yield* send(labelled("a"))
      assert.strictEqual((yield* outgoing).messageCount, 1)
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      yield* elapse("1 minute")
      yield* join()
      assert.strictEqual(yield* code(outgoing), errors.MQ_ERROR)
      assert.deepStrictEqual(yield* onStore(drained(orders)), [])
    }).pipe(Effect.provide(two))
  )

  it.effect("after half an hour it is accepted a second time, unless it is transactional (D-11, D-69)", () =>
    Effect.gen(function* () {
      yield* onStore(create())
      yield* onStore(create({ pathName: ".\\private$\\exact", transactional: true }))
      const exact = "DIRECT=OS:STORE\\private$\\exact"
      yield* cut("onlyBack")
      yield* send(labelled("a"))
      yield* elapse("31 minutes")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a", "a"])
      yield* cut("onlyBack")
      yield* send(labelled("b"), single, exact)
      yield* elapse("31 minutes")
      yield* join()
      assert.deepStrictEqual(yield* onStore(labelsIn(exact)), ["b"])
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "it is tried again after 30 seconds three times, then 5 minutes, half an hour, and every 6 hours (D-70)",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* onStore(create({ transactional: true }))
        yield* cut("onlyBack")
        yield* send(labelled("a"), single)
        for (const [count, interval] of [
          [1, 30],
          [2, 30],
          [3, 30],
          [4, 300],
          [5, 300],
          [6, 300],
          [7, 1800],
          [8, 1800],
          [9, 1800],
          [10, 21_600],
          [11, 21_600]
        ] as const) {
          assert.deepStrictEqual(yield* resend, [count, interval])
          yield* elapse(`${interval} seconds`)
        }
        yield* mqrt.queueAction(null, orders, "EOD_RESEND")
        assert.deepStrictEqual(yield* resend, [1, 30])
        assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
      }).pipe(Effect.provide(two))
  )

  it.effect(
    "the time of a failed attempt passes without work while the link is cut, and the next attempt follows (D-70)",
    () =>
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        let sleeps = 0
        const counted: Clock.Clock = {
          ...clock,
          sleep: (duration) => {
            sleeps++
            return clock.sleep(duration)
          }
        }
        yield* Effect.gen(function* () {
          yield* queues()
          yield* cut("onlyBack")
          yield* send(labelled("a"))
          yield* cut("onlyThere")
          yield* elapse("1 minute")
          assert.isBelow(sleeps, 10)
          yield* join()
          assert.deepStrictEqual(yield* onStore(labelsIn(orders)), ["a"])
        }).pipe(Effect.provide(two), Effect.provideService(Clock.Clock, counted))
      })
  )

  it.effect("an attempt that failed is made again at its time after the other queue manager was restarted (D-70)", () =>
    Effect.gen(function* () {
      yield* queues()
      yield* cut("onlyBack")
      yield* send(labelled("a"))
      const attempts = Effect.map(outgoing, ({ endOfData }) => endOfData.resendCount)
      assert.strictEqual(yield* attempts, 1)
      yield* onStore(control.use((there) => there.stopService))
      yield* elapse("10 seconds")
      yield* onStore(control.use((there) => there.startService))
      assert.strictEqual(yield* attempts, 1)
      yield* elapse("25 seconds")
      assert.strictEqual(yield* attempts, 2)
    }).pipe(Effect.provide(two))
  )
})
