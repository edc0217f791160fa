import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { code, codeOf, direct, ends, labelled, machineId, message, plain, text } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const control = MsmqControl.MsmqControl

describe("sending", () => {
  it.effect("messages of one priority are read in the order of their arrival (D-07, E-02)", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send(labelled("a", "b"))
      yield* send(labelled("c"))
      assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "c"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a late message of priority 7 is received before waiting ones of priority 3 (D-08)", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send([message({ label: "lowest", priority: 0 }), ...labelled("a", "b")])
      yield* send([message({ label: "urgent", priority: 7 })])
      assert.deepStrictEqual([yield* label, yield* label, yield* label, yield* label], ["urgent", "a", "b", "lowest"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.prop(
    "messages are received by priority, then arrival, and lookup ids rise in that order (D-07, D-08, D-27, D-28, X-03)",
    { priorities: Schema.Array(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7])) },
    ({ priorities }) =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const sent = priorities.map((priority, index) => message({ priority, appSpecific: index }))
        yield* send(sent)
        const received = yield* Effect.forEach(sent, () => poll)
        assert.deepStrictEqual(
          received.map((one) => one.appSpecific),
          sent.toSorted((a, b) => b.priority - a.priority).map((one) => one.appSpecific)
        )
        const lookupIds = received.map((one) => one.lookupId)
        assert.isTrue(lookupIds.every((id, index) => index === 0 || id > (lookupIds[index - 1] ?? id)))
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("all properties arrive unchanged (B-26, D-20, D-21)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const sent = message({
        body: text("a body"),
        bodyType: 0x1011,
        label: "ordinary",
        priority: 5,
        delivery: "recoverable",
        correlationId: new Uint8Array(20).fill(7),
        appSpecific: 0xffffffff,
        extension: text("ext"),
        responseQueue: "DIRECT=OS:other\\private$\\answers"
      })
      yield* send([sent])
      const received = yield* poll
      // A receiver sees these two in another form.
      const { connector, soap, ...carried } = sent
      assert.deepStrictEqual([connector, soap], [null, null])
      assert.deepStrictEqual({ ...received, ...carried }, received)
      assert.strictEqual(received.class, 0)
      assert.strictEqual(received.destinationQueue, direct)
      assert.strictEqual(received.sourceMachineId, machineId)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a sender that changes its buffers after the send changes no message", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const body of [text("right"), Buffer.from("right")]) {
        const extension = text("right")
        const correlationId = new Uint8Array(20).fill(1)
        yield* send([message({ body, extension, correlationId })])
        for (const buffer of [body, extension, correlationId]) buffer.fill(0)
        const received = yield* poll
        assert.deepStrictEqual(received.body, text("right"))
        assert.deepStrictEqual(received.extension, text("right"))
        assert.deepStrictEqual(received.correlationId, new Uint8Array(20).fill(1))
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "message ids have the machine's GUID and a counter of all its queues, and are returned on request (D-23)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const mqrt = yield* Mqrt.Mqrt
        const other = yield* mqrt.openQueue("DIRECT=OS:other\\private$\\q", "send", "denyNone")
        const wanted = { ...plain, messageIds: true }
        assert.deepStrictEqual((yield* send([message(), message()], wanted)).messageIds, [
          `{${machineId}}\\1`,
          `{${machineId}}\\2`
        ])
        const third = yield* mqrt.sendMessages(other, [message()], wanted)
        assert.deepStrictEqual(third.messageIds, [`{${machineId}}\\3`])
        assert.strictEqual((yield* send([message()])).messageIds, null)
        assert.strictEqual((yield* poll).messageId, `{${machineId}}\\1`)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the sent and the arrived time are seconds by Effect's clock (D-25)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* elapse("90500 millis")
      yield* send([message()])
      yield* elapse("1 hour")
      const received = yield* poll
      assert.deepStrictEqual([received.sentTime, received.arrivedTime], [90, 90])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [what, fields, expected, properties] of [
    ["a label of 250 characters (D-17)", { label: "l".repeat(250) }, "MQ_ERROR_LABEL_TOO_LONG", []],
    [
      "priority 8 (D-06, D-10)",
      { priority: 8 },
      "MQ_ERROR_PROPERTY",
      [{ property: "PROPID_M_PRIORITY", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }]
    ],
    [
      "a correlation id of 19 bytes (D-18)",
      { correlationId: new Uint8Array(19) },
      "MQ_ERROR_PROPERTY",
      [{ property: "PROPID_M_CORRELATIONID", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_SIZE }]
    ],
    ["a body of 4 MiB (D-13)", { body: new Uint8Array(4_194_304) }, "MQ_ERROR_INSUFFICIENT_RESOURCES", []]
  ] as const) {
    it.effect(`${what} stops the batch at its message; those before it are in the queue, none after it`, () =>
      Effect.gen(function* () {
        const { label, poll, send } = yield* ends()
        const outcome = yield* send([...labelled("a", "b"), message(fields), ...labelled("c")], {
          ...plain,
          messageIds: true
        })
        assert.strictEqual(outcome.accepted, 2)
        assert.strictEqual(outcome.messageIds?.length, 2)
        assert.strictEqual(codeOf(outcome), errors[expected])
        assert.deepStrictEqual(outcome.failure?.properties, properties)
        assert.deepStrictEqual([yield* label, yield* label], ["a", "b"])
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect(
    "the largest body leaves room for headers, label, destination and sender, and is not a byte larger (D-14)",
    () =>
      Effect.gen(function* () {
        const { send } = yield* ends()
        // 16 base header, 48 + 2 * (27 + 1) user header, 56 + 2 * (0 + 1) properties.
        const largest = 4_194_304 - 16 - 104 - 58
        const anonymous = { ...plain, senderIdType: "none" } as const
        assert.strictEqual((yield* send([message({ body: new Uint8Array(largest) })], anonymous)).accepted, 1)
        for (const [body, options] of [
          [largest + 1, anonymous],
          [largest, plain]
        ] as const) {
          const outcome = yield* send([message({ body: new Uint8Array(body) })], options)
          assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
        }
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a text takes two bytes for each character (D-15)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const anonymous = { ...plain, senderIdType: "none" } as const
      const largest = (4_194_304 - 16 - 104 - 58) / 2
      const unicode = (characters: number) =>
        message({ body: Buffer.from("ü".repeat(characters), "utf16le"), bodyType: 8 })
      const outcome = yield* send([unicode(largest), unicode(largest + 1)], anonymous)
      assert.strictEqual(outcome.accepted, 1)
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.strictEqual((yield* poll).bodySize / 2, largest)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a label of 249 characters fits (D-17)", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send(labelled("l".repeat(249)))
      assert.strictEqual((yield* label).length, 249)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a single-message transaction delivers to a transactional queue, recoverable and at priority 0 (D-09, F-02, F-31)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends({ transactional: true })
        const transacted = { ...plain, transaction: "singleMessage" } as const
        yield* send([message({ label: "a", priority: 0 }), message({ label: "b", priority: 7 })], transacted)
        const first = yield* poll
        const second = yield* poll
        assert.deepStrictEqual([first.label, second.label], ["a", "b"])
        assert.deepStrictEqual([second.priority, second.delivery], [0, "recoverable"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [what, transactional, transaction, rejection] of [
    ["a plain message to a transactional queue (F-08, F-11, F-12)", true, "none", 0x800a],
    ["a transacted message to a plain queue (F-09, F-11, F-12)", false, "singleMessage", 0x8009]
  ] as const) {
    it.effect(`${what} is accepted from the sender and dropped on arrival`, () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends({ transactional })
        const outcome = yield* send([message()], { ...plain, transaction, messageIds: true })
        assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        assert.deepStrictEqual(yield* control.use((msmq) => msmq.rejected), [
          { queue: "MACHINE\\private$\\orders", messageId: `{${machineId}}\\1`, class: rejection }
        ])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("only the latest 10,000 rejections are kept", () =>
    Effect.gen(function* () {
      const { send } = yield* ends({ transactional: true })
      yield* send(Array.from({ length: 25_000 }, () => message()))
      const rejected = yield* control.use((msmq) => msmq.rejected)
      assert.strictEqual(rejected.length, 10_000)
      assert.strictEqual(rejected.at(-1)?.messageId, `{${machineId}}\\25000`)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
