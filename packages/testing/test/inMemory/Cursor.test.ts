import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceiveParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { code, direct, ends, labelled, message, plain, receiving, settled, waiting } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

/** Creates a queue, and a cursor on its receiving handle. */
const browsing = (transactional = false) =>
  Effect.gen(function* () {
    const queue = yield* ends({ transactional })
    const cursor = yield* queue.mqrt.createCursor(queue.receiver)
    const through = (action: ReceiveParameters["action"], options: Partial<ReceiveParameters> = {}) =>
      Effect.map(queue.receive({ action, cursor, ...options }), (received) => received.label)
    return {
      ...queue,
      cursor,
      through,
      current: through("peekCurrent"),
      next: through("peekNext"),
      take: through("receive")
    }
  })

const alreadyReceived = errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED
const illegalAction = errors.MQ_ERROR_ILLEGAL_CURSOR_ACTION
const timeout = errors.MQ_ERROR_IO_TIMEOUT

describe("cursors", () => {
  it.effect("peeks without a cursor return the first message each time, and leave it (E-03)", () =>
    Effect.gen(function* () {
      const { label, peek, send } = yield* ends()
      yield* send(labelled("a", "b"))
      assert.strictEqual((yield* peek).label, "a")
      assert.strictEqual((yield* peek).label, "a")
      assert.deepStrictEqual([yield* label, yield* label], ["a", "b"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a peek returns a copy", () =>
    Effect.gen(function* () {
      const { peek, poll, send } = yield* ends()
      yield* send([message({ extension: new Uint8Array(3) })])
      const shown = yield* peek
      shown.body?.fill(0)
      shown.extension?.fill(7)
      const received = yield* poll
      assert.deepStrictEqual(received.body, message().body)
      assert.deepStrictEqual(received.extension, new Uint8Array(3))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("two waits through one cursor get a message each, and none is lost (E-34)", () =>
    Effect.gen(function* () {
      const { current, label, send, take, through } = yield* browsing()
      const taking = [
        yield* waiting(through("receive", { timeout: null })),
        yield* waiting(through("receive", { timeout: null }))
      ]
      yield* send(labelled("a", "b", "c"))
      assert.deepStrictEqual(yield* Effect.forEach(taking, Fiber.join), ["a", "b"])
      assert.strictEqual(yield* current, "c")
      assert.strictEqual(yield* take, "c")
      const peeking = [
        yield* waiting(through("peekCurrent", { timeout: null })),
        yield* waiting(through("peekCurrent", { timeout: null }))
      ]
      yield* send(labelled("d"))
      assert.deepStrictEqual(yield* Effect.forEach(peeking, Fiber.join), ["d", "d"])
      assert.strictEqual(yield* label, "d")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an enumeration in the way of .NET ends early once it has removed a message in the middle (E-37)", () =>
    Effect.gen(function* () {
      const { current, next, send, take } = yield* browsing()
      yield* send(labelled("a", "b", "c", "d"))
      // The loop peeks at the current message first, and then at the next; it takes either code for the end.
      const seen = [yield* current, yield* next]
      assert.deepStrictEqual(seen, ["a", "b"])
      assert.strictEqual(yield* take, "b")
      assert.strictEqual(yield* code(next), illegalAction)
      // It is not the end: the next message is now the current one.
      assert.deepStrictEqual([yield* current, yield* next], ["c", "d"])
      assert.strictEqual(yield* code(next), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a search by message id in the way of .NET receives the message, unless another receiver was faster (E-50)",
    () =>
      Effect.gen(function* () {
        const { cursor, label, receive, send, take } = yield* browsing()
        const { messageIds } = yield* send(labelled("a", "b", "c", "d"), { messageIds: true })
        const [, , c, d] = messageIds ?? []
        const through = (action: ReceiveParameters["action"]) => receive({ action, cursor })
        const find = Effect.fnUntraced(function* (id: string | undefined) {
          for (let at = yield* through("peekCurrent"); at.messageId !== id; at = yield* through("peekNext"));
        })
        yield* find(c)
        assert.strictEqual(yield* take, "c")
        yield* find(d)
        assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "d"])
        assert.strictEqual(yield* code(take), alreadyReceived)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("there is no next message without a cursor (E-01)", () =>
    Effect.gen(function* () {
      const { receive, send } = yield* ends()
      yield* send(labelled("a"))
      assert.strictEqual(yield* code(receive({ action: "peekNext" })), illegalAction)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a new cursor is before the first message, stays while it peeks at the current message, and moves when it peeks at the next (E-23 to E-25)",
    () =>
      Effect.gen(function* () {
        const { current, next, send } = yield* browsing()
        yield* send(labelled("a", "b", "c"))
        assert.strictEqual(yield* code(next), illegalAction)
        assert.deepStrictEqual([yield* current, yield* current, yield* next, yield* current], ["a", "a", "b", "b"])
        assert.strictEqual(yield* next, "c")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that another receiver takes is gone from the cursor, which moves on as always (E-26)", () =>
    Effect.gen(function* () {
      const { current, label, next, send, take } = yield* browsing()
      yield* send(labelled("a", "b", "c"))
      yield* current
      yield* next
      assert.deepStrictEqual([yield* label, yield* label], ["a", "b"])
      assert.strictEqual(yield* code(current), alreadyReceived)
      assert.strictEqual(yield* code(take), alreadyReceived)
      assert.strictEqual(yield* next, "c")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that a transaction receives is gone from the cursor, and back when the transaction aborts (E-27)",
    () =>
      Effect.gen(function* () {
        const { current, mqrt, receive, send } = yield* browsing(true)
        yield* send(labelled("a", "b"), { transaction: "singleMessage" })
        yield* current
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        assert.strictEqual(yield* code(current), alreadyReceived)
        yield* mqrt.abortTransaction(transaction)
        assert.strictEqual(yield* current, "a")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("after a receive through a cursor only its current message can follow (E-28)", () =>
    Effect.gen(function* () {
      const { current, next, send, take } = yield* browsing()
      yield* send(labelled("a", "b", "c", "d"))
      yield* current
      assert.strictEqual(yield* next, "b")
      assert.strictEqual(yield* take, "b")
      assert.strictEqual(yield* code(next), illegalAction)
      assert.strictEqual(yield* take, "c")
      assert.deepStrictEqual([yield* current, yield* current], ["d", "d"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a cursor at the end times out, has no next message, and gets a message that comes behind (E-05, E-29, X-06, X-12)",
    () =>
      Effect.gen(function* () {
        const { current, next, send, take } = yield* browsing()
        assert.strictEqual(yield* code(take), timeout)
        assert.strictEqual(yield* code(current), timeout)
        yield* send(labelled("a"))
        assert.strictEqual(yield* current, "a")
        assert.strictEqual(yield* code(next), timeout)
        assert.strictEqual(yield* code(next), illegalAction)
        assert.strictEqual(yield* code(current), timeout)
        yield* send(labelled("b"))
        assert.strictEqual(yield* current, "b")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a peek that timed out leaves the cursor at the end (E-04, E-29)", () =>
    Effect.gen(function* () {
      const { current, next, send, through } = yield* browsing()
      yield* send(labelled("a"))
      yield* current
      const fiber = yield* waiting(code(through("peekNext", { timeout: 10 })))
      yield* elapse("10 millis")
      assert.strictEqual(yield* Fiber.join(fiber), timeout)
      assert.strictEqual(yield* code(next), illegalAction)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor that waits goes to a message that arrives anywhere in the order (E-30, G-19)", () =>
    Effect.gen(function* () {
      const { current, next, send, through } = yield* browsing()
      yield* send(labelled("a"))
      yield* current
      const fiber = yield* waiting(through("peekNext", { timeout: null }))
      yield* send([message({ label: "urgent", priority: 7 })])
      assert.strictEqual(yield* Fiber.join(fiber), "urgent")
      assert.strictEqual(yield* current, "urgent")
      assert.strictEqual(yield* next, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor that does not wait never sees a message that arrives before it (E-31)", () =>
    Effect.gen(function* () {
      const { current, next, send } = yield* browsing()
      yield* send(labelled("a", "b"))
      yield* current
      yield* send([message({ label: "urgent", priority: 7 }), message({ label: "late", priority: 0 })])
      assert.deepStrictEqual([yield* next, yield* next], ["b", "late"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor does not move back when a receive through it is rolled back (E-32)", () =>
    Effect.gen(function* () {
      const { current, label, mqrt, send, through } = yield* browsing(true)
      yield* send(labelled("a", "b"), { transaction: "singleMessage" })
      const transaction = yield* mqrt.beginTransaction
      assert.strictEqual(yield* through("receive", { transaction }), "a")
      yield* mqrt.abortTransaction(transaction)
      assert.strictEqual(yield* current, "b")
      assert.strictEqual(yield* label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("cursors are independent of each other (E-33)", () =>
    Effect.gen(function* () {
      const { current, mqrt, next, receive, receiver, send } = yield* browsing()
      yield* send(labelled("a", "b"))
      const cursor = yield* mqrt.createCursor(receiver)
      yield* current
      assert.strictEqual(yield* next, "b")
      assert.strictEqual((yield* receive({ action: "peekCurrent", cursor })).label, "a")
      assert.strictEqual(yield* current, "b")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor belongs to its handle and is closed with it (C-35, C-40, E-35, E-36)", () =>
    Effect.gen(function* () {
      const { cursor, current, mqrt, receiver, sender } = yield* browsing()
      const invalid = errors.MQ_ERROR_INVALID_HANDLE
      const other = yield* mqrt.openQueue(direct, "peek", "denyNone")
      const action = "peekCurrent" as const
      assert.strictEqual(yield* code(mqrt.receiveMessage(other, receiving({ action, cursor }))), invalid)
      assert.strictEqual(yield* code(mqrt.createCursor(sender)), errors.MQ_ERROR_ACCESS_DENIED)
      const closed = yield* mqrt.createCursor(receiver)
      yield* mqrt.closeCursor(closed)
      assert.strictEqual(yield* code(mqrt.closeCursor(closed)), invalid)
      yield* mqrt.closeQueue(receiver)
      assert.strictEqual(yield* code(current), invalid)
      assert.strictEqual(yield* code(mqrt.closeCursor(cursor)), invalid)
      assert.strictEqual(yield* code(mqrt.createCursor(receiver)), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handle for peeks can peek, with a cursor and without, and cannot receive (C-33)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      yield* send(labelled("a"))
      const handle = yield* mqrt.openQueue(direct, "peek", "denyNone")
      const cursor = yield* mqrt.createCursor(handle)
      assert.strictEqual((yield* mqrt.receiveMessage(handle, receiving({ action: "peekCurrent", cursor }))).label, "a")
      assert.strictEqual(yield* code(mqrt.receiveMessage(handle, receiving())), errors.MQ_ERROR_ACCESS_DENIED)
      assert.strictEqual(yield* code(mqrt.purgeQueue(handle)), errors.MQ_ERROR_ACCESS_DENIED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("all waiting peeks see a message, up to the first waiting receive, which takes it (E-10)", () =>
    Effect.gen(function* () {
      const { poll, receive, send } = yield* ends()
      const wait = (action: ReceiveParameters["action"]) =>
        waiting(Effect.map(receive({ action, timeout: null }), (received) => received.label))
      const first = [yield* wait("peekCurrent"), yield* wait("peekCurrent"), yield* wait("receive")]
      const rest = [yield* wait("peekCurrent"), yield* wait("receive")]
      yield* send(labelled("a"))
      assert.deepStrictEqual(yield* Effect.forEach(first, Fiber.join), ["a", "a", "a"])
      yield* settled
      assert.isTrue(rest.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* send(labelled("b"))
      assert.deepStrictEqual(yield* Effect.forEach(rest, Fiber.join), ["b", "b"])
      assert.strictEqual(yield* code(poll), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a receive through a cursor that is interrupted when its message has arrived leaves the cursor and the message",
    () =>
      Effect.gen(function* () {
        const { send, take, through } = yield* browsing()
        const fiber = yield* waiting(through("receive", { timeout: null }))
        yield* send(labelled("a", "b"))
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual([yield* take, yield* take], ["a", "b"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a cursor keeps its place while the messages around it are received", () =>
    Effect.gen(function* () {
      const { cursor, current, label, mqrt, next, send } = yield* browsing()
      yield* send(labelled("a", "b", "c"))
      yield* current
      yield* next
      assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "c"])
      yield* send(labelled("d"))
      assert.strictEqual(yield* next, "d")
      yield* mqrt.closeCursor(cursor)
      assert.strictEqual(yield* label, "d")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.prop(
    "a cursor agrees with a list, whatever else is sent and received (E-23 to E-28)",
    {
      steps: Schema.Array(
        Schema.Literals(["send", "urgent", "poll", "pollUrgent", "current", "next", "take"] as const)
      ).check(Schema.isMaxLength(40))
    },
    ({ steps }) =>
      Effect.gen(function* () {
        const { mqrt, poll, receive, receiver, sender } = yield* ends()
        const cursor = yield* mqrt.createCursor(receiver)
        // The model: the messages of the queue, as keys that sort as the queue does, and the place of the cursor.
        let queue: Array<number> = []
        let sent = 0
        let place = -1
        let onMessage = false
        const behind = () => queue.find((key) => key > place)
        const key = (priority: number) => (7 - priority) * 1000 + sent++
        for (const step of steps) {
          if (step === "send" || step === "urgent") {
            const priority = step === "send" ? 3 : 7
            const appSpecific = key(priority)
            queue = [...queue, appSpecific].toSorted((a, b) => a - b)
            yield* mqrt.sendMessages(sender, [message({ priority, appSpecific })], plain)
            continue
          }
          if (step === "poll" || step === "pollUrgent") {
            if (queue.length > 0) assert.strictEqual((yield* poll).appSpecific, queue.shift())
            continue
          }
          const action = ({ current: "peekCurrent", next: "peekNext", take: "receive" } as const)[step]
          const outcome = yield* Effect.match(receive({ action, cursor }), {
            onFailure: (failure) => failure.code,
            onSuccess: (received) => received.appSpecific
          })
          if (step === "next" && !onMessage) {
            assert.strictEqual(outcome, illegalAction)
            continue
          }
          if (step !== "next" && onMessage) {
            assert.strictEqual(outcome, queue.includes(place) ? place : alreadyReceived)
            if (step === "take" && outcome === place) onMessage = false
          } else {
            const expected = behind()
            assert.strictEqual(outcome, expected ?? timeout)
            place = expected ?? place
            onMessage = expected !== undefined && step !== "take"
          }
          if (step === "take" && outcome < 0xc0000000) queue = queue.filter((one) => one !== outcome)
        }
        for (const expected of queue) assert.strictEqual((yield* poll).appSpecific, expected)
        assert.strictEqual(yield* code(poll), timeout)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
