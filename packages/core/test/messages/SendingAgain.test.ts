import { Message, MessageBody, MessageQueue, Mqrt, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"

const orders = ".\\private$\\orders"

/** A value that a program without types has. */
const untyped = (value: unknown) => value as never

const channel = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  return { sender, receiver }
})

describe("a received message that is sent again", () => {
  it.effect("has the time to be received that was left when it was received (D-41)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* channel
      yield* sender.send({ timeToBeReceived: "100 seconds" })
      yield* TestClock.adjust("40 seconds")
      const first = yield* receiver.receive
      assert.strictEqual(first.timeToBeReceived, 60_000)
      yield* TestClock.adjust("1 hour")
      yield* sender.send(first)
      assert.strictEqual((yield* receiver.peek).timeToBeReceived, 60_000)
      yield* TestClock.adjust("61 seconds")
      assert.isTrue((yield* receiver.pollPeek)._tag === "None")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("with no time left to be received has one second, since without any it would be lost (D-39)", () =>
    Effect.gen(function* () {
      const backend = yield* Mqrt.Mqrt
      const limits: Array<number | null> = []
      const late = yield* Mqrt.make({
        ...backend,
        receiveMessage: (...given) =>
          Effect.map(backend.receiveMessage(...given), (message) => ({ ...message, timeToBeReceived: 0 })),
        sendMessages: (queue, messages, ...given) => {
          limits.push(...messages.map(({ timeToBeReceived }) => timeToBeReceived))
          return backend.sendMessages(queue, messages, ...given)
        }
      })
      const { receiver, sender } = yield* Effect.provideService(channel, Mqrt.Mqrt, late)
      yield* sender.send({ timeToBeReceived: "10 seconds" })
      const message = yield* receiver.receive
      yield* sender.sendAll([message, Message.copyOf(message), { ...message }])
      assert.deepStrictEqual(limits, [10, 1, 1, 1])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("in a transaction is refused with a time limit that the program gave it (D-42)", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ timeToBeReceived: "60 seconds" }, { transaction: "singleMessage" })
      const message = yield* receiver.receive
      const given = { ...Message.copyOf(message), timeToBeReceived: "60 seconds" } as const
      const { reason } = yield* Effect.flip(Transaction.run(sender.send(given)))
      assert.strictEqual(reason._tag, "IllegalMessage")
      yield* Transaction.run(sender.send(message))
      assert.isUndefined((yield* receiver.receive).timeToBeReceived)
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("has the headers of the program where its extension is left out", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* channel
      yield* sender.send({ label: "order", headers: { tenant: "north" } })
      const first = yield* receiver.receive
      const headers = { ...first.headers, attempt: "2" }
      yield* sender.send({ ...Message.copyOf(first), extension: undefined, headers })
      const second = yield* receiver.receive
      assert.deepStrictEqual([second.label, { ...second.headers }], ["order", headers])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("without a group of properties is refused with the field, and with what to do", () =>
    Effect.gen(function* () {
      const { sender } = yield* channel
      const json = yield* MessageQueue.openSender(orders, { body: MessageBody.json(Schema.Unknown) })
      yield* sender.send({ body: new Uint8Array(1), headers: { tenant: "north" }, responseQueue: "DIRECT=OS:here\\a" })
      const cases = [
        { group: "body", fields: ["body"] },
        { group: "extension", fields: ["extension", "headers"] },
        { group: "queues", fields: ["responseQueue", "adminQueue", "deadLetterQueue"] }
      ] as const
      for (const { fields, group } of cases) {
        const receiver = yield* MessageQueue.openReceiver(orders, { read: { [group]: false } })
        const message = yield* receiver.peek
        for (const given of [message, Message.copyOf(untyped(message)), { ...message }]) {
          for (const to of group === "body" ? [sender, json] : [sender]) {
            const error = yield* Effect.flip(to.send(untyped(given)))
            const { reason } = error
            assert.strictEqual(reason._tag, "IllegalMessage")
            if (reason._tag !== "IllegalMessage") continue
            assert.include(fields, reason.field)
            assert.include(error.message, "a field that its receiver did not read")
            assert.include(error.message, `open the receiver without \`read: { ${group}: false }\``)
          }
        }
        const own = Object.fromEntries(fields.map((field) => [field, undefined]))
        yield* sender.send({ ...Message.copyOf(untyped(message)), ...own })
      }
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is one in promises, too", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders, { transactional: true })
    await using sender = await msmq.openSender(orders)
    await using receiver = await msmq.openReceiver(orders)
    await sender.send(
      { label: "order", headers: { tenant: "north" }, timeToBeReceived: "1 hour" },
      { transaction: "singleMessage" }
    )
    await msmq.transaction(async () => {
      const order = await receiver.receive()
      await sender.sendAll([order, Message.copyOf(order)])
    })
    for (const { headers, label } of [await receiver.receive(), await receiver.receive()]) {
      assert.deepStrictEqual([label, { ...headers }], ["order", { tenant: "north" }])
    }
  })

  it("is not made of a value that is no message", () => {
    for (const value of [undefined, null, "order", 1, [], new Uint8Array(1), Promise.resolve()]) {
      assert.throws(() => Message.copyOf(untyped(value)), TypeError, "it must be a received message")
    }
  })
})
