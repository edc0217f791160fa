import { FormatName, Message, MessageBody, MessageQueue, SecurityContext, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"

const orders = ".\\private$\\orders"

const withDefaults = <Body = Uint8Array>(
  defaults: MessageQueue.SenderDefaults<Body>,
  options: MessageQueue.CreateOptions = {},
  body?: MessageBody.MessageBody<Body>
) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, options)
    const sender = yield* MessageQueue.openSender(orders, { defaults, body })
    const receiver = yield* MessageQueue.openReceiver(orders)
    return { receiver, sender }
  })

const refused = (defaults: unknown) =>
  Effect.flip(MessageQueue.openSender(orders, { defaults: defaults as MessageQueue.SenderDefaults }))

describe("the defaults of a sender", () => {
  it.effect("may be any field of a message, and each message is completed by them", () =>
    Effect.gen(function* () {
      const defaults: MessageQueue.SenderDefaults = {
        body: Uint8Array.of(1, 2),
        bodyType: 17,
        label: "default",
        priority: 6,
        delivery: "recoverable",
        correlationId: new Uint8Array(20).fill(5),
        appSpecific: 9,
        extension: Uint8Array.of(3),
        responseQueue: Result.getOrThrow(FormatName.parse("DIRECT=OS:here\\private$\\answers")),
        acknowledge: { negativeArrival: true },
        adminQueue: "here\\private$\\acks",
        journaling: { deadLetter: true },
        deadLetterQueue: ".\\private$\\dead",
        timeToReachQueue: "1 hour",
        timeToBeReceived: "2 hours",
        trace: true
      }
      const { receiver, sender } = yield* withDefaults(defaults)
      yield* sender.send({})
      const copy = Message.copyOf(yield* receiver.receive)
      assert.deepStrictEqual(
        Object.keys(defaults).filter((field) => !(field in copy)),
        []
      )
      assert.deepStrictEqual(
        [copy.body, copy.bodyType, copy.label, copy.priority],
        [Uint8Array.of(1, 2), 17, "default", 6]
      )
      assert.strictEqual(copy.responseQueue, "DIRECT=OS:here\\private$\\answers")
      assert.strictEqual(copy.adminQueue, "DIRECT=OS:here\\private$\\acks")
      assert.strictEqual(copy.deadLetterQueue, "DIRECT=OS:.\\private$\\dead")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("give way to what a message has itself, whatever its value, and not to undefined", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* withDefaults({
        label: "default",
        priority: 6,
        appSpecific: 9,
        trace: true,
        headers: { tenant: "north" },
        timeToBeReceived: "1 hour"
      })
      yield* sender.send({
        label: "",
        priority: 0,
        appSpecific: 0,
        trace: false,
        extension: Uint8Array.of(1),
        timeToBeReceived: "Infinity"
      })
      yield* sender.sendAll([{ label: undefined, priority: undefined, headers: undefined, extension: undefined }])
      const byDefault = yield* receiver.receive
      const own = yield* receiver.receive
      assert.deepStrictEqual(
        [own.label, own.priority, own.appSpecific, own.trace, own.extension, own.timeToBeReceived],
        ["", 0, 0, false, Uint8Array.of(1), undefined]
      )
      assert.deepStrictEqual(
        [byDefault.label, byDefault.priority, { ...byDefault.headers }],
        ["default", 6, { tenant: "north" }]
      )
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "are those of the opening: a change of the object, of its bytes or its headers afterwards changes nothing",
    () =>
      Effect.gen(function* () {
        const body = Uint8Array.of(1)
        const headers: Record<string, string> = { a: "1" }
        const { receiver, sender } = yield* withDefaults({ body, headers })
        body[0] = 2
        headers["a"] = "2"
        yield* sender.send({})
        const message = yield* receiver.receive
        assert.deepStrictEqual([message.body, { ...message.headers }], [Uint8Array.of(1), { a: "1" }])
      }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("encode a default body with the codec, whose type a message keeps", () =>
    Effect.gen(function* () {
      const json = MessageBody.json(Schema.Struct({ id: Schema.Finite }))
      const { receiver, sender } = yield* withDefaults({ body: { id: 1 } }, {}, json)
      yield* sender.send({})
      yield* sender.send({ body: { id: 2 } })
      const bodies = [yield* receiver.receive, yield* receiver.receive].map(({ body }) =>
        new TextDecoder().decode(body)
      )
      assert.deepStrictEqual(bodies, ['{"id":1}', '{"id":2}'])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("of time limits give way to those of a transaction that was begun", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* withDefaults({ timeToBeReceived: "1 hour" }, { transactional: true })
      yield* Transaction.run(sender.send({}))
      yield* Transaction.run(sender.send({}), { timeToBeReceived: "2 hours" })
      const limits = [yield* receiver.receive, yield* receiver.receive].map(({ timeToBeReceived }) => timeToBeReceived)
      assert.deepStrictEqual(
        limits.map((limit) => limit && String(limit)),
        [undefined, String(limits[1])]
      )
      assert.isDefined(limits[1])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("of the transaction stand for the option, also in a transaction that runs", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* withDefaults({ transaction: "none" })
      yield* Transaction.run(Effect.andThen(sender.send({ label: "log" }), Effect.fail("rolled back"))).pipe(
        Effect.ignore
      )
      assert.strictEqual((yield* receiver.receive).label, "log")
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("sign with a security context, until a send gives another signer", () =>
    Effect.gen(function* () {
      const securityContext = yield* SecurityContext.acquire()
      const { receiver, sender } = yield* withDefaults({ securityContext })
      yield* sender.send({ label: "signed" })
      yield* sender.send({ label: "not signed" }, { authenticationLevel: "none" })
      const flags = [yield* receiver.receive, yield* receiver.receive].map(({ authenticated }) => authenticated)
      assert.deepStrictEqual(flags, [true, false])
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("are refused at the opening where one is wrong, with its name and the rule", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      for (const [defaults, option, rule] of [
        [{ priority: 8 }, "defaults.priority", /from 0 to 7/],
        [{ label: "x".repeat(250) }, "defaults.label", /at most 249/],
        [{ colour: "red" }, "defaults.colour", /Options are/],
        [{ body: "text" }, "defaults.body", /Uint8Array/],
        [{ headers: { a: "1" }, extension: new Uint8Array(1) }, "defaults.headers", /give one of the two/],
        [{ responseQueue: ".\\private$\\nowhere" }, "defaults.responseQueue", /no such queue on this computer/],
        [{ responseQueue: ".\\private$\\orders;sub" }, "defaults.responseQueue", /no subqueue/],
        [{ transaction: {} }, "defaults.transaction", /"none" or "singleMessage"/],
        [{ onProgress: () => {} }, "defaults.onProgress", /Options are/]
      ] as const) {
        const error = yield* refused(defaults)
        assert.strictEqual(error.reason._tag, "IllegalOption", error.message)
        if (error.reason._tag !== "IllegalOption") return
        assert.strictEqual(error.reason.option, option)
        assert.match(error.reason.rule, rule)
      }
    }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.each([Buffer.from, Uint8Array.from] as const)(
    "are copied at the opening, whatever the program does with its bytes later (%s)",
    (from) =>
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const given = { body: [1, 2], extension: [3, 4], correlationId: Array.from({ length: 20 }, () => 5) }
        const bytes = (values: ReadonlyArray<number>): Uint8Array =>
          Reflect.apply(from, from === Buffer.from ? Buffer : Uint8Array, [values])
        const defaults = {
          body: bytes(given.body),
          extension: bytes(given.extension),
          correlationId: bytes(given.correlationId)
        }
        const sender = yield* MessageQueue.openSender(orders, { defaults })
        for (const value of Object.values(defaults)) value.fill(0)
        yield* sender.send({})
        const receiver = yield* MessageQueue.openReceiver(orders)
        const { body, correlationId, extension } = yield* receiver.receive
        assert.deepStrictEqual(
          [body, extension, correlationId].map((value) => Array.from(value ?? [])),
          [given.body, given.extension, given.correlationId]
        )
      }).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))
  )

  it("are the same in promises, with a security context of that face", async () => {
    await using msmq = await connect(InMemoryMqrt.layer)
    await msmq.createQueue(orders)
    using securityContext = msmq.securityContext()
    await using sender = await msmq.openSender(orders, { defaults: { label: "default", securityContext } })
    await sender.send({})
    await sender.sendAll([{ label: "own" }])
    await using receiver = await msmq.openReceiver(orders)
    const [first, second] = [await receiver.receive(), await receiver.receive()]
    assert.deepStrictEqual(
      [first, second].map(({ authenticated, label }) => [label, authenticated]),
      [
        ["default", true],
        ["own", true]
      ]
    )
  })
})
