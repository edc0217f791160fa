import { Message, MessageQueue, Mqrt, SecurityContext } from "@effect-msmq/core"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { fileURLToPath } from "node:url"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"
import { bundle } from "../../core/test/support/bundle.ts"
import { control, files, missing } from "./theDouble.ts"
import {
  calls,
  elsewhere,
  endCalls,
  holdCalls,
  labelOf,
  layer,
  orders,
  setDelay,
  setup,
  whileCalling
} from "./support/heldReceives.ts"

const program = fileURLToPath(new URL("programs/slowReceives.ts", import.meta.url))

const printed = [
  "receive: a",
  "receiveWithin: a",
  "poll: a",
  "peek: a",
  "peekWithin: a",
  "pollPeek: a",
  "messages: a b",
  "browse: a b c",
  "lookup: a b b",
  "cursor: b b b c nothing",
  "receive waits: late",
  "peek waits: late",
  "promises, receive: a",
  "promises, receiveWithin: a",
  "promises, poll: a",
  "promises, peek: a",
  "promises, pollPeek: a",
  "promises, for await: a",
  "promises, lookup: a",
  "clean"
]

/** Receives at the seam, by a name that does not tell that the queue is here. */
const atSeam = Effect.gen(function* () {
  const mqrt = yield* Mqrt.Mqrt
  const queue = yield* Effect.acquireRelease(mqrt.openQueue(elsewhere, "receive", "denyNone"), (queue) =>
    Effect.ignore(mqrt.closeQueue(queue))
  )
  return (timeout: number | null) =>
    mqrt.receiveMessage(queue, { action: "receive", cursor: null, read: usualRead, timeout, transaction: "none" })
})

describe.skipIf(missing !== null)("no receive blocks the event loop", { concurrent: true }, () => {
  it.each([
    ["a queue that is elsewhere, from the first call on", elsewhere],
    ["a queue of this computer, once its calls have proved slow", "DIRECT=OS:.\\private$\\orders"]
  ])("of %s", async (_, name) => {
    const { lines, stderr } = await runIn(node, await bundle(program), [files.library, name])
    assert.deepStrictEqual({ lines, stderr }, { lines: printed, stderr: "" })
  })
})

