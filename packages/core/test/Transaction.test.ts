import { MessageQueue, type Mqrt, type MsmqError, type Sender, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Latch, Layer, Option, Scope, Stream } from "effect"
import * as CallLog from "./support/CallLog.ts"
import { interruptAtEveryStep } from "./support/everyStep.ts"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const invoices = ".\\private$\\invoices"
const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

/** Two transactional queues, open both ways. */
const queues = Effect.gen(function* () {
  yield* MessageQueue.create(orders, { transactional: true })
  yield* MessageQueue.create(invoices, { transactional: true })
  return {
    orders: yield* MessageQueue.openSender(orders),
    received: yield* MessageQueue.openReceiver(orders),
    invoices: yield* MessageQueue.openSender(invoices)
  }
})

const labelsIn = Effect.fnUntraced(function* (queue: string) {
  const receiver = yield* MessageQueue.openReceiver(queue)
  return yield* Effect.map(Stream.runCollect(receiver.browse), (all) => all.map(({ label }) => label))
}, Effect.scoped)

const ends = Effect.map(CallLog.calls, (calls) => calls.filter((call) => call.endsWith("Transaction")))

const released = (error: MsmqError.MsmqError) => {
  assert(error.reason._tag === "Released")
  return error.reason.resource
}

describe("run", () => {
  it.effect("commits once when its effect succeeds: what was received is gone, what was sent is there", () =>
    Effect.gen(function* () {
      const { invoices: sender, orders: source, received } = yield* queues
      yield* Transaction.run(source.send({ label: "order" }))
      const label = yield* Transaction.run(
        Effect.gen(function* () {
          const order = yield* received.receive
          yield* sender.send({ label: `invoice for ${order.label}` })
          return order.label
        })
      )
      assert.strictEqual(label, "order")
      assert.deepStrictEqual(yield* labelsIn(orders), [])
      assert.deepStrictEqual(yield* labelsIn(invoices), ["invoice for order"])
      const once = ["beginTransaction", "commitTransaction", "releaseTransaction"]
      assert.deepStrictEqual(yield* ends, [...once, ...once])
      yield* HandleLedger.expectNoLeaks.pipe(Effect.flip)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  for (const [how, end] of [
    ["fails", Effect.fail("too late")],
    ["dies", Effect.die(new Error("a bug"))],
    ["is interrupted", Effect.interrupt]
  ] as const) {
    it.effect(`aborts once when its effect ${how}: what was received is back, what was sent was never sent`, () =>
      Effect.gen(function* () {
        const { invoices: sender, orders: source, received } = yield* queues
        yield* Transaction.singleMessage(source.send({ label: "order" }))
        const exit = yield* Effect.gen(function* () {
          yield* received.receive
          yield* sender.send({ label: "invoice" })
          return yield* end
        }).pipe(Transaction.run(), Effect.exit)
        assert.deepStrictEqual(Exit.isFailure(exit), true)
        assert.deepStrictEqual(yield* labelsIn(orders), ["order"])
        assert.deepStrictEqual(yield* labelsIn(invoices), [])
        assert.deepStrictEqual(yield* ends, ["beginTransaction", "abortTransaction", "releaseTransaction"])
      }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
    )
  }

  it.effect("is a step of a pipe, with or without options and parentheses", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const id: string = yield* sender.send({ label: "1" }).pipe(Transaction.run)
      yield* sender.send({ label: "2" }).pipe(Transaction.run())
      yield* sender.send({ label: "3" }).pipe(Transaction.run({ timeToBeReceived: "1 hour" }))
      assert.match(id, /\\1$/)
      assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
    }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("of something else than an effect fails, and runs nothing", () =>
    Effect.gen(function* () {
      for (const wrong of [() => Effect.die("it ran"), async () => undefined, 7, "orders"] as ReadonlyArray<unknown>) {
        const { message, reason } = yield* Effect.flip(Transaction.run(wrong as Effect.Effect<never>))
        assert.strictEqual(reason._tag, "IllegalOption")
        assert.include(message, "but it must be an Effect")
      }
      assert.deepStrictEqual(yield* CallLog.calls, [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("inside another one is part of that: nothing is committed before the outer one is", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* Effect.gen(function* () {
        yield* Transaction.run(sender.send({ label: "inner" }))
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* sender.send({ label: "outer" })
      }).pipe(Transaction.run())
      assert.deepStrictEqual(yield* labelsIn(orders), ["inner", "outer"])
      assert.deepStrictEqual(yield* ends, ["beginTransaction", "commitTransaction", "releaseTransaction"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a batch, a sink and a stream of received messages take part in it", () =>
    Effect.gen(function* () {
      const { invoices: sender, orders: source, received } = yield* queues
      yield* Transaction.run(source.sendAll([{ label: "1" }, { label: "2" }, { label: "3" }]))
      const report = yield* Transaction.run(
        received.messages.pipe(
          Stream.take(2),
          Stream.map(({ label }) => ({ label })),
          Stream.run(sender.sink())
        )
      )
      assert.strictEqual(report.accepted, 2)
      assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [["3"], ["1", "2"]])
    }).pipe(Effect.provide(backend))
  )

  it.effect("outside of it, within it, a send is at once", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* MessageQueue.create(".\\private$\\log")
      const log = yield* MessageQueue.openSender(".\\private$\\log")
      yield* Effect.gen(function* () {
        yield* sender.send({ label: "order" })
        yield* Transaction.outside(log.send({ label: "tried" }))
        yield* log.send({ label: "too" }, { transaction: "none" })
        return yield* Effect.fail("no")
      }).pipe(Transaction.run(), Effect.ignore)
      assert.deepStrictEqual(yield* labelsIn(orders), [])
      assert.deepStrictEqual(yield* labelsIn(".\\private$\\log"), ["tried", "too"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("tells when its commit fails, and then it has aborted and is given back", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* FaultInjection.inject({
        function: "ITransaction::Commit",
        call: 1,
        code: "MQ_ERROR_SERVICE_NOT_AVAILABLE"
      })
      const error = yield* Effect.flip(Transaction.run(sender.send({ label: "order" })))
      assert.deepStrictEqual([error.operation, error.reason._tag], ["Transaction.commit", "ServiceNotAvailable"])
      assert.deepStrictEqual(yield* labelsIn(orders), [])
      assert.deepStrictEqual((yield* ends).at(-1), "releaseTransaction")
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("refuses a queue that is not transactional before anything is called, and loses nothing (F-09, F-15)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ label: "plain" })
      for (const use of [sender.send({}), receiver.receive, receiver.lookup("receiveFirst")]) {
        const before = (yield* CallLog.calls).filter((call) => /Message/.test(call))
        const error = yield* Effect.flip(Transaction.run(use as Effect.Effect<unknown, MsmqError.MsmqError>))
        assert.deepStrictEqual(error.reason, { _tag: "TransactionMismatch", queueIsTransactional: false })
        assert.deepStrictEqual(
          (yield* CallLog.calls).filter((call) => /Message/.test(call)),
          before
        )
      }
      assert.deepStrictEqual(yield* labelsIn(orders), ["plain"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("has the time limits for all its messages; one with its own is refused (D-42)", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      yield* Transaction.run(sender.sendAll([{ label: "1" }, { label: "2" }]), { timeToBeReceived: "10 seconds" })
      const error = yield* sender.send({ timeToBeReceived: "5 seconds" }).pipe(Transaction.run(), Effect.flip)
      assert(error.reason._tag === "IllegalMessage")
      assert.strictEqual(error.reason.field, "timeToBeReceived")
      assert.include(error.message, "set them on the transaction")
      yield* elapse("9 seconds")
      assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* received.poll, Option.none())
      const illegal = yield* Effect.flip(Transaction.run(Effect.void, { timeToReachQueue: "-1 seconds" }))
      assert.strictEqual(illegal.reason._tag, "IllegalMessage")
    }).pipe(Effect.provide(backend))
  )

  it.effect("that ends while a receive in it waits ends the wait, which takes nothing", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      const waiting = yield* Transaction.run(start(Effect.flip(received.receive)))
      assert.strictEqual(released(yield* Fiber.join(waiting)), "transaction")
      yield* Transaction.run(sender.send({ label: "order" }))
      assert.deepStrictEqual(yield* labelsIn(orders), ["order"])
    }).pipe(Effect.provide(backend))
  )
})

const aborted = (error: MsmqError.MsmqError) => {
  assert(error.reason._tag === "TransactionAborted", error.message)
  return [error.operation, error.reason.by, error.reason.abortedAt.includes("Transaction.test.ts")]
}

/** The transaction that an effect runs in. */
const current = Effect.map(Transaction.Current, (transaction) => {
  assert(typeof transaction === "object")
  return transaction
})

describe("run succeeds only if a commit was made", () => {
  it.effect("fails with TransactionAborted when its effect aborts by hand and succeeds", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const error = yield* Effect.gen(function* () {
        yield* sender.send({ label: "never" })
        yield* Effect.flatMap(current, (transaction) => transaction.abort())
        return "done"
      }).pipe(Transaction.run(), Effect.flip)
      assert.deepStrictEqual(aborted(error), ["Transaction.run", "abort", true])
      assert.include(error.message, "the program called its abort")
      assert.deepStrictEqual(yield* labelsIn(orders), [])
      assert.deepStrictEqual(yield* ends, ["beginTransaction", "abortTransaction", "releaseTransaction"])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("succeeds when its effect commits by hand, and commits once", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const result = yield* Effect.gen(function* () {
        const transaction = yield* current
        yield* sender.send({ label: "kept" })
        yield* transaction.commit()
        return yield* transaction.outcome
      }).pipe(Transaction.run())
      assert.strictEqual(result, "committed")
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
      assert.deepStrictEqual(yield* ends, ["beginTransaction", "commitTransaction", "releaseTransaction"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails as the commit by hand did, though its effect hides that", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* FaultInjection.inject({
        function: "ITransaction::Commit",
        call: 1,
        code: "MQ_ERROR_INSUFFICIENT_RESOURCES"
      })
      const error = yield* Effect.gen(function* () {
        yield* sender.send({ label: "never" })
        yield* Effect.ignore(Effect.flatMap(current, (transaction) => transaction.commit()))
      }).pipe(Transaction.run(), Effect.flip)
      assert.deepStrictEqual([error.operation, error.reason._tag], ["Transaction.commit", "InsufficientResources"])
      assert.deepStrictEqual(yield* labelsIn(orders), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails with what its effect fails with after a commit by hand, which stands", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const begun: Array<Transaction.Transaction> = []
      const failure = yield* Effect.gen(function* () {
        const transaction = yield* current
        begun.push(transaction)
        yield* sender.send({ label: "kept" })
        yield* transaction.commit()
        return yield* Effect.fail("too late")
      }).pipe(Transaction.run(), Effect.flip)
      assert.strictEqual(failure, "too late")
      assert.deepStrictEqual(yield* Effect.forEach(begun, ({ outcome }) => outcome), ["committed"])
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails with TransactionAborted when the layer closes while its effect runs", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(InMemoryMqrt.layer, scope)
      const error = yield* Effect.gen(function* () {
        const { orders: sender } = yield* queues
        return yield* Effect.gen(function* () {
          yield* sender.send({ label: "never" })
          yield* Scope.close(scope, Exit.void)
          return "done"
        }).pipe(Transaction.run(), Effect.flip)
      }).pipe(Effect.provideContext(services), Effect.scoped)
      assert.deepStrictEqual(aborted(error).slice(0, 2), ["Transaction.run", "connection"])
      assert.include(error.message, "its connection, or the backend's layer, closed")
    })
  )

  it.effect("inside another one fails when that is aborted meanwhile, and does not begin when that has ended", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const outer = yield* Scope.make()
      const transaction = yield* Scope.provide(Transaction.begin(), outer)
      const inner = Effect.andThen(sender.send({ label: "never" }), Scope.close(outer, Exit.void))
      const error = yield* Effect.flip(Transaction.within(Transaction.run(inner), transaction))
      assert.deepStrictEqual(aborted(error).slice(0, 2), ["Transaction.run", "scope"])
      const late = yield* Effect.flip(Transaction.within(Transaction.run(Effect.die("it ran")), transaction))
      assert.deepStrictEqual([late.operation, released(late)], ["Transaction.run", "transaction"])
      assert.deepStrictEqual(yield* ends, ["beginTransaction", "abortTransaction", "releaseTransaction"])
      assert.deepStrictEqual(yield* labelsIn(orders), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails when the service restarts while its effect runs, which aborted it", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const error = yield* Effect.gen(function* () {
        yield* sender.send({ label: "never" })
        const control = yield* MsmqControl.MsmqControl
        yield* Effect.andThen(control.stopService, control.startService)
      }).pipe(Transaction.run(), Effect.flip)
      assert.deepStrictEqual([error.operation, error.reason._tag], ["Transaction.commit", "TransactionSequence"])
      assert.deepStrictEqual(yield* labelsIn(orders), [])
    }).pipe(Effect.provide(backend))
  )

  it.effect("waits for a commit that another fiber began, and tells how it ended", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* FaultInjection.inject({ function: "ITransaction::Commit", call: 1, stall: "1 second" })
      const running = yield* Effect.gen(function* () {
        yield* sender.send({ label: "kept" })
        const transaction = yield* current
        yield* Effect.forkDetach(transaction.commit(), { startImmediately: true })
        return "done"
      }).pipe(Transaction.run(), start)
      assert.isUndefined(running.pollUnsafe())
      yield* elapse("1 second")
      assert.strictEqual(yield* Fiber.join(running), "done")
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
      assert.deepStrictEqual(yield* ends, ["beginTransaction", "commitTransaction", "releaseTransaction"])
    }).pipe(Effect.provide(backend))
  )
})

describe("an interruption while it commits", () => {
  /** Runs until the commit is under way, interrupts, and lets the commit go on. */
  const interruptCommitting = Effect.fnUntraced(function* <A, E>(running: Effect.Effect<A, E, Mqrt.Mqrt>) {
    yield* FaultInjection.inject({ function: "ITransaction::Commit", call: 1, stall: "1 second" })
    const fiber = yield* start(running)
    fiber.interruptUnsafe()
    assert.isUndefined(fiber.pollUnsafe())
    yield* elapse("1 second")
    return yield* Fiber.await(fiber)
  })

  it.effect("waits for the commit, which stands", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const begun: Array<Transaction.Transaction> = []
      const effect = Effect.andThen(
        Effect.map(current, (transaction) => begun.push(transaction)),
        sender.send({ label: "kept" })
      )
      const exit = yield* interruptCommitting(Transaction.run(effect))
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepStrictEqual(yield* Effect.forEach(begun, ({ outcome }) => outcome), ["committed"])
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it.effect("is told the outcome where only the effect may be interrupted", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const outcomes: Array<string> = []
      const running = Effect.uninterruptibleMask((restore) =>
        Transaction.run(restore(Effect.as(sender.send({ label: "kept" }), "done"))).pipe(
          Effect.tap((value) => Effect.sync(() => outcomes.push(value)))
        )
      )
      yield* interruptCommitting(running)
      assert.deepStrictEqual(outcomes, ["done"])
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
    }).pipe(Effect.provide(backend))
  )
})

describe("begin", () => {
  it.effect("is aborted by its scope unless it was committed", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      yield* Effect.scoped(
        Effect.gen(function* () {
          const transaction = yield* Transaction.begin()
          yield* sender.send({ label: "lost" }, { transaction })
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const transaction = yield* Transaction.begin()
          yield* Transaction.within(sender.send({ label: "kept" }), transaction)
          assert.isTrue(transaction.isOpen)
          yield* transaction.commit()
          assert.isFalse(transaction.isOpen)
        })
      )
      assert.deepStrictEqual(yield* labelsIn(orders), ["kept"])
      assert.deepStrictEqual(yield* ends, [
        "beginTransaction",
        "abortTransaction",
        "releaseTransaction",
        "beginTransaction",
        "commitTransaction",
        "releaseTransaction"
      ])
    }).pipe(Effect.provide(backend))
  )

  it.effect("after its end nothing takes part in it, no function is called, and the error says where it ended", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      const transaction = yield* Transaction.begin()
      yield* transaction.abort()
      yield* transaction.abort()
      const before = yield* CallLog.calls
      for (const use of [sender.send({}), received.receive, received.poll, received.lookup("receiveFirst")]) {
        const error = yield* Effect.flip(
          Transaction.within(use as Effect.Effect<unknown, MsmqError.MsmqError>, transaction)
        )
        assert.strictEqual(released(error), "transaction")
        assert(error.reason._tag === "Released")
        assert.include(error.reason.releasedAt, "Transaction.test.ts")
      }
      assert.strictEqual(released(yield* Effect.flip(transaction.commit())), "transaction")
      assert.deepStrictEqual(yield* CallLog.calls, before)
    }).pipe(Effect.provide(backend))
  )

  it.effect("peeks take no part in it (F-16), and receives that were not told do not either", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      yield* Transaction.singleMessage(sender.sendAll([{ label: "1" }, { label: "2" }]))
      const transaction = yield* Transaction.begin()
      assert.strictEqual((yield* Transaction.within(received.peek, transaction)).label, "1")
      assert.strictEqual((yield* received.receive).label, "1")
      assert.strictEqual((yield* Transaction.within(received.receive, transaction)).label, "2")
      yield* transaction.abort()
      assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a single-message transaction cannot be taken back (F-02, F-03)", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      yield* sender.send({ label: "1" }, { transaction: "singleMessage" })
      const message = yield* Effect.scoped(
        Effect.andThen(Transaction.begin(), Transaction.singleMessage(received.receive))
      )
      assert.deepStrictEqual([message.label, message.firstInTransaction, message.lastInTransaction], ["1", true, true])
      assert.deepStrictEqual(yield* labelsIn(orders), [])
    }).pipe(Effect.provide(backend))
  )
})

