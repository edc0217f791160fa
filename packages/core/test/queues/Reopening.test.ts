import { type Message, MessageQueue, MsmqError, type Receiver, type Sender, Transaction } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schema, Scope, Exit, Stream } from "effect"
import { elapse, settled, start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(FaultInjection.layer(InMemoryMqrt.layer))

const whole = <A, E>(
  program: Effect.Effect<
    A,
    E,
    | Effect.Services<ReturnType<typeof open>>
    | FaultInjection.FaultInjection
    | MsmqControl.MsmqControl
    | HandleLedger.HandleLedger
  >
) => program.pipe(Effect.scoped, Effect.andThen(HandleLedger.expectNoLeaks), Effect.provide(backend))

const restart = MsmqControl.MsmqControl.use(({ startService, stopService }) =>
  Effect.andThen(stopService, startService)
)
const stop = MsmqControl.MsmqControl.use(({ stopService }) => stopService)
const serve = MsmqControl.MsmqControl.use(({ startService }) => startService)

const labelled = (count: number): Array<Message.Message> =>
  Array.from({ length: count }, (_, index) => ({ label: `${index}`, delivery: "recoverable" }))

const open = (options: MessageQueue.OpenReceiverOptions = {}, transactional = false) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(orders, { transactional })
    const sender = yield* MessageQueue.openSender(orders)
    const receiver = yield* MessageQueue.openReceiver(orders, options)
    return { sender, receiver }
  })

const labelsIn = Effect.scoped(
  Effect.gen(function* () {
    const receiver = yield* MessageQueue.openReceiver(orders)
    return (yield* Stream.runCollect(receiver.browse)).map(({ label }) => label)
  })
)

const calls = (name: FaultInjection.FunctionName) => Effect.map(FaultInjection.calls, (calls) => calls[name] ?? 0)

interface Use {
  readonly function:
    | "MQSendMessage"
    | "MQReceiveMessage"
    | "MQReceiveMessageByLookupId"
    | "MQMoveMessage"
    | "MQCreateCursor"
    | "MQMarkMessageRejected"
  readonly run: (given: {
    readonly sender: Sender.Sender
    readonly receiver: Receiver.Receiver
    readonly first: { readonly lookupId: bigint }
  }) => Effect.Effect<unknown, MsmqError.MsmqError, Effect.Services<ReturnType<typeof open>>>
}

const uses: Readonly<Record<string, Use>> = {
  send: { function: "MQSendMessage", run: ({ sender }) => sender.send({ label: "sent" }) },
  sendAll: { function: "MQSendMessage", run: ({ sender }) => sender.sendAll(labelled(3)) },
  "a sink": {
    function: "MQSendMessage",
    run: ({ sender }) => Stream.run(Stream.fromArray(labelled(3)), sender.sink())
  },
  receive: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.receive },
  receiveWithin: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.receiveWithin("1 second") },
  poll: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.poll },
  messages: { function: "MQReceiveMessage", run: ({ receiver }) => Stream.runHead(receiver.messages) },
  peek: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.peek },
  peekWithin: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.peekWithin("1 second") },
  pollPeek: { function: "MQReceiveMessage", run: ({ receiver }) => receiver.pollPeek },
  "lookup.receive": {
    function: "MQReceiveMessageByLookupId",
    run: ({ first, receiver }) => receiver.lookup("receiveCurrent", first.lookupId)
  },
  "lookup.peek": {
    function: "MQReceiveMessageByLookupId",
    run: ({ first, receiver }) => receiver.lookup("peekCurrent", first.lookupId)
  },
  move: { function: "MQMoveMessage", run: ({ first, receiver }) => receiver.move(first, "aside") },
  cursor: { function: "MQCreateCursor", run: ({ receiver }) => Effect.scoped(receiver.cursor) },
  browse: { function: "MQCreateCursor", run: ({ receiver }) => Stream.runDrain(receiver.browse) }
}

const codes = ["MQ_ERROR_STALE_HANDLE", "MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_INVALID_PARAMETER"] as const

