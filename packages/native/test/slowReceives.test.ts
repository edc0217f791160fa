import { MessageQueue, Mqrt, SecurityContext, Transaction } from "@effect-msmq/core"
import { connect, type Receiver as PromiseReceiver } from "@effect-msmq/core/promises"
import type { MsmqError, Receiver } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { inTurn } from "../../core/test/programs/inTurn.ts"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"
import { control, files, missing } from "./theDouble.ts"

const program = fileURLToPath(new URL("programs/slowReceives.ts", import.meta.url))

/** A name of the queue that does not tell that it is on this computer. */
const elsewhere = "DIRECT=OS:DOUBLE\\private$\\orders"
const orders = ".\\private$\\orders"

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

describe.skipIf(missing !== null)("no way to receive keeps the event loop", { concurrent: true }, () => {
  it.each([
    ["a queue that is elsewhere, from the first call on", elsewhere],
    ["a queue of this computer, once its calls have proved slow", "DIRECT=OS:.\\private$\\orders"]
  ])("of %s", async (_, name) => {
    const { lines, stderr } = await runIn(node, program, [files.library, name])
    assert.deepStrictEqual({ lines, stderr }, { lines: printed, stderr: "" })
  })
})

const layer = NativeMqrt.layerWith(files)

const setup = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  return {
    sender: yield* MessageQueue.openSender(orders),
    receiver: yield* MessageQueue.openReceiver(elsewhere)
  }
})

const functions = ["MQReceiveMessage", "MQReceiveMessageByLookupId"] as const

const setDelay = (milliseconds: number): void => {
  for (const name of functions) control.setDelay(name, milliseconds)
}

/** Holds the calls that begin from now on, until {@link endCalls}. None may be made on the main thread meanwhile. */
const holdCalls = (): void => {
  for (const name of functions) control.hold(name)
}

const endCalls = (): void => {
  for (const name of functions) control.letGo(name)
}

const calls = (): number => functions.reduce((sum, name) => sum + control.callCount(name), 0)

/** Runs something and waits until it has begun another call, which then runs until {@link endCalls}. */
const whileCalling = <A, E>(run: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> =>
  Effect.gen(function* () {
    const before = calls()
    holdCalls()
    const fiber = yield* Effect.forkDetach(run, { startImmediately: true })
    while (calls() === before) yield* Effect.sleep(1)
    return fiber
  })

/** Runs something that is interrupted while its call runs. A message that this takes is kept. */
const cutShort = (run: Effect.Effect<unknown, unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const fiber = yield* whileCalling(run)
    const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
    endCalls()
    yield* Fiber.join(interruption)
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
  })

/** Runs an effect while nothing else happens. */
const runNow = <A, E>(effect: Effect.Effect<A, E>): A => Effect.runSync(effect)

/** Receives at the seam, by a name that does not tell that the queue is here. */
const atSeam = Effect.gen(function* () {
  const mqrt = yield* Mqrt.Mqrt
  const queue = yield* Effect.acquireRelease(mqrt.openQueue(elsewhere, "receive", "denyNone"), (queue) =>
    Effect.ignore(mqrt.closeQueue(queue))
  )
  return (timeout: number | null) =>
    mqrt.receiveMessage(queue, { action: "receive", cursor: null, rare: false, timeout, transaction: "none" })
})

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `${from + index}` }))

const labelOf = (found: Option.Option<{ readonly label: string }>): string | undefined =>
  Option.getOrUndefined(found)?.label

/** Takes the labels of all messages that are left. */
const takeAll = (receiver: Receiver.Receiver): Effect.Effect<ReadonlyArray<string>, MsmqError.MsmqError> =>
  Effect.gen(function* () {
    const labels: Array<string> = []
    for (;;) {
      const label = labelOf(yield* receiver.poll)
      if (label === undefined) return labels
      labels.push(label)
    }
  })

/** Numbers from 0 to 1, the same each time for a seed. */
const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 0x7fff_ffff
  }
}

type Tell = (label: string) => void
type Loop<A> = (receiver: A, tell: Tell) => Effect.Effect<unknown, MsmqError.MsmqError>

const telling =
  (
    find: (receiver: Receiver.Receiver) => Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError.MsmqError>
  ) =>
  (receiver: Receiver.Receiver, tell: Tell) =>
    Effect.forever(
      Effect.tap(find(receiver), (found) => Effect.sync(() => Option.isSome(found) && tell(found.value.label)))
    )

