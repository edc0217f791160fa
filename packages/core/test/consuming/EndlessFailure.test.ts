/** A call that fails each time ends consuming, or the message is poison. */
import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import {
  consuming,
  errorOf,
  eventLog,
  labelsIn,
  leakFree,
  never,
  orders,
  poison,
  queues,
  retries,
  send
} from "../support/consuming.ts"
import { placesOf, sources } from "../support/poisonPlaces.ts"
import { elapse } from "../support/settled.ts"

describe("a call that fails each time comes to an end that events and errors show", () => {
  const failing = (name: FaultInjection.Fault["function"], code: string, times = 2000) =>
    Effect.forEach(
      Array.from({ length: times }, (_, index) => index + 1),
      (call) => FaultInjection.inject({ function: name, call, code } as FaultInjection.Fault),
      { discard: true }
    )

  for (const code of [
    "MQ_ERROR_INSUFFICIENT_RESOURCES",
    "MQ_ERROR_TRANSACTION_ENLIST",
    "MQ_ERROR_SERVICE_NOT_AVAILABLE",
    "MQ_ERROR_STALE_HANDLE",
    "MQ_ERROR_TRANSACTION_SEQUENCE",
    "MQ_ERROR_ACCESS_DENIED"
  ]) {
    it.effect(`a commit, with ${code}`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          yield* failing("ITransaction::Commit", code)
          const { events, onEvent } = eventLog()
          let tries = 0
          const consumer = yield* consuming(receiver, () => Effect.sync(() => tries++), { retry: retries(2), onEvent })
          yield* elapse("1 day")
          const error = errorOf(yield* Fiber.await(consumer))
          assert.include(["PoisonMessage", "AccessDenied"], error.reason._tag)
          assert.include(error.message, code)
          assert.isBelow(tries, 20)
          assert.isFalse(events.includes("Handled 1"))
          assert.isTrue(code === "MQ_ERROR_ACCESS_DENIED" || events.includes("Retrying 1"))
          assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
        })
      )
    )
  }

  it.effect("an abort", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "2")
        yield* failing("ITransaction::Abort", "MQ_ERROR_SERVICE_NOT_AVAILABLE")
        let tries = 0
        const handler = ({ label }: { readonly label: string }) =>
          label === "1" ? Effect.suspend(() => Effect.fail(++tries)) : Effect.void
        const consumer = yield* consuming(receiver, handler, { retry: retries(1), poison: { subqueue: "poison" } })
        yield* elapse("1 day")
        assert.isBelow(tries, 30)
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(`${orders};poison`)], [[], ["1"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  for (const [source, options] of Object.entries(sources)) {
    for (const transactional of [true, false]) {
      it.effect(`sending a copy to a ${transactional ? "" : "not "}transactional queue, from ${source}`, () =>
        leakFree(
          Effect.gen(function* () {
            const receiver = yield* queues({ ...options, poisonTransactional: transactional })
            yield* send(orders, "1")
            yield* failing("MQSendMessage", "MQ_ERROR_INSUFFICIENT_RESOURCES")
            const { events, onEvent } = eventLog()
            const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
              retry: never,
              poison: { queue: poison },
              onEvent
            })
            yield* elapse("1 day")
            const error = errorOf(yield* Fiber.await(consumer))
            assert(error.reason._tag === "PoisonMessage")
            assert.include(error.message, "MQ_ERROR_INSUFFICIENT_RESOURCES")
            assert.include(events, "TransientFailure")
            assert.strictEqual((yield* placesOf("1", error)).length, 1)
          })
        )
      )
    }
  }

  it.effect("a handler whose sends always fail as if the service were away", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const sender = yield* MessageQueue.openSender(".\\private$\\invoices")
        yield* failing("MQSendMessage", "MQ_ERROR_SERVICE_NOT_AVAILABLE")
        let tries = 0
        const handler = () => Effect.suspend(() => (tries++, sender.send({ label: "invoice" })))
        const consumer = yield* consuming(receiver, handler, { retry: retries(2) })
        yield* elapse("1 day")
        assert.strictEqual(errorOf(yield* Fiber.await(consumer)).reason._tag, "PoisonMessage")
        assert.isBelow(tries, 20)
      })
    )
  )

  it.effect("moving to a subqueue", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        yield* failing("MQMoveMessage", "MQ_ERROR_INSUFFICIENT_RESOURCES")
        const consumer = yield* consuming(receiver, () => Effect.fail("broken"), {
          retry: never,
          poison: { subqueue: "poison" }
        })
        yield* elapse("1 day")
        const error = errorOf(yield* Fiber.await(consumer))
        assert(error.reason._tag === "PoisonMessage")
        assert.deepStrictEqual([error.reason.kept, yield* labelsIn(orders)], ["queue", ["1"]])
      })
    )
  )

  it.live("a message that is retried without a delay lets the event loop run, and can be stopped", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        let tries = 0
        const handler = () => Effect.suspend(() => Effect.fail(++tries))
        const consumer = yield* consuming(receiver, handler, { retry: Schedule.forever })
        yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        const before = tries
        yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
        assert.isAtMost(tries - before, 3)
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      })
    )
  )
})
