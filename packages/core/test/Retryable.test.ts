import { MessageQueue, type MsmqError, Transaction } from "@effect-msmq/core"
import { HandleLedger, InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

const orders = ".\\private$\\orders"
const backend = HandleLedger.layer(InMemoryMqrt.layer)
const single = { transaction: "singleMessage" } as const

const restart = MsmqControl.MsmqControl.use(({ startService, stopService }) =>
  Effect.andThen(stopService, startService)
)
const makeAnew = Effect.andThen(MessageQueue.delete(orders), MessageQueue.create(orders, { transactional: true }))

/** Events, each with the failure of the first call after it; `undefined` where the call reopens the queue by itself. */
const events = [
  ["the service restarted", restart, undefined],
  ["the queue was deleted and made again", makeAnew, "QueueDeleted"]
] as const

/** Succeeds; if it has to fail the first time, then as the error says, and the next time it succeeds. */
const again = Effect.fnUntraced(function* <A, R>(
  call: Effect.Effect<A, MsmqError.MsmqError, R>,
  reason: string | undefined
) {
  if (reason === undefined) return yield* call
  const error = yield* Effect.flip(call)
  assert.deepStrictEqual([error.reason._tag, error.isRetryable], [reason, true])
  return yield* call
})

describe("an error that is retryable", () => {
  for (const [what, happens, reason] of events) {
    const opened = Effect.gen(function* () {
      yield* MessageQueue.create(orders, { transactional: true })
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* sender.send({ label: "before" }, single)
      return { receiver, sender }
    })

    it.effect(`lets the same send succeed after ${what} (C-37, C-38)`, () =>
      Effect.gen(function* () {
        const { sender } = yield* opened
        yield* happens
        yield* again(sender.send({ label: "after" }, single), reason)
        yield* happens
        assert.strictEqual((yield* again(sender.sendAll([{}, {}], single), reason)).accepted, 2)
        yield* happens
        yield* again(Transaction.run(sender.send({})), reason)
      }).pipe(Effect.scoped, Effect.provide(backend))
    )

    it.effect(`lets the same receive, peek, lookup and browse succeed after ${what} (C-37, C-38)`, () =>
      Effect.gen(function* () {
        const { receiver } = yield* opened
        for (const call of [
          receiver.poll,
          receiver.pollPeek,
          receiver.lookup("peekFirst"),
          Stream.runCollect(receiver.browse)
        ]) {
          yield* happens
          yield* again(call as Effect.Effect<unknown, MsmqError.MsmqError>, reason)
        }
      }).pipe(Effect.scoped, Effect.provide(backend))
    )

    it.effect(`is not the error of a cursor after ${what}, which ends with its handle`, () =>
      Effect.gen(function* () {
        const { receiver } = yield* opened
        const cursor = yield* receiver.cursor
        yield* cursor.next
        yield* happens
        const error = yield* Effect.flip(cursor.next)
        assert.deepStrictEqual([error.reason._tag, error.isRetryable], [reason ?? "StaleHandle", false])
        yield* receiver.poll
        assert.strictEqual((yield* Effect.flip(cursor.next)).reason._tag, "Released")
      }).pipe(Effect.scoped, Effect.provide(backend))
    )
  }
})