describe("a call whose handle the service knows no longer (C-37, C-38)", () => {
  for (const [name, { function: called, run }] of Object.entries(uses)) {
    for (const code of codes) {
      it.effect(`reopens the queue and tries again, once: ${name}, ${code}`, () =>
        whole(
          Effect.gen(function* () {
            const channel = yield* open()
            const { receiver, sender } = channel
            yield* sender.sendAll(labelled(9))
            const given = { ...channel, first: yield* receiver.peek }
            const opened = yield* calls("MQOpenQueue")
            yield* FaultInjection.inject({ function: called, call: 1, code })
            yield* run(given)
            // A move opens its destination anew, too.
            assert.strictEqual((yield* calls("MQOpenQueue")) - opened, name === "move" ? 3 : 1)
          })
        )
      )

      it.effect(`fails when that fails too, and the next is good again: ${name}, ${code}`, () =>
        whole(
          Effect.gen(function* () {
            const channel = yield* open()
            const { receiver, sender } = channel
            yield* sender.sendAll(labelled(9))
            const given = { ...channel, first: yield* receiver.peek }
            const before = yield* calls(called)
            for (const call of [1, 2]) yield* FaultInjection.inject({ function: called, call, code })
            const { reason } = yield* Effect.flip(run(given))
            assert.strictEqual("name" in reason ? reason.name : reason._tag, code)
            assert.strictEqual((yield* calls(called)) - before, 2)
            yield* run(given)
          })
        )
      )
    }
  }

  it.effect("is tried again on a stale handle that never served, and on no other", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open()
        yield* restart
        yield* sender.send({ label: "sent" })
        assert.strictEqual(Option.getOrThrow(yield* receiver.poll).label, "sent")
      })
    )
  )

  for (const code of ["MQ_ERROR_INVALID_HANDLE", "MQ_ERROR_INVALID_PARAMETER"] as const) {
    it.effect(`is about the call itself where the handle never served: nothing is opened anew: ${code}`, () =>
      whole(
        Effect.gen(function* () {
          const { receiver, sender } = yield* open()
          const opened = yield* calls("MQOpenQueue")
          for (const [called, use] of [
            ["MQSendMessage", sender.send({})],
            ["MQReceiveMessage", receiver.poll]
          ] as ReadonlyArray<readonly ["MQSendMessage", Effect.Effect<unknown, MsmqError.MsmqError>]>) {
            const before = yield* calls(called)
            yield* FaultInjection.inject({ function: called, call: 1, code })
            const { reason } = yield* Effect.flip(use)
            assert.strictEqual("name" in reason && reason.name, code)
            assert.strictEqual((yield* calls(called)) - before, 1)
            yield* use
          }
          assert.strictEqual(yield* calls("MQOpenQueue"), opened)
        })
      )
    )
  }

  it.effect("is tried again where the handle has served, if only by saying that there is no message", () =>
    whole(
      Effect.gen(function* () {
        const { receiver } = yield* open()
        yield* receiver.poll
        for (const code of codes) {
          yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code })
          assert.deepStrictEqual(yield* receiver.poll, Option.none())
        }
      })
    )
  )

  it.effect("that the queue was deleted is an answer, which the next call asks for anew", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        yield* sender.send({})
        yield* MessageQueue.delete(orders)
        assert.strictEqual((yield* Effect.flip(sender.send({}))).reason._tag, "QueueDeleted")
        yield* MessageQueue.create(orders)
        yield* sender.send({ label: "new" })
        assert.deepStrictEqual(yield* labelsIn, ["new"])
      })
    )
  )

  it.effect("fails with why the queue cannot be opened anew, and how much was accepted before", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        yield* FaultInjection.inject({ function: "MQSendMessage", call: 3, code: "MQ_ERROR_STALE_HANDLE" })
        yield* FaultInjection.inject({ function: "MQOpenQueue", call: 1, code: "MQ_ERROR_SERVICE_NOT_AVAILABLE" })
        const error = yield* Effect.flip(sender.sendAll(labelled(5)))
        assert.deepStrictEqual(
          [error.operation, error.reason._tag, error.progress],
          ["Sender.sendAll", "ServiceNotAvailable", { accepted: 2 }]
        )
        yield* sender.send({})
      })
    )
  )

  it.effect("is not tried again while the service is stopped", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open()
        yield* stop
        for (const use of [sender.send({}), receiver.poll] as ReadonlyArray<
          Effect.Effect<unknown, MsmqError.MsmqError>
        >) {
          assert.strictEqual((yield* Effect.flip(use)).reason._tag, "ServiceNotAvailable")
        }
        yield* serve
        yield* sender.send({ label: "sent" })
        assert.strictEqual(Option.getOrThrow(yield* receiver.poll).label, "sent")
      })
    )
  )
})

