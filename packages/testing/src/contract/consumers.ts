/** Promises about consumers: parked messages, pauses, and limits of time. */
import * as Consumer from "@effect-msmq/core/Consumer"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import { make, Mqrt, type ShareMode } from "@effect-msmq/core/Mqrt"
import { connect } from "@effect-msmq/core/promises"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as assert from "node:assert/strict"
import { promise } from "./ContractPromise.ts"
import { fork, newQueue } from "./givens.ts"
import { labelsIn, sendLabels } from "./labels.ts"

const sources: ReadonlyArray<readonly [string, boolean, ShareMode]> = [
  ["a transactional queue", true, "denyNone"],
  ["a plain queue that is held alone", false, "denyReceive"]
]

/** Waits until something is true. */
const until = (isTrue: () => boolean) =>
  Effect.suspend(() => (isTrue() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced("10 millis"))
  )

const parks = ([name, transactional, shareMode]: (typeof sources)[number]) =>
  promise(
    `a message of ${name} that fails waits in a subqueue while the others are handled, and comes back in the next run, too`,
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional })
      yield* sendLabels(queue, ["1", "2", "3"])
      const receiver = yield* MessageQueue.openReceiver(queue, { shareMode })
      const tries: Array<string> = []
      const consumer = (delay: "10 millis" | "1 hour") =>
        fork(
          receiver.consume(
            ({ label }) =>
              Effect.suspend(() => {
                tries.push(label)
                return label === "1" && tries.length < 5 ? Effect.fail("busy") : Effect.void
              }),
            { retry: () => delay, park: { subqueue: "retry" } }
          )
        )
      const first = yield* consumer("1 hour")
      yield* until(() => tries.length === 3)
      yield* Fiber.interrupt(first)
      assert.deepEqual([tries, yield* labelsIn(queue)], [["1", "2", "3"], []])
      assert.deepEqual(yield* labelsIn(`${queue};retry`), ["1"])
      const second = yield* consumer("10 millis")
      yield* until(() => tries.length === 5)
      yield* Fiber.interrupt(second)
      assert.deepEqual(tries, ["1", "2", "3", "1", "1"])
      assert.deepEqual([yield* labelsIn(queue), yield* labelsIn(`${queue};retry`)], [[], []])
    })
  )

