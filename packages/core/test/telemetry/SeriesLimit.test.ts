import { assert, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { Observer } from "../../src/internal/telemetry/telemetry.ts"

// In a file of its own: the series are those of the whole process.
it.effect("a thousand queues have series of their own, and the others share one", () =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    for (let index = 0; index < 1500; index++) {
      new Observer(`DIRECT=OS:client${index}\\private$\\answers`).sent(context, 2, 10, undefined)
    }
    const sent = (yield* Metric.snapshot).filter(({ id }) => id === "messaging.client.sent.messages")
    assert.strictEqual(sent.length, 1001)
    const shared = sent.filter(({ attributes }) => attributes?.["messaging.destination.name"] === undefined)
    assert.deepStrictEqual(
      shared.map(({ attributes, state }) => [attributes?.["otel.metric.overflow"], "count" in state && state.count]),
      [["true", 1000]]
    )
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)
