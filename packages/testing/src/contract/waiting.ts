import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { failsBecause, fork, newChannel, newQueue, openHandle, receiveFrom, sendTo } from "./givens.ts"

/** Time after which a receive counts as waiting, on the backend too. */
const aMoment = Effect.sleep("30 millis")

/** Largest number of runs of an effect that must be quick once. */
const mostRuns = 20

/**
 * Runs an effect until one run takes less than `limit` milliseconds, and fails where no run does, as a busy machine makes
 * some runs slow, but not all. Returns the times of all runs.
 */
const quick = <E, R>(limit: number, effect: Effect.Effect<unknown, E, R>): Effect.Effect<ReadonlyArray<number>, E, R> =>
  Effect.gen(function* () {
    const times: Array<number> = []
    while (times.length < mostRuns) {
      const start = performance.now()
      yield* effect
      const time = performance.now() - start
      times.push(time)
      if (time < limit) return times
    }
    return assert.fail(`it took ${times.join(", ")} ms, and never less than ${limit}`)
  })

/**
 * Makes the promise that a number of receives can wait at once: `meanwhile` ends while they wait, one is interrupted, and
 * each of the others gets a message. It is checked as in the example of `MqrtContract.promises`.
 */
export const waitingReceives = <E>(count: number, meanwhile: Effect.Effect<void, E> = Effect.void): ContractPromise =>
  promise(
    `${count} receives wait at once: one is interrupted and the others are served, none lost`,
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const fibers: Array<Fiber.Fiber<string, unknown>> = []
      for (let index = 0; index < count; index++) {
        fibers.push(yield* fork(Effect.map(receiver.receive, (message) => message.label)))
      }
      yield* aMoment
      yield* meanwhile
      const middle = fibers.splice(count >> 1, 1)
      for (const fiber of middle) yield* Fiber.interrupt(fiber)
      const labels = fibers.map((_, index) => `message ${index}`)
      yield* sender.sendAll(labels.map((label) => ({ label })))
      const got = yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
      assert.equal(new Set(got).size, labels.length, "different messages received")
      assert.deepEqual(new Set(got), new Set(labels))
      assert.equal((yield* receiver.poll)._tag, "None", "a message was left over")
    })
  )

