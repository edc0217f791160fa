/** Messages of one key are handled in order, one at a time, and those of different keys side by side. */
import { MessageBody, MessageQueue } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Fiber, Layer, References, Schema, Schedule } from "effect"
import {
  consuming,
  eventLog,
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
import { numbers } from "../support/schedulers.ts"
import { elapse, start } from "../support/settled.ts"

type Labelled = { readonly label: string }

/** Key of a message: the letter that its label begins with. */
const keys = ({ label }: Labelled) => label.slice(0, 1)

const modes: Readonly<Record<string, Queues>> = {
  "of a transactional queue": {},
  "of a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" },
  "of a plain queue that is shared": { transactional: false }
}

/** Makes a handler whose calls the test ends one by one, and the labels that it began and ended with. */
const steered = () => {
  const begun: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void, string>>()
  const handle = ({ label }: Labelled) =>
    Effect.suspend(() => {
      begun.push(label)
      const end = Deferred.makeUnsafe<void, string>()
      ends.set(label, end)
      return Deferred.await(end)
    })
  const end = (label: string) => Effect.andThen(Deferred.succeed(ends.get(label)!, undefined), elapse(0))
  const fail = (label: string) => Effect.andThen(Deferred.fail(ends.get(label)!, "busy"), elapse(0))
  return { begun, handle, end, fail }
}

describe.each(Object.entries(modes))("messages with keys, %s,", (_, mode) => {
  const policy = { concurrency: 3, keys, poison: { queue: poison }, retry: retries(3) }

  it.effect("wait for the message before them of their key, while other keys are handled", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "a1", "a2", "b1", "a3", "b2", "c1", "d1")
        const { begun, end, handle } = steered()
        const consumer = yield* start(receiver.consume(handle, policy))
        assert.deepStrictEqual(begun, ["a1", "b1", "c1"])
        yield* end("b1")
        assert.deepStrictEqual(begun.slice(3), ["b2"])
        yield* end("c1")
        assert.deepStrictEqual(begun.slice(4), ["d1"])
        yield* end("b2")
        assert.strictEqual(begun.length, 5)
        yield* end("a1")
        assert.deepStrictEqual(begun.slice(5), ["a2"])
        yield* end("a2")
        yield* end("a3")
        yield* end("d1")
        yield* send(orders, "a4", "a5")
        yield* elapse(0)
        assert.deepStrictEqual(begun.slice(6), ["a3", "a4"])
        yield* end("a4")
        yield* end("a5")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("keep their key between two attempts; a poison message leaves it to the next one", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "a1", "a2", "b1", "b2")
        const { begun, end, fail, handle } = steered()
        const consumer = yield* start(receiver.consume(handle, { ...policy, retry: retries(1) }))
        yield* fail("a1")
        yield* end("b1")
        yield* end("b2")
        assert.deepStrictEqual(begun, ["a1", "b1", "b2"])
        yield* elapse("1 second")
        assert.deepStrictEqual(begun.slice(3), ["a1"])
        yield* fail("a1")
        yield* elapse("1 minute")
        assert.deepStrictEqual([begun.slice(4), yield* labelsIn(poison)], [["a2"], ["a1"]])
        yield* end("a2")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("are looked at up to a number, behind which the consumer does not look for a free key", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "a1", "a2", "a3", "a4", "b1")
        const { begun, end, handle } = steered()
        const consumer = yield* start(receiver.consume(handle, { ...policy, lookAhead: 3 }))
        // A message that a handler has is looked at, too, where it is still in its queue.
        assert.deepStrictEqual(begun, ["a1"])
        yield* end("a1")
        assert.deepStrictEqual(begun.slice(1, 2), ["a2"])
        yield* end("a2")
        assert.deepStrictEqual(begun.slice(2, 4).toSorted(), ["a3", "b1"])
        yield* end("b1")
        yield* end("a3")
        yield* end("a4")
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      })
    )
  )

  it.effect("of which one has no key are handled: that one is poison, and its cause says why", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "a1", "throws", "7", "a2")
        const causes: Array<string> = []
        const handled: Array<string> = []
        const consumer = yield* start(
          receiver.consume(({ label }) => Effect.sync(() => handled.push(label)), {
            ...policy,
            keys: ({ label }) => {
              if (label === "throws") throw new Error("no customer")
              return label === "7" ? (7 as never) : keys({ label })
            },
            onEvent: (event) =>
              Effect.sync(() => {
                if (event._tag === "Poisoned") causes.push(String(Cause.squash(event.cause)))
              })
          })
        )
        yield* elapse("10 seconds")
        assert.deepStrictEqual([handled, yield* labelsIn(orders)], [["a1", "a2"], []])
        assert.deepStrictEqual((yield* labelsIn(poison)).toSorted(), ["7", "throws"])
        assert.include(causes.join(), "no customer")
        assert.include(
          causes.join(),
          "keys is a function that returned 7, but it must be a function that returns a string"
        )
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("get their keys from the decoded body, and one that cannot be decoded is poison at once", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ ...mode, body: MessageBody.json(Schema.Struct({ customer: Schema.String })) })
        const sender = yield* MessageQueue.openSender(orders)
        const transaction = sender.transactional === true ? "singleMessage" : "none"
        for (const body of ['{"customer":"a"}', "no", '{"customer":"a"}', '{"customer":"b"}']) {
          yield* sender.send({ body: new TextEncoder().encode(body), label: body }, { transaction })
        }
        let [running, most] = [0, 0]
        const consumer = yield* start(
          receiver.consume(
            () =>
              Effect.gen(function* () {
                most = Math.max(most, ++running)
                yield* Effect.sleep("1 second")
                running--
              }),
            { ...policy, keys: ({ body }) => body.customer }
          )
        )
        yield* elapse("1 second")
        yield* elapse("1 second")
        assert.deepStrictEqual([most, yield* labelsIn(poison), yield* labelsIn(orders)], [2, ["no"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("wait for the service, and are handled in order after it", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const { begun, end, handle } = steered()
        const consumer = yield* start(receiver.consume(handle, policy))
        yield* stopService
        yield* elapse("10 seconds")
        yield* startService
        yield* send(orders, "a1", "b1", "a2")
        yield* elapse("1 minute")
        assert.deepStrictEqual(begun, ["a1", "b1"])
        yield* end("a1")
        yield* end("a2")
        yield* end("b1")
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      })
    )
  )

  it.effect("are handled in the order of each key, whichever of them fail and however long they take", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 6; seed++) {
        yield* leakFree(inOrder(mode, seed)).pipe(Effect.scoped)
      }
    })
  )
})

