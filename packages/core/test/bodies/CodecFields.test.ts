/** Codecs that set fields of the message beside the body, and see all of it. */
import { Message, MessageBody, MessageHeaders, MessageQueue, MsmqError } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schedule } from "effect"
import * as CallLog from "../support/CallLog.ts"

const orders = ".\\private$\\orders"
const utf8 = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Fields that a codec of the tests sets, beside the body, which is its text. */
type Set = Partial<Omit<MessageBody.EncodedBody, "body">>

/** Codec that sets fields, and returns what it sees of a received message as the body. */
const setting = (set: Set): MessageBody.MessageBody<string, MessageBody.EncodedMessage> => ({
  name: "test",
  encode: (value) => Result.succeed({ body: utf8(value), bodyType: 0, ...set }),
  decode: (message) => Result.succeed({ ...message })
})

const sending = Effect.fnUntraced(function* (set: Set, message: Message.Message<string>) {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders, { body: setting(set) })
  const receiver = yield* MessageQueue.openReceiver(orders)
  const before = (yield* CallLog.calls).length
  const sent = yield* Effect.result(sender.sendAll([{ body: "first" }, { body: "second", ...message }]))
  if (Result.isFailure(sent)) {
    const { progress, reason } = sent.failure
    assert(reason._tag === "IllegalMessage", sent.failure.message)
    assert.deepStrictEqual([reason.index, progress?.accepted], [1, 1])
    assert.strictEqual((yield* CallLog.calls).slice(before).filter((call) => call.startsWith("sendMessages")).length, 1)
    return { field: reason.field, rule: reason.rule }
  }
  yield* receiver.receive
  return yield* receiver.receive
})

const run = <A>(program: Effect.Effect<A, unknown, Effect.Services<ReturnType<typeof sending>>>) =>
  program.pipe(Effect.scoped, Effect.provide(CallLog.layer(InMemoryMqrt.layer)))

const received = Effect.fnUntraced(function* (set: Set, message: Message.Message<string>) {
  const outcome = yield* sending(set, message)
  assert("label" in outcome, JSON.stringify(outcome))
  return outcome
})

const refused = Effect.fnUntraced(function* (set: Set, message: Message.Message<string>) {
  const outcome = yield* sending(set, message)
  assert("rule" in outcome, "it was not refused")
  return outcome
})

const extension = Result.getOrThrow(MessageHeaders.encode({ tenant: "north" }))

