import type { QueueHandle, TransactionHandle } from "@effect-msmq/core/Mqrt"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import * as Store from "../support/officeAndStore.ts"
import { direct, drained, ends, fork, message, messages, plain, receiving } from "./seam.ts"

const control = MsmqControl.MsmqControl

/** Number of messages: each operation on them takes at least so many turns of the event loop. */
const many = 3000
const turns = 10

const numbered = (count: number, fields: Parameters<typeof message>[0] = {}) =>
  Array.from({ length: count }, (_, index) => message({ label: `${index}`, ...fields }))

/** Counts the turns of the event loop while an effect runs. */
const turnsOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let count = 0
    let next: NodeJS.Immediate
    const goRound = () => {
      count++
      next = setImmediate(goRound)
    }
    next = setImmediate(goRound)
    return Effect.map(
      Effect.ensuring(
        effect,
        Effect.sync(() => clearImmediate(next))
      ),
      () => count
    )
  })

/** Sends messages in a transaction, which stays open. */
const sendInTransaction = (sender: QueueHandle, count: number) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const transaction = yield* mqrt.beginTransaction
    yield* mqrt.sendMessages(sender, numbered(count), { ...plain, transaction })
    return transaction
  })

/** Receives all messages of a queue in a transaction, which stays open. */
const receiveInTransaction = (receiver: QueueHandle, count: number) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const transaction = yield* mqrt.beginTransaction
    for (let left = count; left > 0; left--) yield* mqrt.receiveMessage(receiver, receiving({ transaction }))
    return transaction
  })

type Operation = Effect.Effect<unknown, unknown, Mqrt.Mqrt | MsmqControl.MsmqControl>

/** Prepares the end of a transaction in which many messages are sent, or received. */
const ending = (
  does: "sends" | "receives",
  end: (mqrt: Mqrt.Mqrt["Service"], transaction: TransactionHandle) => Operation
) =>
  Effect.gen(function* () {
    const { mqrt, receiver, send, sender } = yield* ends({ transactional: true })
    if (does === "receives") yield* send(numbered(many), { transaction: "singleMessage" })
    const transaction = yield* does === "sends" ? sendInTransaction(sender, many) : receiveInTransaction(receiver, many)
    return () => end(mqrt, transaction)
  })

const filled = (fields: Parameters<typeof message>[0] = {}) =>
  Effect.tap(ends(), ({ send }) => send(numbered(many, fields)))

const onFilled = (operation: (queue: Effect.Success<ReturnType<typeof ends>>) => Operation, fields = {}) =>
  Effect.map(filled(fields), (queue) => () => operation(queue))

/** Operations on many messages: each effect prepares one. */
const operations: Readonly<
  Record<string, Effect.Effect<() => Operation, unknown, Mqrt.Mqrt | MsmqControl.MsmqControl>>
> = {
  purge: onFilled(({ mqrt, receiver }) => mqrt.purgeQueue(receiver)),
  "purge with dead letters": onFilled(({ mqrt, receiver }) => mqrt.purgeQueue(receiver), {
    journaling: Store.buried
  }),
  "delete the queue": onFilled(({ formatName, mqrt }) => mqrt.deleteQueue(formatName)),
  "commit what is sent": ending("sends", (mqrt, transaction) => mqrt.commitTransaction(transaction)),
  "abort what is sent": ending("sends", (mqrt, transaction) => mqrt.abortTransaction(transaction)),
  "release what is sent": ending("sends", (mqrt, transaction) => mqrt.releaseTransaction(transaction)),
  "commit what is received": ending("receives", (mqrt, transaction) => mqrt.commitTransaction(transaction)),
  "abort what is received": ending("receives", (mqrt, transaction) => mqrt.abortTransaction(transaction)),
  "release what is received": ending("receives", (mqrt, transaction) => mqrt.releaseTransaction(transaction)),
  "stop the queue manager": onFilled(() => control.use((msmq) => msmq.stopService)),
  "end the process with an open transaction": ending("receives", () => control.use((msmq) => msmq.crashProcess)),
  "read the messages in the control": onFilled(() => control.use((msmq) => msmq.messagesIn(direct))),
  "the end of the messages' time": onFilled(() => TestClock.adjust("2 seconds"), { timeToBeReceived: 1 }),
  "a receive after the end of the messages' time, before the timer": onFilled(
    ({ poll }) => Effect.andThen(TestClock.adjust("1 second"), Effect.exit(poll)),
    { timeToBeReceived: 1 }
  ),
  "close a handle with receives that wait": Effect.gen(function* () {
    const { mqrt, receiver, wait } = yield* ends()
    for (let left = many; left > 0; left--) yield* Effect.forkDetach(wait, { startImmediately: true })
    return () => mqrt.closeQueue(receiver)
  }),
  "send a message that many peeks wait for": Effect.gen(function* () {
    const { receive, send } = yield* ends()
    const peeks = yield* Effect.forEach(Array.from({ length: many }), () =>
      fork(receive({ action: "peekCurrent", timeout: null }))
    )
    return () => Effect.andThen(send(numbered(1)), Fiber.joinAll(peeks))
  })
}

