/** Functions and handlers decide on failed attempts, and an attempt may have a limit of time. */
import { Consumer, MessageQueue, MsmqError } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option } from "effect"
import {
  consuming,
  errorOf,
  eventLog,
  failing,
  invoices,
  labelsIn,
  leakFree,
  orders,
  poison,
  type Queues,
  queues,
  retries,
  send
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

const deadLetters = "DIRECT=OS:.\\SYSTEM$;DEADXACT"

/** Sends messages that ask to be dead letters. */
const sendTracked = Effect.fnUntraced(function* (labels: ReadonlyArray<string>) {
  const sender = yield* MessageQueue.openSender(orders)
  const messages = labels.map((label) => ({ label, journaling: { deadLetter: true } }))
  yield* sender.sendAll(messages, { transaction: "singleMessage" })
}, Effect.scoped)

describe("a function of the error as retry", () => {
  it.effect("gets the handler's error and the number of the attempt, and decides on the delay and on poison", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const seen: Array<readonly [unknown, number]> = []
        const { handle, tries } = failing(3, "busy")
        const consumer = yield* consuming(receiver, handle, {
          retry: (error, attempt) => {
            seen.push([error, attempt])
            return attempt === 3 ? "poison" : attempt * 1000
          },
          poison: { subqueue: "poison" }
        })
        yield* elapse("999 millis")
        assert.strictEqual(tries.length, 1)
        yield* elapse("1 millis")
        yield* elapse("1999 millis")
        assert.strictEqual(tries.length, 2)
        yield* elapse("1 millis")
        assert.deepStrictEqual(tries, ["1", "1", "1", "2"])
        assert.deepStrictEqual(
          seen,
          [1, 2, 3].map((attempt) => ["busy", attempt] as const)
        )
        assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("gets HandlerDefect for a handler with a defect, and numbers that include earlier attempts (E-66)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const first = yield* consuming(receiver, failing(Infinity).handle, { retry: retries(9) })
        yield* elapse("2 seconds")
        yield* Fiber.interrupt(first)
        const seen: Array<readonly [unknown, number]> = []
        const second = yield* consuming(receiver, () => Effect.die("a bug"), {
          retry: (error, attempt) => {
            seen.push([error._tag, attempt])
            return "poison"
          },
          poison: { subqueue: "poison" }
        })
        // Three attempts failed, and the first consumer returned the message once when it stopped.
        assert.deepStrictEqual(seen, [["HandlerDefect", 5]])
        yield* Fiber.interrupt(second)
      })
    )
  )

  it.effect("rejects a message, whatever the policy for poison says (E-69)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* sendTracked(["1", "2"])
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: () => "reject", onEvent })
        yield* elapse("1 second")
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(deadLetters)], [[], ["1"]])
        assert.deepStrictEqual(events, ["Received 1", "Poisoned 1", "Received 2", "Handled 2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect.each([
    ["a promise", () => Promise.resolve(1000)],
    ["nothing", () => undefined],
    ["a time that is none", () => "soon"],
    ["a time without end", () => Infinity],
    ["another word", () => "drop"]
  ])("ends consuming where it returns %s, and its message is in the queue", ([, retry]) =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: retry as () => "poison" })
        const exit = yield* Fiber.await(consumer)
        assert(Exit.isFailure(exit))
        assert.include(String(Cause.squash(exit.cause)), "retry is a function that returned ")
        assert.include(String(Cause.squash(exit.cause)), 'a function that returns "poison", "reject" or a delay')
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )
})

