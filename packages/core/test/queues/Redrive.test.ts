import { Message, MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import { FaultInjection, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as CallLog from "../support/CallLog.ts"
import { labelsIn, leakFree, send } from "../support/consuming.ts"
import { deadLetters } from "../support/poisonPlaces.ts"

const orders = ".\\private$\\orders"
const target = ".\\private$\\target"
const deadXact = ".\\system$;DEADXACT"
const deadLetter = ".\\system$;DEADLETTER"

const report = (examined: number, redriven: number): MessageQueue.RedriveReport => ({
  examined,
  redriven,
  skipped: examined - redriven
})

const create = (transactional: boolean, targetTransactional = transactional) =>
  Effect.andThen(
    MessageQueue.create(orders, { transactional }),
    MessageQueue.create(target, { transactional: targetTransactional })
  )

const first = (queue: string) =>
  Effect.scoped(
    Effect.flatMap(MessageQueue.openReceiver(queue), (receiver) => Effect.map(receiver.poll, Option.getOrThrow))
  )

const kinds = [
  [true, true],
  [true, false],
  [false, true],
  [false, false]
] as const

const word = (transactional: boolean) => (transactional ? "a transactional" : "a plain")

describe("redrive", () => {
  for (const [from, to] of kinds) {
    it.effect(`from ${word(from)} queue to ${word(to)} one forwards all messages in order, each once`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* create(from, to)
          yield* send(orders, "1", "2", "3")
          assert.deepStrictEqual(yield* MessageQueue.redrive(orders, target), report(3, 3))
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          assert.deepStrictEqual(yield* labelsIn(target), ["1", "2", "3"])
          assert.deepStrictEqual((yield* Effect.forEach(deadLetters, labelsIn)).flat(), [])
        })
      )
    )
  }

  it.effect("forwards what the sender set, with a new id", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(false)
        const sent: Message.Message = {
          label: "order 1",
          body: new Uint8Array([1, 2, 3]),
          bodyType: 8,
          priority: 6,
          delivery: "recoverable",
          appSpecific: 7,
          correlationId: new Uint8Array(20).fill(9),
          headers: { tenant: "north" },
          responseQueue: "DIRECT=OS:.\\private$\\answers",
          acknowledge: { positiveReceive: true },
          adminQueue: "DIRECT=OS:.\\private$\\admin",
          journaling: { journal: true },
          timeToBeReceived: "1 hour",
          trace: true
        }
        const sender = yield* MessageQueue.openSender(orders)
        const id = yield* sender.send(sent)
        const before = Message.copyOf(yield* Effect.flatMap(MessageQueue.openReceiver(orders), ({ peek }) => peek))
        yield* MessageQueue.redrive(orders, target)
        const message = yield* first(target)
        const { journaling, timeToReachQueue: _, ...after } = Message.copyOf(message)
        const { journaling: wasJournaling, timeToReachQueue: __, ...expected } = before
        assert.deepStrictEqual(after, expected)
        assert.deepStrictEqual(
          [wasJournaling, journaling],
          [
            { deadLetter: false, journal: true },
            // Its sender awaits acknowledgments itself, so that only a dead letter shows a refusal.
            { deadLetter: true, journal: true }
          ]
        )
        assert.notStrictEqual(message.messageId, id)
      })
    )
  )

  it.effect("keeps the time limit that is left in a transaction, and leaves out one that is over", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        const sender = yield* MessageQueue.openSender(orders)
        yield* Transaction.run(sender.send({ label: "limited" }), { timeToBeReceived: "1 hour" })
        yield* TestClock.adjust("10 minutes")
        yield* MessageQueue.redrive(orders, target)
        const { timeToBeReceived } = yield* first(target)
        assert.strictEqual(timeToBeReceived && Duration.toMinutes(timeToBeReceived), 50)

        yield* Transaction.run(sender.send({ label: "late", journaling: { deadLetter: true } }), {
          timeToBeReceived: "1 minute"
        })
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* MessageQueue.redrive(deadXact, "destinationQueue"), report(1, 1))
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* first(orders)).label, "late")
      })
    )
  )

  it.effect("sends dead letters back to the queue that each was sent to, when the queue can take them", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        for (const [queue, label] of [
          [orders, "order 1"],
          [target, "invoice 1"],
          [orders, "order 2"]
        ] as const) {
          yield* MessageQueue.setProperties(queue, { quota: 0 })
          const sender = yield* MessageQueue.openSender(queue)
          yield* sender.send({ label, journaling: { deadLetter: true } }, { transaction: "singleMessage" })
        }
        assert.deepStrictEqual(yield* labelsIn(deadLetters[1]!), ["order 1", "invoice 1", "order 2"])
        const refused = yield* Effect.flip(MessageQueue.redrive(deadXact, "destinationQueue"))
        assert(refused.reason._tag === "CopyNotArrived")
        assert.include(refused.message, "the queue is full")
        assert.deepStrictEqual(yield* labelsIn(deadLetters[1]!), ["order 1", "invoice 1", "order 2"])
        for (const queue of [orders, target]) yield* MessageQueue.setProperties(queue, { quota: "unlimited" })
        assert.deepStrictEqual(yield* MessageQueue.redrive(deadXact, "destinationQueue"), report(3, 3))
        assert.deepStrictEqual(yield* labelsIn(orders), ["order 1", "order 2"])
        assert.deepStrictEqual(yield* labelsIn(target), ["invoice 1"])
        assert.deepStrictEqual(yield* labelsIn(deadLetters[1]!), [])
      })
    )
  )

  it.effect("sends plain dead letters back, whose sender may await acknowledgments", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(false)
        yield* MessageQueue.setProperties(orders, { quota: 0 })
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ label: "1", journaling: { deadLetter: true } })
        yield* sender.send({
          label: "2",
          journaling: { deadLetter: true },
          adminQueue: "DIRECT=OS:.\\private$\\target",
          acknowledge: { positiveArrival: true }
        })
        yield* MessageQueue.setProperties(orders, { quota: "unlimited" })
        assert.deepStrictEqual(yield* MessageQueue.redrive(deadLetter, "destinationQueue"), report(2, 2))
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
        assert.deepStrictEqual(yield* labelsIn(deadLetters[0]!), [])
        assert.strictEqual((yield* labelsIn(target)).length, 1, "acknowledgments that the sender asked for")
      })
    )
  )

  for (const transactional of [true, false]) {
    it.effect(`moves poison from a subqueue of ${word(transactional)} queue back to it, with its id`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* create(transactional)
          yield* send(orders, "1", "2", "3")
          const receiver = yield* MessageQueue.openReceiver(orders)
          const all = yield* Stream.runCollect(receiver.browse)
          for (const message of all) yield* receiver.move(message, "poison")
          assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\orders;poison"), ["1", "2", "3"])
          assert.deepStrictEqual(
            yield* MessageQueue.redrive("DIRECT=OS:.\\private$\\orders;poison", orders, { limit: 1 }),
            report(1, 1)
          )
          assert.deepStrictEqual(
            yield* MessageQueue.redrive(".\\private$\\orders;poison", "destinationQueue"),
            report(2, 2)
          )
          const back = yield* Stream.runCollect(receiver.browse)
          assert.deepStrictEqual(
            back.map(({ label, messageId, moveCount }) => [label, messageId, moveCount]),
            all.map(({ label, messageId }) => [label, messageId, 2])
          )
          assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\private$\\orders;poison"), [])
        })
      )
    )

    it.effect(`replays the journal of ${word(transactional)} queue once, though each receive fills it again`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* create(transactional)
          yield* MessageQueue.setProperties(orders, { journal: true })
          yield* send(orders, "1", "2")
          const receiver = yield* MessageQueue.openReceiver(orders)
          yield* receiver.receive
          yield* receiver.receive
          const journal = "DIRECT=OS:.\\private$\\orders;JOURNAL"
          assert.deepStrictEqual(yield* MessageQueue.redrive(journal, orders), report(2, 2))
          assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
          assert.deepStrictEqual(yield* labelsIn(journal), [])
        })
      )
    )

    it.effect(`redrives to the same queue, ${word(transactional)} one, every message once`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* create(transactional)
          yield* send(orders, "1", "2", "3")
          const seen: Array<string> = []
          const to = ({ label }: Message.ReceivedMessage) => {
            seen.push(label)
            return label === "2" ? undefined : orders
          }
          assert.deepStrictEqual(yield* MessageQueue.redrive(orders, to), report(3, 2))
          assert.deepStrictEqual(seen, ["1", "2", "3"])
          assert.deepStrictEqual(yield* labelsIn(orders), ["2", "1", "3"])
        })
      )
    )
  }

  it.effect("a function chooses the queue of each message, or leaves it where it is", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* MessageQueue.create(".\\private$\\other", { transactional: false })
        yield* send(orders, "target 1", "other 1", "stays", "target 2", "other 2")
        const to = ({ label }: Message.ReceivedMessage) =>
          label === "stays" ? undefined : `.\\private$\\${label.slice(0, -2)}`
        assert.deepStrictEqual(yield* MessageQueue.redrive(orders, to), report(5, 4))
        assert.deepStrictEqual(yield* labelsIn(target), ["target 1", "target 2"])
        assert.deepStrictEqual(yield* labelsIn(".\\private$\\other"), ["other 1", "other 2"])
        assert.deepStrictEqual(yield* labelsIn(orders), ["stays"])
      })
    )
  )

  it.effect("where, limit and dryRun choose and count, and progress is told after each message", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "a1", "b1", "a2", "b2", "a3")
        const where = ({ label }: Message.ReceivedMessage) => label.startsWith("a")
        assert.deepStrictEqual(yield* MessageQueue.redrive(orders, target, { where, dryRun: true }), report(5, 3))
        assert.deepStrictEqual(
          yield* MessageQueue.redrive(orders, target, { where, dryRun: true, limit: 2 }),
          report(3, 2)
        )
        assert.deepStrictEqual(yield* MessageQueue.redrive(orders, target, { limit: 0 }), report(0, 0))
        assert.deepStrictEqual(yield* labelsIn(orders), ["a1", "b1", "a2", "b2", "a3"])
        const calls = yield* CallLog.calls
        assert.notInclude(calls.slice(calls.lastIndexOf("createQueue")), "moveMessage")
        const told: Array<MessageQueue.RedriveReport> = []
        const onProgress = (progress: MessageQueue.RedriveReport) => void told.push(progress)
        const result = yield* MessageQueue.redrive(orders, target, { where, limit: 2, onProgress })
        assert.deepStrictEqual(result, report(3, 2))
        assert.deepStrictEqual(told, [report(1, 1), report(2, 1), report(3, 2)])
        assert.deepStrictEqual(yield* labelsIn(orders), ["b1", "b2", "a3"])
        assert.deepStrictEqual(yield* labelsIn(target), ["a1", "a2"])
      })
    )
  )

  it.effect("a message that another receiver takes or holds meanwhile is skipped", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1", "taken", "held", "4", "held before")
        const receiver = yield* MessageQueue.openReceiver(orders)
        const all = yield* Stream.runCollect(receiver.browse)
        const take = (label: string) =>
          receiver.lookup("receiveCurrent", all.find((message) => message.label === label)!.lookupId)
        const holding = yield* Transaction.begin()
        yield* Transaction.within(take("held before"), holding)
        const mine = yield* Effect.context<never>()
        const where = ({ label }: Message.ReceivedMessage) => {
          const run = Effect.runSyncWith(mine)
          if (label === "taken") run(Effect.scoped(take("taken")))
          if (label === "held") run(Transaction.within(take("held"), holding))
          return true
        }
        assert.deepStrictEqual(yield* MessageQueue.redrive(orders, target, { where }), report(4, 2))
        assert.deepStrictEqual(yield* labelsIn(target), ["1", "4"])
        yield* holding.abort()
        assert.deepStrictEqual(yield* labelsIn(orders), ["held", "held before"])
      })
    )
  )

  it.effect("with denyReceive no other receiver gets a message of the plain queue meanwhile", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(false)
        yield* send(orders, "1")
        const reasons: Array<string> = []
        const mine = yield* Effect.context<Effect.Services<ReturnType<typeof labelsIn>>>()
        const where = () => {
          const opening = Effect.scoped(Effect.flip(MessageQueue.openReceiver(orders)))
          reasons.push(Effect.runSyncWith(mine)(opening).reason._tag)
          return true
        }
        yield* MessageQueue.redrive(orders, target, { where, shareMode: "denyReceive" })
        assert.deepStrictEqual(reasons, ["SharingViolation"])
        assert.deepStrictEqual(yield* labelsIn(target), ["1"])
      })
    )
  )

  it.effect("in an outer transaction all messages are redriven with its commit, or none", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1", "2")
        const redrive = MessageQueue.redrive(orders, target)
        yield* Transaction.run(Effect.andThen(redrive, Effect.fail("no"))).pipe(Effect.ignore)
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(target)], [["1", "2"], []])
        assert.deepStrictEqual(yield* Transaction.run(redrive), report(2, 2))
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(target)], [[], ["1", "2"]])
      })
    )
  )

  it.effect("an outer transaction refuses a plain queue, before a message is touched", () =>
    leakFree(
      Effect.gen(function* () {
        for (const [from, to] of [
          [true, false],
          [false, true]
        ] as const) {
          yield* create(from, to)
          yield* send(orders, "1")
          const error = yield* Effect.flip(Transaction.run(MessageQueue.redrive(orders, target)))
          assert.strictEqual(error.reason._tag, "TransactionMismatch")
          assert.strictEqual(error.operation, "MessageQueue.redrive")
          assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(target)], [["1"], []])
          yield* Effect.forEach([orders, target], (queue) => MessageQueue.delete(queue))
        }
      })
    )
  )

  const failing = Effect.fnUntraced(function* (
    redrive: Effect.Effect<unknown, MsmqError.MsmqError, Effect.Services<ReturnType<typeof labelsIn>>>
  ) {
    const error = yield* Effect.flip(redrive)
    assert.strictEqual(error.operation, "MessageQueue.redrive")
    return error
  })

  for (const [from, to] of kinds) {
    it.effect(`a full target stops it, from ${word(from)} queue to ${word(to)} one, and the message stays`, () =>
      leakFree(
        Effect.gen(function* () {
          yield* create(from, to)
          const sender = yield* MessageQueue.openSender(orders)
          const transaction = from ? "singleMessage" : "none"
          const id = yield* sender.send({ label: "1" }, { transaction })
          yield* send(orders, "2")
          const filling = yield* MessageQueue.openSender(target)
          yield* filling.send({ body: new Uint8Array(900) }, { transaction: to ? "singleMessage" : "none" })
          yield* MessageQueue.setProperties(target, { quota: 1 })
          const error = yield* failing(MessageQueue.redrive(orders, target))
          assert(error.reason._tag === "CopyNotArrived")
          assert.strictEqual(error.reason.class, 0x8003)
          assert.deepStrictEqual([error.progress, error.messageId], [{ accepted: 0 }, id])
          assert.include(
            error.message,
            `MessageQueue.redrive on ${target}, message ${id}: the copy of a message did not arrive`
          )
          assert.include(error.message, "No message was accepted.")
          assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2"])
          assert.deepStrictEqual(yield* labelsIn(target), [""])
          assert.deepStrictEqual((yield* Effect.forEach(deadLetters, labelsIn)).flat(), [])
        })
      )
    )
  }

  it.effect("a queue that does not exist stops it, by whichever way it is named", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1")
        for (const to of [".\\private$\\nowhere", () => ".\\private$\\nowhere"]) {
          const error = yield* failing(MessageQueue.redrive(orders, to))
          assert.strictEqual(error.reason._tag, "QueueNotFound")
          assert.deepStrictEqual(error.progress, { accepted: 0 })
        }
        const missing = yield* failing(MessageQueue.redrive(".\\private$\\nowhere", orders))
        assert.strictEqual(missing.reason._tag, "QueueNotFound")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )

  it.effect("a queue of unknown kind needs the kind", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1")
        const elsewhere = "WAREHOUSE\\private$\\orders"
        const error = yield* failing(MessageQueue.redrive(orders, elsewhere))
        assert(error.reason._tag === "IllegalOption")
        assert.strictEqual(error.reason.option, "transactional")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
        yield* MessageQueue.redrive(orders, elsewhere, { transactional: true })
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      })
    )
  )

  it.effect("a function that throws, or returns what is not allowed, stops it, and the message stays", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1", "2", "3")
        const untyped = MessageQueue.redrive as (
          ...given: ReadonlyArray<unknown>
        ) => ReturnType<typeof MessageQueue.redrive>
        const second =
          (usual: unknown, then: () => unknown) =>
          ({ label }: Message.ReceivedMessage): unknown =>
            label === "2" ? then() : usual
        const broken = () => {
          throw new Error("broken")
        }
        const cases: ReadonlyArray<readonly [unknown, object, string, string]> = [
          [target, { where: second(true, broken) }, "SourceFailed", "the function where threw"],
          [second(target, broken), {}, "SourceFailed", "the function to threw"],
          [
            target,
            { where: second(true, () => Promise.resolve(true)) },
            "IllegalOption",
            "a function that returned a Promise"
          ],
          [
            target,
            { where: second(true, () => Effect.succeed(false)) },
            "IllegalOption",
            "where is a function that returned"
          ],
          [
            target,
            { where: second(true, () => undefined) },
            "IllegalOption",
            "returned undefined, but it must return true or false"
          ],
          [
            second(target, () => Promise.resolve(target)),
            {},
            "IllegalOption",
            "to is a function that returned a Promise"
          ],
          [second(target, () => 5), {}, "IllegalOption", "to is a function that returned 5"],
          [second(target, () => "nonsense"), {}, "IllegalName", "nonsense"]
        ]
        for (const [to, options, tag, text] of cases) {
          const error = yield* failing(untyped(orders, to, options))
          assert.strictEqual(error.reason._tag, tag, error.message)
          assert.include(error.message, text)
          assert.deepStrictEqual(error.progress, { accepted: 1 }, error.message)
          assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
          assert.deepStrictEqual(yield* labelsIn(target), ["1"])
          yield* MessageQueue.purge(target)
          yield* MessageQueue.purge(orders)
          yield* send(orders, "1", "2", "3")
        }
        const error = yield* failing(untyped(orders, target, { onProgress: broken }))
        assert(error.reason._tag === "SourceFailed")
        assert.deepStrictEqual([error.reason.part, error.progress], ["onProgress", { accepted: 1 }])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(target)], [["2", "3"], ["1"]])
      })
    )
  )

  it.effect("wrong arguments are refused before any call", () =>
    leakFree(
      Effect.gen(function* () {
        const untyped = MessageQueue.redrive as (
          ...given: ReadonlyArray<unknown>
        ) => ReturnType<typeof MessageQueue.redrive>
        for (const given of [
          [orders],
          [orders, "nonsense"],
          [orders, 5],
          [5, orders],
          ["nonsense", orders],
          [orders, target, { limit: -1 }],
          [orders, target, { filter: () => true }],
          [orders, target, { where: true }]
        ]) {
          const error = yield* failing(untyped(...given))
          assert.include(["IllegalOption", "IllegalName"], error.reason._tag)
        }
        assert.deepStrictEqual(yield* CallLog.calls, [])
      })
    )
  )

  it.effect("a failure of the commit leaves each message in one place", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(true)
        yield* send(orders, "1", "2")
        yield* FaultInjection.inject({
          function: "ITransaction::Commit",
          call: 2,
          code: "MQ_ERROR_SERVICE_NOT_AVAILABLE"
        })
        const error = yield* failing(MessageQueue.redrive(orders, target))
        assert.deepStrictEqual(error.progress, { accepted: 1 })
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(target)], [["2"], ["1"]])
      })
    )
  )

  it.effect("a copy that is refused on its arrival leaves the plain original in its queue", () =>
    leakFree(
      Effect.gen(function* () {
        yield* create(false)
        yield* send(orders, "1")
        const msmq = yield* MsmqControl.MsmqControl
        // It is not known beforehand that the queue refuses the copy.
        yield* MessageQueue.setProperties(target, { quota: 0 })
        yield* msmq.deny({ queue: target, rights: ["getQueueProperties"] })
        const error = yield* failing(MessageQueue.redrive(orders, target, { transactional: false }))
        assert(error.reason._tag === "CopyNotArrived")
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )
})