describe("a batch", () => {
  it.effect.prop(
    "that the service loses the handle of goes on where it stood: each message once, in order, with its id",
    {
      count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600 })),
      at: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600 })),
      code: Schema.Literals(codes)
    },
    ({ at, code, count }) =>
      whole(
        Effect.gen(function* () {
          const { receiver, sender } = yield* open()
          yield* sender.send({ label: "before" })
          yield* receiver.receive
          yield* FaultInjection.inject({ function: "MQSendMessage", call: at, code })
          const seen: Array<number> = []
          const report = yield* sender.sendAll(labelled(count), {
            messageIds: true,
            onProgress: ({ accepted }) => void seen.push(accepted)
          })
          assert.deepStrictEqual([report.accepted, report.slices], [count, seen.length])
          const received = yield* Stream.runCollect(receiver.browse)
          assert.deepStrictEqual(
            received.map(({ label }) => label),
            labelled(count).map(({ label }) => label)
          )
          assert.deepStrictEqual(
            received.map(({ messageId }) => messageId),
            report.messageIds
          )
        })
      ),
    { arbitrary: { runs: 30 } }
  )

  it.effect("reads each message once, although it is sent again", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        let read = 0
        const messages = Array.from({ length: 5 }, () => ({
          get appSpecific() {
            return read++
          }
        }))
        yield* FaultInjection.inject({ function: "MQSendMessage", call: 3, code: "MQ_ERROR_STALE_HANDLE" })
        yield* sender.sendAll(messages)
        assert.strictEqual(read, 5)
      })
    )
  )

  it.effect("stands by its first failure of another kind, and by the second of this", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        for (const call of [3, 300]) {
          yield* FaultInjection.inject({ function: "MQSendMessage", call, code: "MQ_ERROR_STALE_HANDLE" })
        }
        const error = yield* Effect.flip(sender.sendAll(labelled(500)))
        assert.deepStrictEqual([error.reason._tag, error.progress], ["StaleHandle", { accepted: 298 }])
        assert.lengthOf(yield* labelsIn, 298)
      })
    )
  )

  it.effect("shares its handle with others, which all go on when it is opened anew", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        const batches = Array.from({ length: 5 }, () => sender.sendAll(labelled(700)))
        yield* FaultInjection.inject({ function: "MQSendMessage", call: 1000, code: "MQ_ERROR_STALE_HANDLE" })
        const sending = yield* start(Effect.all(batches, { concurrency: "unbounded" }))
        const reports = yield* Fiber.join(sending)
        assert.deepStrictEqual(
          reports.map(({ accepted }) => accepted),
          [700, 700, 700, 700, 700]
        )
        assert.lengthOf(yield* labelsIn, 3500)
      })
    )
  )

  it.effect("that waits for its source sends on after a restart", () =>
    whole(
      Effect.gen(function* () {
        const { sender } = yield* open()
        const messages = Stream.concat(
          Stream.fromArray(labelled(3)),
          Stream.unwrap(Effect.as(restart, Stream.fromArray(labelled(3))))
        )
        assert.strictEqual((yield* sender.sendAll(messages)).accepted, 6)
        assert.lengthOf(yield* labelsIn, 6)
      })
    )
  )
})

