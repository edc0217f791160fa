import { MessageBody, MessageQueue, Mqrt, MsmqError, SecurityContext, Transaction, XmlValue } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Result, Scope, Schema } from "effect"
import { inspect } from "node:util"

const orders = ".\\private$\\orders"

/** Returns the output of `console.log`, `String` and `JSON.stringify` for a value. */
const shownAs = (value: object) => [inspect(value), String(value), JSON.stringify(value)]

/** No name of a class or field that only the SDK's own code knows. */
const showsNoInternals = (value: object) => {
  for (const shown of shownAs(value)) {
    assert.notMatch(shown, /OwnedHandle|Runner|Scope|SenderState|ReceiverState|Reader|#|native|leases|mqrt/)
    assert.isBelow(shown.length, 300)
  }
}

describe("open handles are printed with kind, queue and state", () => {
  it.effect("in Effect", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const scope = yield* Scope.make()
      const shown = yield* Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const cursor = yield* receiver.cursor
        const transaction = yield* Transaction.begin()
        const context = yield* SecurityContext.acquire()
        return { sender, receiver, cursor, transaction, context }
      }).pipe(Scope.provide(scope))
      const { context, cursor, receiver, sender, transaction } = shown
      for (const one of [context, cursor, receiver, sender, transaction]) showsNoInternals(one)
      assert.deepStrictEqual(shownAs(sender), [
        "Sender { queue: '.\\\\private$\\\\orders', transactional: true, state: 'open' }",
        "Sender(.\\private$\\orders, open)",
        '{"_id":"Sender","queue":".\\\\private$\\\\orders","transactional":true,"state":"open"}'
      ])
      assert.strictEqual(String(receiver), "Receiver(.\\private$\\orders, open)")
      assert.strictEqual(String(cursor), "Cursor(.\\private$\\orders, open)")
      assert.strictEqual(String(transaction), "Transaction(open)")
      assert.strictEqual(String(context), "SecurityContext(internal, open)")
      yield* Scope.close(scope, Exit.void)
      for (const one of [context, cursor, receiver, sender, transaction]) {
        showsNoInternals(one)
        assert.match(String(one), /, closed\)$|\(closed\)$/)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it("in promises", async () => {
    const msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    const sender = await msmq.openSender(orders)
    const receiver = await msmq.openReceiver(orders)
    const cursor = await receiver.cursor()
    const transaction = await msmq.beginTransaction()
    const context = msmq.securityContext()
    const all = [msmq, msmq.queueManager, sender, receiver, cursor, transaction, context]
    for (const one of all) {
      showsNoInternals(one)
      assert.match(String(one), /open\)$/)
    }
    assert.strictEqual(
      inspect(sender),
      "Sender { queue: '.\\\\private$\\\\orders', transactional: false, state: 'open' }"
    )
    assert.strictEqual(JSON.stringify(msmq), '{"_id":"Connection","state":"open"}')
    await sender.close()
    assert.strictEqual(String(sender), "Sender(.\\private$\\orders, closed)")
    assert.strictEqual(String(receiver), "Receiver(.\\private$\\orders, open)")
    await msmq.close()
    for (const one of all) assert.match(String(one), /closed\)$/)
  })
})

const hostile = "\u001b[2J\u202etxt.exe\u2028\u0085\r\nERROR forged"

/** Nothing that would move a cursor, begin a line or turn the direction of text. */
const isSafe = (shown: string) => assert.notMatch(shown, /[^\P{Cc}\n\t]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)

