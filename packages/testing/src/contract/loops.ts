import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { Receiver } from "@effect-msmq/core/Receiver"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { fork, newChannel, newQueue } from "./givens.ts"

/**
 * Reads the messages of a queue, each with `handle`, until it is interrupted.
 *
 * @testonly
 */
export type Loop = (receiver: Receiver, handle: Effect.Effect<void>) => Effect.Effect<unknown, MsmqError>

const found =
  (find: (receiver: Receiver) => Effect.Effect<Option.Option<unknown>, MsmqError>): Loop =>
  (receiver, handle) =>
    Effect.forever(
      Effect.flatMap(find(receiver), (message) => (Option.isSome(message) ? handle : Effect.sleep("1 millis"))),
      { disableYield: true }
    )

/** Loops that receive each message for good before they handle it. */
const taking: Readonly<Record<string, Loop>> = {
  receive: (receiver, handle) =>
    Effect.gen(function* () {
      for (;;) {
        yield* receiver.receive
        yield* handle
      }
    }),
  receiveWithin: found((receiver) => receiver.receiveWithin("5 millis")),
  poll: found((receiver) => receiver.poll),
  messages: (receiver, handle) => Stream.runForEach(receiver.messages, () => handle),
  lookup: found((receiver) => receiver.lookup("receiveFirst")),
  cursor: (receiver, handle) =>
    Effect.scoped(
      Effect.flatMap(receiver.cursor, (cursor) =>
        found(() => Effect.andThen(cursor.next, cursor.receive))(receiver, handle)
      )
    )
}

/**
 * All loops over the messages of a queue; the last two leave a message in the queue until it is handled.
 *
 * @testonly
 */
export const reading: Readonly<Record<string, Loop>> = {
  ...taking,
  browse: (receiver, handle) => Stream.runForEach(receiver.browse, () => handle),
  consume: (receiver, handle) => receiver.consume(() => handle)
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ label: `message ${index}` }))

const poll = (receiver: Receiver) => Effect.map(receiver.poll, Option.isSome)

/** Receives all messages of a queue, and returns their number. */
const countLeft = (receiver: Receiver): Effect.Effect<number, MsmqError> =>
  Effect.gen(function* () {
    let left = 0
    while (yield* poll(receiver)) left++
    return left
  })

const yields = (times: number) => Effect.repeat(Effect.yieldNow, { times })

/** Numbers of steps after which a fiber yields: small ones, and that of Effect. */
const limits = [7, 60, 700, 2048]

const interruptedAtOnce = ([name, loop]: [string, Loop]): ContractPromise =>
  promise(
    `a ${name} loop over a full queue loses nothing, wherever it is interrupted`,
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      const messages = numbered(100)
      let [sent, handled] = [0, 0]
      const handle = Effect.sync(() => void handled++)
      for (let cut = 0; cut < 40; cut++) {
        yield* sender.sendAll(messages)
        sent += messages.length
        const limit = limits[cut % limits.length]!
        const fiber = yield* fork(Effect.provideService(loop(receiver, handle), Scheduler.MaxOpsBeforeYield, limit))
        yield* yields(cut % 5)
        yield* Fiber.interrupt(fiber)
      }
      assert.equal(handled + (yield* countLeft(receiver)), sent)
    })
  )

const interruptedWaiting = ([name, loop]: [string, Loop]): ContractPromise =>
  promise(
    `a ${name} loop that waits loses nothing, wherever it is interrupted while messages come`,
    Effect.gen(function* () {
      const { receiver, sender } = yield* newChannel()
      let [sent, handled] = [0, 0]
      const handle = Effect.sync(() => void handled++)
      for (let cut = 0; cut < 40; cut++) {
        const limit = limits[cut % limits.length]!
        const fiber = yield* fork(Effect.provideService(loop(receiver, handle), Scheduler.MaxOpsBeforeYield, limit))
        yield* Effect.sleep(cut % 3)
        yield* sender.sendAll(numbered(3))
        sent += 3
        yield* cut % 2 === 0 ? yields(cut % 5) : Effect.sleep(cut % 7)
        yield* Fiber.interrupt(fiber)
      }
      assert.equal(handled + (yield* countLeft(receiver)), sent)
    })
  )

/** Counts the turns of the event loop while an effect runs. */
const rounds = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let count = 0
    let next: NodeJS.Immediate
    const goRound = () => {
      count++
      next = setImmediate(goRound)
    }
    next = setImmediate(goRound)
    return effect.pipe(
      Effect.ensuring(Effect.sync(() => clearImmediate(next))),
      Effect.map(() => count)
    )
  })

const many = 10_000

const sharesEventLoop = ([name, loop]: [string, Loop]): ContractPromise =>
  promise(
    `a ${name} loop over many messages shares the event loop, also where nothing in it ever waits`,
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const sender = yield* MessageQueue.openSender(queue)
      const receiver = yield* MessageQueue.openReceiver(queue, { shareMode: "denyReceive" })
      yield* sender.sendAll(numbered(many))
      const end = yield* Deferred.make<void>()
      let handled = 0
      // A promise that is fulfilled already continues in the same turn of the event loop.
      const handle = Effect.flatMap(
        Effect.promise(() => Promise.resolve()),
        () => (++handled === many ? Deferred.succeed(end, undefined) : Effect.void)
      )
      const count = yield* rounds(Effect.raceFirst(loop(receiver, Effect.asVoid(handle)), Deferred.await(end)))
      assert.equal(handled, many)
      assert.ok(count >= 3, `the event loop went round ${count} times while ${many} messages were handled`)
    })
  )

/** Promises about loops over the messages of a queue: an interruption loses no message, and each loop shares the event loop. */
export const loops: ReadonlyArray<ContractPromise> = [
  ...Object.entries(taking).flatMap((entry) => [interruptedAtOnce(entry), interruptedWaiting(entry)]),
  ...Object.entries(reading).map(sharesEventLoop)
]
