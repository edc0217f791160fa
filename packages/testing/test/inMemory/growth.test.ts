import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cpuTime } from "../../../core/test/support/cpuTime.ts"
import { names, workOn } from "../support/operations.ts"

const [few, many] = [500, 40_000]

/**
 * Largest ratio of the processor times in the longer and the shorter queue. An operation that looks at each message takes a nanosecond
 * or more for each, and so ten times as long in the longer queue; one that grows with the logarithm takes at most twice as long.
 */
const limit = 4

/** Measures an operation, in milliseconds of processor time: the median of some rounds, so that no single pause counts. */
const cost = (name: string, length: number) =>
  Effect.gen(function* () {
    const { operations, prepare, run, tidy } = yield* workOn(name, length)
    const costs: Array<number> = []
    for (let round = 0; round < 5; round++) {
      yield* prepare
      const started = cpuTime()
      yield* run
      costs.push((cpuTime() - started) / operations)
      yield* tidy
    }
    return costs.toSorted((one, other) => one - other)[2] ?? Number.NaN
  }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))

describe("a long queue", () => {
  for (const name of names) {
    it.effect(`does not make slow: ${name}`, () =>
      Effect.gen(function* () {
        // The first round is slow in every queue.
        yield* cost(name, few)
        let growth = Number.POSITIVE_INFINITY
        // Other programs that use the caches of the processor may make some measurements slow, but hardly all.
        for (let attempt = 0; attempt < 20 && growth >= limit; attempt++) {
          growth = (yield* cost(name, many)) / (yield* cost(name, few))
        }
        assert.isBelow(growth, limit)
      })
    )
  }
})
