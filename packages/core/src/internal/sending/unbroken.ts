import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/** Largest number of steps of an effect before its call of the backend, and some more. */
const steps = 64

const { shouldYield } = Scheduler.MixedScheduler.prototype

/** Returns `true` where a fiber may have to yield within the next few steps. */
export const mayYield = ({ cache, currentOpCount }: Fiber.Fiber<unknown, unknown>): boolean =>
  !cache.preventYield &&
  (cache.scheduler.shouldYield !== shouldYield || currentOpCount + steps >= cache.maxOpsBeforeYield)

/** Makes an effect and runs it, without a yield until it waits for something, so that nothing can change what it has read. */
export const unbroken = <A, E, R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  make: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  mayYield(fiber) ? Effect.provideService(Effect.suspend(make), Scheduler.PreventSchedulerYield, true) : make()
