import * as BackgroundClock from "@effect-msmq/core/mqrt/BackgroundClock"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import { fork } from "../support/settled.ts"

describe("a background clock", () => {
  it.live("sleeps as long as the clock, by timers that do not keep the process alive", () =>
    Effect.gen(function* () {
      const timers = yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(globalThis, "setTimeout")),
        (spy) => Effect.sync(() => spy.mockRestore())
      )
      const [started, slept] = yield* BackgroundClock.provide(
        Effect.gen(function* () {
          const sleeping = yield* fork(Effect.sleep("10 millis"))
          assert.deepStrictEqual(
            timers.mock.results.map(({ value }) => value.hasRef()),
            [false]
          )
          const began = yield* Clock.monotonicTimeNanos
          yield* Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 20))
          yield* Fiber.join(sleeping)
          return [began, yield* Clock.monotonicTimeNanos] as const
        })
      )
      assert.isTrue(slept > started)
    })
  )

  it.live("tells the time of the clock", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const background = BackgroundClock.of(clock)
      const before = clock.currentTimeMillisUnsafe()
      const [own, millis] = [background.currentTimeMillisUnsafe(), yield* background.currentTimeMillis]
      assert.isTrue(before <= own && own <= millis)
      assert.isTrue(background.currentTimeNanosUnsafe() <= (yield* background.currentTimeNanos))
      assert.isTrue(background.monotonicTimeNanosUnsafe() <= (yield* background.monotonicTimeNanos))
    })
  )

  it.live("ends a sleep that is interrupted, however long, and needs no timer for a sleep of 0 or without end", () =>
    Effect.gen(function* () {
      const clock = BackgroundClock.of(yield* Clock.Clock)
      yield* clock.sleep(Duration.zero)
      const fibers = yield* Effect.forEach([Duration.infinity, Duration.days(60)], (duration) =>
        fork(clock.sleep(duration))
      )
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("is the clock of a test, where there is one", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      assert.strictEqual(BackgroundClock.of(clock), clock)
      const sleeping = yield* fork(BackgroundClock.provide(Effect.sleep("1 hour")))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(sleeping)
    })
  )
})
