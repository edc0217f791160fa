import { Consumer, type Message, MessageQueue, Mqrt, MsmqError, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  type Layer,
  Logger,
  Option,
  References,
  Result,
  Schedule,
  Scope,
  Tracer
} from "effect"
import * as CallLog from "./support/CallLog.ts"
import {
  backend,
  consuming,
  invoices,
  journal,
  labelsIn,
  loud,
  never,
  orders,
  poison,
  queues,
  retries,
  send,
  startService,
  stopService
} from "./support/consuming.ts"
import { elapse, start } from "./support/settled.ts"

const count = (calls: ReadonlyArray<string>, name: string) => calls.filter((call) => call === name).length

/** Runs a test, closes what it opened, and looks for leaks. */
const whole = <A, E>(
  test: Effect.Effect<A, E, Layer.Success<typeof backend> | Scope.Scope>
): Effect.Effect<void, E | HandleLedger.HandlesLeaked, Scope.Scope> =>
  test.pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))

const reasonOf = <A>(exit: Exit.Exit<A, MsmqError.MsmqError>) => {
  assert(Exit.isFailure(exit))
  return Option.getOrThrow(Cause.findErrorOption(exit.cause)).reason
}

/** A handler that waits until it is told, and says what has begun. */
const gate = () => {
  const begun: Array<string> = []
  const opened = Deferred.makeUnsafe<void>()
  return {
    begun,
    open: Deferred.succeed(opened, undefined),
    handle: ({ label }: { readonly label: string }) =>
      Effect.andThen(
        Effect.sync(() => begun.push(label)),
        Deferred.await(opened)
      )
  }
}

/** A handler that fails so often, and says when it was tried. */
const failing = (times: number, error: unknown = "no") => {
  const tries: Array<string> = []
  return {
    tries,
    handle: ({ label }: { readonly label: string }) =>
      Effect.suspend(() => {
        tries.push(label)
        return tries.length <= times ? Effect.fail(error) : Effect.void
      })
  }
}

