import type { Acknowledge, OutgoingProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { create, direct, drained, ends, machineId, message, plain, receiving, rejectedClasses, text } from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const admin = ".\\private$\\admin"
const adminQueue = `DIRECT=OS:${admin}`
const single = { transaction: "singleMessage" } as const

const none: Acknowledge = {
  positiveArrival: false,
  positiveReceive: false,
  negativeArrival: false,
  negativeReceive: false
}
const all: Acknowledge = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }

const asking = (fields: Partial<OutgoingProperties> = {}) => message({ acknowledge: all, adminQueue, ...fields })

const withAdmin = Effect.fn(function* (fields: Parameters<typeof ends>[0] = {}) {
  const orders = yield* ends(fields)
  yield* create({ pathName: admin })
  return orders
})

const classes: Effect.Effect<ReadonlyArray<number>, Mqrt.MqrtFailure, Mqrt.Mqrt> = Effect.map(
  drained(adminQueue),
  (received) => received.map((message) => message.class)
)

const insecure = InMemoryMqrt.layerWith({ permitInsecureNacks: true })

describe("acknowledgments", () => {
  it.effect("one tells that a message has arrived, another that it was received (D-46, D-53)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* withAdmin()
      yield* send([asking()])
      assert.deepStrictEqual(yield* classes, [0x0002])
      yield* poll
      assert.deepStrictEqual(yield* classes, [0x4000])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [bit, expected] of [
    ["positiveArrival", [0x0002]],
    ["positiveReceive", [0x4000]],
    ["negativeArrival", [0x8009]],
    ["negativeReceive", [0xc001]]
  ] as const) {
    it.effect(`${bit} alone requests that one and no other (D-44)`, () =>
      Effect.gen(function* () {
        const { mqrt, poll, receiver, send } = yield* withAdmin()
        const sent = asking({ acknowledge: { ...none, [bit]: true } })
        yield* send([sent])
        yield* poll
        yield* send([sent])
        yield* mqrt.purgeQueue(receiver)
        yield* send([sent], single)
        const expectedTwice: ReadonlyArray<number> = bit === "positiveArrival" ? [...expected, ...expected] : expected
        assert.deepStrictEqual(yield* classes, expectedTwice)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("without an administration queue there are none, and no error (D-45)", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* withAdmin()
      assert.strictEqual((yield* send([asking({ adminQueue: null })])).accepted, 1)
      yield* poll
      assert.deepStrictEqual(yield* classes, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a positive one identifies its message, and has no body (D-47, D-48)", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin()
      yield* elapse("9 seconds")
      yield* send([
        asking({ label: "order", priority: 7, delivery: "recoverable", timeToBeReceived: 60, appSpecific: 5 })
      ])
      const [acknowledgment] = yield* drained(adminQueue)
      assert.isDefined(acknowledgment)
      const correlationId = new Uint8Array(20)
      correlationId.set([0x71, 0x6d, 0x73, 0x6d, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1])
      correlationId[16] = 1
      assert.deepInclude(acknowledgment, {
        class: 0x0002,
        correlationId,
        responseQueue: direct,
        destinationQueue: adminQueue,
        body: new Uint8Array(0),
        label: "",
        priority: 3,
        delivery: "recoverable",
        acknowledge: null,
        adminQueue: null,
        journaling: null,
        authenticated: 0,
        privacyLevel: "none",
        timeToReachQueue: null,
        timeToBeReceived: null,
        sentTime: 9,
        messageId: `{${machineId}}\\2`
      })
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a negative one has the body, unless that was encrypted (D-48)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, receiver, send } = yield* withAdmin()
      const sender = yield* mqrt.openQueue(formatName, "send", "denyNone")
      yield* send([asking({ body: text("17"), bodyType: 8 })])
      yield* mqrt.sendMessages(sender, [asking({ body: text("secret") })], { ...plain, privacyLevel: "bodyAes" })
      yield* drained(adminQueue)
      yield* mqrt.purgeQueue(receiver)
      assert.deepStrictEqual(
        (yield* drained(adminQueue)).map(({ body, bodyType }) => ({ body, bodyType })),
        [
          { body: text("17"), bodyType: 8 },
          { body: new Uint8Array(0), bodyType: 0 }
        ]
      )
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transactional administration queue refuses them (D-49)", () =>
    Effect.gen(function* () {
      const { send } = yield* ends()
      yield* create({ pathName: admin, transactional: true })
      yield* send([asking()])
      assert.deepStrictEqual(yield* classes, [])
      assert.deepStrictEqual(yield* rejectedClasses, [0x800a])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "they are lost if the administration queue does not exist, and wait if it is on another machine (B-27)",
    () =>
      Effect.gen(function* () {
        const { mqrt, send } = yield* ends()
        assert.strictEqual((yield* send([asking()])).accepted, 1)
        const elsewhere = "DIRECT=OS:other\\private$\\admin"
        yield* send([asking({ adminQueue: elsewhere })])
        const waiting = yield* mqrt.openQueue(elsewhere, "receiveAdmin", "denyNone")
        assert.strictEqual((yield* mqrt.receiveMessage(waiting, receiving())).class, 0x0002)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a name that cannot be sent to gets none: a journal, a dead-letter queue or a queue that does not exist (B-28)",
    () =>
      Effect.gen(function* () {
        const { poll, send } = yield* withAdmin({ journal: true })
        const unfit = [
          `${direct};JOURNAL`,
          "DIRECT=OS:.\\SYSTEM$;DEADLETTER",
          `MACHINE=${machineId};JOURNAL`,
          `PRIVATE=${machineId}\\00000077`,
          "DIRECT=OS:.\\private$\\nowhere"
        ]
        const sent = unfit.map((adminQueue) => asking({ adminQueue }))
        assert.deepStrictEqual(yield* send([...sent, asking()]), { accepted: 6, messageIds: null, failure: null })
        assert.deepStrictEqual(yield* classes, [0x0002])
        for (const _ of sent) yield* poll
        assert.strictEqual((yield* drained(`${direct};JOURNAL`)).length, sent.length)
        assert.deepStrictEqual(yield* drained("DIRECT=OS:.\\SYSTEM$;DEADLETTER"), [])
        assert.deepStrictEqual(yield* drained("DIRECT=OS:.\\SYSTEM$;JOURNAL"), [])
        assert.deepStrictEqual(yield* rejectedClasses, [])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("each queue of a list of administration queues gets one", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin()
      yield* create({ pathName: ".\\private$\\other" })
      yield* send([asking({ adminQueue: `${adminQueue},DIRECT=OS:.\\private$\\other` })])
      assert.deepStrictEqual(yield* classes, [0x0002])
      assert.strictEqual((yield* drained("DIRECT=OS:.\\private$\\other")).length, 1)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a peek makes none (D-50)", () =>
    Effect.gen(function* () {
      const { peek, send } = yield* withAdmin()
      yield* send([asking()])
      yield* classes
      yield* peek
      assert.deepStrictEqual(yield* classes, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a receive that aborts makes none, and one that commits makes one at the commit (D-51)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* withAdmin({ transactional: true })
      yield* send([asking()], single)
      assert.deepStrictEqual(yield* classes, [0x0002])
      for (const [end, expected] of [
        [mqrt.abortTransaction, []],
        [mqrt.commitTransaction, [0x4000]]
      ] as const) {
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        assert.deepStrictEqual(yield* classes, [])
        yield* end(transaction)
        assert.deepStrictEqual(yield* classes, expected)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message arrives when its transaction commits (F-20)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* withAdmin({ transactional: true })
      const transaction = yield* mqrt.beginTransaction
      yield* send([asking(), asking()], { transaction })
      assert.deepStrictEqual(yield* classes, [])
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* classes, [0x0002, 0x0002])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("messages to Message Queuing's own queues make none (D-52)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      yield* create({ pathName: admin })
      yield* create({ pathName: ".\\private$\\order_queue$" })
      const handle = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\order_queue$", "send", "denyNone")
      yield* mqrt.sendMessages(handle, [asking({ journaling: { deadLetter: false, journal: true } })], plain)
      assert.deepStrictEqual(yield* classes, [])
      assert.deepStrictEqual(yield* drained("DIRECT=OS:.\\SYSTEM$;JOURNAL"), [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a copy in a journal and a dead letter make none", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* withAdmin({ journal: true })
      yield* send([asking()])
      yield* poll
      yield* send([asking({ journaling: { deadLetter: true, journal: false } })], single)
      yield* classes
      assert.strictEqual((yield* drained(`${direct};JOURNAL`)).length, 1)
      assert.strictEqual((yield* drained("DIRECT=OS:.\\SYSTEM$;DEADXACT")).length, 1)
      assert.deepStrictEqual(yield* classes, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("negative acknowledgments", () => {
  it.effect("0x8003: the queue is full (D-46)", () =>
    Effect.gen(function* () {
      const { send } = yield* withAdmin({ quota: 0 })
      yield* send([asking()])
      assert.deepStrictEqual(yield* classes, [0x8003])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("0x8009, 0x800A: the message and the queue are of different kinds (D-46)", () =>
    Effect.gen(function* () {
      const { mqrt, send } = yield* withAdmin()
      yield* send([asking()], single)
      yield* create({ pathName: ".\\private$\\other", transactional: true })
      const other = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\other", "send", "denyNone")
      yield* mqrt.sendMessages(other, [asking()], plain)
      assert.deepStrictEqual(yield* classes, [0x8009, 0x800a])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const [layer, title, expected] of [
    [InMemoryMqrt.layer, "by default there is none for a bad signature or encryption (A-67, A-70, X-09)", []],
    [
      insecure,
      "0x8006 and 0x8007, where insecure acknowledgments are allowed: the signature or the encryption is bad (A-70, D-46, D-46b)",
      [0x8006, 0x8007]
    ]
  ] as const) {
    it.effect(title, () =>
      Effect.gen(function* () {
        const { mqrt, send } = yield* withAdmin({ authenticate: true })
        yield* send([asking()])
        yield* create({ pathName: ".\\private$\\other", privacyLevel: "body" })
        const other = yield* mqrt.openQueue("DIRECT=OS:.\\private$\\other", "send", "denyNone")
        yield* mqrt.sendMessages(other, [asking()], plain)
        assert.deepStrictEqual(yield* classes, expected)
        assert.deepStrictEqual(yield* rejectedClasses, [0x8006, 0x8007])
      }).pipe(Effect.provide(layer))
    )
  }

  it.effect(
    "0x8000, where insecure acknowledgments are allowed: the queue is deleted before the transaction commits (D-46)",
    () =>
      Effect.gen(function* () {
        const { formatName, mqrt, send } = yield* withAdmin({ transactional: true })
        const transaction = yield* mqrt.beginTransaction
        yield* send([asking()], { transaction })
        yield* mqrt.deleteQueue(formatName)
        yield* mqrt.commitTransaction(transaction)
        assert.deepStrictEqual(yield* classes, [0x8000])
      }).pipe(Effect.provide(insecure))
  )

  it.effect("0x8001: an outgoing queue is purged (D-46)", () =>
    Effect.gen(function* () {
      const { mqrt } = yield* withAdmin()
      const remote = "DIRECT=OS:other\\private$\\orders"
      yield* mqrt.sendMessages(yield* mqrt.openQueue(remote, "send", "denyNone"), [asking()], plain)
      yield* mqrt.purgeQueue(yield* mqrt.openQueue(remote, "receiveAdmin", "denyNone"))
      assert.deepStrictEqual(yield* classes, [0x8001])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("0xC000: the queue is deleted with the message in it (C-41, D-46)", () =>
    Effect.gen(function* () {
      const { formatName, mqrt, send } = yield* withAdmin()
      yield* send([asking()])
      yield* mqrt.deleteQueue(formatName)
      assert.deepStrictEqual(yield* classes, [0x0002, 0xc000])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("0xC001: the queue is purged (D-46, E-55)", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, send } = yield* withAdmin()
      yield* send([asking()])
      yield* mqrt.purgeQueue(receiver)
      assert.deepStrictEqual(yield* classes, [0x0002, 0xc001])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("0xC004: the receiver rejects the message (D-46, E-69)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, receiver, send } = yield* withAdmin({ transactional: true })
      yield* send([asking()], single)
      const transaction = yield* mqrt.beginTransaction
      const { lookupId } = yield* receive({ transaction })
      yield* mqrt.markMessageRejected(receiver, lookupId)
      assert.deepStrictEqual(yield* classes, [0x0002])
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* classes, [0xc004])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