/** Promises about consumers. */
export const consumers = [
  ...sources.map(parks),
  promise(
    "a parked message is poison after its last attempt, also where another run makes each of them",
    Effect.gen(function* () {
      const queue = yield* newQueue({ transactional: true })
      yield* sendLabels(queue, ["1"])
      const receiver = yield* MessageQueue.openReceiver(queue)
      const numbers: Array<number> = []
      for (let run = 1; run <= 4; run++) {
        const consumer = yield* fork(
          receiver.consume(() => Effect.fail("busy"), {
            retry: (_, attempt) => {
              numbers.push(attempt)
              return attempt < 4 ? "1 hour" : "poison"
            },
            park: { subqueue: "retry" },
            poison: { subqueue: "poison" }
          })
        )
        yield* until(() => numbers.length === run)
        yield* Fiber.interrupt(consumer)
      }
      assert.deepEqual(numbers, [1, 2, 3, 4])
      assert.deepEqual([yield* labelsIn(queue), yield* labelsIn(`${queue};poison`)], [[], ["1"]])
    })
  ),
  ...sources.map(([name, transactional, shareMode]) =>
    promise(
      `a consumer of ${name} that is paused leaves what comes in the queue, and handles it when it is resumed`,
      Effect.gen(function* () {
        const queue = yield* newQueue({ transactional })
        const receiver = yield* MessageQueue.openReceiver(queue, { shareMode })
        const control = yield* Consumer.makeControl
        const handled: Array<string> = []
        const consumer = yield* fork(
          receiver.consume(({ label }) => Effect.sync(() => handled.push(label)), { concurrency: 2, control })
        )
        yield* sendLabels(queue, ["1"])
        yield* until(() => handled.length === 1)
        yield* control.pause
        yield* sendLabels(queue, ["2"])
        yield* Effect.sleep("30 millis")
        assert.deepEqual(handled, ["1"])
        yield* control.resume
        yield* until(() => handled.length === 2)
        yield* Fiber.interrupt(consumer)
        assert.deepEqual(handled, ["1", "2"])
      })
    )
  ),
  ...sources.map(([name, transactional, shareMode]) =>
    promise(
      `a batch of ${name} that fails is handled in halves, and only the message at fault is poison`,
      Effect.gen(function* () {
        const queue = yield* newQueue({ transactional })
        yield* sendLabels(queue, ["1", "2", "3", "bad", "5", "6", "7", "8", "9"])
        const receiver = yield* MessageQueue.openReceiver(queue, { shareMode })
        const handled: Array<string> = []
        const sizes: Array<number> = []
        const consumer = yield* fork(
          receiver.consumeBatches(
            (messages) =>
              Effect.suspend(() => {
                sizes.push(messages.length)
                if (messages.some(({ label }) => label === "bad")) return Effect.fail("broken")
                handled.push(...messages.map(({ label }) => label))
                return Effect.void
              }),
            { size: 8, retry: () => "poison", poison: { subqueue: "poison" } }
          )
        )
        yield* until(() => handled.length === 8)
        yield* Fiber.interrupt(consumer)
        assert.deepEqual(sizes.slice(0, 2), [8, 4])
        assert.deepEqual(handled, ["1", "2", "3", "5", "6", "7", "8", "9"])
        assert.deepEqual([yield* labelsIn(queue), yield* labelsIn(`${queue};poison`)], [[], ["bad"]])
      })
    )
  ),
  ...sources.map(([name, transactional, shareMode]) =>
    promise(
      `messages of ${name} with one key are handled in order, one at a time, beside those of other keys`,
      Effect.gen(function* () {
        const queue = yield* newQueue({ transactional })
        const labels = ["a1", "a2", "b1", "a3", "c1", "b2", "b3", "a4"]
        yield* sendLabels(queue, labels)
        const receiver = yield* MessageQueue.openReceiver(queue, { shareMode })
        const log: Array<string> = []
        let [running, most, failures] = [0, 0, 0]
        const consumer = yield* fork(
          receiver.consume(
            ({ label }) =>
              Effect.gen(function* () {
                most = Math.max(most, ++running)
                log.push(label)
                // The first one lasts until another is handled beside it, however long that takes on a busy machine.
                if (label === "a1" && failures === 0) yield* until(() => most > 1)
                yield* Effect.sleep("5 millis")
                running--
                if (label === "a1" && ++failures < 3) return yield* Effect.fail("busy")
              }),
            { concurrency: 3, keys: ({ label }) => label.slice(0, 1), retry: () => "10 millis" }
          )
        )
        yield* until(() => log.length === labels.length + 2 && running === 0)
        yield* Fiber.interrupt(consumer)
        const of = (key: string) => log.filter((label) => label.startsWith(key))
        assert.deepEqual(of("a"), ["a1", "a1", "a1", "a2", "a3", "a4"])
        assert.deepEqual([of("b"), of("c")], [["b1", "b2", "b3"], ["c1"]])
        assert.ok(most > 1, "no two of them were handled at once")
        assert.deepEqual(yield* labelsIn(queue), [])
      })
    )
  ),
  promise(
    "a handler that takes too long is rolled back with what it sent",
    Effect.gen(function* () {
      const [orders, invoices] = [yield* newQueue({ transactional: true }), yield* newQueue({ transactional: true })]
      yield* sendLabels(orders, ["1"])
      const receiver = yield* MessageQueue.openReceiver(orders)
      const sender = yield* MessageQueue.openSender(invoices)
      let attempts = 0
      const consumer = yield* fork(
        receiver.consume(
          () =>
            Effect.andThen(
              sender.send({ label: `invoice ${++attempts}` }),
              Effect.suspend(() => (attempts === 1 ? Effect.never : Effect.void))
            ),
          { handlerTimeout: "100 millis", retry: () => 0 }
        )
      )
      const received = yield* MessageQueue.openReceiver(invoices)
      assert.equal((yield* received.receive).label, "invoice 2")
      yield* Fiber.interrupt(consumer)
      assert.deepEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], []])
    })
  ),
  promise(
    "a consumer in promises that is stopped has handled what it received, and leaves the rest",
    Effect.gen(function* () {
      const backend = yield* Mqrt
      const queue = yield* newQueue({ transactional: true })
      yield* sendLabels(queue, ["1", "2", "3"])
      const handled: Array<string> = []
      yield* Effect.promise(async () => {
        await using msmq = await connect(Layer.effect(Mqrt, make(backend)))
        const receiver = await msmq.openReceiver(queue)
        const consumer = receiver.consume(async ({ label }) => {
          handled.push(label)
          if (label === "2") await consumer.stop()
        })
        await consumer.done
        await consumer.stop()
      })
      assert.deepEqual([handled, yield* labelsIn(queue)], [["1", "2"], ["3"]])
    })
  )
]