describe("a handler that fails with Unrecoverable", () => {
  const noCustomer = new Consumer.Unrecoverable({ because: "there is no such customer" })

  const illegal: ReadonlyArray<readonly [string, unknown, string]> = [
    ["a text", "no customer", "fields is a string"],
    ["nothing", undefined, "fields is undefined, but it must be an object with options of: because, action, cause"],
    [
      "another action",
      { because: "no", action: "discard" },
      'action is "discard", but it must be "poison" or "reject"'
    ],
    ["other fields", { reason: "no" }, 'the option "reason" does not exist']
  ]
  it.each(illegal)("is not made of %s", (_, fields, rule) => {
    let thrown: unknown
    try {
      thrown = new Consumer.Unrecoverable(fields as { readonly because: string })
    } catch (error) {
      thrown = error
    }
    assert(thrown instanceof MsmqError.MsmqError)
    assert.strictEqual(thrown.reason._tag, "IllegalOption")
    assert.include(thrown.message, `Consumer.Unrecoverable: ${rule}`)
  })

  it.effect("makes its message poison at once, whose copy says why, and nothing of its transaction is sent", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const sender = yield* MessageQueue.openSender(invoices)
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(
          receiver,
          ({ label }) => Effect.andThen(sender.send({ label }), label === "1" ? Effect.fail(noCustomer) : Effect.void),
          { retry: retries(9), poison: { queue: poison }, onEvent }
        )
        yield* elapse("1 second")
        assert.deepStrictEqual(events, ["Received 1", "Poisoned 1", "Received 2", "Handled 2"])
        const { headers } = yield* Effect.flatMap(MessageQueue.openReceiver(poison), ({ receive }) => receive)
        assert.deepStrictEqual(
          [headers["failure.attempts"], headers["failure.error"]],
          ["1", "Unrecoverable: there is no such customer"]
        )
        assert.deepStrictEqual(yield* labelsIn(invoices), ["2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("as a defect does the same, and rejects its message if it asks for that (E-69)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* sendTracked(["1", "2"])
        const refused = new Consumer.Unrecoverable({ because: "refused", action: "reject" })
        const handle = ({ label }: { readonly label: string }) =>
          label === "1" ? Effect.die(refused) : Effect.die(noCustomer)
        const consumer = yield* consuming(receiver, handle, { retry: retries(9), poison: { subqueue: "poison" } })
        yield* elapse("1 second")
        assert.deepStrictEqual([yield* labelsIn(deadLetters), yield* labelsIn(`${orders};poison`)], [["1"], ["2"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [name, mode] of Object.entries<Queues>({
    "is held alone": { transactional: false, shareMode: "denyReceive" },
    "is shared": { transactional: false }
  })) {
    it.effect(`and asks to reject it has it moved as poison in a plain queue that ${name}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, "1")
          const refused = new Consumer.Unrecoverable({ because: "refused", action: "reject" })
          const consumer = yield* consuming(receiver, () => Effect.fail(refused), { poison: { queue: poison } })
          yield* elapse("1 second")
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], ["1"]])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect("ends consuming by default, and its message is in the queue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const consumer = yield* consuming(receiver, () => Effect.fail(noCustomer))
        const { reason } = errorOf(yield* Fiber.await(consumer))
        assert(reason._tag === "PoisonMessage")
        assert.deepStrictEqual([reason.attempts, Cause.squash(reason.cause)], [1, noCustomer])
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )
})

describe("a handler that takes longer than handlerTimeout", () => {
  for (const [name, mode] of Object.entries<Queues>({
    "a transactional queue": {},
    "a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" },
    "a plain queue that is shared": { transactional: false }
  })) {
    it.effect(`is interrupted, which counts as an attempt, in ${name}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(mode)
          yield* send(orders, "1", "2")
          const interrupted: Array<string> = []
          const inputs: Array<unknown> = []
          const { events, onEvent } = eventLog()
          const consumer = yield* consuming(
            receiver,
            ({ label }) =>
              label === "2"
                ? Effect.void
                : Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted.push(label))),
            {
              handlerTimeout: "5 seconds",
              retry: (error, attempt) => {
                inputs.push(error)
                return attempt < 2 ? "1 second" : "poison"
              },
              poison: { queue: poison },
              onEvent
            }
          )
          yield* elapse("4999 millis")
          assert.deepStrictEqual(interrupted, [])
          yield* elapse("1 millis")
          assert.deepStrictEqual(interrupted, ["1"])
          yield* elapse("1 second")
          yield* elapse("5 seconds")
          yield* elapse("5 seconds")
          assert.deepStrictEqual(interrupted, ["1", "1"])
          assert.deepStrictEqual(events, ["Received 1", "Retrying 1", "Poisoned 1", "Received 2", "Handled 2"])
          assert.deepStrictEqual(yield* labelsIn(poison), ["1"])
          const [input] = inputs
          assert(input instanceof Consumer.HandlerDefect)
          const error = Option.getOrThrow(Cause.findErrorOption(input.cause))
          assert.instanceOf(error, Consumer.HandlerTimeout)
          assert.strictEqual(input.message, "the handler did not end within 5000 ms (handlerTimeout)")
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect("has sent nothing, and its transaction is over", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        const sent = yield* Deferred.make<void>()
        yield* send(orders, "1")
        const consumer = yield* consuming(
          receiver,
          () =>
            sender
              .send({ label: "invoice" })
              .pipe(Effect.andThen(Deferred.succeed(sent, undefined)), Effect.andThen(Effect.never)),
          { handlerTimeout: "5 seconds", retry: () => "1 hour" }
        )
        yield* Deferred.await(sent)
        yield* elapse("5 seconds")
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual([yield* labelsIn(invoices), yield* labelsIn(orders)], [[], ["1"]])
      })
    )
  )

  it.effect("has no limit by default, or with an infinite one", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const handle = () => Effect.sleep("1 day")
        const consumer = yield* consuming(receiver, handle, { handlerTimeout: "Infinity" })
        yield* elapse("1 day")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})