/** Opens a queue on another machine, with many messages that wait for a link. */
const waitingForLink = Effect.gen(function* () {
  yield* Store.queues()
  yield* Store.cut()
  yield* Store.send(numbered(many))
})

describe("an operation on many messages", () => {
  for (const [name, operation] of Object.entries(operations)) {
    it.effect(`shares the event loop: ${name}`, () =>
      Effect.gen(function* () {
        assert.isAtLeast(yield* turnsOf((yield* operation)()), turns)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("shares the event loop: join a link that messages wait for (D-70)", () =>
    Effect.gen(function* () {
      yield* waitingForLink
      assert.isAtLeast(yield* turnsOf(Store.join()), turns)
      const arrived = yield* Store.onStore(Store.labelsIn(Store.orders))
      assert.deepStrictEqual(
        arrived,
        numbered(many).map(({ label }) => label)
      )
    }).pipe(Effect.provide(Store.two))
  )

  it.effect("is atomic: no call sees a part of what a transaction sends (F-20)", () =>
    Effect.gen(function* () {
      const { mqrt, peek, sender } = yield* ends({ transactional: true })
      const transaction = yield* sendInTransaction(sender, many)
      const commit = yield* fork(mqrt.commitTransaction(transaction))
      assert.isUndefined(commit.pollUnsafe())
      const seen = yield* Effect.all([messages, peek, messages], { concurrency: "unbounded" })
      assert.strictEqual(seen[0], many)
      assert.strictEqual(seen[1].label, "0")
      yield* Fiber.join(commit)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("goes on when its caller is interrupted", () =>
    Effect.gen(function* () {
      const { mqrt, sender } = yield* ends({ transactional: true })
      const transaction = yield* sendInTransaction(sender, many)
      const commit = yield* fork(mqrt.commitTransaction(transaction))
      assert.isUndefined(commit.pollUnsafe())
      yield* Fiber.interrupt(commit)
      assert.strictEqual(yield* messages, many)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("keeps messages of a send that waits for it as they were when they were sent", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, send } = yield* filled()
      const purge = yield* fork(mqrt.purgeQueue(receiver))
      assert.isUndefined(purge.pollUnsafe())
      const [body, extension] = [new Uint8Array([1, 2, 3]), new Uint8Array([4])]
      const sending = yield* fork(send([message({ body, extension })]))
      body.fill(0)
      extension.fill(0)
      assert.strictEqual((yield* Fiber.join(sending)).accepted, 1)
      const received = yield* poll
      assert.deepStrictEqual([received.body, received.extension], [new Uint8Array([1, 2, 3]), new Uint8Array([4])])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ends at once for a call that cannot wait", () =>
    Effect.gen(function* () {
      const { mqrt, receiver } = yield* filled()
      const purge = yield* fork(mqrt.purgeQueue(receiver))
      assert.isUndefined(purge.pollUnsafe())
      Effect.runSync(mqrt.closeQueue(receiver))
      yield* Fiber.join(purge)
      assert.strictEqual(yield* messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("loses no message of a receive that waits, wherever the receive is interrupted", () =>
    Effect.gen(function* () {
      const { mqrt, send, sender, wait } = yield* ends({ transactional: true })
      let [sent, taken] = [0, 0]
      const take = Effect.forever(
        Effect.uninterruptibleMask((restore) =>
          Effect.andThen(
            restore(wait),
            Effect.sync(() => void taken++)
          )
        )
      )
      for (let cut = 0; cut < 60; cut++) {
        const transaction = yield* sendInTransaction(sender, 500)
        sent += 500
        const receives = yield* Effect.all(
          Array.from({ length: 5 }, () =>
            fork(Effect.provideService(take, Scheduler.MaxOpsBeforeYield, 3 + (cut % 11)))
          )
        )
        const commit = yield* fork(mqrt.commitTransaction(transaction))
        for (let turn = cut % 7; turn > 0; turn--) yield* Effect.yieldNow
        yield* Fiber.interruptAll(receives)
        yield* Fiber.join(commit)
        yield* send(numbered(1), { transaction: "singleMessage" })
        sent++
      }
      assert.strictEqual(taken + (yield* drained(direct)).length, sent)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("is followed by the next one, in order", () =>
    Effect.gen(function* () {
      const { mqrt, sender } = yield* ends({ transactional: true })
      const first = yield* sendInTransaction(sender, many)
      const second = yield* sendInTransaction(sender, many)
      const commits = [yield* fork(mqrt.commitTransaction(second)), yield* fork(mqrt.abortTransaction(first))]
      yield* Fiber.joinAll(commits)
      assert.strictEqual((yield* drained(direct)).length, many)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