describe("a codec that sets fields of the message", () => {
  it.effect("sets label, headers and body type", () =>
    run(
      Effect.gen(function* () {
        const set = { label: "Order", headers: { type: "Order", version: "2" }, bodyType: 4113 }
        const message = yield* received(set, {})
        assert.deepStrictEqual([message.label, message.bodyType, textOf(message.body)], ["Order", 4113, "second"])
        assert.deepStrictEqual<unknown>({ ...message.headers }, set.headers)
      })
    )
  )

  it.effect("adds its headers to those of the message, however the message has them", () =>
    run(
      Effect.gen(function* () {
        const set = { headers: { type: "Order" } }
        const all = { tenant: "north", type: "Order" }
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders, { body: setting(set) })
        const receiver = yield* MessageQueue.openReceiver(orders, { body: MessageBody.text })
        const given: ReadonlyArray<Message.Message<string>> = [
          { headers: { tenant: "north" } },
          { headers: all },
          { extension },
          { headers: { tenant: "north" }, extension }
        ]
        for (const message of given) yield* sender.send({ body: "order", ...message })
        for (const _ of given) {
          const message = yield* receiver.receive
          assert.deepStrictEqual<unknown>({ ...message.headers }, all)
          // A copy of a message that has them already has them once.
          yield* sender.send(message)
          assert.deepStrictEqual<unknown>({ ...(yield* receiver.receive).headers }, all)
        }
      })
    )
  )

  it.effect("sets the extension", () =>
    run(
      Effect.gen(function* () {
        const own = Uint8Array.of(1, 2, 3)
        const message = yield* received({ extension: own }, { extension: Uint8Array.of(1, 2, 3) })
        assert.deepStrictEqual(message.extension && [...message.extension], [1, 2, 3])
      })
    )
  )

  const conflicts: ReadonlyArray<readonly [string, Set, Message.Message<string>, field: string, rule: string]> = [
    ["another label", { label: "Order" }, { label: "mine" }, "label", "the codec test sets the label: leave it out"],
    [
      "a header with another value",
      { headers: { type: "Order" } },
      { headers: { type: "Invoice" } },
      "headers",
      'the codec test sets the header "type": leave that out'
    ],
    [
      "an extension that has a header with another value",
      { headers: { tenant: "south" } },
      { extension },
      "headers",
      'the codec test sets the header "tenant": leave that out'
    ],
    [
      "an extension without headers, where the codec sets some",
      { headers: { type: "Order" } },
      { extension: Uint8Array.of(1, 2) },
      "extension",
      "the codec test sets headers, which are written into it: leave it out, or let it hold headers"
    ],
    [
      "another extension",
      { extension: Uint8Array.of(1) },
      { extension: Uint8Array.of(2) },
      "extension",
      "the codec test sets the extension: leave it out"
    ],
    [
      "headers, where the codec sets the extension",
      { extension: Uint8Array.of(1) },
      { headers: { tenant: "north" } },
      "headers",
      "the codec test sets the extension: leave it out"
    ]
  ]

  it.effect.each(conflicts)(
    "is refused with a message that has %s, by index and field",
    ([, set, message, field, rule]) =>
      run(
        Effect.gen(function* () {
          // The first message of the batch has none of its own.
          assert.deepStrictEqual(yield* refused(set, message), { field, rule })
        })
      )
  )

  it.effect("is refused where it sets what no message can have", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const wrong: ReadonlyArray<readonly [unknown, string]> = [
          [{ label: 7 }, "label"],
          [{ label: "x".repeat(250) }, "label"],
          [{ headers: "x" }, "headers"],
          [{ headers: new Map([["a", "b"]]) }, "headers"],
          [{ headers: { a: 7 } }, "headers"],
          [{ extension: "x" }, "extension"],
          [{ extension: Uint8Array.of(1), headers: { a: "b" } }, "extension"]
        ]
        for (const [set, field] of wrong) {
          const sender = yield* MessageQueue.openSender(orders, { body: setting(set as Set) })
          for (const more of [{}, { headers: { tenant: "north" } }, { extension }]) {
            const error = yield* Effect.flip(sender.send({ body: "order", ...more }))
            assert(error.reason._tag === "IllegalMessage", error.message)
            if (!("headers" in more) || field !== "extension")
              assert.strictEqual(error.reason.field, field, error.message)
          }
        }
        const receiver = yield* MessageQueue.openReceiver(orders)
        assert.strictEqual((yield* receiver.poll)._tag, "None")
      })
    )
  )

  it.effect("may have properties of its own, of any name", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const body = { ...MessageBody.text, store: "orders", claimCheck: 7, above: 1 }
        const sender = yield* MessageQueue.openSender(orders, { body })
        const receiver = yield* MessageQueue.openReceiver(orders, { body })
        yield* sender.send({ body: "order" })
        assert.strictEqual((yield* receiver.receive).body, "order")
      })
    )
  )

  it.effect("that returns no body is refused, and no empty body is sent", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const results = [undefined, null, 7, {}, { bodyType: 0 }, { body: undefined }, { body: null, bodyType: 0 }]
        for (const result of results) {
          const codecs: ReadonlyArray<MessageBody.MessageBody<string>> = [
            { ...MessageBody.text, encode: () => Result.succeed(result as never) },
            MessageBody.make<string>({ name: "made", encode: () => result as never, decode: () => "" })
          ]
          for (const body of codecs) {
            const sender = yield* MessageQueue.openSender(orders, { body })
            const error = yield* Effect.flip(sender.send({ body: "order" }))
            assert(error.reason._tag === "SourceFailed" && error.reason.part === "codec", error.message)
            assert.include(error.message, "encode must return")
          }
        }
        const receiver = yield* MessageQueue.openReceiver(orders)
        assert.strictEqual((yield* receiver.poll)._tag, "None")
      })
    )
  )

  it.effect("refuses headers of the message that are none, as without a codec", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders, { body: setting({ headers: { type: "Order" } }) })
        for (const headers of ["x", 7, new Map([["a", "b"]]), { a: 1 }, null]) {
          const error = yield* Effect.flip(sender.send({ body: "order", headers: headers as never }))
          assert(error.reason._tag === "IllegalMessage" && error.reason.field === "headers", error.message)
        }
      })
    )
  )

  it.effect("gets the message that it encodes a body for", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const body: MessageBody.MessageBody<string> = {
          ...MessageBody.text,
          encode: (value, message) =>
            Result.map(MessageBody.text.encode(value), (encoded) => ({
              ...encoded,
              headers: { sentAs: message?.label ?? "", route: message?.headers?.["route"] ?? "none" }
            }))
        }
        const sender = yield* MessageQueue.openSender(orders, { body })
        yield* sender.send({ body: "x", label: "order 1", headers: { route: "north" } })
        const receiver = yield* MessageQueue.openReceiver(orders)
        assert.deepStrictEqual({ ...(yield* receiver.receive).headers }, { route: "north", sentAs: "order 1" })
      })
    )
  )
})