export const waiting: ReadonlyArray<ContractPromise> = [
  promise(
    "a poll of an empty queue gives nothing, at once",
    Effect.gen(function* () {
      const { receiver } = yield* newChannel()
      yield* quick(
        1000,
        Effect.map(receiver.poll, ({ _tag }) => assert.equal(_tag, "None"))
      )
    })
  ),
  promise(
    "receiveWithin waits as long as it was told and no less",
    Effect.gen(function* () {
      const { receiver } = yield* newChannel()
      const times = yield* quick(
        2000,
        Effect.map(receiver.receiveWithin("150 millis"), ({ _tag }) => assert.equal(_tag, "None"))
      )
      assert.ok(Math.min(...times) >= 135, `it took ${times.join(", ")} ms`)
    })
  ),
  promise(
    "receiveWithin gives what arrives in time",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const fiber = yield* fork(receiver.receiveWithin("30 seconds"))
      yield* aMoment
      yield* sender.send({ label: "in time" })
      const message = yield* Fiber.join(fiber)
      assert.equal(message._tag === "Some" ? message.value.label : "nothing", "in time")
    })
  ),
  promise(
    "a waiting receive gets the message that arrives",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const fiber = yield* fork(receiver.receive)
      yield* aMoment
      assert.equal(fiber.pollUnsafe(), undefined, "it did not wait")
      yield* sender.send({ label: "at last", body: new Uint8Array(10_000) })
      const message = yield* Fiber.join(fiber)
      assert.deepEqual([message.label, message.body.length], ["at last", 10_000])
    })
  ),
  promise(
    "a waiting receive that is interrupted settles within 50 ms, takes no message and leaves the others waiting",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const first = yield* fork(receiver.receive)
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
      for (let index = 0; index < mostRuns; index++) fibers.push(yield* fork(receiver.receive))
      yield* aMoment
      yield* quick(
        50,
        Effect.suspend(() => {
          const fiber = fibers.pop()
          return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
        })
      )
      yield* Effect.forEach(fibers, Fiber.interrupt)
      assert.equal(first.pollUnsafe(), undefined, "another receive ended")
      // A receive waits for the looks that were under way at an interruption: a later one could bring the first message.
      assert.equal(Option.getOrUndefined(yield* receiver.poll), undefined)
      yield* sender.sendAll([{ label: "one" }, { label: "two" }])
      assert.equal((yield* Fiber.join(first)).label, "one")
      assert.equal((yield* receiver.receive).label, "two")
    })
  ),
  promise(
    "a message that arrives while a receive is interrupted is not lost",
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      for (let round = 0; round < 20; round++) {
        const fiber = yield* fork(receiver.receive)
        if (round % 2 === 0) yield* Effect.sleep("1 millis")
        yield* sender.send({ appSpecific: round })
        const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
        const message = Exit.isSuccess(exit) ? exit.value : yield* receiver.receive
        assert.equal(message.appSpecific, round)
      }
    })
  ),
  waitingReceives(200),
  promise(
    "receives that wait on many handles of one queue get one message each",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const sender = yield* MessageQueue.openSender(queue)
      const fibers: Array<Fiber.Fiber<number, unknown>> = []
      for (let index = 0; index < 20; index++) {
        const receiver = yield* MessageQueue.openReceiver(queue)
        fibers.push(yield* fork(Effect.map(receiver.receive, (message) => message.appSpecific)))
      }
      yield* aMoment
      yield* sender.sendAll(fibers.map((_, index) => ({ appSpecific: index })))
      const got = yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
      assert.deepEqual(new Set(got), new Set(fibers.map((_, index) => index)))
    })
  ),
  promise(
    "closing a receiver ends what waits on it",
    Effect.gen(function* () {
      const { queue, receiver: other, sender } = yield* newChannel()
      const scope = yield* Scope.make()
      const receiver = yield* Scope.provide(MessageQueue.openReceiver(queue), scope)
      const fibers = [
        yield* fork(Effect.asVoid(receiver.receive)),
        yield* fork(Effect.asVoid(receiver.receiveWithin("1 minute")))
      ]
      yield* aMoment
      yield* Scope.close(scope, Exit.void)
      for (const fiber of fibers) yield* failsBecause(Fiber.join(fiber), "Released")
      yield* sender.send({ label: "for another" })
      assert.equal((yield* other.receive).label, "for another")
    })
  ),
  promise(
    "closing a queue at the seam settles what waits on its handle",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const scope = yield* Scope.make()
      const handle = yield* Scope.provide(openHandle(queue, "receive"), scope)
      const fiber = yield* fork(receiveFrom(handle, { timeout: null }))
      yield* aMoment
      yield* Scope.close(scope, Exit.void)
      assert.ok(Exit.isFailure(yield* Fiber.await(fiber)), "it received a message of an empty queue")
    })
  ),
  promise(
    "deleting a queue ends what waits on it",
    Effect.gen(function* () {
      const { queue, receiver } = yield* newChannel()
      const fiber = yield* fork(receiver.receive)
      yield* aMoment
      yield* MessageQueue.delete(queue)
      yield* failsBecause(Fiber.join(fiber), "QueueDeleted")
    })
  ),
  promise(
    "a waiting peek sees the message that arrives and leaves it",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const [receive, send] = [yield* openHandle(queue, "receive"), yield* openHandle(queue, "send")]
      const fiber = yield* fork(receiveFrom(receive, { action: "peekCurrent", timeout: 30_000 }))
      yield* aMoment
      yield* sendTo(send, [{ label: "seen" }])
      assert.equal((yield* Fiber.join(fiber)).label, "seen")
      assert.equal((yield* receiveFrom(receive)).label, "seen")
    })
  )
]
