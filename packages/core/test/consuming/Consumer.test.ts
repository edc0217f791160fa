/** Messages of a transactional queue are handled, retried and moved as the policy says. */
import { Consumer, Message, MessageQueue, MsmqError, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Result, Schedule } from "effect"
import * as CallLog from "../support/CallLog.ts"
import {
  consuming,
  eventLog,
  failing,
  gate,
  invoices,
  labelsIn,
  leakFree,
  never,
  orders,
  poison,
  queues,
  reasonOf,
  retries,
  send
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

const count = (calls: ReadonlyArray<string>, name: string) => calls.filter((call) => call === name).length

describe("a transactional queue", () => {
  it.effect("is handled in order, each message in a transaction that the handler's sends take part in", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, "1", "2", "3")
        const before = count(yield* CallLog.calls, "commitTransaction")
        const consumer = yield* consuming(receiver, ({ label }) => sender.send({ label: `invoice ${label}` }))
        assert.deepStrictEqual(yield* labelsIn(invoices), ["invoice 1", "invoice 2", "invoice 3"])
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        assert.strictEqual(count(yield* CallLog.calls, "commitTransaction") - before, 3)
        yield* send(orders, "4")
        yield* elapse(0)
        assert.deepStrictEqual((yield* labelsIn(invoices)).at(-1), "invoice 4")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has no transaction open while it waits", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const consumer = yield* consuming(receiver, () => Effect.void)
        assert.strictEqual((yield* HandleLedger.counts).transaction.open, 0)
        assert.isUndefined(consumer.pollUnsafe())
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [how, end] of [
    ["fails", Effect.fail("no")],
    ["dies", Effect.die(new Error("a bug"))],
    ["throws", Effect.sync((): void => assert.fail("a bug"))],
    ["interrupts itself", Effect.interrupt]
  ] as const) {
    it.effect(`a handler that ${how} has sent nothing; the message is held, and tried again after the delay`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          const sender = yield* MessageQueue.openSender(invoices)
          yield* send(orders, "1", "2")
          const tried: Array<string> = []
          const consumer = yield* consuming(
            receiver,
            ({ label }) =>
              Effect.gen(function* () {
                tried.push(label)
                yield* sender.send({ label: `invoice ${label}` })
                if (tried.length === 1) yield* end
              }),
            { retry: retries(1) }
          )
          yield* elapse("999 millis")
          assert.deepStrictEqual([tried, yield* labelsIn(orders), yield* labelsIn(invoices)], [["1"], ["2"], []])
          yield* elapse("1 millis")
          assert.deepStrictEqual(tried, ["1", "1", "2"])
          assert.deepStrictEqual(yield* labelsIn(invoices), ["invoice 1", "invoice 2"])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect("what a handler opens in its scope is closed before its message is gone", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const open = (yield* HandleLedger.counts).queue.open
        const consumer = yield* consuming(receiver, ({ label }) =>
          Effect.flatMap(MessageQueue.openSender(invoices), (sender) => sender.send({ label }))
        )
        assert.deepStrictEqual(yield* labelsIn(invoices), ["1", "2"])
        assert.strictEqual((yield* HandleLedger.counts).queue.open, open)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is tried as often as the schedule says, which sees the handler's error (H-32)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const tried: Array<string> = []
        const retry = Schedule.spaced("1 second").pipe(
          Schedule.setInputType<string | Consumer.HandlerDefect>(),
          Schedule.while(({ input }) => Effect.succeed(input === "busy"))
        )
        const consumer = yield* consuming(
          receiver,
          ({ label }) =>
            Effect.suspend(() => {
              tried.push(label)
              return Effect.fail(label === "1" && tried.length < 3 ? "busy" : "broken")
            }),
          { retry, poison: { subqueue: "poison" } }
        )
        yield* elapse("10 seconds")
        assert.deepStrictEqual(tried, ["1", "1", "1", "2"])
        assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["1", "2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "the retry schedule gets HandlerDefect, with the whole cause, for a failure that is not the handler's error",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          const inputs: Array<unknown> = []
          const retry = retries(1).pipe(
            Schedule.setInputType<unknown>(),
            Schedule.tap(({ input }) => Effect.sync(() => inputs.push(input)))
          )
          const bug = new Error("a bug")
          const consumer = yield* consuming(receiver, () => Effect.die(bug), { retry, poison: { queue: poison } })
          yield* elapse("5 seconds")
          const [died] = inputs
          assert(died instanceof Consumer.HandlerDefect)
          assert.strictEqual(Cause.squash(died.cause), bug)
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("by default is tried four more times, within 20 seconds", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { handle, tries } = failing(Infinity)
        const consumer = yield* consuming(receiver, handle)
        yield* elapse("20 seconds")
        assert.strictEqual(tries.length, 5)
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "PoisonMessage")
      })
    )
  )

  it.effect("attempts of another consumer, or another process, count (E-66)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const policy = { retry: retries(3), poison: { subqueue: "poison" } }
        const first = failing(Infinity)
        const consumer = yield* consuming(receiver, first.handle, policy)
        yield* elapse("1 second")
        yield* Fiber.interrupt(consumer)
        assert.strictEqual(first.tries.length, 2)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
        const second = failing(Infinity)
        const { events, onEvent } = eventLog()
        const other = yield* consuming(receiver, second.handle, { ...policy, onEvent })
        yield* elapse("10 seconds")
        // Two attempts failed, and the first consumer returned the message once when it stopped.
        assert.strictEqual(second.tries.length, 1)
        assert.deepStrictEqual(events, ["Received 1", "Poisoned 1"])
        yield* Fiber.interrupt(other)
      })
    )
  )

  it.effect("a message that another consumer receives between two attempts is passed, and the next one follows", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const rival = yield* MessageQueue.openReceiver(orders)
        yield* send(orders, "1", "2")
        yield* FaultInjection.inject({ function: "MQReceiveMessageByLookupId", call: 1, stall: "1 second" })
        const { events, onEvent } = eventLog()
        const { handle, tries } = failing(1)
        const consumer = yield* consuming(receiver, handle, { retry: retries(3), onEvent })
        assert.strictEqual((yield* rival.receive).label, "1")
        yield* elapse("5 seconds")
        assert.deepStrictEqual(tries, ["1", "2"])
        assert.deepStrictEqual(events, ["Received 1", "Retrying 1", "Passed 1", "Received 2", "Handled 2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("an attempt has a transaction of its own, also where the program consumes in one", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const sender = yield* MessageQueue.openSender(invoices)
        const program = Effect.gen(function* () {
          const consumer = yield* consuming(receiver, ({ label }) => sender.send({ label }), {
            poison: { queue: poison }
          })
          while ((yield* labelsIn(invoices)).length < 2) yield* Effect.yieldNow
          assert.deepStrictEqual(yield* labelsIn(invoices), ["1", "2"])
          yield* Fiber.interrupt(consumer)
          return yield* Effect.fail("no")
        })
        yield* Effect.ignore(Transaction.run(program))
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], ["1", "2"]])
      })
    )
  )

  it.effect("a retry schedule that dies ends consuming, and its message is back in the queue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const retry = retries(1).pipe(Schedule.tap(() => Effect.die("a bug")))
        const consumer = yield* consuming(receiver, failing(1).handle, { retry })
        const exit = yield* Fiber.await(consumer)
        assert(Exit.isFailure(exit))
        assert.strictEqual(Cause.squash(exit.cause), "a bug")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )

  it.effect("a handler that aborts its transaction has failed; one that commits it has handled its message", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const tried: Array<number> = []
        const causes: Array<unknown> = []
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(
          receiver,
          ({ abortCount, label }) =>
            Effect.flatMap(Transaction.Current, (current) => {
              assert(typeof current === "object")
              if (label === "1") tried.push(abortCount)
              return label === "1" && abortCount === 0 ? current.abort() : current.commit()
            }),
          {
            retry: retries(1),
            onEvent: (event) =>
              Effect.andThen(
                onEvent(event),
                Effect.sync(() => {
                  if (event._tag === "Retrying") causes.push(Cause.squash(event.cause))
                })
              )
          }
        )
        yield* elapse("999 millis")
        assert.deepStrictEqual([tried, yield* labelsIn(orders)], [[0], ["2"]])
        yield* elapse("1 second")
        assert.deepStrictEqual([tried, yield* labelsIn(orders)], [[0, 1], []])
        assert.deepStrictEqual(events, ["Received 1", "Retrying 1", "Handled 1", "Received 2", "Handled 2"])
        const [cause] = causes
        assert(cause instanceof MsmqError.MsmqError)
        assert.strictEqual(cause.reason._tag, "TransactionAborted")
        assert.include(cause.message, "let the effect or function fail with an error of its own instead")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "a message whose handler always aborts its transaction is retried as the schedule says, and is then poison",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1", "2")
          const { events, onEvent } = eventLog()
          const consumer = yield* consuming(
            receiver,
            ({ label }) =>
              Effect.flatMap(Transaction.Current, (current) =>
                typeof current === "object" && label === "1" ? current.abort() : Effect.void
              ),
            { retry: retries(2), poison: { queue: poison }, onEvent }
          )
          yield* elapse("5 seconds")
          assert.deepStrictEqual(events, [
            "Received 1",
            "Retrying 1",
            "Retrying 1",
            "Poisoned 1",
            "Received 2",
            "Handled 2"
          ])
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], ["1"]])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("a handler that fails after it has committed has handled its message", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { events, onEvent } = eventLog()
        const handler = () =>
          Effect.flatMap(Transaction.Current, (current) =>
            Effect.andThen(typeof current === "object" ? current.commit() : Effect.void, Effect.fail("too late"))
          )
        const consumer = yield* consuming(receiver, handler, { poison: { queue: poison }, onEvent })
        assert.deepStrictEqual(events, ["Received 1", "Handled 1"])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("poison", () => {
  const noted = { extension: new TextEncoder().encode("mine"), correlationId: new Uint8Array(20).fill(7) }
  const note: Message.Message = {
    label: "note",
    body: new TextEncoder().encode("hello"),
    bodyType: 8,
    appSpecific: 42,
    responseQueue: "DIRECT=OS:.\\private$\\answers"
  }

  it.effect("by default stays in the queue, and consuming fails with the message, its attempts and its cause", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const consumer = yield* consuming(receiver, failing(Infinity, "broken").handle, { retry: retries(2) })
        yield* elapse("2 seconds")
        const exit = yield* Fiber.await(consumer)
        const reason = reasonOf(exit)
        assert(reason._tag === "PoisonMessage")
        assert.deepStrictEqual([reason.message.label, reason.attempts, reason.kept], ["1", 3, "queue"])
        assert.strictEqual(Cause.squash(reason.cause), "broken")
        assert(Exit.isFailure(exit))
        const { message } = Cause.squash(exit.cause) as MsmqError.MsmqError
        assert.include(message, "could not be handled, after 3 attempts: broken")
        assert.include(message, "set a policy for poison messages")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
      })
    )
  )

  it.effect("is moved to a subqueue, and the messages behind it are handled", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad", "good")
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, failing(2).handle, {
          retry: retries(1),
          poison: { subqueue: "poison" },
          onEvent
        })
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["bad"])
        assert.deepStrictEqual(events, [
          "Received bad",
          "Retrying bad",
          "Poisoned bad",
          "Received good",
          "Handled good"
        ])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is rejected: its sender has it among the dead letters (E-69)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        yield* Transaction.run(sender.send({ label: "bad", journaling: { deadLetter: true } }))
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: never, poison: "reject" })
        assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\SYSTEM$;DEADXACT"), ["bad"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [kind, poisonTransactional] of [
    ["transactional", true],
    ["plain", false]
  ] as const) {
    it.effect(`is sent to another queue, a ${kind} one, as it was, with what happened in its headers`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues({ poisonTransactional })
          const sender = yield* MessageQueue.openSender(orders)
          const messageId = yield* Transaction.run(sender.send(note))
          yield* Transaction.run(sender.send({ ...note, ...noted, label: "noted" }))
          yield* Transaction.run(sender.send({ label: "headed", headers: { tenant: "north" } }))
          const consumer = yield* consuming(receiver, () => Effect.die(new RangeError("too much")), {
            retry: retries(1),
            poison: { queue: poison }
          })
          yield* elapse("5 seconds")
          yield* Fiber.interrupt(consumer)
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          const moved = yield* MessageQueue.openReceiver(poison)
          const bare = yield* moved.receive
          const { appSpecific, body, bodyType, responseQueue } = bare
          assert.deepStrictEqual(
            { label: bare.label, body: new Uint8Array(body), bodyType, appSpecific, responseQueue },
            note
          )
          assert.deepStrictEqual(
            { ...bare.headers },
            {
              "failure.queue": orders,
              "failure.messageId": messageId,
              "failure.attempts": "2",
              "failure.error": "RangeError: too much",
              "failure.time": "1970-01-01T00:00:01.000Z"
            }
          )
          // An extension and a correlation id of the program's own are kept.
          const full = yield* moved.receive
          assert.deepStrictEqual(
            [full.label, new TextDecoder().decode(full.extension), full.correlationId?.[0]],
            ["noted", "mine", 7]
          )
          const { headers } = yield* moved.receive
          assert.deepStrictEqual([headers["tenant"], headers["failure.attempts"]], ["north", "2"])
        })
      )
    )
  }

  it.effect("is copied by the policy's function, which gets the message, its attempts and its cause", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        const copy = (message: Message.Message, { attempts, cause }: Consumer.Poison): Message.Message => ({
          ...message,
          label: `${message.label}: ${String(Cause.squash(cause))} after ${attempts}`
        })
        const consumer = yield* consuming(receiver, failing(1, "broken").handle, {
          retry: never,
          poison: { queue: poison, copy }
        })
        assert.deepStrictEqual(yield* labelsIn(poison), ["bad: broken after 1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("that cannot be sent to the other queue stays in its own, and consuming fails", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad")
        yield* FaultInjection.inject({ function: "MQSendMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: never, poison: { queue: poison } })
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "AccessDenied")
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [["bad"], []])
      })
    )
  )

  it.effect("is a message whose body cannot be decoded, at once and without an attempt", () =>
    leakFree(
      Effect.gen(function* () {
        const body = {
          name: "even",
          encode: () => Result.fail("cannot be written"),
          decode: ({ body }: { readonly body: Uint8Array }) =>
            body.length % 2 === 0 ? Result.succeed(body.length) : Result.fail("must have an even number of bytes")
        }
        const receiver = yield* queues<number>({ body })
        const sender = yield* MessageQueue.openSender(orders)
        const bodies = [2, 3, 4].map((length) => ({ body: new Uint8Array(length), label: `${length}` }))
        yield* Transaction.run(sender.sendAll(bodies))
        const handled: Array<number> = []
        const consumer = yield* consuming(receiver, ({ body }) => Effect.sync(() => handled.push(body)), {
          poison: { queue: poison }
        })
        assert.deepStrictEqual(handled, [2, 4])
        const bad = yield* (yield* MessageQueue.openReceiver(poison)).receive
        assert.deepStrictEqual([bad.label, bad.body.length], ["3", 3])
        assert.strictEqual(bad.headers["failure.attempts"], "0")
        assert.include(bad.headers["failure.error"], "must have an even number of bytes")
        yield* Fiber.interrupt(consumer)
      })
    )
  )
})