/** Loops that take the messages of a queue, and tell of each. */
const loops: Readonly<Record<string, Loop<Receiver.Receiver>>> = {
  receive: telling((receiver) => Effect.asSome(receiver.receive)),
  receiveWithin: telling((receiver) => receiver.receiveWithin("2 millis")),
  poll: telling((receiver) => receiver.poll),
  lookup: telling((receiver) => receiver.lookup("receiveFirst")),
  messages: (receiver, tell) => Stream.runForEach(receiver.messages, ({ label }) => Effect.sync(() => tell(label))),
  cursor: (receiver, tell) =>
    Effect.scoped(
      Effect.flatMap(receiver.cursor, (cursor) =>
        telling(() => Effect.andThen(cursor.nextWithin("2 millis"), cursor.receive))(receiver, tell)
      )
    )
}

/** The same in promises, until a signal aborts. */
const promiseLoops: Readonly<
  Record<string, (receiver: PromiseReceiver, tell: Tell, signal: AbortSignal) => Promise<unknown>>
> = {
  receive: (receiver, tell, signal) => repeat(signal, async () => tell((await receiver.receive({ signal })).label)),
  receiveWithin: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.receiveWithin(2, { signal })
      if (message !== undefined) tell(message.label)
    }),
  poll: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.poll({ signal })
      if (message !== undefined) tell(message.label)
    }),
  lookup: (receiver, tell, signal) =>
    repeat(signal, async () => {
      const message = await receiver.lookup("receiveFirst", 0n, { signal })
      if (message !== undefined) tell(message.label)
    }),
  "for await": async (receiver, tell, signal) => {
    const messages = receiver[Symbol.asyncIterator]()
    signal.addEventListener("abort", () => void messages.return?.())
    for await (const { label } of { [Symbol.asyncIterator]: () => messages }) tell(label)
  }
}

