import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/** Most steps of an effect between its beginning and the call of the backend that it makes, and some more. */
const steps = 64

const { shouldYield } = Scheduler.MixedScheduler.prototype

/** Returns true where a fiber may have to give way to others within the next few steps. */
const mayYield = ({ cache, currentOpCount }: Fiber.Fiber<unknown, unknown>): boolean =>
  !cache.preventYield &&
  (cache.scheduler.shouldYield !== shouldYield || currentOpCount + steps >= cache.maxOpsBeforeYield)

/**
 * Makes an effect and runs it, without a break between two of its steps until it waits for something: nobody gets a chance
 * to change what it has read.
 */
export const unbroken = <A, E, R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  make: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  mayYield(fiber) ? Effect.provideService(Effect.suspend(make), Scheduler.PreventSchedulerYield, true) : make()
