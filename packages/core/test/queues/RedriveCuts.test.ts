/** Redriving that is cut short at any moment, and that several programs do at once. */
import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, References, Scheduler } from "effect"
import { labelsIn, send } from "../support/consuming.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"
import { deadLetters } from "../support/poisonPlaces.ts"
import { numbers, Yielding } from "../support/schedulers.ts"

const orders = ".\\private$\\orders"
const target = ".\\private$\\target"

const backend = HandleLedger.layer(InMemoryMqrt.layer).pipe(
  Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
)

/** Without a ledger, since a crash closes nothing. */
const crashing = InMemoryMqrt.layer.pipe(Layer.merge(Layer.succeed(References.MinimumLogLevel, "None")))

const faulty = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer)).pipe(
  Layer.merge(Layer.succeed(References.MinimumLogLevel, "None"))
)

const kinds = [
  ["between transactional queues", true, true],
  ["to a plain queue", true, false],
  ["from a plain queue", false, true],
  ["between plain queues", false, false]
] as const

const create = (from: boolean, to: boolean) =>
  Effect.andThen(
    MessageQueue.create(orders, { transactional: from }),
    MessageQueue.create(target, { transactional: to })
  )

const noDeadLetters = Effect.map(Effect.forEach(deadLetters, labelsIn), (all) => assert.deepStrictEqual(all, [[], []]))

describe.each(kinds)("redriving %s", (_, from, to) => {
  // Each step, with a stride of 1, takes a minute.
  it("interrupted after any step, each message is in one place, and progress tells in which", () => {
    const counts = new Set<number>()
    const cut = () =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* create(from, to)
          yield* send(orders, "1", "2")
          let redriven = 0
          const onProgress = (report: MessageQueue.RedriveReport) => {
            redriven = report.redriven
          }
          yield* Effect.exit(restore(MessageQueue.redrive(orders, target, { onProgress })))
          const arrived = yield* labelsIn(target)
          assert.deepStrictEqual([...arrived, ...(yield* labelsIn(orders))], ["1", "2"])
          assert.strictEqual(arrived.length, redriven)
          yield* noDeadLetters
          yield* HandleLedger.expectNoLeaks
          counts.add(redriven)
        })
      ).pipe(Effect.orDie, Effect.provide(backend))
    assert.isAbove(interruptAtEveryStep(cut, 41), 500)
    assert.deepStrictEqual([...counts].toSorted(), [0, 1, 2])
  })
})

/** Calls that fail, each for what a restart of the service or a lack of memory does to it. */
const faults = (
  [
    "MQReceiveMessageByLookupId",
    "MQSendMessage",
    "MQBeginTransaction",
    "ITransaction::Commit",
    "MQOpenQueue",
    "MQReceiveMessage",
    "MQGetQueueProperties"
  ] as const
).flatMap((name) =>
  (["MQ_ERROR_STALE_HANDLE", "MQ_ERROR_SERVICE_NOT_AVAILABLE", "MQ_ERROR_INSUFFICIENT_RESOURCES"] as const).map(
    (code) => ({ name, code })
  )
)

describe.each(kinds)("redriving %s, where a call fails", (_, from, to) => {
  it.effect("no message is lost, and between transactional queues none is there twice", () =>
    Effect.gen(function* () {
      let failures = 0
      for (const { code, name } of faults) {
        for (const call of [1, 2, 3]) {
          const places = yield* Effect.gen(function* () {
            yield* create(from, to)
            yield* send(orders, "1", "2")
            yield* FaultInjection.inject({ function: name, call, code })
            const exit = yield* Effect.exit(MessageQueue.redrive(orders, target))
            if (Exit.isFailure(exit)) failures++
            yield* FaultInjection.FaultInjection.use(({ clear }) => clear)
            yield* HandleLedger.expectNoLeaks
            return [...(yield* labelsIn(orders)), ...(yield* labelsIn(target))]
          }).pipe(Effect.provide(faulty, { local: true }))
          const found = JSON.stringify({ name, code, call, places })
          assert.deepStrictEqual([...new Set(places)].toSorted(), ["1", "2"], found)
          if (from && to) assert.strictEqual(places.length, 2, found)
        }
      }
      assert.isAbove(failures, 10)
    })
  )
})

