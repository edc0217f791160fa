import { ActiveXBody, MessageBody, MessageQueue, type MsmqError, type Receiver, type Sender } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, Stream } from "effect"
import * as CallLog from "./support/CallLog.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(CallLog.layer(InMemoryMqrt.layer))

const Order = Schema.Struct({ Id: Schema.Int, Due: Schema.NullOr(Schema.Date), Tags: Schema.Array(Schema.String) })
const order = { Id: 7, Due: new Date("2026-05-01T08:30:00Z"), Tags: ["new"] }

const reasonOf = <Tag extends MsmqError.Reason["_tag"]>(error: MsmqError.MsmqError, tag: Tag) => {
  assert(error.reason._tag === tag, error.message)
  return error.reason as Extract<MsmqError.Reason, { readonly _tag: Tag }>
}

describe("typed senders and receivers", () => {
  it.effect("messages of a sender are received, peeked at and browsed by a receiver, in every form", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const codecs = [MessageBody.json(Order), MessageBody.xml(Order, { root: "Order" })]
      for (const body of codecs) {
        const sender = yield* MessageQueue.openSender(orders, { body })
        const receiver = yield* MessageQueue.openReceiver(orders, { body })
        yield* sender.send({ body: order, label: body.name })
        const browsed = yield* Stream.runCollect(receiver.browse)
        const peeked = yield* receiver.peek
        const received = yield* receiver.receive
        assert.deepStrictEqual(
          [...browsed, peeked, received].map((message) => [message.label, message.body]),
          Array.from({ length: 3 }, () => [body.name, order])
        )
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("the type of the body is sent with it, unless the message has another", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body: ActiveXBody.bstr })
      yield* sender.sendAll([
        { body: "a" },
        { body: "a", bodyType: undefined },
        { body: "a", bodyType: 31 },
        { label: "none" }
      ])
      const receiver = yield* MessageQueue.openReceiver(orders)
      const received = yield* Stream.runCollect(Stream.take(receiver.messages, 4))
      const utf16 = new Uint8Array([0x61, 0])
      assert.deepStrictEqual(
        received.map(({ body, bodyType }) => [Uint8Array.from(body), bodyType]),
        [
          [utf16, 8],
          [utf16, 8],
          [utf16, 31],
          [new Uint8Array(0), 0]
        ]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue of various bodies is read without a codec", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body: MessageBody.any })
      const receiver = yield* MessageQueue.openReceiver(orders, { body: MessageBody.any })
      const bodies: ReadonlyArray<ActiveXBody.ActiveXValue | MessageBody.RawBody> = [
        { _tag: "VT_I4", value: 42 },
        { _tag: "VT_BSTR", value: "hello" },
        { _tag: "VT_CY", value: "1.25" },
        { _tag: "bytes", body: Uint8Array.of(0, 1), bodyType: 768 }
      ]
      yield* sender.sendAll(bodies.map((body) => ({ body })))
      const received = yield* Stream.runCollect(Stream.take(receiver.messages, bodies.length))
      assert.deepStrictEqual(
        received.map(({ body }) => body),
        [...bodies]
      )
    }).pipe(Effect.provide(backend))
  )

  it.effect("a body that cannot be decoded is an error with the received message", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const raw = yield* MessageQueue.openSender(orders)
      const body = new TextEncoder().encode("<Order><Id>seven</Id></Order>")
      yield* raw.send({ body, bodyType: 4113, label: "poison" })
      yield* raw.send({ body: new TextEncoder().encode("<Order><Id>8</Id><Tags /></Order>") })
      const codec = MessageBody.xml(Order, { root: "Order" })
      const receiver = yield* MessageQueue.openReceiver(orders, { body: codec })
      for (const read of [receiver.peek, receiver.receive]) {
        const error = yield* Effect.flip(read)
        const { codec, message, rule } = reasonOf(error, "UndecodableBody")
        assert.strictEqual(codec, "XML <Order>")
        assert.strictEqual(rule, 'must have a whole number from -2147483648 to 2147483647 in Order/Id, not "seven"')
        assert.deepStrictEqual(Uint8Array.from(message.body), body)
        assert.deepStrictEqual([message.label, message.bodyType], ["poison", 4113])
        assert.include(error.message, "has a body that is not XML <Order> as it should be: must have a whole number")
        assert.include(error.message, "29 bytes of type 4113")
      }
      assert.deepStrictEqual((yield* receiver.receive).body, { Id: 8, Due: null, Tags: [] })
    }).pipe(Effect.provide(backend))
  )

  it.effect("a message whose codec throws, or returns something else than a Result, is in the error and not lost", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const raw = yield* MessageQueue.openSender(orders)
      const decodings: ReadonlyArray<readonly [() => unknown, string]> = [
        [() => JSON.parse("{"), "decode threw instead of returning why it cannot read the body: SyntaxError"],
        [() => "text", 'decode must return a Result, such as Result.succeed(value), and not "text"'],
        [() => undefined, "decode must return a Result, such as Result.succeed(value), and not undefined"]
      ]
      for (const [decode, said] of decodings) {
        yield* raw.send({ body: Uint8Array.of(7), label: "order 1" })
        const codec: MessageBody.MessageBody<unknown> = {
          name: "an order",
          encode: () => Result.fail("is never written"),
          decode: () => decode() as never
        }
        const receiver = yield* MessageQueue.openReceiver(orders, { body: codec })
        const error = yield* Effect.flip(receiver.receive)
        const { codec: name, message, rule } = reasonOf(error, "UndecodableBody")
        assert.strictEqual(name, "an order")
        assert.include(rule, said)
        assert.deepStrictEqual([message.label, ...message.body], ["order 1", 7])
      }
    }).pipe(Effect.provide(backend))
  )

  it.effect("a body that cannot be encoded is refused before it is sent, with its index and the rule", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders, { body: MessageBody.json(Order) })
      const bad = { body: { ...order, Id: 0.5 } }
      const before = (yield* CallLog.calls).length
      const alone = yield* Effect.flip(sender.send(bad))
      assert.strictEqual((yield* CallLog.calls).length, before)
      assert.include(reasonOf(alone, "IllegalMessage").rule, "Id: Expected an integer")
      const error = yield* Effect.flip(sender.sendAll([{ body: order }, { body: order }, bad, { body: order }]))
      const reason = reasonOf(error, "IllegalMessage")
      assert.deepStrictEqual([reason.index, reason.field, error.progress?.accepted], [2, "body", 2])
      assert.strictEqual(reason.rule, "as JSON must fit its schema: Id: Expected an integer")
      const receiver = yield* MessageQueue.openReceiver(orders, { body: MessageBody.json(Order) })
      assert.strictEqual((yield* Stream.runCollect(receiver.browse)).length, 2)
    }).pipe(Effect.provide(backend))
  )
})

