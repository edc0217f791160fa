// @effect-diagnostics missingEffectContext:off missingEffectError:off
import {
  Cursor,
  type Message,
  type MessageBody,
  MessageQueue,
  type Mqrt,
  type MsmqError,
  QueueService,
  Receiver,
  SecurityContext,
  Sender,
  Transaction
} from "@effect-msmq/core"
import * as promises from "@effect-msmq/core/promises"
import { type HandleLedger, TestMsmq } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Schedule, type Scope } from "effect"

/**
 * Programs that must not compile. The compiler is the judge: `tsc` fails where an error that is expected does not come. The
 * functions are never called.
 */
const orders = ".\\private$\\orders"

declare const sizes: MessageBody.MessageBody<number>
declare const counting: Schedule.Schedule<number, number>

const cases = {
  "a sender has no receive, a receiver no send": (sender: Sender.Sender, receiver: Receiver.Receiver) => [
    // @ts-expect-error -- it only sends
    sender.receive,
    // @ts-expect-error -- it only receives
    receiver.send
  ],
  "a body of another type than the codec's": (sender: Sender.Sender<number>, receiver: Receiver.Receiver<number>) => [
    sender.send({ body: 1 }),
    // @ts-expect-error -- a text for a number
    sender.send({ body: "one" }),
    // @ts-expect-error -- bytes for a number
    sender.sendAll([{ body: new Uint8Array(1) }]),
    // @ts-expect-error -- a number is no bytes
    Effect.map(receiver.receive, ({ body }) => body.byteLength)
  ],
  "a field of a group that is not read": (sender: Sender.Sender) =>
    Effect.gen(function* () {
      // @ts-expect-error -- the codec needs the body
      yield* MessageQueue.openReceiver(orders, { body: sizes, read: { body: false } })
      // @ts-expect-error -- a group that does not exist
      yield* MessageQueue.openReceiver(orders, { read: { bodies: false } })
      const receiver = yield* MessageQueue.openReceiver(orders, { read: { body: false, security: false } })
      const message = yield* receiver.receive
      const size: number = message.bodySize
      // @ts-expect-error -- the body was not read
      const body: Uint8Array | undefined = message.body
      // @ts-expect-error -- whether it was authenticated is not known
      yield* Effect.log(message.authenticated)
      // @ts-expect-error -- rare properties are not read
      yield* Effect.log(message.soapEnvelope)
      // @ts-expect-error -- a copy would be sent without its body
      yield* sender.send({ ...message, label: "again" })
      // @ts-expect-error -- a receiver of whole messages is another type
      const whole: Receiver.Receiver = receiver
      return [size, body, whole]
    }),
  "a group that is read, or may be": (sender: Sender.Sender, rare: boolean) =>
    Effect.gen(function* () {
      const all = yield* MessageQueue.openReceiver(orders, { read: { body: true, rare: true } })
      const message = yield* all.receive
      yield* sender.send({ ...message, label: "again" })
      const envelope: string | undefined = message.soapEnvelope
      const numbers = yield* MessageQueue.openReceiver(orders, { body: sizes, read: { queues: false } })
      const sum: number = (yield* numbers.receive).body + 1
      const perhaps = yield* MessageQueue.openReceiver(orders, { read: { rare } })
      const version: number | undefined = (yield* perhaps.receive).version
      // @ts-expect-error -- it may not be read
      const certain: number = (yield* perhaps.receive).version
      const usual: Receiver.Receiver = yield* MessageQueue.openReceiver(orders, {})
      const typed: Receiver.Receiver<number> = yield* MessageQueue.openReceiver(orders, { body: sizes })
      return [envelope, sum, version, certain, usual, typed]
    }),
  "a field of a group that is not read, in promises": async (connection: promises.Connection) => {
    // @ts-expect-error -- the codec needs the body
    await connection.openReceiver(orders, { body: sizes, read: { body: false } })
    const receiver = await connection.openReceiver(orders, { read: { body: false } })
    // @ts-expect-error -- the body was not read
    await receiver.consume(async ({ body }) => body.length).stop()
    for await (const message of connection.messages(orders, { read: { rare: true } })) {
      return [message.version, message.body.length]
    }
    // @ts-expect-error -- the body was not read
    for await (const message of receiver) return message.body.length
    return undefined
  },
  "bytes are what there is without a codec": (
    sender: Sender.Sender,
    connection: promises.Connection,
    question: Message.ReceivedMessage
  ) => [
    // @ts-expect-error -- a text is no bytes
    sender.send({ body: "text" }),
    // @ts-expect-error -- a text is no bytes
    MessageQueue.send(orders, { body: "text" }),
    // @ts-expect-error -- a text is no number
    MessageQueue.send(orders, { body: "text" }, { body: sizes }),
    MessageQueue.send(orders, { body: 1 }, { body: sizes }),
    // @ts-expect-error -- a text is no bytes
    MessageQueue.reply(question, { body: "text" }),
    // @ts-expect-error -- a text is no bytes
    connection.send(orders, { body: "text" }),
    connection.send(orders, { body: 1 }, { body: sizes }),
    // @ts-expect-error -- a text is no bytes
    connection.reply(question, { body: "text" }),
    // @ts-expect-error -- a text is no bytes
    MessageQueue.openSender(orders, { defaults: { body: "text" } }),
    MessageQueue.openSender(orders, { body: sizes, defaults: { body: 1 } }),
    // @ts-expect-error -- a text is no bytes
    connection.openSender(orders, { defaults: { body: "text" } })
  ],
  "a queue that was opened as plain takes part in no transaction": (transaction: Transaction.Transaction) =>
    Effect.gen(function* () {
      const plain = yield* MessageQueue.openSender(orders, { transactional: false })
      yield* plain.send({}, { transaction: "none" })
      // @ts-expect-error -- it would vanish
      yield* plain.send({}, { transaction: "singleMessage" })
      // @ts-expect-error -- it would vanish
      yield* plain.sendAll([{}], { transaction })
      const transactional = yield* MessageQueue.openSender(orders, { transactional: true, body: sizes })
      yield* transactional.send({ body: 7 }, { transaction })
      const unknown = yield* MessageQueue.openSender(orders)
      yield* unknown.send({}, { transaction })
    }),
  "what needs a scope does not run without one": (receiver: Receiver.Receiver) => {
    // @ts-expect-error -- who closes the cursor?
    const open: Effect.Effect<Cursor.Cursor, unknown> = receiver.cursor
    return open
  },
  "what needs a backend does not run without one": () => {
    // @ts-expect-error -- on which Message Queuing?
    const run: Effect.Effect<string, unknown> = MessageQueue.create(orders)
    return run
  },
  "a service has the type of its codec, and does not run without its layer": () => {
    class Sizes extends QueueService.Sender<Sizes>()("types/Sizes", { queue: orders, body: sizes }) {}
    class Heads extends QueueService.Receiver<Heads>()("types/Heads", { queue: orders, read: { body: false } }) {}
    const send = Effect.flatMap(Sizes, (sender) => sender.send({ body: 7 }))
    return [
      send,
      // @ts-expect-error -- a text for a number
      Effect.flatMap(Sizes, (sender) => sender.send({ body: "7" })),
      // @ts-expect-error -- the body was not read
      Effect.flatMap(Heads, (receiver) => Effect.map(receiver.receive, ({ body }) => body.length)),
      // @ts-expect-error -- the codec needs the body
      QueueService.Receiver()("types/Wrong", { queue: orders, body: sizes, read: { body: false } }),
      // @ts-expect-error -- of which queue?
      QueueService.Sender()("types/Wrong", { body: sizes }),
      // @ts-expect-error -- on which sender?
      (): Effect.Effect<string, unknown> => send
    ]
  },
  "a message has no fields that Message Queuing does not know": (sender: Sender.Sender) => [
    // @ts-expect-error -- it is called label
    sender.send({ title: "order" }),
    // @ts-expect-error -- it is a name, not a number
    sender.send({ delivery: 1 })
  ],
  "consuming never succeeds, and fails with nothing of its handler's": (receiver: Receiver.Receiver<number>) => {
    const consume: Effect.Effect<never, MsmqError.MsmqError> = receiver.consume(({ body }) =>
      body > 0 ? Effect.acquireRelease(Effect.fail("no"), () => Effect.void) : Effect.void
    )
    return [
      consume,
      // @ts-expect-error -- the bodies are numbers
      receiver.consume(({ body }) => Effect.sync(() => body.length)),
      // @ts-expect-error -- no such end
      receiver.consume(() => Effect.void, { poison: "drop" }),
      // @ts-expect-error -- the schedule's input is no number: the handler fails with a text, or dies
      receiver.consume(() => Effect.fail("no"), { retry: counting })
    ]
  },
  "what is opened, begun or acquired is made by the SDK alone": () => [
    // @ts-expect-error -- MessageQueue.openSender
    new Sender.Sender(),
    // @ts-expect-error -- MessageQueue.openReceiver
    new Receiver.Receiver(),
    // @ts-expect-error -- cursor of a receiver
    new Cursor.Cursor(),
    // @ts-expect-error -- Transaction.begin
    new Transaction.Transaction(),
    // @ts-expect-error -- SecurityContext.acquire
    new SecurityContext.SecurityContext(),
    // @ts-expect-error -- connect
    new promises.Connection(),
    // @ts-expect-error -- openSender of a connection
    new promises.Sender(),
    // @ts-expect-error -- openReceiver of a connection
    new promises.Receiver(),
    // @ts-expect-error -- cursor of a receiver
    new promises.Cursor(),
    // @ts-expect-error -- transaction of a connection
    new promises.Transaction(),
    // @ts-expect-error -- securityContext of a connection
    new promises.SecurityContext(),
    // @ts-expect-error -- queueManager of a connection
    new promises.QueueManager()
  ],
  "no parts of the SDK show in what a program is given": (
    transaction: Transaction.Transaction,
    connection: promises.Connection
  ) => [
    // @ts-expect-error -- for the SDK alone
    Sender.Sender.make,
    // @ts-expect-error -- for the SDK alone
    promises.Sender.make,
    // @ts-expect-error -- for the SDK alone
    promises.Transaction.effectOf,
    // @ts-expect-error -- for the SDK alone
    Cursor.make,
    // @ts-expect-error -- for the SDK alone
    transaction.endWithScope,
    // @ts-expect-error -- for the SDK alone
    connection.runner
  ],
  "a sender has the members that its page has, and no others": (name: keyof Sender.Sender) => {
    const known:
      | "formatName"
      | "isOpen"
      | "queue"
      | "send"
      | "sendAll"
      | "sendAwaiting"
      | "sink"
      | "toJSON"
      | "toString"
      | "transactional" = name
    return known
  },
  "a message is looked up by its id, and by none where it is the first or the last": (
    receiver: Receiver.Receiver,
    inPromises: promises.Receiver
  ) => [
    receiver.lookup("peekFirst"),
    receiver.lookup("receiveLast", 0n),
    receiver.lookup("peekNext", 7n),
    inPromises.lookup("receiveFirst"),
    inPromises.lookup("peekCurrent", 7n, { transaction: "none" }),
    // @ts-expect-error -- of which message?
    receiver.lookup("peekNext"),
    // @ts-expect-error -- of which message?
    inPromises.lookup("receiveCurrent"),
    // @ts-expect-error -- no such action
    receiver.lookup("peek", 7n)
  ],
  "a transaction's outcome is the effect's": () => {
    // @ts-expect-error -- it gives a number
    const run: Effect.Effect<string, unknown, unknown> = Transaction.run(Effect.succeed(1))
    return run
  },
  "a pipe through `run` keeps the types of its effect, with and without parentheses": (
    effect: Effect.Effect<number, "mine", Scope.Scope>,
    limits: Transaction.Options | undefined
  ) => {
    const runs: ReadonlyArray<Effect.Effect<number, "mine" | MsmqError.MsmqError, Scope.Scope | Mqrt.Mqrt>> = [
      effect.pipe(Transaction.run),
      effect.pipe(Transaction.run()),
      effect.pipe(Transaction.run(limits)),
      Transaction.run(effect, limits)
    ]
    const tests: ReadonlyArray<Effect.Effect<number, "mine" | MsmqError.MsmqError | HandleLedger.HandlesLeaked>> = [
      effect.pipe(TestMsmq.run),
      effect.pipe(TestMsmq.run()),
      effect.pipe(TestMsmq.run({})),
      TestMsmq.run(effect, {})
    ]
    const generic = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | MsmqError.MsmqError, R | Mqrt.Mqrt> =>
      self.pipe(Transaction.run)
    return [runs, tests, generic]
  },
  "the arguments of `run` are an effect and options": (effect: Effect.Effect<number>) => [
    // @ts-expect-error -- no such option
    Transaction.run({ timeToBeReceived: "1 hour", timeToReach: "1 hour" }),
    // @ts-expect-error -- no such option
    Transaction.run(effect, { timeToReach: "1 hour" }),
    // @ts-expect-error -- a function that returns the effect
    Transaction.run(() => effect),
    // @ts-expect-error -- no such option
    TestMsmq.run({ machine: "OFFICE" }),
    // @ts-expect-error -- a function, as TestMsmq of @effect-msmq/testing/promises takes it
    TestMsmq.run(async () => undefined)
  ]
}

describe("types refuse wrong use", () => {
  it.each(Object.entries(cases))("%s", (_, wrong) => assert.isFunction(wrong))
})