/** Does something again and again until a signal aborts it. */
const repeat = async (signal: AbortSignal, step: () => Promise<void>): Promise<void> => {
  if (signal.aborted) return
  try {
    await step()
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return repeat(signal, step)
}

describe.skipIf(missing !== null)("receives whose calls run off the main thread", () => {
  beforeEach(() => control.reset())
  // A call on the main thread that ought to be held is one.
  afterEach(() => assert.deepStrictEqual(control.ledger().violations, []))

  it.live.each(Object.entries(loops))(
    "a %s loop loses nothing and keeps the order, wherever it is interrupted",
    ([, loop]) =>
      Effect.gen(function* () {
        const seed = Date.now() & 0xffff
        const random = randomOf(seed)
        const { receiver, sender } = yield* setup
        const taken: Array<string> = []
        let sent = 0
        setDelay(2)
        for (let cut = 0; cut < 60; cut++) {
          const messages = numbered(sent, Math.floor(random() * 4))
          sent += messages.length
          yield* sender.sendAll(messages)
          const fiber = yield* Effect.forkChild(loop(receiver, (label) => void taken.push(label)))
          yield* Effect.sleep(random() * 12)
          yield* Fiber.interrupt(fiber)
        }
        setDelay(0)
        taken.push(...(yield* takeAll(receiver)))
        assert.deepStrictEqual(
          taken,
          numbered(0, sent).map(({ label }) => label),
          `seed ${seed}`
        )
        assert.deepStrictEqual(control.ledger().violations, [])
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.each(Object.entries(promiseLoops))(
    "a %s loop in promises loses nothing and keeps the order, wherever it is aborted",
    async (_, loop) => {
      const seed = Date.now() & 0xffff
      const random = randomOf(seed)
      const msmq = await connect(layer)
      await msmq.createQueue(orders)
      const sender = await msmq.openSender(orders)
      const receiver = await msmq.openReceiver(elsewhere)
      const taken: Array<string> = []
      let sent = 0
      setDelay(2)
      await inTurn(Array.from({ length: 60 }), async () => {
        const messages = numbered(sent, Math.floor(random() * 4))
        sent += messages.length
        await sender.sendAll(messages)
        const controller = new AbortController()
        const ended = loop(receiver, (label) => void taken.push(label), controller.signal)
        await sleep(random() * 12)
        controller.abort()
        await ended
      })
      setDelay(0)
      const drain = async (): Promise<void> => {
        const message = await receiver.poll()
        if (message === undefined) return
        taken.push(message.label)
        return drain()
      }
      await drain()
      assert.deepStrictEqual(
        taken,
        numbered(0, sent).map(({ label }) => label),
        `seed ${seed}`
      )
      await msmq.close()
      assert.deepStrictEqual(control.ledger().violations, [])
    }
  )

  it.live("a message that was taken for a receiver who had left is the first that the next one finds", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 3))
      yield* cutShort(receiver.poll)
      // Through another handle, by another name.
      const other = yield* MessageQueue.openReceiver(orders)
      assert.strictEqual(labelOf(yield* other.pollPeek), "0")
      assert.strictEqual((yield* other.peek).label, "0")
      const cursor = yield* other.cursor
      assert.deepStrictEqual([yield* cursor.next, yield* cursor.next].map(labelOf), ["0", "1"])
      const first = Option.getOrThrow(yield* other.lookup("peekFirst"))
      assert.strictEqual(first.label, "0")
      assert.strictEqual(labelOf(yield* other.lookup("peekCurrent", first.lookupId)), "0")
      assert.strictEqual(labelOf(yield* other.lookup("peekNext", first.lookupId)), "1")
      assert.deepStrictEqual(yield* takeAll(other), ["0", "1", "2"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a message that was taken for a receiver who had left goes to one who waits", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      const other = yield* MessageQueue.openReceiver(orders)
      const waiting = yield* Effect.forkChild(other.receive, { startImmediately: true })
      while (control.callCount("MQReceiveMessage") < 3) yield* Effect.sleep(1)
      const poll = yield* whileCalling(receiver.poll)
      // In one turn of the event loop: the one who waits looks for the message when calls are held no more.
      runNow(sender.send({ label: "only" }))
      const interruption = yield* Effect.forkChild(Fiber.interrupt(poll), { startImmediately: true })
      endCalls()
      yield* Fiber.join(interruption)
      assert.strictEqual((yield* Fiber.join(waiting)).label, "only")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a wait that is interrupted ends at once, and the message of the call that runs for it is kept", () =>
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

  it.live("a time limit waits for the call that runs, and hands out what it brings", () =>
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

  it.live("a kept message whose last receiver closes is told of as lost, with its id", () => {
    const logged: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { receiver, sender } = yield* Scope.provide(setup, scope)
      yield* sender.send({ label: "lost" })
      const { lookupId, messageId } = yield* receiver.peek
      yield* cutShort(receiver.poll)
      assert.deepStrictEqual(logged, [])
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(logged.length, 1)
      for (const part of [messageId, String(lookupId), "lost", "orders", "transaction"]) assert.include(logged[0], part)
    }).pipe(Effect.scoped, Effect.provide([layer, logger]))
  })

  it.live("a purge takes what is kept along", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "purged" })
      yield* cutShort(receiver.poll)
      yield* MessageQueue.purge(orders)
      assert.isTrue(Option.isNone(yield* receiver.poll))
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live(
    "a transaction with a message that came to nobody does not commit, and the message is in the queue again",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(elsewhere)
        yield* Transaction.singleMessage(sender.send({ label: "once" }))
        const given = Effect.gen(function* () {
          const taking = yield* Effect.forkChild(receiver.receive, { startImmediately: true })
          while (calls() === 0) yield* Effect.sleep(1)
          const interruption = yield* Effect.forkChild(Fiber.interrupt(taking), { startImmediately: true })
          endCalls()
          yield* Fiber.join(interruption)
        })
        holdCalls()
        const failure = yield* Effect.flip(Transaction.run(given))
        assert.deepStrictEqual([failure.operation, failure.reason._tag], ["Transaction.commit", "OperationCancelled"])
        assert.deepStrictEqual(yield* takeAll(receiver), ["once"])
      }).pipe(Effect.scoped, Effect.provide([layer, Logger.layer([])]))
  )

  it.live("a transaction receives the message that came to nobody in it, and then commits", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "once" }))
      const label = yield* Effect.gen(function* () {
        const taking = yield* Effect.forkChild(receiver.receive, { startImmediately: true })
        while (calls() === 0) yield* Effect.sleep(1)
        const interruption = yield* Effect.forkChild(Fiber.interrupt(taking), { startImmediately: true })
        endCalls()
        yield* Fiber.join(interruption)
        return (yield* receiver.receive).label
      }).pipe((given) => Effect.andThen(Effect.sync(holdCalls), given), Transaction.run())
      assert.strictEqual(label, "once")
      assert.deepStrictEqual(yield* takeAll(receiver), [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message that a transaction receives is kept again when that aborts", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.sendAll(numbered(0, 2)))
      yield* cutShort(receiver.poll)
      const both = Effect.map(Effect.all([receiver.receive, receiver.receive]), (all) => all.map(({ label }) => label))
      yield* Effect.flip(Transaction.run(Effect.andThen(both, Effect.fail("no"))))
      assert.deepStrictEqual(yield* Transaction.run(both), ["0", "1"])
      assert.deepStrictEqual(yield* takeAll(receiver), [])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a cursor whose move nobody was told of shows that message next", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 4))
      const cursor = yield* receiver.cursor
      assert.strictEqual(labelOf(yield* cursor.next), "0")
      yield* cutShort(cursor.next)
      assert.strictEqual(labelOf(yield* cursor.next), "1")
      yield* cutShort(cursor.receive)
      // It stands on the message that is kept.
      assert.strictEqual(labelOf(yield* cursor.current), "1")
      assert.strictEqual(labelOf(yield* cursor.receive), "1")
      assert.strictEqual(labelOf(yield* cursor.next), "2")
      yield* cutShort(cursor.next)
      const third = Option.getOrThrow(yield* receiver.lookup("peekLast"))
      yield* receiver.lookup("receiveCurrent", third.lookupId)
      assert.strictEqual(labelOf(yield* cursor.next), undefined)
      assert.deepStrictEqual(yield* takeAll(receiver), ["0", "2"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a cursor that was interrupted at the end of the queue goes on with what comes", () =>
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

  it.live("a kept message is shown by a cursor once, which then waits for others", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "kept" })
      yield* cutShort(receiver.poll)
      const cursor = yield* receiver.cursor
      assert.strictEqual(labelOf(yield* cursor.next), "kept")
      assert.isTrue(Option.isNone(yield* cursor.nextWithin("30 millis")))
      assert.isTrue(Option.isNone(yield* cursor.next))
      const waiting = yield* Effect.forkChild(cursor.nextWithin("1 hour"), { startImmediately: true })
      yield* Effect.sleep(30)
      yield* sender.send({ label: "late" })
      assert.strictEqual(labelOf(yield* Fiber.join(waiting)), "late")
      assert.isTrue(Option.isNone(yield* cursor.next))
      // And what is kept while it stands at the end.
      yield* sender.send({ label: "kept, too" })
      yield* receiver.receive
      yield* cutShort(receiver.lookup("receiveLast"))
      assert.strictEqual(labelOf(yield* cursor.next), "kept, too")
      assert.deepStrictEqual(yield* takeAll(receiver), ["kept, too", "late"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("kept messages have the order of their queue, and lookups lead to them from both sides (D-27)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.sendAll(numbered(0, 4))
      const [, second] = [yield* receiver.lookup("peekFirst"), yield* receiver.lookup("peekLast")]
      const ids = [...(yield* Stream.runCollect(receiver.browse))].map(({ lookupId }) => lookupId)
      yield* cutShort(receiver.lookup("receiveCurrent", ids[1] ?? 0n))
      yield* cutShort(receiver.lookup("receiveCurrent", ids[0] ?? 0n))
      const back: Array<string | undefined> = [labelOf(second)]
      for (let before = second; Option.isSome(before);) {
        before = yield* receiver.lookup("peekPrevious", before.value.lookupId)
        back.push(labelOf(before))
      }
      assert.deepStrictEqual(back, ["3", "2", "1", "0", undefined])
      assert.isTrue(Option.isNone(yield* receiver.lookup("peekPrevious", 1n)))
      const forth: Array<string | undefined> = []
      for (let next = yield* receiver.lookup("peekFirst"); Option.isSome(next);) {
        forth.push(next.value.label)
        next = yield* receiver.lookup("peekNext", next.value.lookupId)
      }
      assert.deepStrictEqual(forth, ["0", "1", "2", "3"])
      assert.strictEqual(labelOf(yield* receiver.lookup("receivePrevious", ids[2] ?? 0n)), "1")
      assert.deepStrictEqual(yield* takeAll(receiver), ["0", "2", "3"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message that an abort gives back is as it was, and counts the abort (F-26)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "kept", body: Uint8Array.of(1, 2, 3) }))
      yield* cutShort(receiver.poll)
      for (const aborts of [0, 1, 2]) {
        const tried = Effect.gen(function* () {
          const { abortCount, body } = yield* receiver.receive
          assert.deepStrictEqual([abortCount, ...body], [aborts, 1, 2, 3])
          body.fill(9)
          return yield* Effect.fail("no")
        })
        assert.strictEqual(yield* Effect.flip(Transaction.run(tried)), "no")
      }
    }).pipe(Effect.scoped, Effect.provide([layer, Logger.layer([])]))
  )

  it.live("a kept message that an abort gives back goes to a receiver that was opened in the meantime", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      yield* Transaction.singleMessage(sender.send({ label: "kept" }))
      const scope = yield* Scope.make()
      const receiver = yield* Scope.provide(MessageQueue.openReceiver(elsewhere), scope)
      yield* cutShort(receiver.poll)
      const transaction = yield* Transaction.begin()
      const label = Effect.map(receiver.poll, labelOf)
      assert.strictEqual(yield* Effect.provideService(label, Transaction.Current, transaction), "kept")
      yield* Scope.close(scope, Exit.void)
      const other = yield* MessageQueue.openReceiver(elsewhere)
      yield* transaction.abort()
      assert.deepStrictEqual(yield* takeAll(other), ["kept"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a kept message cannot be moved, and a consumer that is to do so fails and leaves it", () => {
    const logged: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    return Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(elsewhere)
      yield* Transaction.singleMessage(sender.send({ label: "kept" }))
      yield* cutShort(receiver.poll)
      const policy = { retry: Schedule.recurs(1), poison: { subqueue: "bad" } }
      const error = yield* Effect.flip(receiver.consume(() => Effect.fail("no"), policy))
      assert.strictEqual(error.code, "MQ_ERROR_MESSAGE_ALREADY_RECEIVED")
      assert.isTrue(logged.some((line) => line.includes("cannot be moved") && line.includes("Receive it first")))
      assert.deepStrictEqual(yield* takeAll(receiver), ["kept"])
    }).pipe(Effect.scoped, Effect.provide([layer, logger]))
  })

  it.live("a queue that is created again has no messages of the one that was deleted", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* setup
      yield* sender.send({ label: "deleted" })
      yield* cutShort(receiver.poll)
      yield* MessageQueue.delete(orders)
      yield* MessageQueue.create(orders)
      assert.isTrue(Option.isNone(yield* (yield* MessageQueue.openReceiver(elsewhere)).poll))
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a queue whose calls proved slow is known as such when it is opened again", () =>
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

  it.live("a transaction whose receiver closes is not ended before the call that runs in it", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const mqrt = yield* Mqrt.Mqrt
      const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
      const transaction = yield* mqrt.beginTransaction
      const receive = { action: "receive", cursor: null, rare: false, timeout: null, transaction } as const
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

  it.live("a queue whose calls turn out quick is read on the main thread again", () =>
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

  it.live("a call that runs when its handle is closed at the seam is waited for, and tells its outcome", () =>
    Effect.gen(function* () {
      const { sender } = yield* setup
      yield* sender.send({ label: "only" })
      const mqrt = yield* Mqrt.Mqrt
      const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
      const poll = mqrt.receiveMessage(queue, {
        action: "receive",
        cursor: null,
        rare: false,
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

  it.live("a layer that closes ends what still waits at the seam, and nothing is called after that", () =>
    Effect.gen(function* () {
      for (const prepare of [endCalls, () => setDelay(2), holdCalls]) {
        control.reset()
        const scope = yield* Scope.make()
        const services = yield* Layer.buildWithScope(layer, scope)
        const mqrt = yield* Effect.provide(Mqrt.Mqrt, services)
        yield* Effect.provide(MessageQueue.create(orders), services)
        const queue = yield* mqrt.openQueue(elsewhere, "receive", "denyNone")
        const cursor = yield* mqrt.createCursor(queue)
        const options = { action: "receive", cursor: null, rare: false, timeout: null, transaction: "none" } as const
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