describe("a received message", () => {
  const received = <A = Uint8Array>(message: object, body?: MessageBody.MessageBody<A>) =>
    Effect.gen(function* () {
      yield* Effect.ignore(MessageQueue.create(orders))
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send(message)
      const receiver = yield* MessageQueue.openReceiver(orders, { body: body! })
      return yield* receiver.receive
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))

  it.effect("is printed on a console in one screen, with any texts of its sender made safe", () =>
    Effect.gen(function* () {
      const message = yield* received({
        body: new Uint8Array(1_000_000),
        label: hostile,
        headers: { [hostile]: hostile, traceparent: hostile }
      })
      const shown = inspect(message)
      isSafe(shown)
      assert.match(shown, /^ReceivedMessage \{\n {2}body: <1000000 bytes: 00 00 .*…>,\n/)
      assert.include(shown, "\\x1B[2J\\u202etxt.exe\\u2028\\x85\\r\\nERROR forged")
      assert.isBelow(shown.length, 3000)
      assert.isBelow(inspect({ messages: [message] }, { depth: 5 }).length, 3000)
    })
  )

  it.effect("is JSON, with the lookup id as digits, time limits in seconds and bytes in base64", () =>
    Effect.gen(function* () {
      const message = yield* received({
        body: Uint8Array.of(1, 2, 255),
        extension: Uint8Array.of(0),
        label: "order",
        correlationId: new Uint8Array(20).fill(0xab),
        timeToBeReceived: "90 seconds"
      })
      const json = JSON.parse(JSON.stringify({ message })).message as Record<string, unknown>
      assert.deepInclude(json, {
        body: "AQL/",
        extension: "AA==",
        label: "order",
        lookupId: String(message.lookupId),
        correlationId: Buffer.alloc(20, 0xab).toString("base64"),
        timeToBeReceived: 90,
        sentTime: message.sentTime.toISOString()
      })
    })
  )

  it.effect("is JSON with any body of a codec", () =>
    Effect.gen(function* () {
      const long = MessageBody.xml(Schema.Struct({ Id: XmlValue.Long, Raw: Schema.Uint8Array }), { root: "Order" })
      const body = new TextEncoder().encode("<Order><Id>9007199254740993</Id><Raw>AQID</Raw></Order>")
      const message = yield* received({ body }, long)
      assert.strictEqual(message.body.Id, 9_007_199_254_740_993n)
      const json = JSON.parse(JSON.stringify(message)) as { readonly body: unknown }
      assert.deepStrictEqual(json.body, { Id: "9007199254740993", Raw: "AQID" })
      const circular: Record<string, unknown> = {}
      circular["self"] = circular
      const strange: MessageBody.MessageBody<unknown> = {
        name: "strange",
        encode: (value) => MessageBody.bytes.encode(value as Uint8Array),
        decode: () => Result.succeed(circular)
      }
      const odd = yield* received({ body }, strange)
      assert.include(JSON.stringify(odd), "[not shown: Converting circular structure")
      assert.include(inspect(odd), "Circular")
    })
  )

  it.effect("has all fields as its own: a copy by spreading can be sent on", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      for (const message of [
        { label: "headers", headers: { a: "b" } },
        { label: "bytes", extension: Uint8Array.of(1, 2, 3) },
        { label: "neither", body: Uint8Array.of(7) }
      ]) {
        yield* sender.send(message)
        const first = yield* receiver.receive
        yield* sender.send({ ...first })
        const second = yield* receiver.receive
        yield* sender.send(second)
        const third = yield* receiver.receive
        for (const copy of [second, third]) {
          assert.deepStrictEqual([copy.label, copy.body, copy.extension], [first.label, first.body, first.extension])
          assert.deepStrictEqual({ ...copy.headers }, { ...first.headers })
        }
        assert.notProperty({ ...first }, "toJSON")
      }
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the JSON of a received message", () => {
  it.effect("has the fields that few programs read, with their bytes in base64", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ headers: { a: "b" } })
      const backend = yield* Mqrt.Mqrt
      const signing = yield* Mqrt.make({
        ...backend,
        receiveMessage: (...given) =>
          Effect.map(backend.receiveMessage(...given), (message) => ({
            ...message,
            rare: message.rare && { ...message.rare, signature: Uint8Array.of(1, 2, 3) }
          }))
      })
      const open = MessageQueue.openReceiver(orders, { read: { rare: true } })
      const receiver = yield* Effect.provideService(open, Mqrt.Mqrt, signing)
      const message = yield* receiver.receive
      assert.deepInclude(JSON.parse(JSON.stringify(message)), {
        signature: "AQID",
        senderId: Buffer.from(message.senderId ?? []).toString("base64"),
        headers: { a: "b" }
      })
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is the same in promises, also for a message in an array", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders)
    await sender.send({ body: Uint8Array.of(1, 2, 3) })
    await using receiver = await msmq.openReceiver(orders)
    const message = await receiver.receive()
    const [json] = JSON.parse(JSON.stringify([message])) as ReadonlyArray<Record<string, unknown>>
    assert.deepInclude(json, { body: "AQID", lookupId: String(message.lookupId) })
    assert.strictEqual(structuredClone(message).lookupId, message.lookupId)
    assert.deepStrictEqual({ ...message }.body, message.body)
  })
})

describe("an error", () => {
  it.effect("is JSON with its sentence, its code and its message", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.send({ label: hostile, body: new TextEncoder().encode(hostile) })
      const json = MessageBody.json(Schema.Struct({ a: Schema.Int }))
      const receiver = yield* MessageQueue.openReceiver(orders, { body: json })
      const error = yield* Effect.flip(receiver.receive)
      const shown = JSON.parse(JSON.stringify({ error })).error as Record<string, unknown>
      assert.deepInclude(shown, {
        _tag: "MsmqError",
        code: "UndecodableBody",
        operation: "Receiver.receive",
        queue: orders
      })
      assert.include(shown["message"], "has a body that is not JSON")
      assert.nestedProperty(shown, "reason.message.lookupId")
      assert.nestedPropertyVal(shown, "reason.message.body.bytes", new TextEncoder().encode(hostile).length)
      isSafe(error.message)
      assert.notInclude(error.message, "\n")
      isSafe(inspect(error, { depth: 5 }))
      assert.match(inspect(error), /^MsmqError: Receiver\.receive on .*\n {4}at /)
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("is JSON with the cause that a handler failed with", () => {
    const error = new MsmqError.MsmqError({
      operation: "Receiver.consume",
      reason: {
        _tag: "PoisonMessage",
        message: { body: new Uint8Array(0), lookupId: 5n, messageId: "{x}\\1" } as never,
        attempts: 3,
        cause: Cause.fail(new Error("the database is gone")),
        kept: "queue"
      }
    })
    const { reason } = JSON.parse(JSON.stringify(error)) as { readonly reason: Record<string, unknown> }
    assert.match(String(reason["cause"]), /^Error: the database is gone/)
    assert.deepInclude(reason, { message: { body: { bytes: 0 }, lookupId: "5", messageId: "{x}\\1" }, attempts: 3 })
  })

  it.effect("of a wrong send tells how to send correctly", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const error = yield* Effect.flip(sender.send({}))
      for (const way of [
        "Transaction.run",
        "Transaction.singleMessage",
        "transaction(fn)",
        'transaction: "singleMessage"'
      ]) {
        assert.include(error.message, way)
      }
      yield* sender.send({}, { transaction: "singleMessage" })
      yield* Transaction.singleMessage(sender.send({}))
      yield* MessageQueue.create(`${orders}2`)
      const plain = yield* MessageQueue.openSender(`${orders}2`)
      const reverse = yield* Effect.flip(Transaction.run(plain.send({})))
      for (const way of ["Transaction.outside", 'transaction: "none"', "transactional: true"]) {
        assert.include(reverse.message, way)
      }
      yield* Transaction.run(Transaction.outside(plain.send({})))
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )
})