describe("a codec that decodes", () => {
  it.effect("sees the whole message, in each way to receive it", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const raw = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders, { body: setting({}), shareMode: "denyReceive" })
        const send = raw.send({
          body: utf8("order"),
          bodyType: 4113,
          label: "order 1",
          priority: 6,
          appSpecific: 7,
          headers: { type: "Order" },
          responseQueue: "DIRECT=OS:here\\private$\\answers"
        })
        const check = (message: Message.ReceivedMessage<MessageBody.EncodedMessage>) => {
          const { appSpecific, body, bodyType, headers, label, messageId, priority, responseQueue } = message.body
          assert.deepStrictEqual(
            [textOf(body), bodyType, label, priority, appSpecific],
            ["order", 4113, "order 1", 6, 7]
          )
          assert.deepStrictEqual({ ...headers }, { type: "Order" })
          assert.deepStrictEqual([messageId, responseQueue], [message.messageId, "DIRECT=OS:here\\private$\\answers"])
        }
        yield* send
        check(yield* receiver.peek)
        check(yield* Effect.flatMap(receiver.lookup("peekFirst"), Effect.fromOption))
        check(yield* receiver.receive)
        yield* send
        const consumer = yield* Effect.forkChild(
          Effect.flip(
            receiver.consume(
              (message) =>
                Effect.andThen(
                  Effect.sync(() => check(message)),
                  Effect.die("done")
                ),
              {
                retry: Schedule.recurs(0)
              }
            )
          )
        )
        const error = yield* Fiber.join(consumer)
        assert.include(error.message, "done")
      })
    )
  )

  it.effect("does not see the groups that its receiver leaves out, and may name those that it needs", () =>
    run(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const raw = yield* MessageQueue.openSender(orders)
        yield* raw.send({ body: utf8("order"), headers: { type: "Order" }, responseQueue: "DIRECT=OS:a\\private$\\b" })
        const read = { extension: false, queues: false } as const
        const receiver = yield* MessageQueue.openReceiver(orders, { body: setting({}), read })
        const message = yield* receiver.peek
        assert.deepStrictEqual({ ...message.body.headers }, {})
        assert.deepStrictEqual([message.body.extension, message.body.responseQueue], [undefined, undefined])
        assert.instanceOf(message.headers, Message.NotRead)

        const needing = (...reads: NonNullable<MessageBody.MessageBody<string>["reads"]>) => ({ ...setting({}), reads })
        const error = yield* Effect.flip(MessageQueue.openReceiver(orders, { body: needing("extension"), read }))
        assert(error instanceof MsmqError.MsmqError && error.reason._tag === "IllegalOption", String(error))
        assert.strictEqual(error.reason.option, "read")
        assert.include(error.message, "the codec test needs the group extension: give read: { extension: true }")
        const rare = yield* Effect.flip(MessageQueue.openReceiver(orders, { body: needing("extension", "rare") }))
        assert.include(rare.message, "the codec test needs the group rare: give read: { rare: true }")
        const body = needing("extension", "rare")
        const whole = yield* MessageQueue.openReceiver(orders, { body, read: { rare: true } })
        assert.strictEqual((yield* whole.receive).body.headers?.["type"], "Order")
        for (const reads of ["extension", ["body"], [7]]) {
          const wrong = { ...setting({}), reads } as never
          const illegal = yield* Effect.flip(MessageQueue.openReceiver(orders, { body: wrong }))
          assert.include(illegal.message, "body is")
        }
      })
    )
  )
})