/** Counts the stacks that are captured while an effect runs. */
const stacksOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const { Error: original } = globalThis
    let count = 0
    globalThis.Error = new Proxy(original, {
      construct: (target, given) => {
        count++
        return Reflect.construct(target, given) as Error
      }
    })
    return Effect.ensuring(
      Effect.map(effect, () => count),
      Effect.sync(() => {
        globalThis.Error = original
      })
    )
  })

describe("the place of a transaction", () => {
  const lateUse = (sender: Sender.Sender, transaction: Transaction.Participation) =>
    Effect.map(Effect.flip(sender.send({}, { transaction })), ({ reason }) => {
      assert(reason._tag === "Released")
      return reason
    })

  it.effect("of run is that of its call, for its beginning and its end, after the fiber has yielded, too", () =>
    Effect.gen(function* () {
      const { orders: sender } = yield* queues
      const runHere = () => Transaction.run(Effect.andThen(Effect.yieldNow, Effect.service(Transaction.Current)))
      const handleOrder = Effect.fn("handleOrder")(function* () {
        yield* Effect.yieldNow
        return yield* runHere()
      })
      const { openedAt, releasedAt } = yield* lateUse(sender, yield* handleOrder())
      assert.match(openedAt, /at handleOrder \(.*Transaction\.test\.ts/)
      assert.match(openedAt, /at runHere .*Transaction\.test\.ts/)
      assert.strictEqual(releasedAt, openedAt)
      // An effect that was made elsewhere has the function that runs it, too.
      const made = runHere()
      const runIt = Effect.fn("runIt")(function* () {
        return yield* made
      })
      assert.match((yield* lateUse(sender, yield* runIt())).openedAt, /at runIt \(.*Transaction\.test\.ts/)
    }).pipe(Effect.provide(backend))
  )

  it.effect("of run is in the stack of what fails inside of it", () =>
    Effect.gen(function* () {
      const runHere = () => Transaction.run(Effect.andThen(Effect.yieldNow, Effect.die(new Error("a bug"))))
      const exit = yield* Effect.exit(runHere())
      assert(Exit.isFailure(exit))
      assert.match(Cause.pretty(exit.cause), /at Transaction\.run \(.*Transaction\.test\.ts/)
    }).pipe(Effect.provide(backend))
  )

  it.effect("takes one stack for a transaction, and one for all that a consumer begins", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      const run = Effect.suspend(() => Transaction.run(Effect.void))
      yield* run
      assert.strictEqual(yield* stacksOf(Effect.repeat(run, { times: 9 })), 10)
      const consumeAll = (count: number) =>
        Effect.gen(function* () {
          yield* Transaction.run(sender.sendAll(Array.from({ length: count }, () => ({}))))
          const done = yield* Latch.make()
          let handled = 0
          const handler = () => (++handled === count ? done.open : Effect.void)
          return yield* stacksOf(Effect.raceFirst(received.consume(handler), done.await))
        })
      yield* consumeAll(1)
      assert.strictEqual(yield* consumeAll(20), yield* consumeAll(1))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("of a consumer is the call of consume", () =>
    Effect.gen(function* () {
      const { orders: sender, received } = yield* queues
      yield* Transaction.run(sender.send({}))
      const seen = yield* Deferred.make<Transaction.Participation>()
      const consumeHere = () =>
        received.consume(() => Effect.flatMap(Transaction.Current, (current) => Deferred.succeed(seen, current)))
      const consumer = yield* start(consumeHere())
      const transaction = yield* Deferred.await(seen)
      yield* Fiber.interrupt(consumer)
      const { openedAt, releasedAt } = yield* lateUse(sender, transaction)
      assert.match(openedAt, /at consumeHere .*Transaction\.test\.ts/)
      assert.strictEqual(releasedAt, openedAt)
    }).pipe(Effect.provide(backend))
  )
})

describe("interrupted after any step", () => {
  it("a request is in one queue or its answer in the other, nothing is open and every transaction ended once", () => {
    const ended = { answered: 0, back: 0 }
    const program = Effect.gen(function* () {
      const open = yield* queues
      yield* Transaction.run(open.orders.send({ label: "order" }))
      yield* Transaction.run(Effect.andThen(open.received.receive, () => open.invoices.send({ label: "invoice" })))
    }).pipe(Effect.scoped)
    const steps = interruptAtEveryStep(() =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* Effect.exit(restore(program))
          yield* HandleLedger.expectNoLeaks
          const calls = yield* ends
          const count = (name: string) => calls.filter((call) => call === name).length
          assert.strictEqual(count("releaseTransaction"), count("beginTransaction"))
          assert.strictEqual(count("commitTransaction") + count("abortTransaction"), count("beginTransaction"))
          if (count("commitTransaction") === 0) return
          const left = [yield* labelsIn(orders), yield* labelsIn(invoices)]
          const whole = count("commitTransaction") === 2 ? [[], ["invoice"]] : [["order"], []]
          assert.deepStrictEqual(left, whole)
          ended[count("commitTransaction") === 2 ? "answered" : "back"]++
        })
      ).pipe(Effect.orDie, Effect.provide(backend))
    )
    assert.isAbove(steps, 100)
    assert.isAbove(ended.answered, 0)
    assert.isAbove(ended.back, 10)
  })
})
