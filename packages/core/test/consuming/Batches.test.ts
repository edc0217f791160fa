/** Messages are handled in batches, each in one transaction, and one bad message does not spoil the others of its batch. */
import { type Consumer, MessageBody, MessageQueue, Transaction } from "@effect-msmq/core"
import { connect, Unrecoverable } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, References, Schedule, Schema, Tracer } from "effect"
import {
  eventLog,
  invoices,
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

type Labelled = { readonly label: string }

const labelsOf = (messages: ReadonlyArray<Labelled>) => messages.map(({ label }) => label)

const modes: Readonly<Record<string, Queues>> = {
  "of a transactional queue": {},
  "of a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" }
}

/** Makes a handler that fails for batches with some labels, and a list of the batches that it was tried with. */
const failingFor = (...bad: ReadonlyArray<string>) => {
  const tries: Array<ReadonlyArray<string>> = []
  const handle = (messages: ReadonlyArray<Labelled>) =>
    Effect.suspend(() => {
      const labels = labelsOf(messages)
      tries.push(labels)
      return labels.some((label) => bad.includes(label)) ? Effect.fail("broken") : Effect.void
    })
  return { tries, handle }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1))

describe.each(Object.entries(modes))("batches %s", (_, mode) => {
  it.effect("have the messages that are there, up to their size, in order", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, ...numbers(5))
        const { handle, tries } = failingFor()
        const { events, onEvent } = eventLog()
        const consumer = yield* start(receiver.consumeBatches(handle, { size: 2, onEvent }))
        assert.deepStrictEqual(tries, [["1", "2"], ["3", "4"], ["5"]])
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        assert.deepStrictEqual(events.slice(0, 4), ["Received 1", "Received 2", "Handled 1", "Handled 2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("wait within a time from their first message on for others, and end earlier when they are full", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const { handle, tries } = failingFor()
        const consumer = yield* start(receiver.consumeBatches(handle, { size: 3, within: "10 seconds" }))
        yield* elapse("1 hour")
        yield* send(orders, "1")
        yield* elapse("5 seconds")
        yield* send(orders, "2")
        yield* elapse("4999 millis")
        assert.deepStrictEqual(tries, [])
        yield* elapse("1 millis")
        assert.deepStrictEqual(tries, [["1", "2"]])
        yield* send(orders, "3", "4", "5", "6")
        yield* elapse(0)
        assert.deepStrictEqual(tries.slice(1), [["3", "4", "5"]])
        yield* elapse("10 seconds")
        assert.deepStrictEqual([tries.slice(2), yield* labelsIn(orders)], [[["6"]], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "that fail are halved until the message at fault is alone, which is poison then; the others are handled once",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, ...numbers(16))
          const { handle, tries } = failingFor("6")
          const handled: Array<string> = []
          const poisoned: Array<readonly [string, number]> = []
          const onEvent = (event: Consumer.ConsumeEvent) =>
            Effect.sync(() => {
              if (event._tag === "Handled") handled.push(event.message.label)
              if (event._tag === "Poisoned") poisoned.push([event.message.label, event.attempts])
            })
          const policy = { size: 16, retry: retries(2), poison: { subqueue: "poison" }, onEvent }
          const consumer = yield* start(receiver.consumeBatches(handle, policy))
          for (let second = 0; second < 5; second++) yield* elapse("1 second")
          assert.deepStrictEqual(
            handled,
            numbers(16).filter((label) => label !== "6")
          )
          // Three attempts are its own; those of its batches do not count.
          assert.deepStrictEqual([poisoned, yield* labelsIn(`${orders};poison`)], [[["6", 3]], ["6"]])
          assert.isBelow(tries.length, 20)
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect(
    "survive a failure that passes: its first message waits for the retry, and the rest follows in batches",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, ...numbers(8))
          let isBroken = true
          const tries: Array<ReadonlyArray<string>> = []
          const handle = (messages: ReadonlyArray<Labelled>) =>
            Effect.suspend(() => {
              tries.push(labelsOf(messages))
              return isBroken ? Effect.fail("the database is away") : Effect.void
            })
          const consumer = yield* start(receiver.consumeBatches(handle, { size: 8, retry: retries(9) }))
          yield* elapse("2 seconds")
          isBroken = false
          yield* elapse("2 seconds")
          assert.deepStrictEqual(tries.slice(0, 4), [numbers(8), numbers(4), numbers(2), numbers(1)])
          assert.deepStrictEqual(tries.slice(-4), [["1"], ["2", "3"], ["4", "5", "6", "7"], ["8"]])
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("with a body that cannot be decoded are halved too, without a call of the handler", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ ...mode, body: MessageBody.json(Schema.Int) })
        const sender = yield* MessageQueue.openSender(orders)
        const transaction = sender.transactional === true ? "singleMessage" : "none"
        for (const body of ["1", "2", "no", "4"]) {
          yield* sender.send({ body: new TextEncoder().encode(body) }, { transaction })
        }
        const tries: Array<ReadonlyArray<number>> = []
        const consumer = yield* start(
          receiver.consumeBatches((messages) => Effect.sync(() => tries.push(messages.map(({ body }) => body))), {
            size: 4,
            poison: { subqueue: "poison" }
          })
        )
        yield* elapse("1 second")
        assert.deepStrictEqual(tries.flat(), [1, 2, 4])
        assert.strictEqual((yield* labelsIn(`${orders};poison`)).length, 1)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("are back in the queue, whole, where consuming ends during their handler or while they are collected", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, ...numbers(4))
        const { events, onEvent } = eventLog()
        const policy = { size: 4, shutdownTimeout: "1 second" as const, onEvent }
        const first = yield* start(receiver.consumeBatches(() => Effect.never, policy))
        const stopped = yield* start(Fiber.interrupt(first))
        yield* elapse("1 second")
        yield* Fiber.join(stopped)
        assert.deepStrictEqual(yield* labelsIn(orders), numbers(4))
        assert.deepStrictEqual(
          events.slice(4),
          numbers(4).map((label) => `Returned ${label}`)
        )
        const { handle, tries } = failingFor()
        const second = yield* start(receiver.consumeBatches(handle, { size: 9, within: "1 hour" }))
        yield* Fiber.interrupt(second)
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [[], numbers(4)])
      })
    )
  )

  it.effect("are made by several handlers at once, and each message is in one of them", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, ...numbers(30))
        const handled: Array<string> = []
        const handle = (messages: ReadonlyArray<Labelled>) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => handled.push(...labelsOf(messages)))
          )
        const consumer = yield* start(receiver.consumeBatches(handle, { size: 5, concurrency: 3 }))
        yield* elapse("1 second")
        assert.strictEqual(handled.length, 15)
        yield* elapse("1 second")
        assert.deepStrictEqual(handled.toSorted(), numbers(30).toSorted())
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("wait for the service, and have what they were rolled back with", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, ...numbers(4))
        const gate = yield* Deferred.make<void>()
        const tries: Array<ReadonlyArray<string>> = []
        const handle = (messages: ReadonlyArray<Labelled>) =>
          Effect.andThen(
            Effect.sync(() => tries.push(labelsOf(messages))),
            Deferred.await(gate)
          )
        const consumer = yield* start(receiver.consumeBatches(handle, { size: 4 }))
        yield* stopService
        yield* startService
        yield* Deferred.succeed(gate, undefined)
        yield* elapse("1 minute")
        assert.deepStrictEqual([tries.at(-1), yield* labelsIn(orders)], [numbers(4), []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("a batch", () => {
  it.effect("is one transaction with what its handler sends", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, ...numbers(4))
        const sums: Array<string> = []
        const consumer = yield* start(
          receiver.consumeBatches(
            (messages) =>
              Effect.gen(function* () {
                const label = labelsOf(messages).join("+")
                sums.push(label)
                yield* sender.send({ label })
                if (messages.length === 4) return yield* Effect.fail("broken")
              }),
            { size: 4 }
          )
        )
        assert.deepStrictEqual(sums, ["1+2+3+4", "1+2", "3+4"])
        assert.deepStrictEqual(yield* labelsIn(invoices), ["1+2", "3+4"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("whose handler commits is handled; one whose handler aborts is halved", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, ...numbers(4))
        const tries: Array<number> = []
        const consumer = yield* start(
          receiver.consumeBatches(
            ({ length }) =>
              Effect.flatMap(Transaction.Current, (current) => {
                tries.push(length)
                assert(typeof current === "object")
                return length === 4
                  ? current.abort()
                  : Effect.andThen(current.commit(), Effect.fail("too late, it is committed"))
              }),
            { size: 4 }
          )
        )
        yield* elapse("1 second")
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [[4, 2, 2], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has a limit of time, and its only message may be parked or unrecoverable", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "slow", "2", "bad")
        const tries: Array<string> = []
        const consumer = yield* start(
          receiver.consumeBatches(
            (messages) =>
              Effect.suspend(() => {
                const labels = labelsOf(messages)
                tries.push(labels.join("+"))
                if (labels.includes("bad")) return Effect.fail(new Unrecoverable({ because: "it is bad" }))
                return labels.includes("slow") && tries.length < 5 ? Effect.never : Effect.void
              }),
            {
              size: 3,
              handlerTimeout: "1 second",
              retry: Schedule.spaced("1 minute"),
              park: { subqueue: "retry" },
              poison: { queue: poison }
            }
          )
        )
        for (let second = 0; second < 5; second++) yield* elapse("1 second")
        assert.deepStrictEqual(tries.slice(0, 4), ["slow+2+bad", "slow+2", "slow", "2+bad"])
        assert.deepStrictEqual([yield* labelsIn(poison), yield* labelsIn(`${orders};retry`)], [["bad"], ["slow"]])
        yield* elapse("1 minute")
        assert.deepStrictEqual([tries.at(-1), yield* labelsIn(orders)], ["slow", []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "that a failure of the service breaks off while it is collected counts as no attempt of its messages (E-66)",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, ...numbers(2))
          // The first receive of a batch succeeds, and its second one fails.
          for (let call = 2; call <= 10; call += 2) {
            yield* FaultInjection.inject({
              function: "MQReceiveMessage",
              call,
              code: "MQ_ERROR_INSUFFICIENT_RESOURCES"
            })
          }
          const attempts: Array<number> = []
          const consumer = yield* start(
            receiver.consumeBatches(() => Effect.fail("no"), {
              size: 2,
              retry: (_, attempt) => {
                attempts.push(attempt)
                return attempt < 3 ? 1000 : "poison"
              },
              poison: { subqueue: "poison" }
            })
          )
          for (let minute = 0; minute < 10; minute++) yield* elapse("1 minute")
          assert.deepStrictEqual(attempts, [1, 2, 3, 1, 2, 3])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect(
    "of which a part has been removed when consuming ends has that part handled, and the rest in the queue",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues({ transactional: false, shareMode: "denyReceive" })
          yield* send(orders, ...numbers(3))
          const { events, onEvent } = eventLog()
          yield* FaultInjection.inject({
            function: "MQReceiveMessageByLookupId",
            call: 4,
            code: "MQ_ERROR_ACCESS_DENIED"
          })
          const consumer = yield* start(receiver.consumeBatches(() => Effect.void, { size: 3, onEvent }))
          assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "AccessDenied")
          assert.deepStrictEqual(
            events.filter((event) => !event.startsWith("Received")),
            ["Handled 1", "Returned 2", "Returned 3"]
          )
          assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
        })
      )
  )

  it.effect("that is stopped while it waits for the service is back in the queue, with an event for each message", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, ...numbers(2))
        const { events, onEvent } = eventLog()
        const opened = yield* Deferred.make<void>()
        const consumer = yield* start(receiver.consumeBatches(() => Deferred.await(opened), { size: 2, onEvent }))
        yield* stopService
        yield* Deferred.succeed(opened, undefined)
        yield* elapse(0)
        yield* Fiber.interrupt(consumer)
        yield* startService
        assert.deepStrictEqual(events, ["Received 1", "Received 2", "TransientFailure", "Returned 1", "Returned 2"])
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
      })
    )
  )

  it.effect("by default ends consuming with its message at fault, which stays in the queue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "bad", "3")
        const { handle } = failingFor("bad")
        const consumer = yield* start(receiver.consumeBatches(handle, { size: 3, retry: retries(0) }))
        const reason = reasonOf(yield* Fiber.await(consumer))
        assert(reason._tag === "PoisonMessage")
        assert.deepStrictEqual([reason.message.label, reason.attempts], ["bad", 1])
        assert.deepStrictEqual(yield* labelsIn(orders), ["bad", "3"])
      })
    )
  )

  it.effect("from a queue that others receive from is refused, since it could not be put back", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ transactional: false })
        yield* send(orders, "1")
        const policy = { size: 3, poison: { queue: poison } }
        const error = yield* Effect.flip(receiver.consumeBatches(() => Effect.void, policy))
        assert(error.reason._tag === "IllegalPolicy")
        assert.include(error.message, "Open the receiver with shareMode denyReceive")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )

  it.effect("runs in one span, with the number of its messages", () => {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        if (span.kind === "consumer") spans.push(span)
        return span
      }
    })
    return leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2", "3")
        const consumer = yield* start(receiver.consumeBatches(() => Effect.void, { size: 3 }))
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(
          spans.map(({ attributes, name }) => [name, attributes.get("messaging.batch.message_count")]),
          [[`process ${orders}`, 3]]
        )
      })
    ).pipe(Effect.withTracer(tracer))
  })
})

