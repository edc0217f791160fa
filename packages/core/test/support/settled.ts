import { type Duration, Effect, type Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Turns of the event loop in which everything has run that can: they are many, as a fiber may yield at any time. */
const turns = 100

/** Lets everything run that can run without time passing: each fiber that can go on does so once in each turn. */
export const settled: Effect.Effect<void> = Effect.callback((resume) => {
  let left = turns
  const turn = () => void (left-- === 0 ? resume(Effect.void) : setImmediate(turn))
  turn()
})

/** Forks an effect, and returns its fiber wherever that is by then: for tests of what may happen in the middle. */
export const fork = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  Effect.forkChild(effect, { startImmediately: true })

/** Starts an effect, and returns its fiber when that waits for something or has ended. */
export const start = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  Effect.tap(fork(effect), settled)

/** Lets time pass for those who wait by then, and everything run that can run after it. */
export const elapse = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.andThen(settled, Effect.andThen(TestClock.adjust(duration), settled))