// To a plain queue, a copy whose acknowledgment the crash takes away is awaited for seconds.
describe.each(kinds.filter(([, , to]) => to))("redriving %s, where the process crashes", (_, from, to) => {
  it.live("no message is lost, and between transactional queues none is there twice", () =>
    Effect.gen(function* () {
      const counts = new Set<number>()
      for (let seed = 0; seed < 25; seed++) {
        const places = yield* Effect.gen(function* () {
          yield* create(from, to)
          yield* send(orders, "1", "2", "3")
          const redriving = Effect.provideService(
            MessageQueue.redrive(orders, target),
            Scheduler.Scheduler,
            new Yielding(seed)
          )
          const fiber = yield* Effect.forkChild(redriving)
          for (let turn = 0; turn < 40 * seed; turn++) yield* Effect.yieldNow
          yield* MsmqControl.MsmqControl.use(({ crashProcess }) => crashProcess)
          yield* Fiber.interrupt(fiber)
          const arrived = yield* labelsIn(target)
          counts.add(arrived.length)
          return [...arrived, ...(yield* labelsIn(orders))]
        }).pipe(Effect.scoped, Effect.provide(crashing, { local: true }))
        const found = JSON.stringify({ seed, places })
        assert.deepStrictEqual([...new Set(places)].toSorted(), ["1", "2", "3"], found)
        if (from && to) assert.strictEqual(places.length, 3, found)
      }
      assert.isAbove(counts.size, 2)
    })
  )
})

describe("several redrivings at once", () => {
  const sent = Array.from({ length: 12 }, (_, index) => String(index).padStart(2, "0"))

  it.live("in both directions, cut short at random, no message is lost or there twice", () =>
    Effect.gen(function* () {
      let moved = 0
      for (let seed = 0; seed < 25; seed++) {
        const next = numbers(seed)
        const places = yield* Effect.gen(function* () {
          yield* create(true, true)
          yield* send(orders, ...sent)
          const scheduler = new Yielding(seed)
          const redrivings = [MessageQueue.redrive(orders, target), MessageQueue.redrive(target, orders)]
          for (let cut = 0; cut < 4; cut++) {
            const fibers = yield* Effect.forEach([0, 1, 2], () =>
              Effect.forkChild(
                Effect.provideService(redrivings[next() < 0.6 ? 0 : 1]!, Scheduler.Scheduler, scheduler),
                { startImmediately: next() < 0.5 }
              )
            )
            const turns = Math.floor(next() ** 2 * 400)
            for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
            yield* Fiber.interruptAll(fibers)
          }
          yield* noDeadLetters
          return { orders: yield* labelsIn(orders), target: yield* labelsIn(target) }
        }).pipe(Effect.scoped, Effect.tap(HandleLedger.expectNoLeaks), Effect.provide(backend, { local: true }))
        assert.deepStrictEqual([...places.orders, ...places.target].toSorted(), sent, JSON.stringify({ seed, places }))
        moved += places.target.length
      }
      assert.isAbove(moved, 0)
    })
  )

  it.live("of twenty at once each message is redriven by one", () =>
    Effect.gen(function* () {
      yield* create(true, true)
      yield* send(orders, ...sent)
      const reports = yield* Effect.all(
        Array.from({ length: 20 }, () => MessageQueue.redrive(orders, target)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(
        reports.reduce((sum, { redriven }) => sum + redriven, 0),
        sent.length
      )
      for (const { examined, redriven, skipped } of reports) assert.strictEqual(examined, redriven + skipped)
      assert.deepStrictEqual((yield* labelsIn(target)).toSorted(), sent)
      yield* noDeadLetters
    }).pipe(Effect.scoped, Effect.provide(backend))
  )
})