describe("in promises batches", () => {
  const quiet = Layer.merge(InMemoryMqrt.layer, Layer.succeed(References.MinimumLogLevel, "None"))

  it("take part in a transaction, are halved, and their consumer is stopped", async () => {
    await using msmq = await connect(HandleLedger.layer(quiet))
    await msmq.createQueue(orders, { transactional: true })
    await msmq.createQueue(invoices, { transactional: true })
    const sender = await msmq.openSender(orders)
    const invoice = await msmq.openSender(invoices)
    const receiver = await msmq.openReceiver(orders)
    await sender.sendAll(
      ["1", "2", "bad", "4"].map((label) => ({ label })),
      { transaction: "singleMessage" }
    )
    const idle = Promise.withResolvers<void>()
    const consumer = receiver.consumeBatches(
      async (messages) => {
        await invoice.send({ label: labelsOf(messages).join("+") })
        if (labelsOf(messages).includes("bad")) throw new Unrecoverable({ because: "it is bad" })
      },
      {
        size: 4,
        poison: { subqueue: "poison" },
        onEvent: ({ _tag }) => {
          if (_tag === "Idle") idle.resolve()
        }
      }
    )
    await idle.promise
    await consumer.stop()
    const { handled, poisoned } = consumer.progress
    assert.deepStrictEqual([handled, poisoned], [3, 1])
    const sums: Array<string> = []
    for await (const { label } of (await msmq.openReceiver(invoices)).browse()) sums.push(label)
    assert.deepStrictEqual(sums, ["1+2", "4"])
  })

  it("need a size", async () => {
    await using msmq = await connect(quiet)
    await msmq.createQueue(orders, { transactional: true })
    const receiver = await msmq.openReceiver(orders)
    for (const policy of [undefined, {}, { size: 0 }, { size: 1.5 }]) {
      const consumer = receiver.consumeBatches(() => Promise.resolve(), policy as never)
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const error: unknown = await consumer.done.catch((cause: unknown) => cause)
      assert.include(String(error), "it must be a whole number from 1 on")
    }
  })
})
