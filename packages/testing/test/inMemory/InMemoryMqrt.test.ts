import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import {
  code,
  codeOf,
  create,
  direct,
  ends,
  fork,
  labelled,
  machineId,
  message,
  path,
  plain,
  queueProperties,
  receiving,
  rejectedClasses,
  settled,
  text,
  waiting
} from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const der = (value: string) => text(`certificate ${value}`)

const signed: SendParameters = { ...plain, authenticationLevel: "always" }

const control = MsmqControl.MsmqControl

describe("queues", () => {
  it.effect(
    "B-07 a path name becomes PRIVATE=<machine guid>\\<eight digits>, and the created queue has that name",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const formatName = yield* create()
        assert.strictEqual(formatName, `PRIVATE=${machineId}\\00000001`)
        assert.strictEqual(yield* mqrt.pathNameToFormatName(path), formatName)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const formatName of [
    "DIRECT=OS:.\\private$\\orders",
    "direct=os:Machine\\PRIVATE$\\ORDERS",
    "DIRECT=OS:localhost\\private$\\Orders",
    "Direct=Tcp:127.0.0.1\\Private$\\orders",
    `private=${machineId.toUpperCase()}\\1`
  ]) {
    it.effect(`B-04, B-05, B-12, B-13 ${formatName} is the queue .\\private$\\orders`, () =>
      Effect.gen(function* () {
        const { label, mqrt } = yield* ends()
        const handle = yield* mqrt.openQueue(formatName, "send", "denyNone")
        yield* mqrt.sendMessages(handle, labelled("here"), plain)
        assert.strictEqual(yield* label, "here")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("C-04 a path that exists is not created again, in whatever letter case", () =>
    Effect.gen(function* () {
      yield* create()
      assert.strictEqual(yield* code(create({ pathName: "machine\\PRIVATE$\\Orders" })), errors.MQ_ERROR_QUEUE_EXISTS)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("B-01, C-07, C-10, C-11 what cannot be created says why", () =>
    Effect.gen(function* () {
      const of = (fields: Partial<NewQueueProperties>) => code(create(fields))
      assert.strictEqual(
        yield* of({ pathName: `.\\private$\\${"q".repeat(125)}` }),
        errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME
      )
      assert.strictEqual(yield* of({ pathName: ".\\private$\\a+b" }), errors.MQ_ERROR_ILLEGAL_QUEUE_PATHNAME)
      assert.strictEqual(yield* of({ pathName: ".\\public" }), errors.MQ_ERROR_UNSUPPORTED_OPERATION)
      assert.strictEqual(yield* of({ pathName: "other\\private$\\q" }), errors.MQ_ERROR_UNSUPPORTED_OPERATION)
      const failure = yield* Effect.flip(create({ label: "l".repeat(125) }))
      assert.strictEqual(failure.code, errors.MQ_ERROR_PROPERTY)
      assert.deepStrictEqual(failure.properties, [
        { property: "PROPID_Q_LABEL", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }
      ])
      yield* create({ pathName: `.\\private$\\${"q".repeat(124)}`, label: "l".repeat(124) })
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ workgroup: true })))
  )

  it.effect("the properties are those it was created with, under the machine's own name", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const given = { label: "all orders", authenticate: true, transactional: true }
      yield* create(given)
      assert.deepStrictEqual(yield* mqrt.getQueueProperties(direct), {
        ...queueProperties,
        ...given,
        pathName: "MACHINE\\private$\\orders",
        instance: null,
        createTime: 0,
        modifyTime: 0,
        pathNameDns: null,
        adsPath: null
      })
      assert.strictEqual(
        yield* code(mqrt.getQueueProperties("DIRECT=OS:other\\private$\\orders")),
        errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "C-27, C-29, C-44 a queue that does not exist is not found: to send, to receive, to delete, to ask about",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const notFound = errors.MQ_ERROR_QUEUE_NOT_FOUND
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "send", "denyNone")), notFound)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), notFound)
        assert.strictEqual(yield* code(mqrt.deleteQueue(`PRIVATE=${machineId}\\1`)), notFound)
        assert.strictEqual(yield* code(mqrt.getQueueProperties(direct)), notFound)
        assert.strictEqual(yield* code(mqrt.pathNameToFormatName(path)), notFound)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("B-23 to B-25 a broken format name is illegal, and a legal one of the wrong form is not supported", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const send = (formatName: string) => code(mqrt.openQueue(formatName, "send", "denyNone"))
      assert.strictEqual(yield* send(path), errors.MQ_ERROR_ILLEGAL_FORMATNAME)
      assert.strictEqual(yield* send("DIRECT=OS:."), errors.MQ_ERROR_ILLEGAL_FORMATNAME)
      const unsupported = errors.MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      assert.strictEqual(yield* send(`MACHINE=${machineId};DEADLETTER`), unsupported)
      assert.strictEqual(yield* code(mqrt.deleteQueue(direct)), unsupported)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-22 a handle to send lets others receive", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      assert.strictEqual(
        yield* code(mqrt.openQueue(direct, "send", "denyReceive")),
        errors.MQ_ERROR_UNSUPPORTED_ACCESS_MODE
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "C-24, C-26 while one receives alone nobody else may, but all may send; once closed, others may again",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        yield* create()
        const alone = yield* mqrt.openQueue(direct, "receive", "denyReceive")
        const violation = errors.MQ_ERROR_SHARING_VIOLATION
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyReceive")), violation)
        const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
        yield* mqrt.closeQueue(sender)
        assert.strictEqual(yield* code(mqrt.openQueue(direct, "receive", "denyNone")), violation)
        yield* mqrt.closeQueue(alone)
        yield* mqrt.openQueue(direct, "receive", "denyNone")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-25 nobody receives alone from a queue that another receives from", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create()
      const first = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const second = yield* mqrt.openQueue(direct, "receive", "denyNone")
      yield* mqrt.closeQueue(first)
      assert.strictEqual(
        yield* code(mqrt.openQueue(direct, "receive", "denyReceive")),
        errors.MQ_ERROR_SHARING_VIOLATION
      )
      yield* mqrt.closeQueue(second)
      yield* mqrt.openQueue(direct, "receive", "denyReceive")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-33, C-34 a handle does what it was opened for and nothing else", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      assert.strictEqual(yield* code(mqrt.receiveMessage(sender, receiving())), errors.MQ_ERROR_ACCESS_DENIED)
      const outcome = yield* mqrt.sendMessages(receiver, [message()], plain)
      assert.strictEqual(outcome.accepted, 0)
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_ACCESS_DENIED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-35 a closed handle is invalid: to send, to receive, to close", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* ends()
      yield* mqrt.closeQueue(sender)
      yield* mqrt.closeQueue(receiver)
      const invalid = errors.MQ_ERROR_INVALID_HANDLE
      assert.strictEqual(codeOf(yield* mqrt.sendMessages(sender, [message()], plain)), invalid)
      assert.strictEqual(yield* code(mqrt.receiveMessage(receiver, receiving({ timeout: null }))), invalid)
      assert.strictEqual(yield* code(mqrt.closeQueue(receiver)), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "C-42, C-47 open handles do not hinder the deletion; afterwards they say QUEUE_DELETED and can be closed",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, poll, receiver, send } = yield* ends()
        yield* send(labelled("gone"))
        yield* mqrt.deleteQueue(formatName)
        assert.strictEqual(codeOf(yield* send([message()])), errors.MQ_ERROR_QUEUE_DELETED)
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_QUEUE_DELETED)
        yield* mqrt.closeQueue(receiver)
        const again = yield* ends()
        assert.notStrictEqual(again.formatName, formatName)
        assert.strictEqual(yield* code(again.poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "B-13, C-28, C-29, D-01 messages for another machine wait in a queue for each way of writing its name",
    () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const names = [
          "DIRECT=OS:other\\private$\\q",
          "direct=os:OTHER\\private$\\Q",
          "DIRECT=TCP:10.0.0.7\\private$\\q"
        ]
        for (const name of names) {
          const handle = yield* mqrt.openQueue(name, "send", "denyNone")
          assert.strictEqual((yield* mqrt.sendMessages(handle, [message()], plain)).accepted, 1)
        }
        const queues = yield* control.use((msmq) => msmq.queues)
        assert.deepStrictEqual(
          queues.map(({ formatName, messages, outgoing }) => ({ formatName, messages, outgoing })),
          [
            { formatName: names[0], messages: 2, outgoing: true },
            { formatName: names[2], messages: 1, outgoing: true }
          ]
        )
        assert.strictEqual(
          yield* code(mqrt.openQueue("DIRECT=OS:other\\private$\\q", "receive", "denyNone")),
          errors.MQ_ERROR_REMOTE_MACHINE_NOT_AVAILABLE
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("sending", () => {
  it.effect("D-07, E-02 messages of one priority are read in the order of their arrival", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send(labelled("a", "b"))
      yield* send(labelled("c"))
      assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "c"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-08 a late message of priority 7 is read before waiting ones of priority 3", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send([message({ label: "lowest", priority: 0 }), ...labelled("a", "b")])
      yield* send([message({ label: "urgent", priority: 7 })])
      assert.deepStrictEqual([yield* label, yield* label, yield* label, yield* label], ["urgent", "a", "b", "lowest"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.prop(
    "D-07, D-08, D-27, D-28, X-03 whatever is sent is read by priority, then arrival, and lookup ids rise in that order",
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

  it.effect("B-26, D-20, D-21 what is carried arrives unchanged", () =>
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

  it.effect("what a sender does to its buffers after the send changes no message, be it a Buffer or not", () =>
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
    "D-23 message ids are the machine's guid and a counter that all its queues share, given back when wanted",
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

  it.effect("D-25 the sent and the arrived time are seconds by Effect's clock", () =>
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
    ["D-17 a label of 250 characters", { label: "l".repeat(250) }, "MQ_ERROR_LABEL_TOO_LONG", []],
    [
      "D-06, D-10 priority 8",
      { priority: 8 },
      "MQ_ERROR_PROPERTY",
      [{ property: "PROPID_M_PRIORITY", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_VALUE }]
    ],
    [
      "D-18 a correlation id of 19 bytes",
      { correlationId: new Uint8Array(19) },
      "MQ_ERROR_PROPERTY",
      [{ property: "PROPID_M_CORRELATIONID", status: errors.MQ_ERROR_ILLEGAL_PROPERTY_SIZE }]
    ],
    ["D-13 a body of 4 MiB", { body: new Uint8Array(4_194_304) }, "MQ_ERROR_INSUFFICIENT_RESOURCES", []]
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
    "D-14 the largest body leaves room for headers, label, destination and sender, and is not a byte larger",
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

  it.effect("D-15 a text takes two bytes for each character: half as many fit as of bytes", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const anonymous = { ...plain, senderIdType: "none" } as const
      const largest = (4_194_304 - 16 - 104 - 58) / 2
      const unicode = (characters: number) =>
        message({ body: Buffer.from("ü".repeat(characters), "utf16le"), bodyType: 8 })
      const outcome = yield* send([unicode(largest), unicode(largest + 1)], anonymous)
      assert.strictEqual(outcome.accepted, 1)
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      assert.strictEqual((yield* poll).body.length / 2, largest)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-17 a label of 249 characters fits", () =>
    Effect.gen(function* () {
      const { label, send } = yield* ends()
      yield* send(labelled("l".repeat(249)))
      assert.strictEqual((yield* label).length, 249)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "D-09, F-02, F-31 a single-message transaction delivers to a transactional queue, recoverable and at priority 0",
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
    ["F-08, F-11, F-12 a plain message to a transactional queue", true, "none", 0x800a],
    ["F-09, F-11, F-12 a transacted message to a plain queue", false, "singleMessage", 0x8009]
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

describe("receiving", () => {
  it.effect("E-04, G-08 an empty queue: timeout 0 fails at once, 1000 after a second and no sooner, null never", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, wait } = yield* ends()
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      const second = yield* waiting(code(mqrt.receiveMessage(receiver, receiving({ timeout: 1000 }))))
      const forEver = yield* waiting(wait)
      yield* elapse("999 millis")
      yield* settled
      assert.isUndefined(second.pollUnsafe())
      yield* elapse("1 millis")
      assert.strictEqual(yield* Fiber.join(second), errors.MQ_ERROR_IO_TIMEOUT)
      yield* elapse("365 days")
      yield* settled
      assert.isUndefined(forEver.pollUnsafe())
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("E-04 a receive that timed out takes no later message", () =>
    Effect.gen(function* () {
      const { label, mqrt, receiver, send } = yield* ends()
      const timedOut = yield* waiting(code(mqrt.receiveMessage(receiver, receiving({ timeout: 10 }))))
      yield* elapse("10 millis")
      yield* Fiber.join(timedOut)
      yield* send(labelled("late"))
      assert.strictEqual(yield* label, "late")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("E-09 a waiting receive completes with the message that arrives, and its timeout no longer matters", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receiver, send } = yield* ends()
      const fiber = yield* waiting(mqrt.receiveMessage(receiver, receiving({ timeout: 1000 })))
      yield* elapse("500 millis")
      yield* send(labelled("a", "b"))
      assert.strictEqual((yield* Fiber.join(fiber)).label, "a")
      yield* elapse("1 hour")
      assert.strictEqual((yield* poll).label, "b")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("E-09 a receiver does not run inside the send that serves it", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const events: Array<string> = []
      const fiber = yield* waiting(Effect.tap(wait, () => Effect.sync(() => events.push("received"))))
      yield* Effect.tap(send(labelled("a")), () => Effect.sync(() => events.push("sent")))
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(events, ["sent", "received"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("no timer is left behind by a receive that had its message or was interrupted", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* ends()
      const clock = yield* Clock.Clock
      let running = 0
      const counting: Clock.Clock = {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
        currentTimeMillis: clock.currentTimeMillis,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        sleep: () =>
          Effect.suspend(() => {
            running++
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => running--))
          })
      }
      const timed = mqrt
        .receiveMessage(receiver, receiving({ timeout: 1000 }))
        .pipe(Effect.provideService(Clock.Clock, counting))
      const served = yield* waiting(timed)
      const interrupted = yield* waiting(timed)
      assert.strictEqual(running, 2)
      yield* send([message()])
      yield* Fiber.join(served)
      assert.strictEqual(running, 1)
      yield* Fiber.interrupt(interrupted)
      assert.strictEqual(running, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "E-10, E-11, G-18 those who wait are served in the order in which they came, each message to one of them",
    () =>
      Effect.gen(function* () {
        const { mqrt, receiver, send } = yield* ends()
        const other = yield* mqrt.openQueue(direct, "receive", "denyNone")
        const fibers = yield* Effect.forEach([receiver, other, receiver, other], (handle) =>
          waiting(mqrt.receiveMessage(handle, receiving({ timeout: null })))
        )
        yield* send(labelled("a", "b", "c", "d"))
        const received = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual(
          received.map((one) => one.label),
          ["a", "b", "c", "d"]
        )
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("an interrupted receive takes no message, and those behind it move up", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const first = yield* waiting(wait)
      const second = yield* waiting(wait)
      yield* Fiber.interrupt(first)
      yield* send(labelled("a"))
      assert.strictEqual((yield* Fiber.join(second)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a receive interrupted after its message has come, but before it had it, leaves it first in the queue",
    () =>
      Effect.gen(function* () {
        const { label, send, wait } = yield* ends()
        const fibers = [yield* waiting(wait), yield* waiting(wait)]
        yield* send(labelled("a", "b", "c"))
        for (const fiber of fibers) fiber.interruptUnsafe()
        const exits = yield* Effect.forEach(fibers, Fiber.await)
        assert.isTrue(exits.every(Exit.hasInterrupts))
        assert.deepStrictEqual([yield* label, yield* label, yield* label], ["a", "b", "c"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that comes back this way goes to the next who waits", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const first = yield* waiting(wait)
      const second = yield* waiting(wait)
      yield* send(labelled("a"))
      first.interruptUnsafe()
      assert.strictEqual((yield* Fiber.join(second)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect.prop(
    "whoever is interrupted whenever, every message is handed out once, in order, or is still there",
    { steps: Schema.Array(Schema.Literals(["wait", "send", "interrupt", "yield"])) },
    ({ steps }) =>
      Effect.gen(function* () {
        const { poll, send, wait } = yield* ends()
        const fibers: Array<Fiber.Fiber<ReceivedProperties, Mqrt.MqrtFailure>> = []
        const handedOut: Array<number> = []
        let sent = 0
        for (const step of steps) {
          if (step === "wait") {
            const handing = Effect.map(wait, (one) => {
              handedOut.push(one.appSpecific)
              return one
            })
            fibers.push(yield* fork(handing))
          } else if (step === "send") {
            yield* send([message({ appSpecific: sent++ })])
          } else if (step === "interrupt") {
            fibers.find((fiber) => fiber.pollUnsafe() === undefined)?.interruptUnsafe()
          } else {
            yield* Effect.yieldNow
          }
        }
        yield* settled
        for (const fiber of fibers) yield* Fiber.interrupt(fiber)
        const left: Array<number> = []
        while (handedOut.length + left.length < sent) left.push((yield* poll).appSpecific)
        assert.deepStrictEqual(
          [...handedOut, ...left].toSorted((a, b) => a - b),
          Array.from({ length: sent }, (_, index) => index)
        )
        assert.deepStrictEqual(
          left,
          left.toSorted((a, b) => a - b)
        )
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  // A fiber yields after this number of steps: the numbers include one between each step of a receive and the next.
  const stepsBeforeYield = Array.from({ length: 20 }, (_, index) => index + 3)

  it.effect("E-11 of two who find the same last message one has it, and the other waits for the next", () =>
    Effect.forEach(stepsBeforeYield, (steps) =>
      Effect.gen(function* () {
        const { send, wait } = yield* ends()
        const stepwise = Effect.provideService(wait, References.MaxOpsBeforeYield, steps)
        yield* send(labelled("a"))
        const fibers = [yield* fork(stepwise), yield* fork(stepwise)]
        yield* settled
        yield* send(labelled("b"))
        const received = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual(received.map((one) => one.label).toSorted(), ["a", "b"])
      }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
    )
  )

  it.effect("wherever an interruption strikes, a message is handed out or still in the queue, and never both", () =>
    Effect.gen(function* () {
      const outcomes = yield* Effect.forEach(stepsBeforeYield, (steps) =>
        Effect.gen(function* () {
          const { poll, send, wait } = yield* ends()
          let handedOut = false
          const stepwise = Effect.map(wait, () => {
            handedOut = true
          }).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps))
          yield* send(labelled("a"))
          yield* Fiber.interrupt(yield* fork(stepwise))
          const left = yield* Effect.match(poll, { onFailure: () => false, onSuccess: () => true })
          assert.notStrictEqual(handedOut, left)
          return handedOut
        }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      )
      assert.sameMembers([...new Set(outcomes)], [true, false])
    })
  )

  it.effect("C-40, E-51, G-11 closing a handle cancels its waiting receives and no others", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send, wait } = yield* ends()
      const other = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const cancelled = yield* waiting(code(wait))
      const kept = yield* waiting(mqrt.receiveMessage(other, receiving({ timeout: null })))
      yield* mqrt.closeQueue(receiver)
      assert.strictEqual(yield* Fiber.join(cancelled), errors.MQ_ERROR_OPERATION_CANCELLED)
      yield* send(labelled("a"))
      assert.strictEqual((yield* Fiber.join(kept)).label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "E-52, G-22 who loses a race with a close is told that it was cancelled, or that the handle is invalid",
    () =>
      Effect.gen(function* () {
        const codes = yield* Effect.forEach(stepsBeforeYield, (steps) =>
          Effect.gen(function* () {
            const { mqrt, receiver, wait } = yield* ends()
            const stepwise = Effect.provideService(code(wait), References.MaxOpsBeforeYield, steps)
            const receives = yield* fork(stepwise)
            yield* mqrt.closeQueue(receiver)
            return yield* Fiber.join(receives)
          }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
        )
        assert.sameMembers([...new Set(codes)], [errors.MQ_ERROR_OPERATION_CANCELLED, errors.MQ_ERROR_INVALID_HANDLE])
      })
  )

  it.effect("a message that comes between the look and the wait is not missed", () =>
    Effect.forEach(stepsBeforeYield, (steps) =>
      Effect.gen(function* () {
        const { send, wait } = yield* ends()
        const receives = yield* fork(Effect.provideService(wait, References.MaxOpsBeforeYield, steps))
        yield* send(labelled("a"))
        assert.strictEqual((yield* Fiber.join(receives)).label, "a")
      }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
    )
  )

  it.effect("E-54, G-24 a receive that waits ends with the fiber that called it, and takes nothing", () =>
    Effect.gen(function* () {
      const { label, send, wait } = yield* ends()
      const started: Array<Fiber.Fiber<unknown, unknown>> = []
      // The children of a fiber end with it.
      const parent = yield* waiting(Effect.map(waiting(wait), (fiber) => started.push(fiber)))
      yield* Fiber.join(parent)
      const [child] = started
      assert.isDefined(child)
      yield* send(labelled("a"))
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(child)))
      assert.strictEqual(yield* label, "a")
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-36 one handle serves many fibers at once, and who closes it first closes it for all", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send, sender, wait } = yield* ends()
      const receives = yield* Effect.forEach([0, 1, 2], () => waiting(wait))
      const sends = yield* Effect.forEach(["a", "b", "c"], (label) => waiting(send(labelled(label))))
      yield* Effect.forEach(sends, Fiber.join)
      const labels = (yield* Effect.forEach(receives, Fiber.join)).map((received) => received.label)
      assert.sameMembers(labels, ["a", "b", "c"])
      const invalid = errors.MQ_ERROR_INVALID_HANDLE
      for (const handle of [sender, receiver]) {
        const closes = yield* Effect.forEach([0, 1], () => waiting(mqrt.closeQueue(handle)))
        const exits = yield* Effect.forEach(closes, Fiber.await)
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false])
        assert.strictEqual(yield* code(mqrt.closeQueue(handle)), invalid)
      }
      assert.strictEqual(codeOf(yield* send([message()])), invalid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("E-07 what is rare and was not asked for is lost with the message", () =>
    Effect.gen(function* () {
      const { poll, receive, send } = yield* ends()
      const connector = {
        type: "0f5a7c1e-1111-4222-8333-444455556666",
        class: 0,
        authenticated: false,
        signature: text("signature"),
        symmetricKey: null
      }
      yield* send([message({ connector })])
      const asked = yield* receive({ action: "peekCurrent", rare: true })
      assert.deepStrictEqual(asked.rare?.signature, text("signature"))
      assert.isNull((yield* receive({ action: "peekCurrent" })).rare)
      assert.isNull((yield* receive({ rare: false })).rare)
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("G-04 what is wrong at once is said at once, however long it was to wait", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receive, receiver, sender } = yield* ends()
      const forEver = { timeout: null }
      const closed = yield* mqrt.openQueue(direct, "receive", "denyNone")
      const cursor = yield* mqrt.createCursor(closed)
      yield* mqrt.closeQueue(closed)
      const transaction = yield* mqrt.beginTransaction
      const wrong: Record<string, readonly [Effect.Effect<unknown, Mqrt.MqrtFailure>, number]> = {
        "a closed handle": [mqrt.receiveMessage(closed, receiving(forEver)), errors.MQ_ERROR_INVALID_HANDLE],
        "a handle to send": [mqrt.receiveMessage(sender, receiving(forEver)), errors.MQ_ERROR_ACCESS_DENIED],
        "another handle's cursor": [receive({ ...forEver, cursor }), errors.MQ_ERROR_INVALID_HANDLE],
        "the next without a cursor": [
          receive({ ...forEver, action: "peekNext" }),
          errors.MQ_ERROR_ILLEGAL_CURSOR_ACTION
        ],
        "a transaction in a plain queue": [receive({ ...forEver, transaction }), errors.MQ_ERROR_TRANSACTION_USAGE]
      }
      const seen: Record<string, number | undefined> = {}
      for (const [name, [call]] of Object.entries(wrong)) {
        const fiber = yield* waiting(Effect.map(code(call), (code) => (seen[name] = code)))
        // No time passes, and no other fiber runs.
        assert.isDefined(fiber.pollUnsafe(), name)
      }
      assert.deepStrictEqual(
        seen,
        Object.fromEntries(Object.entries(wrong).map(([name, [, expected]]) => [name, expected]))
      )
      yield* mqrt.deleteQueue(formatName)
      const deleted = yield* waiting(code(mqrt.receiveMessage(receiver, receiving(forEver))))
      assert.isDefined(deleted.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(deleted), errors.MQ_ERROR_QUEUE_DELETED)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("C-43 deleting the queue ends every receive that waits on it", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, wait } = yield* ends()
      const fibers = [yield* waiting(code(wait)), yield* waiting(code(wait))]
      yield* mqrt.deleteQueue(formatName)
      const deleted = errors.MQ_ERROR_QUEUE_DELETED
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [deleted, deleted])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("ten thousand wait at once; one that is interrupted leaves the others", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const fibers = yield* Effect.all(Array.from({ length: 10_000 }, () => waiting(wait)))
      const interrupted = fibers[5000]
      assert.isDefined(interrupted)
      yield* Fiber.interrupt(interrupted)
      yield* send(Array.from({ length: 9_999 }, (_, index) => message({ appSpecific: index })))
      const received = yield* Effect.forEach(
        fibers.filter((fiber) => fiber !== interrupted),
        Fiber.join
      )
      assert.isTrue(received.every((one, index) => one.appSpecific === index))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.live("a million messages pass a receiver that keeps up, in order", () =>
    Effect.gen(function* () {
      const { send, wait } = yield* ends()
      const batch = Array.from({ length: 250 }, () => message({ body: new Uint8Array(16) }))
      let inOrder = true
      const receiver = yield* waiting(
        Effect.gen(function* () {
          for (let expected = 1; expected <= 1_000_000; expected++) {
            const received = yield* wait
            inOrder &&= Number(received.lookupId & 0xffffffffffffffn) === expected
          }
        })
      )
      for (let sent = 0; sent < 1_000_000; sent += batch.length) {
        yield* send(batch)
        yield* Effect.yieldNow
      }
      yield* Fiber.join(receiver)
      assert.isTrue(inOrder)
      const [queue] = yield* control.use((msmq) => msmq.queues)
      assert.strictEqual(queue?.messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

const getter = (certificate: Uint8Array | null, api: Mqrt.SecurityContextApi = "MQGetSecurityContextEx") =>
  Mqrt.Mqrt.use((mqrt) => mqrt.getSecurityContext(certificate, api, null))

const counters = control.use((msmq) => msmq.counters)

describe("security contexts", () => {
  for (const [what, options, certificate, ex, old] of [
    [
      "A-09 no internal certificate",
      { internalCertificate: "absent" },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_NO_INTERNAL_USER_CERT"
    ],
    [
      "A-09 a damaged internal certificate",
      { internalCertificate: "corrupted" },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_NO_INTERNAL_USER_CERT"
    ],
    [
      "A-09, A-15 a damaged internal certificate, of MSMQ 1.0",
      { internalCertificate: "corrupted", version: 1 },
      null,
      "MQ_ERROR_NO_INTERNAL_USER_CERT",
      "MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE"
    ],
    [
      "A-10, A-17 a certificate that is not in the store",
      {},
      der("a"),
      "MQ_ERROR_INVALID_CERTIFICATE",
      "MQ_ERROR_INVALID_CERTIFICATE"
    ],
    [
      "A-11, A-17 a certificate without its private key",
      { certificates: [{ certificate: der("a"), privateKey: false }] },
      der("a"),
      "MQ_ERROR_CORRUPTED_SECURITY_DATA",
      "MQ_ERROR_CORRUPTED_SECURITY_DATA"
    ],
    [
      "A-12 a user without a SID",
      { user: { sid: null } },
      null,
      "MQ_ERROR_COULD_NOT_GET_USER_SID",
      "MQ_ERROR_COULD_NOT_GET_USER_SID"
    ],
    ["A-13 an empty certificate", {}, new Uint8Array(0), "MQ_ERROR_INVALID_PARAMETER", "MQ_ERROR_INVALID_PARAMETER"],
    [
      "A-14 exhausted resources",
      { resourcesExhausted: true },
      null,
      "MQ_ERROR_INSUFFICIENT_RESOURCES",
      "MQ_ERROR_INSUFFICIENT_RESOURCES"
    ]
  ] as const) {
    it.effect(`${what}: the getters fail with ${ex} and ${old}, and nothing needs freeing (A-18)`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(getter(certificate))
        assert.deepStrictEqual([failure.function, failure.code], ["MQGetSecurityContextEx", errors[ex]])
        const oldFailure = yield* Effect.flip(getter(certificate, "MQGetSecurityContext"))
        assert.deepStrictEqual([oldFailure.function, oldFailure.code], ["MQGetSecurityContext", errors[old]])
        assert.deepStrictEqual(yield* counters, {
          contextsAcquired: 0,
          contextsFreed: 0,
          keyFetches: 0,
          signatures: 0
        })
      }).pipe(Effect.provide(InMemoryMqrt.layerWith(options)))
    )
  }

  it.effect("the control sets at any time what the options set at first", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      yield* msmq.setResourcesExhausted(true)
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
      yield* msmq.setResourcesExhausted(false)
      yield* msmq.setInternalCertificate("absent")
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      yield* msmq.setInternalCertificate("registered")
      yield* msmq.setUser({ sid: null })
      assert.strictEqual(yield* code(getter(null)), errors.MQ_ERROR_COULD_NOT_GET_USER_SID)
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* getter(null)
      yield* msmq.addCertificate({ certificate: der("a"), privateKey: true })
      yield* getter(der("a"))
      assert.isTrue(yield* msmq.removeCertificate(der("a")))
      assert.isFalse(yield* msmq.removeCertificate(der("a")))
      assert.strictEqual(yield* code(getter(der("a"))), errors.MQ_ERROR_INVALID_CERTIFICATE)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-36 handles fit 32 bits, none is zero and none is given out twice", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handles = new Set<bigint>()
      for (let count = 0; count < 100; count++) {
        const handle = yield* getter(null)
        yield* mqrt.freeSecurityContext(handle)
        handles.add(handle)
        assert.isTrue(handle > 0n && handle <= 0xffffffffn)
      }
      assert.strictEqual(handles.size, 100)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-04, A-05 a context fetches its key once, however many messages it signs", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message(), message()], { ...signed, securityContext })
      yield* send([message()], { ...signed, securityContext })
      yield* mqrt.freeSecurityContext(securityContext)
      assert.deepStrictEqual(yield* counters, {
        contextsAcquired: 1,
        contextsFreed: 1,
        keyFetches: 1,
        signatures: 3
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-24, A-40 without a context each signed message fetches the key of the internal certificate", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message(), message(), message()], signed)
      assert.deepStrictEqual(yield* counters, {
        contextsAcquired: 0,
        contextsFreed: 0,
        keyFetches: 3,
        signatures: 3
      })
      assert.strictEqual((yield* poll).authenticated, 5)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-08 the received message is the same with a context and without one", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message()], { ...signed, securityContext })
      yield* send([message()], signed)
      const [first, second] = [yield* poll, yield* poll]
      assert.deepStrictEqual({ ...first, messageId: "", lookupId: 0n }, { ...second, messageId: "", lookupId: 0n })
      assert.isNotNull(first.senderCertificate)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-20, A-43 a context keeps the user and the certificate that it captured, whatever becomes of them", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { poll, send } = yield* ends()
      yield* msmq.setUser({ sid: "S-1-5-21-1-1001" })
      yield* msmq.addCertificate({ certificate: der("a"), privateKey: true, registered: true })
      const securityContext = yield* getter(der("a"))
      yield* msmq.removeCertificate(der("a"))
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* send([message()], { ...signed, securityContext })
      const received = yield* poll
      assert.deepStrictEqual(received.senderCertificate, der("a"))
      const sid = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 0xe9, 3, 0, 0)
      assert.deepStrictEqual(received.senderId, sid)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-30, X-01 a freed context and a number that never was one are bad, even where nothing is signed", () =>
    Effect.gen(function* () {
      const { mqrt, poll, sender, send } = yield* ends()
      const freed = yield* getter(null)
      yield* mqrt.freeSecurityContext(freed)
      for (const securityContext of [freed, BigInt(sender) as Mqrt.SecurityContextHandle]) {
        for (const options of [plain, signed]) {
          const outcome = yield* send([message()], { ...options, securityContext })
          assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_BAD_SECURITY_CONTEXT])
        }
      }
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-27, A-29 freeing a context twice is not reported, and frees one", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const handle = yield* getter(null)
      yield* mqrt.freeSecurityContext(handle)
      yield* mqrt.freeSecurityContext(handle)
      assert.strictEqual((yield* counters).contextsFreed, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("authentication", () => {
  it.effect("A-39 a context alone signs nothing", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      const securityContext = yield* getter(null)
      yield* send([message()], { ...plain, securityContext })
      const { authenticated, hashAlgorithm, senderCertificate } = yield* poll
      assert.deepStrictEqual([authenticated, hashAlgorithm, senderCertificate], [0, null, null])
      assert.strictEqual((yield* counters).signatures, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [authenticationLevel, version] of [
    ["msmq10", 1],
    ["msmq20", 3],
    ["msmq30", 5],
    ["always", 5]
  ] as const) {
    it.effect(`A-45, A-47 a signature of level ${authenticationLevel} is received as version ${version}`, () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        yield* send([message()], { ...plain, authenticationLevel })
        assert.strictEqual((yield* poll).authenticated, version)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("A-53 the hash is SHA-512 where none is named, and otherwise the one that is", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message()], signed)
      yield* send([message()], { ...signed, hashAlgorithm: "sha256" })
      assert.deepStrictEqual([(yield* poll).hashAlgorithm, (yield* poll).hashAlgorithm], ["sha512", "sha256"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const hashAlgorithm of ["md2", "md4", "md5"] as const) {
    it.effect(`A-42, A-54 no signature is made with ${hashAlgorithm}`, () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const outcome = yield* send([message()], { ...signed, hashAlgorithm })
        assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_CANNOT_CREATE_HASH_EX])
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("A-41, D-05 a signed send without a context and without an internal certificate fails", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { send } = yield* ends()
      yield* msmq.setInternalCertificate("absent")
      assert.strictEqual(codeOf(yield* send([message()], signed)), errors.MQ_ERROR_NO_INTERNAL_USER_CERT)
      yield* msmq.setInternalCertificate("corrupted")
      assert.strictEqual(codeOf(yield* send([message()], signed)), errors.MQ_ERROR_CORRUPTED_INTERNAL_CERTIFICATE)
      assert.strictEqual((yield* send([message()])).accepted, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("D-05 without a SID nothing is sent that carries one", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { send } = yield* ends()
      yield* msmq.setUser({ sid: null })
      assert.strictEqual(codeOf(yield* send([message()])), errors.MQ_ERROR_COULD_NOT_GET_USER_SID)
      assert.strictEqual((yield* send([message()], { ...plain, senderIdType: "none" })).accepted, 1)
      yield* msmq.setResourcesExhausted(true)
      const outcome = yield* send([message()], { ...plain, senderIdType: "none" })
      assert.strictEqual(codeOf(outcome), errors.MQ_ERROR_INSUFFICIENT_RESOURCES)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-61, A-62 the sender id is the user's SID, the machine's guid or nothing, signed or not", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      for (const senderIdType of ["sid", "queueManager", "none"] as const) {
        yield* send([message()], { ...plain, senderIdType })
      }
      const received = [yield* poll, yield* poll, yield* poll]
      assert.deepStrictEqual(
        received.map((one) => one.senderIdType),
        ["sid", "queueManager", "none"]
      )
      assert.deepStrictEqual(
        received.map((one) => one.senderId),
        [
          Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0),
          Uint8Array.of(0x71, 0x6d, 0x73, 0x6d, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1),
          null
        ]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layerWith({ user: { sid: "S-1-5-18" } })))
  )

  it.effect(
    "A-48, A-56 to A-58 an unregistered certificate authenticates without a SID, and is a bad signature with one",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* ends()
        const securityContext = yield* getter(der("a"))
        assert.strictEqual((yield* send([message()], { ...signed, securityContext })).accepted, 1)
        assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
        yield* send([message()], { ...signed, securityContext, senderIdType: "none" })
        const received = yield* poll
        assert.deepStrictEqual(received.senderCertificate, der("a"))
        assert.deepStrictEqual([received.authenticated, received.senderId], [5, null])
      }).pipe(Effect.provide(InMemoryMqrt.layerWith({ certificates: [{ certificate: der("a"), privateKey: true }] })))
  )

  it.effect("A-58 a certificate is registered under one SID and not under another", () =>
    Effect.gen(function* () {
      const msmq = yield* control
      const { label, poll, send } = yield* ends()
      const options = { ...signed, securityContext: yield* getter(der("a")) }
      yield* send(labelled("registered"), options)
      assert.strictEqual(yield* label, "registered")
      yield* msmq.setUser({ sid: "S-1-5-18" })
      yield* send([message()], { ...signed, securityContext: yield* getter(der("a")) })
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({ certificates: [{ certificate: der("a"), privateKey: true, registered: true }] })
      )
    )
  )

  it.effect("A-67, A-69, X-16 a queue that wants authentication drops what is not signed, and the send succeeds", () =>
    Effect.gen(function* () {
      const { label, poll, send } = yield* ends({ authenticate: true })
      const outcome = yield* send(labelled("unsigned"))
      assert.deepStrictEqual([outcome.accepted, outcome.failure], [1, null])
      yield* send(labelled("signed"), signed)
      assert.strictEqual(yield* label, "signed")
      assert.strictEqual(yield* code(poll), errors.MQ_ERROR_IO_TIMEOUT)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8006])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("A-66 a queue that does not want it takes both", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message()])
      yield* send([message()], signed)
      assert.deepStrictEqual([(yield* poll).authenticated, (yield* poll).authenticated], [0, 5])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("what one receiver does to a sender's id or certificate, no other sees", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* ends()
      yield* send([message(), message()], signed)
      const first = yield* poll
      first.senderId?.fill(0)
      first.senderCertificate?.fill(0)
      const second = yield* poll
      assert.strictEqual(second.senderId?.[0], 1)
      assert.strictEqual(second.senderCertificate?.[0], 0x30)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("the machine", () => {
  it.effect("each build of the layer is a machine of its own", () =>
    Effect.gen(function* () {
      yield* create().pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      const queues = yield* control.use((msmq) => msmq.queues).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
      assert.deepStrictEqual(queues, [])
    })
  )

  it.effect("its name and id are those that the options give it", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const formatName = yield* create({ pathName: "warehouse\\private$\\Orders" })
      assert.strictEqual(formatName, "PRIVATE=aaaaaaaa-0000-4000-8000-000000000002\\00000001")
      const [queue] = yield* control.use((msmq) => msmq.queues)
      assert.deepStrictEqual(queue, {
        pathName: "WareHouse\\private$\\Orders",
        formatName,
        messages: 0,
        outgoing: false
      })
      assert.strictEqual(yield* mqrt.pathNameToFormatName("WAREHOUSE\\private$\\orders"), formatName)
    }).pipe(
      Effect.provide(
        InMemoryMqrt.layerWith({ machineName: "WareHouse", machineId: "AAAAAAAA-0000-4000-8000-000000000002" })
      )
    )
  )
})
