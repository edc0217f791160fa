// @effect-diagnostics missingEffectContext:off missingEffectError:off
import {
  type Cursor,
  type MessageBody,
  MessageQueue,
  type MsmqError,
  type Receiver,
  type Sender,
  Transaction
} from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Schedule } from "effect"

/**
 * What must not compile. The compiler is the judge: `tsc` fails where an error that is expected does not come. The
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
  "bytes are what there is without a codec": (sender: Sender.Sender) => [
    // @ts-expect-error -- a text is no bytes
    sender.send({ body: "text" })
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
  "a transaction's outcome is the effect's": () => {
    // @ts-expect-error -- it gives a number
    const run: Effect.Effect<string, unknown, unknown> = Transaction.run(Effect.succeed(1))
    return run
  }
}

describe("types refuse wrong use", () => {
  it.each(Object.entries(cases))("%s", (_, wrong) => assert.isFunction(wrong))
})
