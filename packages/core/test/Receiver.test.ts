import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope, Stream, Struct } from "effect"
import * as CallLog from "./support/CallLog.ts"
import { elapse, start } from "./support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

const open = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  return { sender, receiver }
})

const fork = <A, E, R>(effect: Effect.Effect<A, E, R>) => start(effect)

describe("receive", () => {
  it.effect("waits until a message comes (E-09)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      const waiting = yield* fork(receiver.receive)
      yield* elapse("1 day")
      assert.isUndefined(waiting.pollUnsafe())
      yield* sender.send({ label: "at last" })
      assert.strictEqual((yield* Fiber.join(waiting)).label, "at last")
    }).pipe(Effect.provide(backend))
  )

  it.effect("returns the messages, the highest priority first (D-08)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      const sent = {
        label: "Bestellung ü 𝄞",
        body: Uint8Array.of(1, 2, 3),
        bodyType: 17,
        priority: 7,
        delivery: "recoverable",
        correlationId: new Uint8Array(20).fill(9),
        appSpecific: 4_294_967_295,
        extension: Uint8Array.of(4, 5),
        responseQueue: "DIRECT=OS:.\\private$\\answers"
      } as const
      yield* sender.sendAll([{ label: "later" }, sent])
      const received = yield* receiver.receive
      assert.deepStrictEqual({ ...received, ...sent }, received)
      assert.strictEqual((yield* receiver.receive).label, "later")
    }).pipe(Effect.provide(backend))
  )

  it.effect("interrupted, it takes no message and leaves the others waiting", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      const first = yield* fork(receiver.receive)
      const second = yield* fork(receiver.receive)
      yield* Fiber.interrupt(first)
      yield* sender.sendAll([{ label: "one" }, { label: "two" }])
      assert.strictEqual((yield* Fiber.join(second)).label, "one")
      assert.strictEqual((yield* receiver.receive).label, "two")
    }).pipe(Effect.provide(backend))
  )

  it.effect("names the queue, and what Message Queuing said", () =>
    Effect.gen(function* () {
      const { receiver } = yield* open
      for (const call of [1, 2]) {
        yield* FaultInjection.inject({ function: "MQReceiveMessage", call, code: "MQ_ERROR_STALE_HANDLE" })
      }
      const error = yield* Effect.flip(receiver.receive)
      assert.strictEqual(error.reason._tag, "StaleHandle")
      assert.strictEqual(error.queue, orders)
      assert.include(error.message, "the next use reopens the queue")
    }).pipe(Effect.provide(backend))
  )

  const documented = {
    MQ_ERROR_ACCESS_DENIED: "AccessDenied",
    MQ_ERROR_BUFFER_OVERFLOW: "BufferOverflow",
    MQ_ERROR_DTC_CONNECT: "DtcConnect",
    MQ_ERROR_FORMATNAME_BUFFER_TOO_SMALL: "FormatnameBufferTooSmall",
    MQ_ERROR_ILLEGAL_CURSOR_ACTION: "IllegalCursorAction",
    MQ_ERROR_INSUFFICIENT_PROPERTIES: "InsufficientProperties",
    MQ_ERROR_INVALID_HANDLE: "InvalidHandle",
    MQ_ERROR_LABEL_BUFFER_TOO_SMALL: "LabelBufferTooSmall",
    MQ_ERROR_MESSAGE_ALREADY_RECEIVED: "MessageAlreadyReceived",
    MQ_ERROR_OPERATION_CANCELLED: "OperationCancelled",
    MQ_ERROR_PROPERTY: "Property",
    MQ_ERROR_PROV_NAME_BUFFER_TOO_SMALL: "ProvNameBufferTooSmall",
    MQ_ERROR_QUEUE_DELETED: "QueueDeleted",
    MQ_ERROR_SENDERID_BUFFER_TOO_SMALL: "SenderidBufferTooSmall",
    MQ_ERROR_SENDER_CERT_BUFFER_TOO_SMALL: "SenderCertBufferTooSmall",
    MQ_ERROR_SERVICE_NOT_AVAILABLE: "ServiceNotAvailable",
    MQ_ERROR_SIGNATURE_BUFFER_TOO_SMALL: "SignatureBufferTooSmall",
    MQ_ERROR_STALE_HANDLE: "StaleHandle",
    MQ_ERROR_SYMM_KEY_BUFFER_TOO_SMALL: "SymmKeyBufferTooSmall",
    MQ_ERROR_TRANSACTION_ENLIST: "TransactionEnlist",
    MQ_ERROR_TRANSACTION_SEQUENCE: "TransactionSequence",
    MQ_ERROR_TRANSACTION_USAGE: "TransactionUsage"
  } as const

  it.effect("each documented error has a reason of its own, and the message stays (E-12)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      yield* sender.send({ label: "stays" })
      for (const code of Struct.keys(documented)) {
        const { MQReceiveMessage } = yield* FaultInjection.calls
        // That a handle is stale makes the call open the queue anew, and try again.
        const calls = code === "MQ_ERROR_STALE_HANDLE" ? [1, 2] : [1]
        for (const call of calls) yield* FaultInjection.inject({ function: "MQReceiveMessage", call, code })
        const error = yield* Effect.flip(receiver.receive)
        assert.strictEqual(error.reason._tag, documented[code])
        assert.include(error.message, code)
        const after = yield* FaultInjection.calls
        assert.strictEqual(after.MQReceiveMessage, (MQReceiveMessage ?? 0) + calls.length)
      }
      assert.strictEqual((yield* receiver.receive).label, "stays")
    }).pipe(Effect.provide(backend))
  )

  it.effect("IO_TIMEOUT is no error: a poll finds nothing, and a receive goes on waiting (E-12)", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      yield* sender.send({ label: "there" })
      const inject = FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_IO_TIMEOUT" })
      yield* inject
      assert.deepStrictEqual(yield* receiver.poll, Option.none())
      yield* inject
      assert.strictEqual((yield* receiver.receive).label, "there")
    }).pipe(Effect.provide(backend))
  )

  it.effect("ends when the queue is deleted (C-43)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* open
      const waiting = yield* fork(receiver.receive)
      yield* MessageQueue.delete(orders)
      assert.strictEqual((yield* Effect.flip(Fiber.join(waiting))).reason._tag, "QueueDeleted")
    }).pipe(Effect.provide(backend))
  )
})

