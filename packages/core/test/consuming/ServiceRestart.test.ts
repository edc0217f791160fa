/** A consumer goes on after a restart of the service, and after other transient failures. */
import { MessageQueue } from "@effect-msmq/core"
import { FaultInjection } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option } from "effect"
import * as CallLog from "../support/CallLog.ts"
import {
  consuming,
  eventLog,
  failing,
  invoices,
  labelsIn,
  leakFree,
  never,
  orders,
  queues,
  reasonOf,
  retries,
  send,
  startService,
  stopService
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

const count = (calls: ReadonlyArray<string>, name: string) => calls.filter((call) => call === name).length

describe("a restart of the service", () => {
  const restart = Effect.andThen(stopService, startService)
  const opens = Effect.map(CallLog.calls, (calls) => [count(calls, "openQueue"), count(calls, "closeQueue")] as const)

  it.effect("while it waits: the queue is opened anew, once, and consuming goes on (C-37)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const { events, onEvent } = eventLog()
        const consumer = yield* consuming(receiver, () => Effect.void, { concurrency: 3, onEvent })
        const [opened, closed] = yield* opens
        yield* restart
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* opens, [opened + 1, closed + 1])
        yield* send(orders, "1")
        yield* elapse(0)
        assert.deepStrictEqual(events, ["TransientFailure", "Reopened", "Received 1", "Handled 1"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("while a handler runs: its message is handled again, and what it sent is sent once (F-37)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, "1", "2")
        const tried: Array<string> = []
        const handler = ({ label }: { readonly label: string }) =>
          Effect.gen(function* () {
            tried.push(label)
            yield* sender.send({ label: `invoice ${label}` })
            if (tried.length === 1) yield* restart
          })
        const consumer = yield* consuming(receiver, handler, { retry: never })
        yield* elapse("2 seconds")
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], ["invoice 1", "invoice 2"]])
        // The sender went stale too, and opened its queue anew by itself.
        assert.deepStrictEqual(tried, ["1", "1", "2"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("makes the sends of a running handler fail, which does not count as an attempt (C-37, F-37)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        yield* send(orders, "1")
        const failures: Array<string> = []
        let tries = 0
        const handler = ({ label }: { readonly label: string }) =>
          Effect.gen(function* () {
            if (++tries <= 2) yield* restart
            yield* sender.send({ label: `invoice ${label}` })
          }).pipe(Effect.tapError((error) => Effect.sync(() => failures.push(error.reason._tag))))
        const consumer = yield* consuming(receiver, handler, { retry: never })
        yield* elapse("10 seconds")
        assert.deepStrictEqual(failures, ["TransactionSequence", "TransactionSequence"])
        assert.deepStrictEqual([yield* labelsIn(orders), yield* labelsIn(invoices)], [[], ["invoice 1"]])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("rolls back a running attempt, which does not count though its handler fails later", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const { handle, tries } = failing(1)
        const handler = (message: { readonly label: string }) =>
          Effect.andThen(tries.length === 0 ? restart : Effect.void, handle(message))
        const consumer = yield* consuming(receiver, handler, { retry: never, poison: { subqueue: "poison" } })
        yield* elapse("2 seconds")
        assert.deepStrictEqual([tries, yield* labelsIn(orders)], [["1", "1"], []])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is waited for however long it takes, with back-off up to half a minute (H-25)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const delays: Array<number> = []
        const consumer = yield* consuming(receiver, () => Effect.void, {
          onEvent: (event) =>
            Effect.sync(() => {
              if (event._tag === "TransientFailure") delays.push(Duration.toSeconds(event.delay))
            })
        })
        yield* stopService
        yield* elapse("10 minutes")
        assert.isUndefined(consumer.pollUnsafe())
        assert.isAtLeast(delays.length, 15)
        assert.isBelow(delays[0]!, 1)
        assert.isTrue(delays.slice(8).every((delay) => delay >= 24 && delay <= 36))
        yield* startService
        yield* elapse("1 minute")
        yield* send(orders, "1")
        yield* elapse(0)
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("is not waited for longer than the policy says, nor when it is stopped meanwhile", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const consumer = yield* consuming(receiver, () => Effect.void, { reopen: retries(2) })
        const patient = yield* consuming(receiver, () => Effect.void)
        yield* stopService
        yield* elapse("2 seconds")
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "ServiceNotAvailable")
        yield* Fiber.interrupt(patient)
        yield* startService
      })
    )
  )

  for (const code of [
    "MQ_ERROR_STALE_HANDLE",
    "MQ_ERROR_INVALID_HANDLE",
    "MQ_ERROR_INVALID_PARAMETER",
    "MQ_ERROR_OPERATION_CANCELLED",
    "MQ_ERROR_QUEUE_DELETED",
    "MQ_ERROR_SERVICE_NOT_AVAILABLE"
  ] as const) {
    it.effect(`a receive that fails with ${code} makes it open the queue anew (C-38, E-51 to E-53)`, () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          const [opened, closed] = yield* opens
          yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code })
          const { events, onEvent } = eventLog()
          const consumer = yield* consuming(receiver, () => Effect.void, { onEvent })
          yield* elapse("1 second")
          assert.deepStrictEqual(events, ["TransientFailure", "Reopened", "Received 1", "Handled 1"])
          assert.deepStrictEqual(yield* opens, [opened + 1, closed + 1])
          yield* Fiber.interrupt(consumer)
        })
      )
    )
  }

  it.effect(
    "after other transient failures it waits and keeps the queue open, and failures that are not transient end it",
    () =>
      leakFree(
        Effect.gen(function* () {
          const receiver = yield* queues()
          yield* send(orders, "1")
          const before = yield* opens
          yield* FaultInjection.inject({
            function: "MQBeginTransaction",
            call: 1,
            code: "MQ_ERROR_INSUFFICIENT_RESOURCES"
          })
          const consumer = yield* consuming(receiver, () => Effect.void)
          yield* elapse("1 second")
          assert.deepStrictEqual(yield* opens, before)
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* FaultInjection.inject({ function: "MQReceiveMessage", call: 1, code: "MQ_ERROR_ACCESS_DENIED" })
          yield* send(orders, "2")
          assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "AccessDenied")
          assert.deepStrictEqual(yield* labelsIn(orders), ["2"])
        })
      )
  )

  it.effect("a deleted queue is opened anew by its name, or consuming fails", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const consumer = yield* consuming(receiver, () => Effect.void)
        yield* MessageQueue.delete(orders)
        yield* MessageQueue.create(orders, { transactional: true })
        yield* send(orders, "1")
        yield* elapse("1 second")
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* MessageQueue.delete(orders)
        yield* elapse("1 second")
        assert.strictEqual(reasonOf(yield* Fiber.await(consumer))._tag, "QueueNotFound")
      })
    )
  )

  it.effect("the next use of a receiver or a sender opens its queue anew (C-37, C-38)", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(invoices)
        const cursor = yield* receiver.cursor
        yield* restart
        assert.deepStrictEqual(yield* receiver.poll, Option.none())
        yield* sender.send({ label: "1" }, { transaction: "singleMessage" })
        assert.deepStrictEqual(yield* labelsIn(invoices), ["1"])
        assert.strictEqual((yield* Effect.flip(cursor.next)).reason._tag, "Released")
      })
    )
  )
})