/** Consumes messages of five keys, of which some fail at random. */
const inOrder = Effect.fnUntraced(function* (mode: Queues, seed: number) {
  const next = numbers(seed)
  const receiver = yield* queues(mode)
  const labels = Array.from({ length: 30 }, (_, index) => `${"abcde"[Math.floor(next() * 5)]}${100 + index}`)
  yield* send(orders, ...labels)
  const handled: Array<string> = []
  const running = new Set<string>()
  const handle = ({ label }: Labelled) =>
    Effect.suspend(() => {
      const key = keys({ label })
      assert.isFalse(running.has(key), "two messages of a key run at once")
      running.add(key)
      return Effect.sleep(Math.floor(next() * 5000)).pipe(
        Effect.andThen(Effect.suspend(() => (next() < 0.3 ? Effect.fail("busy") : Effect.void))),
        Effect.ensuring(Effect.sync(() => running.delete(key)))
      )
    })
  const consumer = yield* start(
    receiver.consume(handle, {
      concurrency: 3,
      keys,
      poison: { queue: poison },
      retry: () => Math.floor(next() * 3000),
      // A queue from which messages are removed first parks none.
      ...(seed % 2 === 0 && (mode.transactional !== false || mode.shareMode === "denyReceive")
        ? { park: { subqueue: "retry" } }
        : {}),
      onEvent: (event) =>
        Effect.sync(() => {
          if (event._tag === "Handled") handled.push(event.message.label)
        })
    })
  )
  for (let step = 0; step < 100 && handled.length < 30; step++) yield* elapse("3 seconds")
  yield* Fiber.interrupt(consumer)
  for (const key of "abcde") {
    const of = (all: ReadonlyArray<string>) => all.filter((label) => label.startsWith(key))
    assert.deepStrictEqual(of(handled), of(labels), `seed ${seed}`)
  }
})

