import { Message, MessageBody, MessageQueue, type Mqrt, MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schedule, Schema, type Scope, Stream } from "effect"
import { inspect } from "node:util"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"
const body = new Uint8Array(1024).fill(7)
const headers = { tenant: "north" }

/** Runs a program with a queue that has one message. */
const withMessage = <A, E>(program: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope | CallLog.CallLog>) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders)
    const sender = yield* MessageQueue.openSender(orders)
    yield* sender.send({ label: "order 1", body, headers, responseQueue: "DIRECT=OS:here\\private$\\answers" })
    return yield* program
  }).pipe(Effect.scoped, Effect.provide(CallLog.layer(InMemoryMqrt.layer)))

describe("a receiver that reads some groups of properties", () => {
  it.effect("without the body: the message has its size, and no body", () =>
    withMessage(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders, { read: { body: false } })
        const message = yield* receiver.receive
        assert.instanceOf(message.body, Message.NotRead)
        assert.strictEqual(message.bodySize, 1024)
        assert.strictEqual(message.label, "order 1")
        assert.strictEqual(message.headers["tenant"], "north")
        assert.isTrue(Option.isNone(yield* receiver.poll))
      })
    )
  )

  it.effect("without the other groups: names, extension, headers and the sender are not there", () =>
    withMessage(
      Effect.gen(function* () {
        const read = { extension: false, queues: false, security: false } as const
        const receiver = yield* MessageQueue.openReceiver(orders, { read })
        const message = yield* receiver.peek
        assert.deepStrictEqual(message.body, body)
        const { adminQueue, deadLetterQueue, destinationQueue, extension, responseQueue } = message
        for (const value of [
          adminQueue,
          deadLetterQueue,
          destinationQueue,
          extension,
          responseQueue,
          message.headers
        ]) {
          assert.instanceOf(value, Message.NotRead)
        }
        const left = ["authenticated", "signatureVersion", "senderId", "senderIdType", "privacyLevel", "hashAlgorithm"]
        for (const name of left) assert.isUndefined(Object.entries(message).find(([field]) => field === name)?.[1])
      })
    )
  )

  it.effect("with the rare properties: the message has all nine, beside its other fields", () =>
    withMessage(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders, { read: { rare: true } })
        const { compoundMessage, connectorType, label, provider, signature, version, ...others } =
          yield* receiver.receive
        assert.deepStrictEqual([label, version], ["order 1", 16])
        assert.deepStrictEqual([compoundMessage, connectorType, provider, signature], Array.from({ length: 4 }))
        for (const field of ["symmetricKey", "destinationFormatName", "transactionStatusQueue", "soapEnvelope"]) {
          assert.isTrue(field in others, field)
        }
        assert.deepStrictEqual(others.body, body)
      })
    )
  )

  it.effect("by all the other ways: streams, cursors, lookups and peeks", () =>
    withMessage(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders, { read: { body: false, rare: true } })
        const cursor = yield* receiver.cursor
        const messages = [
          yield* receiver.peek,
          Option.getOrThrow(yield* receiver.pollPeek),
          Option.getOrThrow(yield* receiver.peekWithin("1 second")),
          Option.getOrThrow(yield* cursor.next),
          Option.getOrThrow(yield* cursor.current),
          Option.getOrThrow(yield* receiver.lookup("peekFirst")),
          ...(yield* Stream.runCollect(receiver.browse)),
          ...(yield* Stream.runCollect(Stream.take(receiver.messages, 1)))
        ]
        assert.strictEqual(messages.length, 8)
        for (const { body, bodySize, version } of messages) {
          assert.instanceOf(body, Message.NotRead)
          assert.deepStrictEqual([bodySize, version], [1024, 16])
        }
      })
    )
  )

  it.effect("a message without its body prints, copies and compares as others do", () =>
    withMessage(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders, { read: { body: false, extension: false } })
        const message = yield* receiver.peek
        assert.include(inspect(message), "body: <not read>")
        const json = JSON.parse(JSON.stringify(message)) as Record<string, unknown>
        assert.strictEqual(json["label"], "order 1")
        for (const field of ["body", "extension", "headers"]) assert.notProperty(json, field)
        assert.deepStrictEqual(yield* receiver.peek, message)
        assert.strictEqual(structuredClone(message).bodySize, 1024)
        assert.strictEqual({ ...message }.body, message.body)
      })
    )
  )

  it.effect(
    "a copy of a message without its body, its extension or its names is refused by a send, not sent without them",
    () =>
      withMessage(
        Effect.gen(function* () {
          const sender = yield* MessageQueue.openSender(orders)
          for (const read of [{ body: false }, { extension: false }, { queues: false }] as const) {
            const receiver = yield* MessageQueue.openReceiver(orders, { read })
            const message = yield* receiver.peek
            // @ts-expect-error -- a field that was not read is no field to send
            const send: Effect.Effect<unknown, MsmqError.MsmqError> = sender.send({ ...message })
            const { reason } = yield* Effect.flip(send)
            assert.strictEqual(reason._tag, "IllegalMessage")
            assert.include(inspect(reason), "a field that its receiver did not read")
          }
        })
      )
  )

  it.effect("a codec decodes as usual where other groups are left out", () =>
    withMessage(
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders, { body: MessageBody.text })
        yield* sender.send({ body: "two" })
        const bytes = yield* MessageQueue.openReceiver(orders)
        yield* bytes.receive
        const receiver = yield* MessageQueue.openReceiver(orders, { body: MessageBody.text, read: { queues: false } })
        const message = yield* receiver.receive
        assert.deepStrictEqual([message.body, message.bodySize], ["two", 3])
      })
    )
  )

  it.effect("a codec together with no body is refused, as are options that do not exist", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const messageOf = (options: object) =>
        Effect.map(Effect.flip(MessageQueue.openReceiver(orders, options)), ({ message }) => message)
      const codec = MessageBody.json(Schema.Unknown)
      assert.include(yield* messageOf({ body: codec, read: { body: false } }), "read: { body: false }")
      assert.include(yield* messageOf({ read: { bodys: false } }), '"read.bodys" does not exist; did you mean "body"?')
      assert.include(yield* messageOf({ reads: {} }), 'did you mean "read"')
      assert.include(yield* messageOf({ read: { body: 0 } }), "read.body")
      assert.include(yield* messageOf({ read: { body: null } }), "read.body")
      assert.include(yield* messageOf({ read: ["body"] }), "read")
      assert.include(yield* messageOf({ read: true }), "read")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a handler of consume gets the groups that its receiver reads", () =>
    withMessage(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders, {
          read: { body: false, rare: true, queues: false },
          shareMode: "denyReceive"
        })
        const seen: Array<unknown> = []
        const consuming = yield* Effect.forkChild(
          receiver.consume((message) =>
            Effect.sync(() => {
              assert.instanceOf(message.body, Message.NotRead)
              assert.instanceOf(message.responseQueue, Message.NotRead)
              seen.push(message.version, message.label, message.headers["tenant"])
            })
          ),
          { startImmediately: true }
        )
        while (seen.length === 0) yield* Effect.yieldNow
        yield* Fiber.interrupt(consuming)
        assert.deepStrictEqual(seen, [16, "order 1", "north"])
      })
    )
  )

  it.effect("what consume moves elsewhere is whole, whatever its handler gets", () =>
    withMessage(
      Effect.gen(function* () {
        yield* MessageQueue.create(".\\private$\\poison")
        const receiver = yield* MessageQueue.openReceiver(orders, {
          read: { body: false, extension: false, queues: false, security: false },
          shareMode: "denyReceive"
        })
        const consuming = yield* Effect.forkChild(
          receiver.consume(() => Effect.fail("no"), {
            poison: { queue: ".\\private$\\poison" },
            retry: Schedule.recurs(0)
          }),
          { startImmediately: true }
        )
        const poison = yield* MessageQueue.openReceiver(".\\private$\\poison")
        const message = yield* poison.peek
        yield* Fiber.interrupt(consuming)
        assert.deepStrictEqual(message.body, body)
        assert.strictEqual(message.responseQueue, "DIRECT=OS:here\\private$\\answers")
        assert.strictEqual(message.headers["tenant"], "north")
      })
    )
  )
})

describe("a connection", () => {
  it("opens a receiver that reads some groups, and refuses mistakes with the right spelling", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders)
    await sender.send({ label: "one", body })
    await sender.send({ label: "two", body })
    await using receiver = await msmq.openReceiver(orders, { read: { body: false, rare: true } })
    const message = await receiver.receive()
    assert.instanceOf(message.body, Message.NotRead)
    assert.deepStrictEqual([message.bodySize, message.version], [1024, 16])
    for await (const { body, bodySize } of msmq.messages(orders, { read: { body: false } })) {
      assert.instanceOf(body, Message.NotRead)
      assert.strictEqual(bodySize, 1024)
      break
    }
    const refused = await msmq.openReceiver(orders, { read: { rares: true } as never }).catch((error: unknown) => error)
    assert.instanceOf(refused, MsmqError.MsmqError)
    assert.include(String(refused), '"read.rares" does not exist; did you mean "rare"?')
  })
})