describe("a transactional queue", () => {
  it.effect("is handled in order, each message in a transaction that the handler's sends take part in", () =>
    whole(
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
    whole(
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
      whole(
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
    whole(
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
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const tried: Array<string> = []
        const retry = Schedule.spaced("1 second").pipe(
          Schedule.setInputType<string | Consumer.HandlerDied>(),
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

  it.effect("a schedule gets HandlerDied, with the whole cause, for what is no error of the handler", () =>
    whole(
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
        assert(died instanceof Consumer.HandlerDied)
        assert.strictEqual(Cause.squash(died.cause), bug)
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("by default is tried four more times, within 20 seconds", () =>
    whole(
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

  it.effect("the tries of before count: another consumer, or another process, does not begin anew (E-66)", () =>
    whole(
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
        const { events, onEvent } = journal()
        const other = yield* consuming(receiver, second.handle, { ...policy, onEvent })
        yield* elapse("10 seconds")
        // Twice it failed, and once it was held when the first one stopped.
        assert.strictEqual(second.tries.length, 1)
        assert.deepStrictEqual(events, ["Received 1", "Poisoned 1"])
        yield* Fiber.interrupt(other)
      })
    )
  )

  it.effect("that another consumer takes between two tries is that one's, and the next message is next", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const rival = yield* MessageQueue.openReceiver(orders)
        yield* send(orders, "1", "2")
        yield* FaultInjection.inject({ function: "MQReceiveMessageByLookupId", call: 1, stall: "1 second" })
        const { events, onEvent } = journal()
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

  it.effect("within a transaction of the program has its own all the same", () =>
    whole(
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

  it.effect("a schedule that dies takes consuming with it, and its message is back", () =>
    whole(
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
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const tried: Array<number> = []
        const causes: Array<unknown> = []
        const { events, onEvent } = journal()
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

  it.effect("a handler that always aborts its transaction is tried as the schedule says, and is then poison", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        const { events, onEvent } = journal()
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
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { events, onEvent } = journal()
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

  it.effect("by default stays in the queue, and consuming fails with it, its tries and its cause", () =>
    whole(
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

  it.effect("is moved to a subqueue, and those behind it go on", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "bad", "good")
        const { events, onEvent } = journal()
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
    whole(
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
      whole(
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
          // What the program itself has there stays.
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

  it.effect("is copied as the policy says, which knows the message, its tries and its cause", () =>
    whole(
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

  it.effect("that the other queue does not take stays where it is, and consuming fails", () =>
    whole(
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

  it.effect("is a body that cannot be read, at once and without a try", () =>
    whole(
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
  it.effect("runs so many handlers at once, each in its own transaction, and takes nothing before one is free", () =>
    whole(
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

  it.effect("a handler that is free does not take what another one is to try again", () =>
    whole(
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

  it.effect("nor while it is back in the queue for a moment, before it is held again", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        yield* FaultInjection.inject({ function: "MQReceiveMessageByLookupId", call: 1, stall: "1 second" })
        const { handle, tries } = failing(1)
        const { events, onEvent } = journal()
        const consumer = yield* consuming(receiver, handle, { concurrency: 3, retry: retries(1), onEvent })
        yield* elapse("1999 millis")
        assert.strictEqual(tries.length, 1)
        yield* elapse("1 millis")
        assert.deepStrictEqual(events, ["Received 1", "Retrying 1", "Handled 1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("when one fails for good, the others finish", () =>
    whole(
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

describe("stopping", () => {
  /** A consumer whose receiver and whose backend can be closed by themselves. */
  const running = Effect.fnUntraced(function* (
    handler: (message: { readonly label: string }) => Effect.Effect<unknown, unknown>,
    policy: Consumer.ConsumePolicy = {}
  ) {
    yield* queues()
    yield* send(orders, "1", "2", "3")
    const layer = yield* Scope.make()
    const mqrt = yield* Scope.provide(Effect.flatMap(Mqrt.Mqrt, Mqrt.make), layer)
    const scope = yield* Scope.make()
    const receiver = yield* MessageQueue.openReceiver(orders).pipe(
      Scope.provide(scope),
      Effect.provideService(Mqrt.Mqrt, mqrt)
    )
    const consumer = yield* consuming(receiver, handler, policy)
    return { consumer, receiver, close: Scope.close(scope, Exit.void), closeLayer: Scope.close(layer, Exit.void) }
  })
  type Running = Effect.Success<ReturnType<typeof running>>

  const stops: Record<string, (running: Running) => Effect.Effect<void>> = {
    "interrupting it": ({ consumer }) => Effect.asVoid(Fiber.interrupt(consumer)),
    "closing its receiver": ({ close }) => close,
    "closing the layer": ({ closeLayer }) => closeLayer
  }

  const endOf = (exit: Exit.Exit<never, MsmqError.MsmqError>) =>
    Exit.hasInterrupts(exit) ? "interrupted" : reasonOf(exit)._tag

  for (const [how, stop] of Object.entries(stops)) {
    const end = how === "interrupting it" ? "interrupted" : "Released"

    it.effect(`by ${how} takes nothing new, and lets running handlers finish and commit`, () =>
      whole(
        Effect.gen(function* () {
          const { begun, handle, open } = gate()
          const program = yield* running(handle, { concurrency: 2 })
          yield* elapse(0)
          const stopped = yield* start(stop(program))
          yield* elapse("10 seconds")
          assert.isUndefined(stopped.pollUnsafe())
          assert.deepStrictEqual(yield* labelsIn(orders), ["3"])
          yield* open
          yield* Fiber.join(stopped)
          assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2"], ["3"]])
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          assert.strictEqual((yield* HandleLedger.counts).transaction.open, 0)
          yield* program.closeLayer
        })
      )
    )

    it.effect(`by ${how} interrupts after so long what has not finished; its message is back`, () =>
      whole(
        Effect.gen(function* () {
          const { handle } = gate()
          const { events, onEvent } = journal()
          const program = yield* running(handle, { stopWithin: "5 seconds", onEvent })
          const stopped = yield* start(stop(program))
          yield* elapse("4999 millis")
          assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
          yield* elapse("1 millis")
          yield* Fiber.join(stopped)
          assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
          assert.deepStrictEqual(events, ["Received 1", "Returned 1"])
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          yield* program.closeLayer
        })
      )
    )

    it.effect(`by ${how} ends a wait at once`, () =>
      whole(
        Effect.gen(function* () {
          const program = yield* running(() => Effect.void, { concurrency: 3 })
          yield* elapse(0)
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* stop(program)
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          yield* send(orders, "4")
          assert.deepStrictEqual(yield* labelsIn(orders), ["4"])
          yield* program.closeLayer
        })
      )
    )
  }

  it.effect("leaves what fails meanwhile in the queue, and does not try it again", () =>
    whole(
      Effect.gen(function* () {
        const { handle, open } = gate()
        const handler = ({ label }: { readonly label: string }) => Effect.andThen(handle({ label }), Effect.fail("no"))
        const program = yield* running(handler, { retry: never, poison: { subqueue: "poison" } })
        const stopped = yield* start(Fiber.interrupt(program.consumer))
        yield* open
        yield* Fiber.join(stopped)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
        yield* program.close
      })
    )
  )

  it.effect("lets go at once of what waits to be tried again", () =>
    whole(
      Effect.gen(function* () {
        const program = yield* running(failing(1).handle, { retry: retries(1) })
        assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
        yield* Fiber.interrupt(program.consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
        yield* program.close
      })
    )
  )

  it.effect("from within a handler, by closing its receiver, does not wait for that handler", () =>
    whole(
      Effect.gen(function* () {
        const close = yield* Deferred.make<Effect.Effect<void>>()
        const program = yield* running(() => Effect.flatten(Deferred.await(close)))
        yield* Deferred.succeed(close, program.close)
        assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), "Released")
        assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
      })
    )
  )

  it.effect("a receiver that is closed feeds nobody", () =>
    whole(
      Effect.gen(function* () {
        const { close, consumer, receiver } = yield* running(() => Effect.void)
        yield* close
        yield* Fiber.await(consumer)
        const error = yield* Effect.flip(receiver.consume(() => Effect.void))
        assert.deepStrictEqual([error.operation, error.reason._tag], ["Receiver.consume", "Released"])
      })
    )
  )
})

describe("a restart of the service", () => {
  const restart = Effect.andThen(stopService, startService)
  const opens = Effect.map(CallLog.calls, (calls) => [count(calls, "openQueue"), count(calls, "closeQueue")] as const)

  it.effect("while it waits: the queue is opened anew, once, and consuming goes on (C-37)", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const { events, onEvent } = journal()
        const consumer = yield* consuming(receiver, () => Effect.void, { concurrency: 3, onEvent })
        const [opened, closed] = yield* opens
        yield* restart
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* opens, [opened + 1, closed + 1])
        yield* send(orders, "1")
        yield* elapse(0)
        assert.deepStrictEqual(events, ["Troubled", "Reopened", "Received 1", "Handled 1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("while a handler runs: its message is handled again, and what it sent is sent once (F-37)", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, "1", "2")
        const tried: Array<string> = []
        const handler = ({ label }: { readonly label: string }) =>
          Effect.gen(function* () {
            tried.push(label)
            yield* sender.send({ label: `invoice ${label}` })
            if (tried.length === 1) yield* restart
          })
        const consumer = yield* consuming(receiver, handler, { retry: never })
        yield* elapse("2 seconds")
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], ["invoice 1", "invoice 2"]])
        // The sender went stale too, and opened its queue anew by itself.
        assert.deepStrictEqual(tried, ["1", "1", "2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "fails what a handler sends after it, with its transaction: that does not count as a try (C-37, F-37)",
    () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues()
          const sender = yield* MessageQueue.openSender(invoices)
          yield* send(orders, "1")
          const failures: Array<string> = []
          let tries = 0
          const handler = ({ label }: { readonly label: string }) =>
            Effect.gen(function* () {
              if (++tries <= 2) yield* restart
              yield* sender.send({ label: `invoice ${label}` })
            }).pipe(Effect.tapError((error) => Effect.sync(() => failures.push(error.reason._tag))))
          const consumer = yield* consuming(receiver, handler, { retry: never })
          yield* elapse("10 seconds")
          assert.deepStrictEqual(failures, ["TransactionSequence", "TransactionSequence"])
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], ["invoice 1"]])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("before the last try fails does not count, as that try was undone before", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { handle, tries } = failing(1)
        const handler = (message: { readonly label: string }) =>
          Effect.andThen(tries.length === 0 ? restart : Effect.void, handle(message))
        const consumer = yield* consuming(receiver, handler, { retry: never, poison: { subqueue: "poison" } })
        yield* elapse("2 seconds")
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [["1", "1"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is waited for however long it takes, with back-off up to half a minute (H-25)", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const delays: Array<number> = []
        const consumer = yield* consuming(receiver, () => Effect.void, {
          onEvent: (event) =>
            Effect.sync(() => {
              if (event._tag === "Troubled") delays.push(Duration.toSeconds(event.delay))
            })
        })
        yield* stopService
        yield* elapse("10 minutes")
        assert.isUndefined(consumer.pollUnsafe())
        assert.isAtLeast(delays.length, 15)
        assert.isBelow(delays[0]!, 1)
        assert.isTrue(delays.slice(8).every((delay) => delay >= 24 && delay <= 36))
        yield* startService
        yield* elapse("1 minute")
        yield* send(orders, "1")
        yield* elapse(0)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is not waited for longer than the policy says, nor when it is stopped meanwhile", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const consumer = yield* consuming(receiver, () => Effect.void, { reopen: retries(2) })
        const patient = yield* consuming(receiver, () => Effect.void)
        yield* stopService
        yield* elapse("2 seconds")
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "ServiceNotAvailable")
        yield* Fiber.interrupt(patient)
        yield* startService
      })
    )
  )

  for (const code of [
    "MQ_ERROR_STALE_HANDLE",
    "MQ_ERROR_INVALID_HANDLE",
    "MQ_ERROR_INVALID_PARAMETER",
    "MQ_ERROR_OPERATION_CANCELLED",
    "MQ_ERROR_QUEUE_DELETED",
    "MQ_ERROR_SERVICE_NOT_AVAILABLE"
  ] as const) {
    it.effect(`a receive that fails with ${code} makes it open the queue anew (C-38, E-51 to E-53)`, () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          const [opened, closed] = yield* opens
          yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code })
          const { events, onEvent } = journal()
          const consumer = yield* consuming(receiver, () => Effect.void, { onEvent })
          yield* elapse("1 second")
          assert.deepStrictEqual(events, ["Troubled", "Reopened", "Received 1", "Handled 1"])
          assert.deepStrictEqual(yield* opens, [opened + 1, closed + 1])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect("other failures that pass are waited out with the queue as it is, and those that do not end it", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const before = yield* opens
        yield* FaultInjection.inject({
          function: "MQBeginTransaction",
          call: 1,
          code: "MQ_ERROR_INSUFFICIENT_RESOURCES"
        })
        const consumer = yield* consuming(receiver, () => Effect.void)
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* opens, before)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        yield* send(orders, "2")
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "AccessDenied")
        assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
      })
    )
  )

  it.effect("a queue that is deleted is looked for by its name: it is there again, or consuming fails", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const consumer = yield* consuming(receiver, () => Effect.void)
        yield* MessageQueue.delete(orders)
        yield* MessageQueue.create(orders, { transactional: true })
        yield* send(orders, "1")
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* MessageQueue.delete(orders)
        yield* elapse("1 second")
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "QueueNotFound")
      })
    )
  )

  it.effect(
    "whoever holds a receiver or a sender need not know: their next use opens the queue anew (C-37, C-38)",
    () =>
      whole(
        Effect.gen(function* () {
          const receiver = yield* queues()
          const sender = yield* MessageQueue.openSender(invoices)
          const cursor = yield* receiver.cursor
          yield* restart
          assert.deepStrictEqual(yield* receiver.poll, Option.none())
          yield* sender.send({ label: "1" }, { transaction: "singleMessage" })
          assert.deepStrictEqual(yield* labelsIn(invoices), ["1"])
          assert.strictEqual((yield* Effect.flip(cursor.next)).reason._tag, "Released")
        })
      )
  )
})

describe("a policy that cannot be followed", () => {
  const refused = (policy: Consumer.ConsumePolicy, options: Parameters<typeof queues>[0] = {}) =>
    Effect.gen(function* () {
      const receiver = yield* queues(options)
      yield* send(orders, "1")
      const error = yield* Effect.flip(receiver.consume(() => Effect.void, policy))
      assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      return error
    })

  const shared = { transactional: false }
  const alone = { transactional: false, shareMode: "denyReceive" } as const
  const remote = "DIRECT=OS:other\\private$\\poison"
  const values: ReadonlyArray<readonly [string, Consumer.ConsumePolicy, string]> = [
    ["no handlers at all", { concurrency: 0 }, "concurrency is 0, but it must be a whole number from 1 on"],
    ["half a handler", { concurrency: 1.5 }, "concurrency is 1.5, but it must be a whole number from 1 on"],
    ["a time that is none", { stopWithin: "soon" as "1 second" }, 'stopWithin is "soon", but it must be a duration'],
    [
      "an end for poison that is none",
      { poison: "drop" as "fail" },
      'poison is "drop", but it must be "fail", "reject"'
    ],
    ["poison into no queue", { poison: { queue: 7 as never } }, "poison.queue is 7, but it must be a queue's name"]
  ]
  it.effect.each(values)("a value that no queue would do with is an illegal option: %s", ([, policy, rule]) =>
    whole(
      Effect.gen(function* () {
        const error = yield* refused(policy)
        assert.strictEqual(error.reason._tag, "IllegalOption")
        assert.include(error.message, `Receiver.consume on ${orders}: ${rule}`)
      })
    )
  )

  const cases: ReadonlyArray<readonly [string, Consumer.ConsumePolicy, Parameters<typeof queues>[0], string]> = [
    ["poison into the queue itself", { poison: { queue: orders } }, {}, "another queue"],
    ["poison into a queue of a kind that nobody knows", { poison: { queue: remote } }, {}, "{ queue, transactional }"],
    ["failing with what was taken", {}, shared, "shareMode denyReceive"],
    ["rejecting what was taken", { poison: "reject" }, shared, "shareMode denyReceive"],
    ["moving what was taken", { poison: { subqueue: "poison" } }, shared, "shareMode denyReceive"],
    ["rejecting from a plain queue", { poison: "reject" }, alone, "only messages of a transactional queue"]
  ]
  it.effect.each(cases)("is refused before any message is taken: %s", ([, policy, options, rule]) =>
    whole(
      Effect.gen(function* () {
        const error = yield* refused(policy, options)
        assert(error.reason._tag === "IllegalPolicy")
        assert.include(error.message, rule)
      })
    )
  )

  it.effect("so are names of queues and subqueues that are none", () =>
    whole(
      Effect.gen(function* () {
        const error = yield* refused({ poison: { queue: ".\\private$\\nowhere" } })
        assert.strictEqual(error.reason._tag, "QueueNotFound")
        const receiver = yield* MessageQueue.openReceiver(orders)
        const illegal = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { subqueue: "a;b" } }))
        assert.strictEqual(illegal.reason._tag, "IllegalName")
      })
    )
  )
})

describe("what can be seen of it", () => {
  it.effect("every event comes with the counts so far; that telling fails is logged, and nothing else", () =>
    whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "bad", "3")
        const counts: Array<Consumer.ConsumeProgress> = []
        const consumer = yield* consuming(
          receiver,
          ({ label }) => (label === "bad" ? Effect.fail("broken") : Effect.void),
          {
            retry: retries(2),
            poison: { subqueue: "poison" },
            onEvent: (_, progress) =>
              Effect.andThen(
                Effect.sync(() => counts.push(progress)),
                Effect.die("a bug")
              )
          }
        )
        yield* elapse("2 seconds")
        const all = { received: 3, handled: 2, retried: 2, poisoned: 1, reopened: 0 }
        assert.deepStrictEqual(counts.at(-1), all)
        assert.deepStrictEqual(counts[0], { received: 1, handled: 0, retried: 0, poisoned: 0, reopened: 0 })
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "the log says what fails, is poison, and is waited for; a handler's own lines bear the message's id",
    () => {
      const lines: Array<readonly [string, string, unknown]> = []
      const logger = Logger.make(({ fiber, logLevel, message }) => {
        const annotations = fiber.getRef(References.CurrentLogAnnotations)
        lines.push([logLevel, String(message), annotations["messaging.message.id"]])
      })
      return Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        const messageId = yield* Transaction.run(sender.send({ label: "bad" }))
        const handler = () => Effect.andThen(Effect.log("trying"), Effect.fail("broken"))
        const consumer = yield* consuming(receiver, handler, { retry: retries(1), poison: { subqueue: "poison" } })
        yield* elapse("1 second")
        yield* stopService
        yield* elapse("1 second")
        yield* startService
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(lines.slice(0, 4), [
          ["Info", "trying", messageId],
          ["Warn", `message ${messageId}: attempt 1 failed`, undefined],
          ["Info", "trying", messageId],
          ["Error", `message ${messageId} could not be handled in 2 attempts`, undefined]
        ])
        assert.include(lines[4]![1], "MQ_ERROR_SERVICE_NOT_AVAILABLE")
      }).pipe(Effect.scoped, Effect.provide([loud, Logger.layer([logger])]))
    }
  )

  it.effect("each try runs in a span of its own, named by OpenTelemetry's conventions", () => {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        if (span.kind === "consumer") spans.push(span)
        return span
      }
    })
    return whole(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: retries(1) })
        yield* elapse("1 second")
        yield* Fiber.interrupt(consumer)
        const attempts = spans.map(({ attributes, name }) => [name, attributes.get("msmq.message.attempt")])
        assert.deepStrictEqual(attempts, [
          [`process ${orders}`, 1],
          [`process ${orders}`, 2]
        ])
      })
    ).pipe(Effect.withTracer(tracer))
  })
})
