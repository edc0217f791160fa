/** Promises about what administrators do: ensuring queues, listing them, checking them, and redriving their messages. */
import * as Health from "@effect-msmq/core/Health"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { fork, newQueue, queuePrefix } from "./givens.ts"
import { labelsIn, sendLabels } from "./labels.ts"

const kinds = [true, false].flatMap((from) => [true, false].map((to) => ({ from, to })))

const word = (transactional: boolean): string => (transactional ? "a transactional" : "a plain")

/** Path name of a queue that does not exist, and that the scope deletes. */
const absentQueue = (name: string): Effect.Effect<string, never, Mqrt | Scope.Scope> => {
  const queue = `.\\private$\\${queuePrefix}${name}`
  const gone = Effect.ignore(MessageQueue.delete(queue))
  return Effect.acquireRelease(Effect.as(gone, queue), () => gone)
}

/** Redrives messages until an interruption after the fifth, and returns the number that progress has told. */
const cutShort = (from: string, to: string): Effect.Effect<number, MsmqError, Mqrt> =>
  Effect.gen(function* () {
    let told = 0
    const fifth = Deferred.makeUnsafe<void>()
    const onProgress = ({ redriven }: MessageQueue.RedriveReport) => {
      told = redriven
      if (redriven === 5) Deferred.doneUnsafe(fifth, Exit.void)
    }
    const fiber = yield* fork(MessageQueue.redrive(from, to, { onProgress }))
    yield* Effect.raceFirst(Deferred.await(fifth), Fiber.join(fiber))
    yield* Fiber.interrupt(fiber)
    return told
  })