describe("concurrency", () => {
  it.effect(
    "runs as many handlers at once, each in its own transaction, and receives no message before one is free",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1", "2", "3", "4")
          const { begun, handle, open } = gate()
          const consumer = yield* consuming(receiver, handle, { concurrency: 3 })
          yield* elapse(0)
          assert.deepStrictEqual(begun, ["1", "2", "3"])
          assert.deepStrictEqual(yield* labelsIn(orders), ["4"])
          assert.strictEqual((yield* HandleLedger.counts).transaction.open, 3)
          yield* open
          yield* elapse(0)
          assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2", "3", "4"], []])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("a free handler does not receive a message that another one retries", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { handle, tries } = failing(2)
        const consumer = yield* consuming(receiver, handle, { concurrency: 4, retry: retries(3) })
        for (const tried of [1, 2, 3]) {
          yield* elapse(0)
          assert.strictEqual(tries.length, tried)
          yield* elapse("1 second")
        }
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "a free handler does not receive a message that is back in the queue for a moment, before it is held again",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          yield* FaultInjection.inject({ function: "MQReceiveMessageByLookupId", call: 1, stall: "1 second" })
          const { handle, tries } = failing(1)
          const { events, onEvent } = eventLog()
          const consumer = yield* consuming(receiver, handle, { concurrency: 3, retry: retries(1), onEvent })
          yield* elapse("1999 millis")
          assert.strictEqual(tries.length, 1)
          yield* elapse("1 millis")
          assert.deepStrictEqual(events, ["Received 1", "Retrying 1", "Handled 1"])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("when consuming fails in one handler, the others finish", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "bad", "3")
        const { handle, open } = gate()
        const consumer = yield* consuming(
          receiver,
          (message) => (message.label === "bad" ? Effect.fail("broken") : handle(message)),
          { concurrency: 2, retry: never }
        )
        yield* elapse(0)
        assert.isUndefined(consumer.pollUnsafe())
        yield* open
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "PoisonMessage")
        assert.deepStrictEqual(yield* labelsIn(orders), ["bad", "3"])
      })
    )
  )
})