describe("a codec of two functions that throw", () => {
  const numbers = MessageBody.make<number, bigint>({
    name: "decimal digits",
    encode: (value) => {
      if (!Number.isInteger(value)) throw new Error("the value must be whole")
      return { body: utf8(String(value)), label: `number ${value}` }
    },
    decode: ({ body }) => BigInt(textOf(body))
  })

  it("sends and receives in promises, without a Result", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders, { body: numbers })
    await using receiver = await msmq.openReceiver(orders, { body: numbers })
    await sender.send({ body: 7 })
    const { body, bodyType, label } = await receiver.receive()
    assert.deepStrictEqual([body, bodyType, label], [7n, 0, "number 7"])
    // @ts-expect-error what is received is a bigint
    const wrong: number = body
    assert.strictEqual<unknown>(wrong, 7n)
    // @ts-expect-error what is sent is a number
    await sender.send({ body: 7n }).catch((error: MsmqError.MsmqError) => assert.include(error.message, "whole"))
    const refusal = await sender.send({ body: 0.5 }).then(
      () => assert.fail("it was not refused"),
      (error: MsmqError.MsmqError) => error
    )
    assert.strictEqual(refusal.code, "IllegalMessage")
    assert.include(
      refusal.message,
      "as decimal digits must be something that encode can take the value, and it threw: the value must be whole"
    )
    await using raw = await msmq.openSender(orders)
    await raw.send({ body: utf8("seven"), label: "kept" })
    const undecodable = await receiver.receive().then(
      () => assert.fail("it was decoded"),
      (error: MsmqError.MsmqError) => error
    )
    assert(undecodable.reason._tag === "UndecodableBody", undecodable.message)
    assert.strictEqual(undecodable.reason.message.label, "kept")
    assert.include(undecodable.reason.rule, "Cannot convert seven to a BigInt")
  })

  it("may return bytes alone, and no promise, whose rejection would end the process", async () => {
    const rejections: Array<unknown> = []
    const note = (reason: unknown) => void rejections.push(reason)
    process.on("unhandledRejection", note)
    try {
      const bytes = MessageBody.make<string>({ name: "bytes", encode: utf8, decode: ({ body }) => textOf(body) })
      const encoded = Result.getOrThrow(bytes.encode("a"))
      assert.deepStrictEqual(encoded, { body: utf8("a"), bodyType: 0 })
      assert.deepStrictEqual(bytes.decode(encoded), Result.succeed("a"))
      const late = MessageBody.make<string>({
        name: "late",
        encode: () => Promise.reject(new Error("too late")) as never,
        decode: () => Promise.reject(new Error("too late")) as never
      })
      const results: ReadonlyArray<Result.Result<unknown, string>> = [late.encode("a"), late.decode(encoded)]
      for (const result of results) {
        assert(Result.isFailure(result))
        assert.include(result.failure, "at once, and it returned a promise")
      }
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepStrictEqual(rejections, [])
    } finally {
      process.off("unhandledRejection", note)
    }
  })

  it("is refused without its functions, with what is missing", () => {
    const wrong: ReadonlyArray<readonly [unknown, string]> = [
      [undefined, "options"],
      [{ name: "", encode: utf8, decode: textOf }, "name"],
      [{ name: "x", encode: utf8 }, "decode"],
      [{ name: "x", encode: 7, decode: textOf }, "encode"],
      [{ name: "x", encode: utf8, decode: textOf, reads: ["body"] }, "reads[0]"],
      [{ name: "x", encode: utf8, decode: textOf, bodytype: 7 }, "bodytype"]
    ]
    for (const [given, option] of wrong) {
      try {
        MessageBody.make(given as MessageBody.MakeOptions<string>)
        assert.fail("it was not refused")
      } catch (error) {
        assert(error instanceof MsmqError.MsmqError && error.reason._tag === "IllegalOption", String(error))
        assert.strictEqual(error.reason.option, option)
      }
    }
  })
})
