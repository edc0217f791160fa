/** Events, log lines and spans say what a consumer does. */
import { Consumer, MessageQueue, Transaction } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, References, Tracer } from "effect"
import {
  consuming,
  failing,
  leakFree,
  loud,
  orders,
  queues,
  retries,
  send,
  startService,
  stopService
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

describe("a consumer's events, log lines and spans", () => {
  it.effect("every event comes with the counts so far, and a failure of onEvent is logged", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1", "bad", "3")
        const counts: Array<Consumer.ConsumeProgress> = []
        const consumer = yield* consuming(
          receiver,
          ({ label }) => (label === "bad" ? Effect.fail("broken") : Effect.void),
          {
            retry: retries(2),
            poison: { subqueue: "poison" },
            onEvent: (_, progress) =>
              Effect.andThen(
                Effect.sync(() => counts.push(progress)),
                Effect.die("a bug")
              )
          }
        )
        yield* elapse("2 seconds")
        const all = { received: 3, handled: 2, retried: 2, poisoned: 1, reopened: 0 }
        assert.deepStrictEqual(counts.at(-1), all)
        assert.deepStrictEqual(counts[0], { received: 1, handled: 0, retried: 0, poisoned: 0, reopened: 0 })
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    "the log has a line for each failed attempt, poison message and transient failure, and a handler's lines have the message's id",
    () => {
      const lines: Array<readonly [string, string, unknown]> = []
      const logger = Logger.make(({ fiber, logLevel, message }) => {
        const annotations = fiber.getRef(References.CurrentLogAnnotations)
        lines.push([logLevel, String(message), annotations["messaging.message.id"]])
      })
      return Effect.gen(function* () {
        const receiver = yield* queues()
        const sender = yield* MessageQueue.openSender(orders)
        const messageId = yield* Transaction.run(sender.send({ label: "bad" }))
        const handler = () => Effect.andThen(Effect.log("trying"), Effect.fail("broken"))
        const consumer = yield* consuming(receiver, handler, { retry: retries(1), poison: { subqueue: "poison" } })
        yield* elapse("1 second")
        yield* stopService
        yield* elapse("1 second")
        yield* startService
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(lines.slice(0, 4), [
          ["Info", "trying", messageId],
          ["Warn", `message ${messageId}: attempt 1 failed`, undefined],
          ["Info", "trying", messageId],
          ["Error", `message ${messageId} could not be handled in 2 attempts`, undefined]
        ])
        assert.include(lines[4]![1], "MQ_ERROR_SERVICE_NOT_AVAILABLE")
      }).pipe(Effect.scoped, Effect.provide([loud, Logger.layer([logger])]))
    }
  )

  it.effect("each attempt runs in a span of its own, named by OpenTelemetry's conventions", () => {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        if (span.kind === "consumer") spans.push(span)
        return span
      }
    })
    return leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues()
        yield* send(orders, "1")
        const consumer = yield* consuming(receiver, failing(1).handle, { retry: retries(1) })
        yield* elapse("1 second")
        yield* Fiber.interrupt(consumer)
        const attempts = spans.map(({ attributes, name }) => [name, attributes.get("msmq.message.attempt")])
        assert.deepStrictEqual(attempts, [
          [`process ${orders}`, 1],
          [`process ${orders}`, 2]
        ])
      })
    ).pipe(Effect.withTracer(tracer))
  })
})
