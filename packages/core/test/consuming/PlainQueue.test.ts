import { ErrorCode, MessageQueue, Mqrt, MsmqError, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, References, Schedule } from "effect"
import {
  consuming,
  eventLog,
  labelsIn,
  leakFree,
  never,
  orders,
  poison,
  queues,
  reasonOf,
  retries,
  send,
  startService,
  stopService
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

type Labelled = { readonly label: string }

/** Makes a handler that waits for each message until `finish` has run for its label. */
const stepwise = () => {
  const begun: Array<string> = []
  const turns = new Map<string, Deferred.Deferred<void>>()
  const turn = (label: string) => {
    const known = turns.get(label) ?? Deferred.makeUnsafe<void>()
    turns.set(label, known)
    return known
  }
  return {
    begun,
    finish: (label: string) => Effect.andThen(Deferred.succeed(turn(label), undefined), elapse(0)),
    handle: ({ label }: Labelled) =>
      Effect.andThen(
        Effect.sync(() => begun.push(label)),
        Deferred.await(turn(label))
      )
  }
}

/** Makes a handler that fails for the messages with these labels. */
const failingOn = (...labels: ReadonlyArray<string>) => {
  const tries: Array<string> = []
  return {
    tries,
    handle: ({ label }: Labelled) =>
      Effect.suspend(() => {
        tries.push(label)
        return labels.includes(label) ? Effect.fail("broken") : Effect.void
      })
  }
}

describe("a plain queue that nobody else receives from", () => {
  const alone = { transactional: false, shareMode: "denyReceive", poisonTransactional: false } as const

  it.effect("keeps a message until it is handled", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        yield* send(orders, "1", "2")
        const { finish, handle } = stepwise()
        const consumer = yield* consuming(receiver, handle)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
        yield* finish("1")
        assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
        yield* finish("2")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* finish("3")
        yield* send(orders, "3")
        yield* elapse(0)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has one consumer at a time: a second one of the same receiver is refused, and one after it is not", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        yield* send(orders, "1")
        const { begun, finish, handle } = stepwise()
        const first = yield* consuming(receiver, handle)
        const seconds = [
          yield* Effect.flip(receiver.consume(handle)),
          yield* Effect.flip(receiver.consumeBatches(() => Effect.void, { size: 2 }))
        ]
        for (const error of seconds) {
          assert.strictEqual(error.reason._tag, "IllegalPolicy")
          assert.include(error.message, "the receiver has a consumer already")
        }
        yield* finish("1")
        yield* Fiber.interrupt(first)
        const third = yield* consuming(receiver, handle)
        yield* send(orders, "2")
        yield* finish("2")
        assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2"], []])
        yield* Fiber.interrupt(third)
      })
    )
  )

  it.effect("gives a message to one handler, also where another worker peeks at it while it is removed", () =>
    leakFree(
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const looked = Deferred.makeUnsafe<void>()
        const slow = yield* Mqrt.make({
          ...mqrt,
          receiveMessage: (queue, options) => {
            const receive = mqrt.receiveMessage(queue, options)
            return options.cursor === null ? receive : Effect.tap(receive, () => Deferred.await(looked))
          }
        })
        const receiver = yield* Effect.provideService(queues(alone), Mqrt.Mqrt, slow)
        yield* send(orders, "1")
        const { begun, finish, handle } = stepwise()
        const consumer = yield* consuming(receiver, handle, { concurrency: 2 })
        yield* elapse(0)
        yield* finish("1")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Deferred.succeed(looked, undefined)
        yield* elapse(0)
        assert.deepStrictEqual(begun, ["1"])
        yield* send(orders, "2")
        yield* elapse(0)
        assert.deepStrictEqual(begun, ["1", "2"])
        yield* finish("2")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("keeps a message whose handler is interrupted, and gives it out again", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        yield* send(orders, "1", "2")
        const { handle } = stepwise()
        const consumer = yield* consuming(receiver, handle, { shutdownTimeout: 0, concurrency: 2 })
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
        const { handle: again, tries } = failingOn()
        const other = yield* consuming(receiver, again)
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [["1", "2"], []])
        yield* Fiber.interrupt(other)
      })
    )
  )

  it.effect(
    "hands each message to one of several handlers, also what comes in before its turn and while all wait",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(alone)
          yield* send(orders, "1", "2", "3")
          const { begun, finish, handle } = stepwise()
          const consumer = yield* consuming(receiver, handle, { concurrency: 2 })
          yield* elapse(0)
          assert.deepStrictEqual(begun, ["1", "2"])
          const sender = yield* MessageQueue.openSender(orders)
          yield* sender.send({ label: "urgent", priority: 7 })
          yield* finish("2")
          assert.deepStrictEqual(begun, ["1", "2", "urgent"])
          yield* finish("urgent")
          yield* finish("3")
          // The second waits behind the first, whose handler still runs.
          yield* send(orders, "4")
          yield* elapse(0)
          assert.deepStrictEqual(begun, ["1", "2", "urgent", "3", "4"])
          yield* finish("1")
          yield* finish("4")
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* Fiber.interrupt(consumer)
        })
      )
  )

  it.effect("takes no part in a transaction that the program is in", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        yield* send(orders, "1", "bad")
        const policy = { retry: never, poison: { queue: poison } }
        const program = Effect.gen(function* () {
          const consumer = yield* consuming(receiver, failingOn("bad").handle, policy)
          yield* Fiber.interrupt(consumer)
        })
        yield* Transaction.run(program)
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], ["bad"]])
      })
    )
  )

  it.effect("retries with the message in the queue, and by default fails with it still there", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        yield* send(orders, "bad", "2")
        const { handle, tries } = failingOn("bad")
        const consumer = yield* consuming(receiver, handle, { retry: retries(2) })
        yield* elapse("2 seconds")
        const reason = reasonOf(yield* Fiber.await(consumer))
        assert(reason._tag === "PoisonMessage")
        assert.deepStrictEqual([reason.message.label, reason.attempts, reason.kept], ["bad", 3, "queue"])
        assert.deepStrictEqual(
          [tries, yield* labelsIn(orders)],
          [
            ["bad", "bad", "bad"],
            ["bad", "2"]
          ]
        )
      })
    )
  )

  it.effect("a message whose time is over between two attempts is passed", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(alone)
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ label: "short", timeToBeReceived: "3 seconds" })
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, failingOn("short").handle, { retry: retries(9), onEvent })
        yield* elapse("9 seconds")
        assert.deepStrictEqual([events[0], events.at(-1)], ["Received short", "Passed short"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [where, policy, name] of [
    ["a subqueue", { subqueue: "poison" }, `${orders};poison`],
    ["another queue", { queue: poison }, poison]
  ] as const) {
    it.effect(`moves poison to ${where}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(alone)
          yield* send(orders, "1", "bad", "3")
          const { handle } = failingOn("bad")
          const consumer = yield* consuming(receiver, handle, { retry: never, poison: policy, concurrency: 2 })
          yield* elapse(0)
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(name)], [[], ["bad"]])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect(
    "sends a copy of poison before it removes the message, so that a failure in between leaves two and not none",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues({ ...alone, poisonTransactional: true })
          yield* send(orders, "bad")
          yield* FaultInjection.inject({
            function: "MQReceiveMessageByLookupId",
            call: 1,
            code: "MQ_ERROR_ACCESS_DENIED"
          })
          const policy = { retry: never, poison: { queue: poison } }
          const consumer = yield* consuming(receiver, failingOn("bad").handle, policy)
          assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "AccessDenied")
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [["bad"], ["bad"]])
        })
      )
  )

  it.effect(
    "a message that is handled while the service restarts is removed when that is back, and not handled again",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(alone)
          yield* send(orders, "1", "2")
          const { begun, finish, handle } = stepwise()
          yield* finish("2")
          const consumer = yield* consuming(receiver, handle)
          yield* stopService
          yield* finish("1")
          yield* elapse("1 minute")
          yield* startService
          yield* elapse("1 minute")
          assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2"], []])
          // The new handle refuses other receivers, too.
          const error = yield* Effect.flip(Effect.scoped(MessageQueue.openReceiver(orders)))
          assert.strictEqual(error.reason._tag, "SharingViolation")
          yield* Fiber.interrupt(consumer)
        })
      )
  )
})

describe("a plain queue that others receive from too", () => {
  const shared = { transactional: false } as const
  const policy = { poison: { queue: poison } }

  it.effect("gives each message to one consumer alone, before it is handled", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(shared)
        const rival = yield* MessageQueue.openReceiver(orders)
        yield* send(orders, "1", "2", "3", "4")
        const [mine, others] = [stepwise(), stepwise()]
        const consumer = yield* consuming(receiver, mine.handle, policy)
        const other = yield* consuming(rival, others.handle, { ...policy, concurrency: 2 })
        yield* elapse(0)
        assert.deepStrictEqual([mine.begun, others.begun, yield* labelsIn(orders)], [["1"], ["2", "3"], ["4"]])
        yield* mine.finish("1")
        assert.deepStrictEqual(mine.begun, ["1", "4"])
        for (const label of ["2", "3"]) yield* others.finish(label)
        yield* mine.finish("4")
        assert.deepStrictEqual(yield* labelsIn(poison), [])
        yield* Fiber.interrupt(consumer)
        yield* Fiber.interrupt(other)
      })
    )
  )

  it.effect("a message that cannot be handled is retried from memory, and then sent to the queue for poison", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(shared)
        yield* send(orders, "bad", "2")
        const { handle, tries } = failingOn("bad")
        const consumer = yield* consuming(receiver, handle, { ...policy, retry: retries(2) })
        yield* elapse("2 seconds")
        assert.deepStrictEqual(tries, ["bad", "bad", "bad", "2"])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], ["bad"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "a message that a shutdown leaves unfinished goes there too, whether its handler runs or it waits for its next attempt",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues(shared)
          yield* send(orders, "bad", "slow", "3")
          const { handle } = stepwise()
          const { events, onEvent } = eventLog()
          const handler = (message: Labelled) => (message.label === "bad" ? Effect.fail("broken") : handle(message))
          const consumer = yield* consuming(receiver, handler, {
            ...policy,
            concurrency: 2,
            shutdownTimeout: 0,
            onEvent
          })
          yield* elapse(0)
          yield* Fiber.interrupt(consumer)
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [["3"], ["bad", "slow"]])
          assert.deepStrictEqual(events.slice(-2).toSorted(), ["Returned bad", "Returned slow"])
        })
      )
  )

  it.effect("a message that cannot be sent there either is in the error, also after an interruption", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(shared)
        yield* send(orders, "bad")
        const refuse = FaultInjection.inject({ function: "MQSendMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
        yield* refuse
        const consumer = yield* consuming(receiver, failingOn("bad").handle, { ...policy, retry: never })
        const exit = yield* Fiber.await(consumer)
        const reason = reasonOf(exit)
        assert(reason._tag === "PoisonMessage")
        assert.deepStrictEqual([reason.message.label, reason.kept], ["bad", "nowhere"])
        assert(Exit.isFailure(exit))
        assert.include((Cause.squash(exit.cause) as MsmqError.MsmqError).message, "and nowhere else")
        // The cause says why it could not be handled, and why it could not be sent on.
        const [handling, sending] = reason.cause.reasons.map((one) => (one._tag === "Fail" ? one.error : undefined))
        assert.strictEqual(handling, "broken")
        assert.include(String(sending), "MQ_ERROR_ACCESS_DENIED")
        yield* send(orders, "slow")
        yield* refuse
        const stuck = yield* consuming(receiver, stepwise().handle, { ...policy, shutdownTimeout: 0 })
        yield* Fiber.interrupt(stuck)
        const lost = reasonOf(yield* Fiber.await(stuck))
        assert(lost._tag === "PoisonMessage")
        assert.deepStrictEqual([lost.message.label, lost.kept], ["slow", "nowhere"])
      })
    )
  )

  it.effect("a message at which consuming itself fails goes there too", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(shared)
        const code = ErrorCode.errors.MQ_ERROR_STALE_HANDLE
        const reason = MsmqError.reasonOf({ function: "MQSendMessage", code, properties: [] })
        const gone = new MsmqError.MsmqError({ operation: "Handler", reason })
        const breaks = [
          [() => Effect.fail("broken"), { retry: Schedule.tap(retries(1), () => Effect.die("a bug")) }],
          [() => Effect.fail(gone), { reopen: never }]
        ] as const
        for (const [handler, given] of breaks) {
          yield* send(orders, "bad")
          const consumer = yield* consuming<Uint8Array, unknown, never>(receiver, handler, { ...policy, ...given })
          assert.isTrue(Exit.isFailure(yield* Fiber.await(consumer)))
        }
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(poison)], [[], ["bad", "bad"]])
      })
    )
  )

  it.effect("a queue for poison that is not there for a while is waited for", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(shared)
        yield* send(orders, "bad")
        const handler = () => Effect.andThen(stopService, Effect.fail("broken"))
        const consumer = yield* consuming(receiver, handler, { ...policy, retry: never })
        yield* elapse("1 minute")
        yield* startService
        yield* elapse("1 minute")
        const receivedAgain = yield* MessageQueue.openReceiver(poison)
        assert.strictEqual((yield* receivedAgain.receive).label, "bad")
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("a queue of another machine is shared too, and that machine may go away and come back (E-76)", () =>
    Effect.gen(function* () {
      const remote = "WAREHOUSE\\private$\\orders"
      const away = (change: (msmq: MsmqControl.MsmqControl["Service"]) => Effect.Effect<void>) =>
        MsmqControl.on(MsmqControl.MsmqControl.use(change), "WAREHOUSE")
      yield* MsmqControl.on(MessageQueue.create(orders), "WAREHOUSE")
      yield* MessageQueue.create(poison)
      const receiver = yield* MessageQueue.openReceiver(remote)
      const { events, onEvent } = eventLog()
      const { handle, tries } = failingOn("bad")
      const consumer = yield* consuming(receiver, handle, { ...policy, retry: never, onEvent })
      yield* away((msmq) => msmq.stopService)
      yield* elapse("1 minute")
      yield* away((msmq) => msmq.startService)
      yield* elapse("1 minute")
      yield* MsmqControl.on(send(orders, "1", "bad"), "WAREHOUSE")
      yield* elapse("1 second")
      assert.deepStrictEqual([tries, yield* labelsIn(poison)], [["1", "bad"], ["bad"]])
      assert.include(events, "Reopened")
      yield* Fiber.interrupt(consumer)
    }).pipe(
      Effect.scoped,
      Effect.andThen(HandleLedger.expectNoLeaks),
      Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "WAREHOUSE" }] }))),
      Effect.provideService(References.MinimumLogLevel, "None")
    )
  )
})