describe("types", () => {
  it.effect("a body of the wrong type does not compile", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const numbers = yield* MessageQueue.openSender(orders, { body: ActiveXBody.i4 })
      // @ts-expect-error the sender's bodies are numbers
      assert(Result.isFailure(yield* Effect.result(numbers.send({ body: "1" }))))
      // @ts-expect-error and no bytes
      assert(Result.isFailure(yield* Effect.result(numbers.send({ body: new Uint8Array(4) }))))
      // @ts-expect-error nor one of many
      const many = () => numbers.sendAll([{ body: 1n }])
      const refused = yield* Effect.flip(many() as Effect.Effect<unknown, MsmqError.MsmqError>)
      assert.include(reasonOf(refused, "IllegalMessage").rule, "as VT_I4 must be a whole number")
      const plain = yield* MessageQueue.openSender(orders)
      // @ts-expect-error without a codec bodies are bytes
      assert(Result.isFailure(yield* Effect.result(plain.send({ body: "text" }))))
      yield* numbers.send({ body: 7 })
      const receiver = yield* MessageQueue.openReceiver(orders, { body: ActiveXBody.i4 })
      const { body } = yield* receiver.receive
      // @ts-expect-error what is received is a number
      const text: string = body
      assert.strictEqual<unknown>(text, 7)
      // @ts-expect-error a sender of numbers is no sender of text
      const sender: Sender.Sender<string> = numbers
      // @ts-expect-error a receiver of numbers is no receiver of text
      const other: Receiver.Receiver<string> = receiver
      assert.deepStrictEqual([sender.formatName, typeof other.receive], [numbers.formatName, "object"])
    }).pipe(Effect.provide(backend))
  )
})