describe("those who use one receiver at once", () => {
  it.effect("need not know that one of them has its queue opened anew: who waits, waits on", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open()
        yield* sender.send({ label: "first" })
        yield* receiver.receive
        const waiting = yield* Effect.forEach([1, 2, 3], () => start(receiver.receive))
        const peeking = yield* start(receiver.peekWithin("1 minute"))
        yield* settled
        yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_INVALID_HANDLE" })
        assert.deepStrictEqual(yield* receiver.poll, Option.none())
        yield* settled
        yield* sender.sendAll(labelled(3))
        const received = yield* Effect.forEach(waiting, Fiber.join)
        assert.sameMembers(
          received.map(({ label }) => label),
          ["0", "1", "2"]
        )
        yield* elapse("1 minute")
        yield* Fiber.join(peeking)
      })
    )
  )

  it.effect("one that has it to itself has it so again", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open({ shareMode: "denyReceive" })
        yield* restart
        yield* sender.send({ label: "sent" })
        assert.strictEqual((yield* receiver.receive).label, "sent")
        const error = yield* Effect.flip(MessageQueue.openReceiver(orders))
        assert.strictEqual(error.reason._tag, "SharingViolation")
      })
    )
  )

  it.effect("a cursor goes with the handle: it fails, and then is closed; a new one is good", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open()
        yield* sender.sendAll(labelled(2))
        const cursor = yield* receiver.cursor
        yield* cursor.next
        yield* restart
        assert.strictEqual((yield* Effect.flip(cursor.next)).reason._tag, "StaleHandle")
        assert.strictEqual((yield* Effect.flip(cursor.next)).reason._tag, "Released")
        assert.lengthOf(yield* Stream.runCollect(receiver.browse), 2)
      })
    )
  )

  it.effect("closing it while it is opened anew closes both handles", () =>
    whole(
      Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const scope = yield* Scope.make()
        const sender = yield* Scope.provide(MessageQueue.openSender(orders), scope)
        yield* FaultInjection.inject({ function: "MQSendMessage", call: 2, code: "MQ_ERROR_STALE_HANDLE" })
        yield* FaultInjection.inject({ function: "MQOpenQueue", call: 1, stall: "1 second" })
        const sending = yield* start(sender.sendAll(labelled(3)))
        yield* settled
        const closing = yield* start(Scope.close(scope, Exit.void))
        yield* elapse("1 second")
        yield* Fiber.join(closing)
        const error = yield* Effect.flip(Fiber.join(sending))
        assert.deepStrictEqual([error.reason._tag, error.progress], ["Released", { accepted: 1 }])
        assert.lengthOf(yield* labelsIn, 1)
      })
    )
  )
})

describe("in a transaction", () => {
  it.effect("that a restart ended, the failure of the transaction is the caller's; nothing of it is there (F-37)", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open({}, true)
        const lost = Effect.gen(function* () {
          yield* sender.send({ label: "lost" })
          yield* restart
          yield* sender.send({ label: "lost too" })
        })
        assert.strictEqual((yield* Effect.flip(Transaction.run(lost))).reason._tag, "TransactionSequence")
        const taken = Effect.andThen(restart, receiver.poll)
        assert.strictEqual((yield* Effect.flip(Transaction.run(taken))).reason._tag, "TransactionSequence")
        assert.deepStrictEqual(yield* labelsIn, [])
      })
    )
  )

  it.effect("that began after the restart, a call opens its queue anew", () =>
    whole(
      Effect.gen(function* () {
        const { receiver, sender } = yield* open({}, true)
        yield* Transaction.run(sender.send({ label: "1" }))
        yield* Transaction.run(receiver.receive)
        yield* restart
        yield* Transaction.run(sender.sendAll(labelled(3)))
        assert.strictEqual((yield* Transaction.run(receiver.receive)).label, "0")
        assert.deepStrictEqual(yield* labelsIn, ["1", "2"])
      })
    )
  )

  for (const code of codes) {
    it.effect(`a rejection is tried again, too: ${code}`, () =>
      whole(
        Effect.gen(function* () {
          const { receiver, sender } = yield* open({}, true)
          yield* Transaction.run(sender.send({ label: "1" }))
          const reject = Effect.gen(function* () {
            const message = yield* receiver.receive
            yield* FaultInjection.inject({ function: "MQMarkMessageRejected", call: 1, code })
            yield* receiver.reject(message)
          })
          yield* Transaction.run(reject)
          assert.deepStrictEqual(yield* labelsIn, [])
        })
      )
    )
  }
})