describe("receiveWithin and poll", () => {
  it.effect("give None after the time, and not before (E-04)", () =>
    Effect.gen(function* () {
      const { receiver } = yield* open
      assert.deepStrictEqual(yield* receiver.poll, Option.none())
      const waiting = yield* fork(receiver.receiveWithin("5 seconds"))
      yield* elapse("4999 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* elapse("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(waiting), Option.none())
    }).pipe(Effect.provide(backend))
  )

  it.effect("give the message that is there", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      yield* sender.sendAll([{ label: "one" }, { label: "two" }])
      assert.strictEqual(Option.getOrThrow(yield* receiver.poll).label, "one")
      assert.strictEqual(Option.getOrThrow(yield* receiver.receiveWithin("1 minute")).label, "two")
    }).pipe(Effect.provide(backend))
  )

  it.effect("an infinite duration waits for ever, a negative one is refused", () =>
    Effect.gen(function* () {
      const { receiver } = yield* open
      const waiting = yield* fork(receiver.receiveWithin(Infinity))
      yield* elapse("1000 days")
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(waiting)
      const { message, reason } = yield* Effect.flip(receiver.receiveWithin(-1))
      assert.strictEqual(reason._tag, "IllegalOption")
      assert.include(message, "Receiver.receiveWithin on .\\private$\\orders: duration is -1, but it must be")
    }).pipe(Effect.provide(backend))
  )
})

describe("messages", () => {
  it.effect("takes a message only when it is asked for: leaving the stream loses none", () =>
    Effect.gen(function* () {
      const { receiver, sender } = yield* open
      yield* sender.sendAll(Array.from({ length: 10 }, (_, index) => ({ label: `${index}` })))
      const three = yield* Stream.runCollect(Stream.take(receiver.messages, 3))
      assert.deepStrictEqual(
        three.map(({ label }) => label),
        ["0", "1", "2"]
      )
      assert.strictEqual(Option.getOrThrow(yield* receiver.poll).label, "3")
    }).pipe(Effect.provide(backend))
  )

  it.effect("fails where a receive fails", () =>
    Effect.gen(function* () {
      const { receiver } = yield* open
      const stream = yield* fork(Stream.runDrain(receiver.messages))
      yield* MessageQueue.delete(orders)
      assert.strictEqual((yield* Effect.flip(Fiber.join(stream))).reason._tag, "QueueDeleted")
    }).pipe(Effect.provide(backend))
  )
})

describe("closing", () => {
  it.effect("takes back what waits before it closes the queue, and each wait fails as a use after release", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const scope = yield* Scope.make()
      const receiver = yield* Scope.provide(MessageQueue.openReceiver(orders), scope)
      const waiting = yield* Effect.forEach(Array.from({ length: 5 }), () => fork(receiver.receive))
      const stream = yield* fork(Stream.runDrain(receiver.messages))
      yield* Scope.close(scope, Exit.void)
      for (const fiber of [...waiting, stream]) {
        const error = yield* Effect.flip(
          Fiber.join<unknown, (typeof waiting)[0] extends Fiber.Fiber<infer _, infer E> ? E : never>(fiber)
        )
        assert(error.reason._tag === "Released")
        assert.include(error.reason.resource, `receiver of ${orders}`)
        assert.include(error.reason.releasedAt, "Receiver.test.ts")
      }
      const calls = yield* CallLog.calls
      assert.strictEqual(calls.filter((call) => call === "closeQueue").length, 1)
      assert.strictEqual(calls.at(-1), "closeQueue")

      const after = yield* Effect.flip(receiver.poll)
      assert.strictEqual(after.reason._tag, "Released")
      assert.deepStrictEqual(yield* CallLog.calls, calls)
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )
})