describe("messages with keys that are parked", () => {
  for (const [name, mode] of Object.entries(modes).slice(0, 2)) {
    it.effect(`keep the later ones of their key waiting until they are handled, ${name}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, "a1", "a2", "b1")
          const { begun, end, fail, handle } = steered()
          const policy = { concurrency: 3, keys, park: { subqueue: "retry" }, retry: retries(9) }
          const consumer = yield* start(receiver.consume(handle, policy))
          yield* fail("a1")
          yield* end("b1")
          yield* send(orders, "a3", "c1")
          yield* elapse("999 millis")
          assert.deepStrictEqual([begun, yield* labelsIn(`${orders};retry`)], [["a1", "b1", "c1"], ["a1"]])
          yield* elapse("1 millis")
          assert.deepStrictEqual(begun.slice(3), ["a1"])
          yield* end("a1")
          yield* end("a2")
          yield* end("a3")
          yield* end("c1")
          assert.deepStrictEqual([begun.slice(4), yield* labelsIn(orders)], [["a2", "a3"], []])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect("free their key where another receiver takes them from the subqueue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "a1", "a2")
        const { begun, end, fail, handle } = steered()
        const consumer = yield* start(
          receiver.consume(handle, { keys, park: { subqueue: "retry" }, retry: retries(9) })
        )
        yield* fail("a1")
        const rival = yield* MessageQueue.openReceiver(`${orders};retry`)
        yield* rival.receive
        yield* elapse("1 second")
        assert.deepStrictEqual(begun, ["a1", "a2"])
        yield* end("a2")
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("a consumer with keys", () => {
  it.effect("passes a message that another consumer has taken, and is idle when it has nothing", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const rival = yield* MessageQueue.openReceiver(orders)
        yield* send(orders, "a1", "a2", "b1")
        const tags: Array<string> = []
        const { begun, end, handle } = steered()
        const consumer = yield* start(
          receiver.consume(handle, { keys, onEvent: ({ _tag }) => Effect.sync(() => tags.push(_tag)) })
        )
        assert.strictEqual((yield* rival.receive).label, "a2")
        yield* end("a1")
        yield* end("b1")
        assert.deepStrictEqual([begun, tags.at(-1), yield* labelsIn(orders)], [["a1", "b1"], "Idle", []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "handles a message that comes before the others, by its priority, while the event of an idle consumer is heard",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues({ transactional: false, shareMode: "denyReceive" })
          yield* send(orders, "a1", "a2")
          const handled: Array<string> = []
          const consumer = yield* consuming(
            receiver,
            ({ label }) => (label === "a1" ? Effect.fail("busy") : Effect.sync(() => handled.push(label))),
            {
              keys,
              concurrency: 2,
              retry: Schedule.spaced("1 hour"),
              park: { subqueue: "retry" },
              onEvent: ({ _tag }) => (_tag === "Idle" && handled.length === 0 ? Effect.sleep("1 second") : Effect.void)
            }
          )
          const sender = yield* MessageQueue.openSender(orders)
          yield* sender.send({ label: "b1", priority: 7 })
          yield* elapse("1 second")
          assert.deepStrictEqual([handled, yield* labelsIn(orders)], [["b1"], ["a2"]])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("is paused and stopped while it waits for a key", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "a1", "a2")
        const { begun, handle } = steered()
        const { onEvent, events } = eventLog()
        const consumer = yield* start(
          receiver.consume(handle, { keys, concurrency: 2, shutdownTimeout: "1 second", onEvent })
        )
        const stopped = yield* start(Fiber.interrupt(consumer))
        yield* elapse("1 second")
        yield* Fiber.join(stopped)
        assert.deepStrictEqual([begun, events], [["a1"], ["Received a1", "Returned a1"]])
        assert.deepStrictEqual(yield* labelsIn(orders), ["a1", "a2"])
      })
    )
  )

  it.effect("ends with the message that has no key by default, which stays in the queue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "a1")
        const failing = (): string => {
          throw new Error("no customer")
        }
        const consumer = yield* start(receiver.consume(() => Effect.void, { keys: failing }))
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "PoisonMessage")
        assert.deepStrictEqual(yield* labelsIn(orders), ["a1"])
      })
    )
  )

  it.effect("refuses what is no function, and a number of messages that is none", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const cases: ReadonlyArray<readonly [object, string]> = [
          [{ keys: "label" }, 'keys is "label", but it must be a function'],
          [{ keys, lookAhead: 0 }, "lookAhead is 0, but it must be a whole number from 1 on"]
        ]
        for (const [policy, text] of cases) {
          const consumer = yield* consuming(receiver, () => Effect.void, policy)
          assert.include(String(yield* Fiber.await(consumer)), text)
        }
      })
    )
  )

  it("in promises handles the messages of a key one after the other", async () => {
    const quiet = Layer.merge(InMemoryMqrt.layer, Layer.succeed(References.MinimumLogLevel, "None"))
    await using msmq = await connect(quiet)
    await msmq.createQueue(orders, { transactional: true })
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const labels = ["a1", "a2", "b1", "a3", "b2", "c1"]
    await sender.sendAll(
      labels.map((label) => ({ label })),
      { transaction: "singleMessage" }
    )
    const log: Array<string> = []
    const idle = Promise.withResolvers<void>()
    const three = Promise.withResolvers<void>()
    await using _consumer = receiver.consume(
      async ({ label }) => {
        if (log.push(`begin ${label}`) === 3) three.resolve()
        await three.promise
        log.push(`end ${label}`)
      },
      {
        concurrency: 3,
        keys,
        onEvent: ({ _tag }) => {
          if (_tag === "Idle") idle.resolve()
        }
      }
    )
    await idle.promise
    assert.deepStrictEqual(log.slice(0, 3), ["begin a1", "begin b1", "begin c1"])
    for (const key of ["a", "b", "c"]) {
      const steps = labels.flatMap((label) => (label.startsWith(key) ? [`begin ${label}`, `end ${label}`] : []))
      assert.deepStrictEqual(
        log.filter((line) => line.includes(` ${key}`)),
        steps
      )
    }
  })
})
