import { Message, MessageClass, MessageQueue, QueueManager, Senders, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { elapse, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const layer = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

const { MQMSG_CLASS_ACK_REACH_QUEUE, MQMSG_CLASS_ACK_RECEIVE } = MessageClass.numbers

const world = (options: MessageQueue.CreateOptions = {}) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, options)
    const sender = yield* MessageQueue.openSender(orders)
    const receiver = yield* MessageQueue.openReceiver(orders)
    return { receiver, sender }
  })

const privateQueues = Effect.map(QueueManager.privateQueues(), (names) =>
  names.filter((name) => name.includes("effect-msmq"))
)

describe("a send that waits for its acknowledgment", () => {
  it.effect("ends when the message has arrived, with the class and the time of that (D-46, D-47)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world()
      const acknowledgment = yield* sender.sendAwaiting({ label: "order 1" }, { within: "1 second" })
      assert.strictEqual(acknowledgment.class, MQMSG_CLASS_ACK_REACH_QUEUE)
      assert.deepStrictEqual(acknowledgment.time, new Date(0))
      const message = yield* receiver.receive
      assert.deepStrictEqual([message.label, message.messageId], ["order 1", acknowledgment.messageId])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("for the receive ends when a receiver has removed the message, by a commit in a transaction (D-51)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world({ transactional: true })
      const waiting = yield* start(
        sender.sendAwaiting({}, { until: "received", within: "1 hour", transaction: "singleMessage" })
      )
      yield* elapse("10 seconds")
      yield* receiver.peek
      yield* Transaction.run(Effect.andThen(receiver.receive, Effect.fail("undone"))).pipe(Effect.ignore)
      yield* elapse("10 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* Transaction.run(receiver.receive)
      const { class: messageClass, time } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([messageClass, time], [MQMSG_CLASS_ACK_RECEIVE, new Date(20_000)])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("fails with Undelivered and the class where the queue refuses the message, or a receiver rejects it", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world({ quota: 1 })
      const wait = { until: "received", within: "1 minute" } as const
      const full = yield* Effect.flip(sender.sendAwaiting({ body: new Uint8Array(5000) }, wait))
      assert.strictEqual(full.reason._tag, "Undelivered")
      assert.match(full.message, /the queue is full.+0x8003 \(MQMSG_CLASS_NACK_Q_EXCEED_QUOTA\)/)
      const purged = yield* start(Effect.flip(sender.sendAwaiting({ label: "purged" }, wait)))
      yield* MessageQueue.purge(orders)
      assert.match((yield* Fiber.join(purged)).message, /purged before it was received/)
      const late = yield* start(Effect.flip(sender.sendAwaiting({ timeToBeReceived: "5 seconds" }, wait)))
      yield* elapse("10 seconds")
      assert.match((yield* Fiber.join(late)).message, /timeToBeReceived/)
      assert.strictEqual((yield* receiver.poll)._tag, "None")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("fails with Unacknowledged, which says that the outcome is unknown, and the message stays", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world()
      const waiting = yield* start(Effect.flip(sender.sendAwaiting({}, { until: "received", within: "3 seconds" })))
      yield* elapse("3 seconds")
      const error = yield* Fiber.join(waiting)
      assert.deepStrictEqual(error.reason._tag === "Unacknowledged" && [error.reason.until, error.reason.within], [
        "received",
        3000
      ])
      assert.include(error.message, "The outcome is unknown")
      assert.strictEqual((yield* receiver.poll)._tag, "Some")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("of a message for another machine ends when the link is there again, or is refused there", () =>
    Effect.gen(function* () {
      const control = yield* MsmqControl.MsmqControl
      yield* MsmqControl.on(MessageQueue.create(orders, { transactional: false }), "OTHER")
      const sender = yield* MessageQueue.openSender("OTHER\\private$\\orders")
      yield* control.cutLink("OTHER", "both")
      const waiting = yield* start(sender.sendAwaiting({}, { within: "1 hour" }))
      const unknown = yield* start(Effect.flip(sender.sendAwaiting({}, { within: "1 second" })))
      yield* elapse("2 seconds")
      assert.strictEqual((yield* Fiber.join(unknown)).reason._tag, "Unacknowledged")
      yield* control.joinLink("OTHER", "both")
      assert.strictEqual((yield* Fiber.join(waiting)).class, MQMSG_CLASS_ACK_REACH_QUEUE)
      yield* MsmqControl.on(MessageQueue.setProperties(orders, { quota: 0 }), "OTHER")
      const error = yield* Effect.flip(sender.sendAwaiting({}, { within: "1 hour" }))
      assert.match(error.message, /the queue is full/)
    }).pipe(
      Effect.scoped,
      Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ machines: [{}, { machineName: "OTHER" }] })))
    )
  )

  it.effect("of many at once gives each its own outcome, over one administration queue", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world()
      const wait = { until: "received", within: "1 hour" } as const
      const waiting = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => index),
        (index) => start(sender.sendAwaiting({ label: `${index}` }, wait))
      )
      assert.strictEqual((yield* privateQueues).length, 1)
      for (const fiber of waiting.slice(0, 10)) yield* Fiber.interrupt(fiber)
      const received = new Map<string, string>()
      for (let count = 0; count < 50; count++) {
        const { label, messageId } = yield* receiver.receive
        received.set(label, messageId)
      }
      for (const [index, fiber] of waiting.entries()) {
        const exit = yield* Fiber.await(fiber)
        if (index < 10) assert.isTrue(Exit.hasInterrupts(exit))
        else assert.strictEqual(Exit.isSuccess(exit) && exit.value.messageId, received.get(`${index}`))
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("is refused in a transaction that was begun, and for a message that asks for acknowledgments itself", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* world({ transactional: true })
      const wait = { within: "1 hour" } as const
      const inside = yield* Transaction.run(Effect.flip(sender.sendAwaiting({}, wait)))
      assert.match(inside.message, /sent by the commit/)
      for (const own of [{ adminQueue: orders }, { acknowledge: { positiveArrival: true } }]) {
        const error = yield* Effect.flip(sender.sendAwaiting(own, { ...wait, transaction: "singleMessage" }))
        assert.match(error.message, /Sender.sendAwaiting sets it: leave it out/)
      }
      yield* sender.sendAwaiting({ label: "again" }, { ...wait, transaction: "singleMessage" })
      const message = yield* receiver.receive
      const { acknowledge: _, adminQueue: __, ...copy } = Message.copyOf(message)
      yield* sender.sendAwaiting(copy, { ...wait, transaction: "singleMessage" })
      assert.strictEqual((yield* receiver.receive).label, "again")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect(
    "ends with Released when the sender closes, which deletes the administration queue and leaves nothing open",
    () =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const scope = yield* Scope.make()
        const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
        const waiting = yield* start(Effect.flip(sender.sendAwaiting({}, { until: "received", within: "1 hour" })))
        assert.strictEqual((yield* privateQueues).length, 1)
        yield* Scope.close(scope, Exit.void)
        const error = yield* Fiber.join(waiting)
        assert.deepStrictEqual([error.operation, error.reason._tag], ["Sender.sendAwaiting", "Released"])
        assert.deepStrictEqual(yield* privateQueues, [])
        yield* HandleLedger.expectNoLeaks
      }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("opens its administration queue again after a failure", () =>
    Effect.gen(function* () {
      const { sender } = yield* world()
      yield* FaultInjection.inject({ function: "MQCreateQueue", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
      const error = yield* Effect.flip(sender.sendAwaiting({}, { within: "1 second" }))
      assert.strictEqual(error.reason._tag, "AccessDenied")
      yield* sender.sendAwaiting({}, { within: "1 second" })
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("over the cache of senders, too", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const senders = yield* Senders.Senders
      yield* Effect.scoped(
        Effect.flatMap(senders.get(orders), (sender) => sender.sendAwaiting({}, { within: "1 second" }))
      )
      yield* elapse("1 minute")
      assert.deepStrictEqual(yield* privateQueues, [])
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(Senders.layer(), layer)))
  )

  it("in promises ends so, too: by an abort at any time, and by the closing of the connection", async () => {
    const msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    assert.strictEqual((await sender.sendAwaiting({}, { within: 1000 })).class, MQMSG_CLASS_ACK_REACH_QUEUE)
    const abort = new AbortController()
    const aborted = sender.sendAwaiting({}, { until: "received", within: "1 hour", signal: abort.signal })
    const other = sender.sendAwaiting({}, { until: "received", within: "1 hour" })
    const outcomes = Promise.allSettled([aborted, other])
    abort.abort(new Error("enough"))
    await aborted.catch((error: unknown) => assert.include(String(error), "enough"))
    await msmq.close()
    const [first, second] = await outcomes
    assert.deepStrictEqual([first.status, second.status], ["rejected", "rejected"])
    assert.include(second.status === "rejected" ? String(second.reason) : "", "closed")
  })
})