describe.skipIf(missing !== null)("receives whose calls run off the main thread", () => {
  beforeEach(() => control.reset())

  // A call on the main thread that ought to be held is one.
  afterEach(() => assert.deepStrictEqual(control.ledger().violations, []))

  it.live("a wait that is interrupted ends at once, and the message of its call is kept", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "only" })
      const receive = yield* atSeam
      const waiting = yield* whileCalling(receive(null))
      yield* Fiber.interrupt(waiting)
      endCalls()
      assert.strictEqual((yield* receiver.receive).label, "only")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a message that is kept is whole for the next caller, whatever its own caller had asked for", () =>
    Effect.gen(function* () {
      const { sender } = yield* setup
      const body = new Uint8Array(10_000).fill(7)
      const few = yield* MessageQueue.openReceiver(elsewhere, { read: { body: false, queues: false } })
      const all = yield* MessageQueue.openReceiver(elsewhere, { read: { rare: true } })
      yield* sender.send({ label: "only", body, extension: Uint8Array.of(1), responseQueue: elsewhere })
      const waiting = yield* whileCalling(few.receive)
      yield* Fiber.interrupt(waiting)
      endCalls()
      const peeked = yield* few.peek
      assert.instanceOf(peeked.body, Message.NotRead)
      assert.strictEqual(peeked.bodySize, 10_000)
      const message = yield* all.receive
      assert.deepStrictEqual(message.body, body)
      assert.deepStrictEqual([message.responseQueue, message.extension], [elsewhere, Uint8Array.of(1)])
      assert.isAbove(message.version, 0)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a time limit waits for the running call, and returns its message", () =>
    Effect.gen(function* () {
      const { sender } = yield* setup
      yield* sender.send({ label: "in time" })
      const receive = yield* atSeam
      const received = yield* whileCalling(receive(5))
      yield* Effect.sleep(30)
      assert.isUndefined(received.pollUnsafe())
      endCalls()
      assert.strictEqual((yield* Fiber.join(received)).label, "in time")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a cursor that was interrupted at the end of the queue goes on with new messages", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "0" })
      for (const delay of [0, 2]) {
        const cursor = yield* receiver.cursor
        assert.strictEqual(labelOf(yield* cursor.next), "0")
        setDelay(delay)
        const waiting = yield* Effect.forkChild(cursor.nextWithin("1 hour"), { startImmediately: true })
        yield* Effect.sleep(30)
        yield* Fiber.interrupt(waiting)
        yield* sender.send({ label: "late" })
        assert.strictEqual(labelOf(yield* cursor.next), "late")
        yield* receiver.lookup("receiveLast")
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a queue with slow calls is known as slow when it is opened again", () =>
    Effect.gen(function* () {
      const quick = ".\\private$\\never-slow-before"
      yield* MessageQueue.create(quick)
      const threads: Array<number> = []
      setDelay(5)
      for (let opening = 0; opening < 4; opening++) {
        yield* Effect.scoped(Effect.flatMap(MessageQueue.openReceiver(quick), (receiver) => receiver.poll))
        threads.push(control.threadOfLastCall("MQReceiveMessage"))
      }
      setDelay(0)
      assert.notInclude(threads.slice(1), threads[0])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a transaction whose receiver closes ends after the call in it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const mqrt = yield* Mqrt.Mqrt
      const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
      const transaction = yield* mqrt.beginTransaction
      const receive = { action: "receive", cursor: null, read: usualRead, timeout: null, transaction } as const
      const waiting = yield* whileCalling(
        Effect.ensuring(mqrt.receiveMessage(queue, receive), mqrt.releaseTransaction(transaction))
      )
      const closing = yield* Effect.forkChild(mqrt.closeQueue(queue), { startImmediately: true })
      yield* Effect.sleep(20)
      assert.isUndefined(waiting.pollUnsafe())
      endCalls()
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Effect.flip(Fiber.join(waiting))).code, 0xc00e0008)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a queue whose calls become quick is read on the main thread again", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(SecurityContext.acquire())
      const main = control.threadOfLastCall("MQFreeSecurityContext")
      const { receiver } = yield* setup
      const threads: Array<number> = []
      while (threads.at(-1) !== main) {
        yield* receiver.poll
        threads.push(control.threadOfLastCall("MQReceiveMessage"))
        assert.isAtMost(threads.length, 10_000)
      }
      // A busy machine makes some calls slow, and the try comes later.
      assert.isAbove(threads.length, 16)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a closing at the seam waits for a running call, which has its outcome", () =>
    Effect.gen(function* () {
      const { sender } = yield* setup
      yield* sender.send({ label: "only" })
      const mqrt = yield* Mqrt.Mqrt
      const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
      const poll = mqrt.receiveMessage(queue, {
        action: "receive",
        cursor: null,
        read: usualRead,
        timeout: 0,
        transaction: "none"
      })
      const polls = [yield* whileCalling(poll), yield* Effect.forkChild(poll, { startImmediately: true })]
      const closing = yield* Effect.forkChild(mqrt.closeQueue(queue), { startImmediately: true })
      endCalls()
      yield* Fiber.join(closing)
      const outcomes = yield* Effect.forEach(polls, (fiber) => Fiber.await(fiber))
      assert.strictEqual(outcomes.filter(Exit.isSuccess).length, 1)
      assert.deepStrictEqual(control.ledger().violations, [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a layer that closes ends the waits at the seam, and makes no call after that", () =>
    Effect.gen(function* () {
      for (const prepare of [endCalls, () => setDelay(2), holdCalls]) {
        control.reset()
        const scope = yield* Scope.make()
        const services = yield* Layer.buildWithScope(layer, scope)
        const mqrt = yield* Effect.provide(Mqrt.Mqrt, services)
        yield* Effect.provide(MessageQueue.create(orders), services)
        const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
        const cursor = yield* mqrt.createCursor(queue)
        const options = {
          action: "receive",
          cursor: null,
          read: usualRead,
          timeout: null,
          transaction: "none"
        } as const
        prepare()
        const waits = [
          mqrt.receiveMessage(queue, options),
          mqrt.receiveMessage(queue, { ...options, action: "peekCurrent", timeout: 100 }),
          mqrt.receiveMessage(queue, { ...options, action: "peekCurrent", cursor })
        ]
        const fibers = yield* Effect.forEach(waits, (wait) => Effect.forkDetach(wait, { startImmediately: true }))
        yield* Effect.sleep(20)
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        yield* Effect.sleep(5)
        endCalls()
        yield* Fiber.join(closing)
        for (const fiber of fibers) {
          const failure = yield* Effect.flip(Fiber.join(fiber))
          assert.strictEqual(failure.code, 0xc00e0008)
        }
        const after = calls()
        yield* Effect.sleep(150)
        assert.strictEqual(calls(), after)
        assert.deepStrictEqual(control.ledger().violations, [])
      }
    })
  )
})
