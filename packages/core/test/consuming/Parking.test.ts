/** A message that failed waits for its next attempt in a subqueue, and the messages behind it are handled meanwhile. */
import { type Consumer, MessageBody, MessageQueue, Transaction } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Schema } from "effect"
import {
  consuming,
  eventLog,
  failing,
  gate,
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

const park = { subqueue: "retry" }
const parked = `${orders};retry`

const modes: Readonly<Record<string, Queues>> = {
  "of a transactional queue": {},
  "of a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" }
}

/** Makes a handler that fails for some labels, so many times each, and a list of the labels that it was tried with. */
const failingFor = (times: Readonly<Record<string, number>>) => {
  const left = new Map(Object.entries(times))
  const tries: Array<string> = []
  const handle = ({ label }: { readonly label: string }) =>
    Effect.suspend(() => {
      tries.push(label)
      const failures = left.get(label) ?? 0
      left.set(label, failures - 1)
      return failures > 0 ? Effect.fail("busy") : Effect.void
    })
  return { tries, handle }
}

const labelsOr = (queue: string) =>
  labelsIn(queue).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed([])))

describe.each(Object.entries(modes))("a message that is parked, %s,", (_, mode) => {
  it.effect("waits aside for its delay, is attempted again, and does not change the order of the others", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1", "2", "3")
        const { handle, tries } = failingFor({ "1": 2, "3": 1 })
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), park, onEvent })
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [["1", "2", "3"], []])
        assert.deepStrictEqual(yield* labelsOr(parked), ["1", "3"])
        yield* elapse("999 millis")
        assert.strictEqual(tries.length, 3)
        yield* elapse("1 millis")
        assert.deepStrictEqual(tries.slice(3), ["1", "3"])
        yield* elapse("1 second")
        assert.deepStrictEqual(tries.slice(5), ["1"])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsOr(parked)], [[], []])
        assert.deepStrictEqual(events, [
          "Received 1",
          "Parked 1",
          "Received 2",
          "Handled 2",
          "Received 3",
          "Parked 3",
          "Received 1",
          "Parked 1",
          "Received 3",
          "Handled 3",
          "Received 1",
          "Handled 1"
        ])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("comes back to several handlers, one of which waited for a message before it was parked", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1")
        const { begun, handle, open } = gate()
        const fails = (message: { readonly label: string }) => Effect.andThen(handle(message), Effect.fail("busy"))
        const consumer = yield* consuming(receiver, fails, {
          retry: retries(2),
          park,
          concurrency: 2,
          poison: { subqueue: "poison" }
        })
        yield* open
        yield* elapse("1 second")
        yield* elapse("1 second")
        assert.deepStrictEqual(begun, ["1", "1", "1"])
        assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is poison after its last attempt, with the number of all of them (E-64)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1", "2")
        const { handle, tries } = failingFor({ "1": 99 })
        const attempts: Array<readonly [string, number]> = []
        const onEvent = (event: Consumer.ConsumeEvent) =>
          Effect.sync(() => {
            if ("attempt" in event) attempts.push([event._tag, event.attempt])
            if (event._tag === "Poisoned") attempts.push([event._tag, event.attempts])
          })
        const consumer = yield* consuming(receiver, handle, {
          retry: retries(3),
          park,
          poison: { subqueue: "poison" },
          onEvent
        })
        for (let second = 0; second < 10; second++) yield* elapse("1 second")
        assert.deepStrictEqual(tries, ["1", "2", "1", "1", "1"])
        assert.deepStrictEqual(attempts, [
          ["Parked", 1],
          ["Handled", 1],
          ["Parked", 2],
          ["Parked", 3],
          ["Poisoned", 4]
        ])
        assert.deepStrictEqual([yield* labelsOr(parked), yield* labelsIn(`${orders};poison`)], [[], ["1"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("comes back each time later, as the schedule says", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1")
        const { handle, tries } = failingFor({ "1": 3 })
        const retry = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 5 }))
        const consumer = yield* consuming(receiver, handle, { retry, park })
        for (const [index, delay] of [1000, 2000, 4000].entries()) {
          yield* elapse(delay - 1)
          assert.strictEqual(tries.length, index + 1)
          yield* elapse(1)
          assert.strictEqual(tries.length, index + 2)
        }
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "stays in the subqueue when consuming ends, which does not wait for it, and the next run brings it back",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, "1", "2", "3")
          const policy = { retry: () => "1 hour" as const, park, poison: { subqueue: "poison" } }
          const first = yield* consuming(receiver, failingFor({ "1": 9, "2": 9 }).handle, policy)
          yield* Fiber.interrupt(first)
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(parked)], [[], ["1", "2"]])
          const { handle, tries } = failingFor({ "2": 1 })
          const second = yield* consuming(receiver, handle, policy)
          assert.deepStrictEqual([tries, yield* labelsIn(parked)], [["1", "2"], ["2"]])
          yield* elapse("1 hour")
          assert.deepStrictEqual([tries, yield* labelsOr(parked)], [["1", "2", "2"], []])
          yield* Fiber.interrupt(second)
        })
      )
  )

  it.effect("comes back also where the service was away when its delay was over", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1", "2")
        const { handle, tries } = failingFor({ "1": 1 })
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), park })
        yield* stopService
        yield* elapse("1 minute")
        assert.deepStrictEqual(tries, ["1", "2"])
        yield* startService
        yield* elapse("1 minute")
        assert.deepStrictEqual([tries, yield* labelsOr(parked)], [["1", "2", "1"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("does not come back if another receiver takes it from the subqueue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1", "2")
        const { handle, tries } = failingFor({ "1": 1, "2": 1 })
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), park })
        const rival = yield* MessageQueue.openReceiver(parked)
        assert.strictEqual((yield* rival.receive).label, "1")
        yield* elapse("2 seconds")
        assert.deepStrictEqual(tries, ["1", "2", "2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("with a body that cannot be decoded is poison at once, and is not parked", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues({ ...mode, body: MessageBody.json(Schema.String) })
        yield* send(orders, "1")
        const { events, onEvent } = eventLog()
        const policy = { park, poison: { subqueue: "poison" }, onEvent }
        const consumer = yield* start(receiver.consume(() => Effect.void, policy))
        assert.deepStrictEqual(events, ["Received 1", "Poisoned 1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("waits in a sibling of the subqueue that is consumed, and comes back there", () =>
    leakFree(
      Effect.gen(function* () {
        const whole = yield* queues(mode)
        yield* send(orders, "1")
        yield* whole.move(yield* whole.peek, "errors")
        const { handle, tries } = failingFor({ "1": 2 })
        const receiver = yield* MessageQueue.openReceiver(`${orders};errors`, { shareMode: mode.shareMode })
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), park })
        assert.deepStrictEqual(yield* labelsIn(parked), ["1"])
        yield* elapse("1 second")
        yield* elapse("1 second")
        assert.deepStrictEqual([tries.length, yield* labelsIn(orders), yield* labelsOr(parked)], [3, [], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("parking", () => {
  it.effect("rolls back what the handler sent in the attempt", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, "1")
        const { handle } = failing(1)
        const consumer = yield* consuming(
          receiver,
          (message) => Effect.andThen(sender.send({ label: "invoice" }), handle(message)),
          { retry: retries(1), park }
        )
        assert.deepStrictEqual([yield* labelsIn(invoices), yield* labelsIn(parked)], [[], ["1"]])
        yield* elapse("1 second")
        assert.deepStrictEqual([yield* labelsIn(invoices), yield* labelsOr(parked)], [["invoice"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "counts the attempts of earlier runs of a transactional queue by the moves and the rollbacks (E-66, E-68)",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          const policy = { retry: retries(3), park, poison: { subqueue: "poison" } }
          const first = yield* consuming(receiver, failing(Infinity).handle, policy)
          yield* elapse("1 second")
          yield* Fiber.interrupt(first)
          assert.deepStrictEqual(yield* labelsIn(parked), ["1"])
          const attempts: Array<number> = []
          const second = yield* consuming(receiver, failing(Infinity).handle, {
            ...policy,
            retry: (_, attempt) => {
              attempts.push(attempt)
              return attempt < 4 ? "1 second" : "poison"
            }
          })
          yield* elapse("1 second")
          yield* elapse("1 second")
          assert.deepStrictEqual(attempts, [3, 4])
          assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["1"])
          yield* Fiber.interrupt(second)
        })
      )
  )

  it.effect("brings a message back that another receiver held in a transaction when its delay was over", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { handle, tries } = failing(1)
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), park })
        const rival = yield* MessageQueue.openReceiver(parked)
        const transaction = yield* Transaction.begin()
        yield* Transaction.within(rival.receive, transaction)
        yield* elapse("10 seconds")
        assert.strictEqual(tries.length, 1)
        yield* transaction.abort()
        yield* elapse("1 second")
        assert.strictEqual(tries.length, 2)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("a pause holds what comes back in the queue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const { begun, handle, open } = gate()
        const consumer = yield* consuming(
          receiver,
          (message) => Effect.andThen(handle(message), message.label === "1" ? Effect.fail("busy") : Effect.void),
          { retry: retries(1), park, concurrency: 2 }
        )
        yield* open
        yield* elapse("1 second")
        assert.deepStrictEqual(begun, ["1", "2", "1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  const illegal: ReadonlyArray<readonly [string, Queues, Consumer.ConsumePolicy, string, string]> = [
    [
      "where messages are removed before they are handled",
      { transactional: false },
      { park, poison: { queue: poison } },
      "IllegalPolicy",
      "shareMode denyReceive"
    ],
    ["in the subqueue for poison", {}, { park, poison: { subqueue: "RETRY" } }, "IllegalPolicy", "name another one"],
    ["in a subqueue whose name is illegal", {}, { park: { subqueue: "a;b" } }, "IllegalName", "a;b"],
    ["in none", {}, { park: {} as never }, "IllegalOption", "park.subqueue is undefined"],
    ["by a name alone", {}, { park: "retry" as never }, "IllegalOption", "{ subqueue } with the option subqueue"]
  ]
  it.effect.each(illegal)("is refused %s, before any message is received", ([, mode, policy, tag, text]) =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "1")
        const consumer = yield* consuming(receiver, () => Effect.void, policy)
        const exit = yield* Fiber.await(consumer)
        assert.strictEqual(reasonOf(exit)._tag, tag)
        assert.include(String(exit), text)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )

  it.effect("is refused in the subqueue that is consumed", () =>
    leakFree(
      Effect.gen(function* () {
        const whole = yield* queues()
        yield* send(orders, "1")
        yield* whole.move(yield* whole.peek, "retry")
        const receiver = yield* MessageQueue.openReceiver(parked)
        const error = yield* Effect.flip(receiver.consume(() => Effect.void, { park }))
        assert.include(error.message, "that subqueue is the one that is consumed")
      })
    )
  )
})
