/** A control pauses a consumer, resumes it, and changes the number of its handlers. */
import { Consumer, MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import {
  consuming,
  eventLog,
  failing,
  gate,
  labelsIn,
  leakFree,
  orders,
  poison,
  type Queues,
  queues,
  reasonOf,
  retries,
  send,
  startService,
  stopService
} from "../support/consuming.ts"
import { elapse, start } from "../support/settled.ts"

const modes: Readonly<Record<string, Queues>> = {
  "in transactions": {},
  "of a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" },
  "of a plain queue that is shared": { transactional: false }
}

describe.each(Object.entries(modes))("a consumer that is paused, %s,", (_, mode) => {
  it.effect("finishes the messages that it has, receives no other one, and goes on when it is resumed", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const control = yield* Consumer.makeControl
        yield* send(orders, "1", "2", "3")
        const { begun, handle, open } = gate()
        const consumer = yield* consuming(receiver, handle, { concurrency: 2, poison: { queue: poison }, control })
        const paused = yield* start(control.pause)
        assert.deepStrictEqual([begun, control.running, control.isPaused], [["1", "2"], 2, true])
        assert.isUndefined(paused.pollUnsafe())
        yield* open
        yield* Fiber.join(paused)
        yield* elapse("1 hour")
        assert.deepStrictEqual([begun, control.running, yield* labelsIn(orders)], [["1", "2"], 0, ["3"]])
        yield* control.resume
        yield* elapse(0)
        assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2", "3"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("while it waits receives nothing that comes then, also where it was paused before it began", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const control = yield* Consumer.makeControl
        yield* control.pause
        const { events, onEvent } = eventLog()
        const policy = { concurrency: 3, poison: { queue: poison }, control, onEvent }
        const consumer = yield* consuming(receiver, () => Effect.void, policy)
        for (const label of ["1", "2"]) {
          yield* send(orders, label)
          yield* elapse("1 minute")
          assert.deepStrictEqual(yield* labelsIn(orders), [label])
          yield* control.resume
          yield* elapse(0)
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* control.pause
        }
        assert.deepStrictEqual(events, ["Received 1", "Handled 1", "Received 2", "Handled 2"])
        yield* Fiber.interrupt(consumer)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(consumer)))
      })
    )
  )

  it.effect("keeps the message that it retries until that is handled", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const control = yield* Consumer.makeControl
        yield* send(orders, "1", "2")
        const { handle, tries } = failing(2)
        const policy = { retry: retries(3), poison: { queue: poison }, control }
        const consumer = yield* consuming(receiver, handle, policy)
        const paused = yield* start(control.pause)
        yield* elapse("1999 millis")
        assert.isUndefined(paused.pollUnsafe())
        yield* elapse("1 millis")
        yield* Fiber.join(paused)
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [["1", "1", "1"], ["2"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("tells when it has nothing to do, once before each wait", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const tags: Array<string> = []
        const { begun, handle, open } = gate()
        const onEvent = ({ _tag }: Consumer.ConsumeEvent) => Effect.sync(() => tags.push(_tag))
        const consumer = yield* consuming(receiver, handle, { concurrency: 2, poison: { queue: poison }, onEvent })
        yield* elapse("1 minute")
        assert.deepStrictEqual(tags, ["Idle"])
        yield* send(orders, "1")
        yield* elapse("1 minute")
        assert.deepStrictEqual([tags, begun], [["Idle", "Received"], ["1"]])
        yield* open
        yield* elapse("1 minute")
        yield* send(orders, "2")
        yield* elapse("1 minute")
        assert.deepStrictEqual(tags, ["Idle", "Received", "Handled", "Idle", "Received", "Handled", "Idle"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("a control", () => {
  it.effect("pauses at once while the service is away, since no message is held then", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        const { begun, handle } = gate()
        const consumer = yield* consuming(receiver, handle, { control })
        yield* stopService
        yield* elapse("10 seconds")
        yield* control.pause
        yield* startService
        yield* send(orders, "1")
        yield* elapse("1 minute")
        assert.deepStrictEqual([begun, yield* labelsIn(orders)], [[], ["1"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has the counts of its consumer, also where nothing hears the events", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        const nothing = { received: 0, handled: 0, retried: 0, poisoned: 0, reopened: 0 }
        assert.deepStrictEqual(control.progress, nothing)
        yield* send(orders, "1", "2")
        const consumer = yield* consuming(receiver, failing(1).handle, { control, retry: retries(1) })
        yield* elapse("1 second")
        assert.deepStrictEqual(control.progress, { ...nothing, received: 2, handled: 2, retried: 1 })
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("does not make a handler wait that pauses its own consumer, or each other's", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const other = yield* MessageQueue.openReceiver(poison)
        yield* send(orders, "1", "2")
        yield* send(poison, "1", "2")
        const controls = [yield* Consumer.makeControl, yield* Consumer.makeControl]
        const both = yield* Deferred.make<void>()
        let begun = 0
        const handle = (index: number) => () =>
          Effect.gen(function* () {
            if (++begun === 2) yield* Deferred.succeed(both, undefined)
            yield* Deferred.await(both)
            yield* controls[1 - index]!.pause
            yield* controls[index]!.pause
          })
        const consumers = [
          yield* consuming(receiver, handle(0), { control: controls[0] }),
          yield* consuming(other, handle(1), { control: controls[1] })
        ]
        yield* elapse("1 minute")
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [["2"], ["2"]])
        for (const consumer of consumers) yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("changes the number of handlers: more begin at once, fewer when they have finished", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        yield* send(orders, "1", "2", "3", "4", "5", "6")
        const begun: Array<string> = []
        const ends = Array.from({ length: 6 }, () => Deferred.makeUnsafe<void>())
        const handle = ({ label }: { readonly label: string }) =>
          Effect.suspend(() => {
            begun.push(label)
            return Deferred.await(ends[Number(label) - 1]!)
          })
        const end = (label: number) => Effect.andThen(Deferred.succeed(ends[label - 1]!, undefined), elapse(0))
        const consumer = yield* consuming(receiver, handle, { control })
        assert.deepStrictEqual([begun, control.concurrency], [["1"], 1])
        yield* control.setConcurrency(3)
        yield* elapse(0)
        assert.deepStrictEqual([begun, control.concurrency], [["1", "2", "3"], 3])
        yield* control.setConcurrency(1)
        yield* end(2)
        yield* end(3)
        assert.deepStrictEqual([begun, control.running], [["1", "2", "3"], 1])
        yield* end(1)
        assert.deepStrictEqual([begun.toSorted(), control.running], [["1", "2", "3", "4"], 1])
        yield* control.setConcurrency(2)
        yield* elapse(0)
        assert.deepStrictEqual(begun.toSorted(), ["1", "2", "3", "4", "5"])
        for (const label of [4, 5, 6]) yield* end(label)
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      })
    )
  )

  it.effect("refuses a number of handlers that is not a whole number from 1 on", () =>
    Effect.gen(function* () {
      const control = yield* Consumer.makeControl
      for (const count of [0, 1.5, Number.NaN, Infinity]) {
        const error = yield* Effect.flip(control.setConcurrency(count))
        assert.include(error.message, "it must be a whole number from 1 on")
      }
      assert.strictEqual(control.concurrency, 1)
    })
  )

  it.effect("serves one consumer at a time, and another one after it", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        const first = yield* consuming(receiver, () => Effect.void, { control })
        const second = yield* consuming(receiver, () => Effect.void, { control })
        const reason = reasonOf(yield* Fiber.await(second))
        assert(reason._tag === "IllegalPolicy")
        assert.strictEqual(reason.field, "control")
        assert.include(reason.rule, "make one for each, by Consumer.makeControl")
        yield* Fiber.interrupt(first)
        const third = yield* consuming(receiver, () => Effect.void, { control })
        yield* send(orders, "1")
        yield* elapse(0)
        assert.strictEqual(control.progress.handled, 1)
        yield* Fiber.interrupt(third)
      })
    )
  )

  it.effect("tells of each of its consumers that it has nothing to do", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        const tags: Array<string> = []
        const onEvent = ({ _tag }: Consumer.ConsumeEvent) => Effect.sync(() => tags.push(_tag))
        for (const count of [1, 2]) {
          const consumer = yield* consuming(receiver, () => Effect.void, { control, onEvent })
          assert.strictEqual(tags.length, count)
          yield* Fiber.interrupt(consumer)
        }
        assert.deepStrictEqual(tags, ["Idle", "Idle"])
      })
    )
  )

  it.effect("is shown by its kind and the state of its consumer", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const control = yield* Consumer.makeControl
        const shown = [String(control)]
        const consumer = yield* consuming(receiver, () => Effect.void, { control })
        shown.push(String(control))
        yield* control.pause
        shown.push(String(control))
        yield* Fiber.interrupt(consumer)
        shown.push(String(control))
        assert.deepStrictEqual(
          shown,
          ["new", "running", "paused", "ended"].map((state) => `Consumer.Control(${state})`)
        )
      })
    )
  )
})
