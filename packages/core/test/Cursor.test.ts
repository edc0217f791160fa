import { type Cursor, type MessageBody, MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Result, Schema, Scope, Stream } from "effect"
import * as CallLog from "./support/CallLog.ts"
import { interruptAtEveryStep } from "./support/everyStep.ts"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layer))

const labelled = (...labels: ReadonlyArray<string>) => labels.map((label) => ({ label }))

/** A queue with messages, open both ways. */
const queue = Effect.fnUntraced(function* (labels: ReadonlyArray<string>, transactional = false) {
  yield* MessageQueue.create(orders, { transactional })
  const sender = yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  const send = (...names: ReadonlyArray<string>) => {
    const sent = sender.sendAll(labelled(...names))
    return transactional ? Transaction.singleMessage(sent) : sent
  }
  yield* send(...labels)
  return { sender, receiver, send }
})

const label = (found: Effect.Effect<Option.Option<{ readonly label: string }>, MsmqError.MsmqError>) =>
  Effect.map(found, (message) => Option.getOrUndefined(message)?.label)

const all = (cursor: Cursor.Cursor) =>
  Effect.map(Stream.runCollect(cursor.messages), (messages) => messages.map((message) => message.label))

describe("a cursor", () => {
  it.effect(
    "goes from the first message to the last, then to what comes later, and is never illegal (E-24, E-29)",
    () =>
      Effect.gen(function* () {
        const { receiver, send } = yield* queue(["a", "b"])
        const cursor = yield* receiver.cursor
        assert.strictEqual(yield* label(cursor.current), undefined)
        assert.deepStrictEqual(yield* all(cursor), ["a", "b"])
        assert.strictEqual(yield* label(cursor.next), undefined)
        assert.strictEqual(yield* label(cursor.next), undefined)
        yield* send("c")
        assert.strictEqual(yield* label(cursor.next), "c")
        assert.strictEqual(yield* label(cursor.current), "c")
        assert.strictEqual(yield* label(receiver.poll), "a")
      }).pipe(Effect.provide(backend))
  )

  it.effect("takes the message it stands on, and goes on behind it (E-28)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(["a", "b", "c", "d"])
      const cursor = yield* receiver.cursor
      assert.strictEqual(yield* label(cursor.receive), undefined)
      yield* cursor.next
      yield* cursor.next
      assert.strictEqual(yield* label(cursor.receive), "b")
      assert.strictEqual(yield* label(cursor.receive), undefined)
      assert.strictEqual(yield* label(cursor.current), undefined)
      assert.strictEqual(yield* label(cursor.next), "c")
      assert.strictEqual(yield* label(cursor.next), "d")
    }).pipe(Effect.provide(backend))
  )

  it.effect("whose message another has taken stands on none, and goes on (E-26)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(["a", "b"])
      const cursor = yield* receiver.cursor
      yield* cursor.next
      yield* receiver.receive
      assert.strictEqual(yield* label(cursor.current), undefined)
      assert.strictEqual(yield* label(cursor.receive), undefined)
      assert.strictEqual(yield* label(cursor.next), "b")
    }).pipe(Effect.provide(backend))
  )

  it.effect("does not see what comes in before its place (E-31), unless it waits at the end (E-30)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* queue(["a", "b"])
      const cursor = yield* receiver.cursor
      yield* cursor.next
      yield* sender.send({ label: "urgent", priority: 7 })
      assert.strictEqual(yield* label(cursor.next), "b")
      const waiting = yield* start(label(cursor.nextWithin("1 minute")))
      yield* sender.send({ label: "more urgent", priority: 7 })
      assert.strictEqual(yield* Fiber.join(waiting), "more urgent")
      assert.deepStrictEqual(yield* all(cursor), ["a", "b"])
      const inVain = yield* start(label(cursor.nextWithin("1 minute")))
      yield* elapse("59 seconds")
      assert.strictEqual(inVain.pollUnsafe(), undefined)
      yield* elapse("1 second")
      assert.strictEqual(yield* Fiber.join(inVain), undefined)
      const interrupted = yield* start(cursor.nextWithin("Infinity"))
      yield* Fiber.interrupt(interrupted)
      yield* sender.send({ label: "last", priority: 0 })
      assert.strictEqual(yield* label(cursor.next), "last")
    }).pipe(Effect.provide(backend))
  )

  it.effect("does not go back when the transaction of its receive aborts, though the message does (E-32)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(["a", "b"], true)
      const cursor = yield* receiver.cursor
      yield* cursor.next
      yield* Effect.andThen(cursor.receive, Effect.fail("no")).pipe(Transaction.run(), Effect.ignore)
      assert.strictEqual(yield* label(cursor.next), "b")
      assert.strictEqual(yield* label(receiver.poll), "a")
    }).pipe(Effect.provide(backend))
  )

  it.effect("is independent of others (E-33)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(["a", "b"])
      const [one, other] = [yield* receiver.cursor, yield* receiver.cursor]
      yield* one.next
      assert.strictEqual(yield* label(one.next), "b")
      assert.strictEqual(yield* label(other.next), "a")
    }).pipe(Effect.provide(backend))
  )

  it.effect("does one thing at a time, whoever asks: no two get one message (E-34)", () =>
    Effect.gen(function* () {
      const { receiver, send } = yield* queue([])
      const cursor = yield* receiver.cursor
      const waiting = yield* Effect.forEach([1, 2, 3], () => start(label(cursor.nextWithin("1 minute"))))
      yield* send("a", "b", "c")
      assert.deepStrictEqual(yield* Effect.forEach(waiting, Fiber.join), ["a", "b", "c"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("stands on a message whose body no codec can read, says so, and goes on", () =>
    Effect.gen(function* () {
      const even: MessageBody.MessageBody<number> = {
        name: "an even size",
        encode: (value) => Result.succeed({ body: new Uint8Array(value), bodyType: 0 }),
        decode: ({ body }) => (body.length % 2 === 0 ? Result.succeed(body.length) : Result.fail("must be even"))
      }
      yield* queue([])
      const sender = yield* MessageQueue.openSender(orders, { body: even })
      yield* sender.sendAll([2, 3, 4].map((body) => ({ body })))
      const receiver = yield* MessageQueue.openReceiver(orders, { body: even })
      const cursor = yield* receiver.cursor
      const body = Effect.map(cursor.next, (found) => Option.getOrUndefined(found)?.body)
      assert.strictEqual(yield* body, 2)
      const error = yield* Effect.flip(cursor.next)
      assert(error.reason._tag === "UndecodableBody")
      assert.deepStrictEqual([error.reason.codec, error.reason.message.body.length], ["an even size", 3])
      assert.strictEqual(yield* body, 4)
    }).pipe(Effect.provide(backend))
  )

  it.effect.prop(
    "browsing gives what receiving would, and takes nothing",
    { priorities: Schema.Array(Schema.Literals([0, 3, 7])) },
    ({ priorities }) =>
      Effect.gen(function* () {
        const { receiver, sender } = yield* queue([])
        yield* sender.sendAll(priorities.map((priority, index) => ({ priority, label: `${index}` })))
        const browsed = yield* Stream.runCollect(receiver.browse)
        const received = yield* Stream.runCollect(Stream.take(receiver.messages, priorities.length))
        assert.deepStrictEqual(
          browsed.map((message) => message.label),
          received.map((message) => message.label)
        )
      }).pipe(Effect.scoped, Effect.provide(backend, { local: true }))
  )
})

describe("the handle of a cursor", () => {
  it.effect("is closed with its scope, before its queue, once", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { receiver } = yield* queue(["a"])
          yield* Effect.scoped(Effect.flatMap(receiver.cursor, (cursor) => cursor.next))
          const cursor = yield* receiver.cursor
          yield* cursor.next
        })
      )
      const closings = (yield* CallLog.calls).filter((call) => call.startsWith("close"))
      assert.deepStrictEqual(closings, ["closeCursor", "closeCursor", "closeQueue", "closeQueue"])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("is not used after that: the error says where it was closed", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue(["a"])
      const scope = yield* Scope.make()
      const cursor = yield* Scope.provide(receiver.cursor, scope)
      yield* cursor.next
      yield* Scope.close(scope, Exit.void)
      const before = yield* CallLog.calls
      for (const use of [cursor.next, cursor.current, cursor.receive, cursor.nextWithin("1 second")]) {
        const { reason } = yield* Effect.flip(use)
        assert(reason._tag === "Released")
        assert.strictEqual(reason.resource, `cursor of ${orders}`)
      }
      assert.deepStrictEqual(yield* CallLog.calls, before)
    }).pipe(Effect.provide(backend))
  )

  it.effect(
    "is not used after that either where it stands on no message: before the first, at the end, on one that it received",
    () =>
      Effect.gen(function* () {
        const { receiver } = yield* queue(["a", "b"])
        for (const move of [
          () => Effect.void,
          (cursor: Cursor.Cursor) => Stream.runDrain(cursor.messages),
          (cursor: Cursor.Cursor) => Effect.andThen(cursor.next, cursor.receive)
        ]) {
          const scope = yield* Scope.make()
          const cursor = yield* Scope.provide(receiver.cursor, scope)
          yield* move(cursor)
          assert.deepStrictEqual([yield* cursor.current, yield* cursor.receive], [Option.none(), Option.none()])
          yield* Scope.close(scope, Exit.void)
          for (const use of ["next", "current", "receive"] as const) {
            const { operation, reason } = yield* Effect.flip(cursor[use])
            assert.deepStrictEqual([operation, reason._tag], [`Cursor.${use}`, "Released"])
          }
        }
      }).pipe(Effect.scoped, Effect.provide(backend))
  )

  it.effect("waits for a wait through it: closing ends that first", () =>
    Effect.gen(function* () {
      const { receiver } = yield* queue([])
      const scope = yield* Scope.make()
      const cursor = yield* Scope.provide(receiver.cursor, scope)
      const waiting = yield* start(Effect.flip(cursor.nextWithin("Infinity")))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "Released")
      yield* HandleLedger.expectNoLeaks.pipe(Effect.flip)
    }).pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))
  )

  it("is closed whatever step it is interrupted at", () => {
    const program = Effect.gen(function* () {
      const { receiver } = yield* queue(["a", "b"])
      yield* Stream.runDrain(receiver.browse)
      const cursor = yield* receiver.cursor
      yield* cursor.next
      yield* cursor.receive
    }).pipe(Effect.scoped)
    const steps = interruptAtEveryStep(() =>
      Effect.uninterruptibleMask((restore) =>
        Effect.andThen(Effect.exit(restore(program)), HandleLedger.expectNoLeaks)
      ).pipe(Effect.orDie, Effect.provide(backend))
    )
    assert.isAbove(steps, 100)
  })
})
