import { type Duration, Effect, type Fiber } from "effect"
import { TestClock } from "effect/testing"

/**
 * Lets everything run that can run without time passing: in each of its turns, each fiber that can go on does so. They are many,
 * as a scheduler may make a fiber yield at any time.
 */
export const settled: Effect.Effect<void> = Effect.repeat(Effect.yieldNow, { times: 100 })

/** Forks an effect, and returns its fiber wherever that is by then: for tests of what may happen in the middle. */
export const fork = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  Effect.forkChild(effect, { startImmediately: true })

/** Starts an effect, and returns its fiber when that waits for something or has ended. */
export const start = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  Effect.tap(fork(effect), settled)

/** Lets time pass for those who wait by then, and everything run that can run after it. */
export const elapse = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.andThen(settled, Effect.andThen(TestClock.adjust(duration), settled))