export const administering: ReadonlyArray<ContractPromise> = [
  promise(
    "a message that waits for another machine is peeked at and received as an administrator, by the name that it was sent to",
    Effect.gen(function* () {
      const there = `DIRECT=OS:elsewhere\\private$\\${queuePrefix}waiting`
      const sender = yield* MessageQueue.openSender(there)
      yield* sender.send({ label: "order 1", timeToReachQueue: "1 minute" })
      const peeker = yield* MessageQueue.openReceiver(there, { access: "peekAndAdmin" })
      assert.equal(peeker.transactional, undefined)
      assert.equal((yield* peeker.peek).label, "order 1")
      const receiver = yield* MessageQueue.openReceiver(there, { access: "receiveAndAdmin" })
      assert.equal((yield* receiver.receive).label, "order 1")
      assert.equal((yield* receiver.poll)._tag, "None")
    })
  ),
  promise(
    "one of twenty programs that ensure a queue at once creates it, and all get its format name",
    Effect.gen(function* () {
      const queue = yield* absentQueue("ensured")
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => MessageQueue.ensure(queue, { transactional: true, label: "Ensured" })),
        { concurrency: "unbounded" }
      )
      assert.equal(all.filter(({ created }) => created).length, 1, "queues that were created")
      const names = new Set(all.map(({ formatName }) => formatName.toLowerCase()))
      assert.deepEqual([...names], [(yield* MessageQueue.formatName(queue)).toLowerCase()])
    })
  ),
  promise(
    "a queue with other properties is not ensured, and the error has each with both values",
    Effect.gen(function* () {
      const options = {
        label: "Orders",
        type: "01234567-89ab-cdef-0123-456789abcdef",
        authenticate: true,
        transactional: true,
        journal: true,
        quota: 2048,
        journalQuota: 512,
        privacyLevel: "none",
        basePriority: 0
      } as const
      const queue = yield* newQueue(options)
      assert.equal((yield* MessageQueue.ensure(queue, options)).created, false)
      const { reason } = yield* Effect.flip(
        MessageQueue.ensure(queue, { transactional: false, quota: 4096, label: "Orders" })
      )
      assert.ok(reason._tag === "QueueDiffers", reason._tag)
      assert.deepEqual(reason.differences, [
        { property: "transactional", given: false, found: true },
        { property: "quota", given: 4096, found: 2048 }
      ])
    })
  ),
  promise(
    "the list of private queues has each with its messages, active or not (C-50, C-53)",
    Effect.gen(function* () {
      const [idle, busy] = [yield* newQueue({ transactional: true }), yield* newQueue()]
      yield* sendLabels(busy, ["one", "two"])
      const ending = (queue: string) => queue.slice(1).toLowerCase()
      const mine = yield* Stream.runCollect(
        Stream.filter(QueueManager.queues({ kind: "private" }), ({ name }) =>
          [idle, busy].some((queue) => name.toLowerCase().endsWith(ending(queue)))
        )
      )
      const found = mine.map(({ messageCount, name, transactional }) => [
        name.toLowerCase(),
        messageCount,
        transactional
      ])
      for (const [queue, count, transactional] of [
        [idle, 0, true],
        [busy, 2, false]
      ] as const) {
        const [, ...rest] = found.find(([name]) => `${name}`.endsWith(ending(queue))) ?? []
        assert.deepEqual(rest, [count, transactional], queue)
      }
    })
  ),
  promise(
    "a health check finds the service, queues of the right kind, their depth and age, and the dead letters",
    Effect.gen(function* () {
      const [queue, absent] = [yield* newQueue({ transactional: true }), yield* absentQueue("absent")]
      yield* sendLabels(queue, ["one", "two"])
      const report = yield* Health.check({
        queues: [{ queue, transactional: true, maximumDepth: 1 }, absent],
        maximumAge: "1 day",
        maximumDeadLetters: 1_000_000_000,
        timeout: "30 seconds"
      })
      assert.equal(report.healthy, false)
      assert.deepEqual(
        report.checks.map(({ error, healthy, name }) => [name, healthy, error?.reason._tag]),
        [
          ["service", true, undefined],
          ["queue", true, undefined],
          ["depth", false, undefined],
          ["age", true, undefined],
          ["queue", false, "QueueNotFound"],
          ["age", false, "QueueNotFound"],
          ["deadLetters", true, undefined],
          ["deadLetters", true, undefined]
        ]
      )
      assert.equal(report.checks[2]?.value, 2, "messages in the queue")
    })
  ),
  ...kinds.map(({ from, to }) =>
    promise(
      `messages of ${word(from)} queue are redriven to ${word(to)} one, each once and in order`,
      Effect.gen(function* () {
        const [source, target] = [yield* newQueue({ transactional: from }), yield* newQueue({ transactional: to })]
        yield* sendLabels(source, ["a1", "b1", "a2", "a3"])
        const where = ({ label }: { readonly label: string }) => label.startsWith("a")
        const report = yield* MessageQueue.redrive(source, target, { where, limit: 2 })
        assert.deepEqual(report, { examined: 3, redriven: 2, skipped: 1 })
        assert.deepEqual(yield* labelsIn(source), ["b1", "a3"])
        assert.deepEqual(yield* labelsIn(target), ["a1", "a2"])
      })
    )
  ),
  ...kinds.map(({ from, to }) =>
    promise(
      `a redriving from ${word(from)} queue to ${word(to)} one that is interrupted leaves each message in one place`,
      Effect.gen(function* () {
        const [source, target] = [yield* newQueue({ transactional: from }), yield* newQueue({ transactional: to })]
        const labels = Array.from({ length: 40 }, (_, index) => `${index}`)
        yield* sendLabels(source, labels)
        const told = yield* cutShort(source, target)
        const arrived = yield* labelsIn(target)
        assert.deepEqual([...arrived, ...(yield* labelsIn(source))], labels)
        assert.equal(arrived.length, told, "messages that progress has counted")
      })
    )
  ),
  ...[true, false].map((transactional) =>
    promise(
      `poison is redriven from a subqueue back to ${word(transactional)} queue, and keeps its id`,
      Effect.gen(function* () {
        const queue = yield* newQueue({ transactional })
        yield* sendLabels(queue, ["one", "two"])
        const receiver = yield* MessageQueue.openReceiver(queue)
        const before = yield* Stream.runCollect(receiver.browse)
        for (const message of before) yield* receiver.move(message, "poison")
        const report = yield* MessageQueue.redrive(`DIRECT=OS:${queue};poison`, queue)
        assert.deepEqual(report, { examined: 2, redriven: 2, skipped: 0 })
        const after = yield* Stream.runCollect(receiver.browse)
        assert.deepEqual(
          after.map(({ messageId }) => messageId),
          before.map(({ messageId }) => messageId)
        )
      })
    )
  ),
  ...[true, false].map((transactional) =>
    promise(
      `messages of ${word(transactional)} queue are removed by choice, and the others stay in order`,
      Effect.gen(function* () {
        const queue = yield* newQueue({ transactional })
        yield* sendLabels(queue, ["a1", "b1", "a2", "b2"])
        const where = ({ label }: { readonly label: string }) => label.startsWith("a")
        const report = yield* MessageQueue.removeMessages(queue, { where })
        assert.deepEqual(report, { examined: 4, removed: 2, skipped: 2 })
        assert.deepEqual(yield* labelsIn(queue), ["b1", "b2"])
        assert.deepEqual((yield* MessageQueue.removeMessages(queue, { olderThan: "1 day" })).removed, 0)
      })
    )
  ),
  promise(
    "in an outer transaction that aborts no message is redriven",
    Effect.gen(function* () {
      const [source, target] = [yield* newQueue({ transactional: true }), yield* newQueue({ transactional: true })]
      yield* sendLabels(source, ["one", "two"])
      yield* MessageQueue.redrive(source, target).pipe(
        Effect.andThen(Effect.fail("no")),
        Transaction.run(),
        Effect.ignore
      )
      assert.deepEqual(yield* labelsIn(source), ["one", "two"])
      assert.deepEqual(yield* labelsIn(target), [])
    })
  )
]
