/**
 * Handing of a message from the queue to the caller.
 *
 * A fiber that has run too many operations yields before the next one, and may be interrupted there. If that happened between
 * the call that takes a message and the code that asked for it, the message would be lost. So a fiber that takes a message
 * first gets a credit of operations.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/**
 * Number of operations that a fiber runs without a yield: those of the receive, and those of a stream that hands the message
 * on.
 */
const credit = 512

/**
 * Object with the count of operations, which Effect resets with each turn of a fiber, and which schedulers compare with a
 * limit.
 */
interface Counted {
  currentOpCount: number
}

const grant = (fiber: Counted): void => {
  fiber.currentOpCount = -credit
}

/** Scheduler that lets fibers use up their credit, and otherwise does as another one. */
class Crediting implements Scheduler.Scheduler {
  readonly #scheduler: Scheduler.Scheduler

  constructor(scheduler: Scheduler.Scheduler) {
    this.#scheduler = scheduler
  }

  get executionMode(): "sync" | "async" {
    return this.#scheduler.executionMode
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount >= 0 && this.#scheduler.shouldYield(fiber)
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this.#scheduler.makeDispatcher()
  }
}

/** Returns `true` for a scheduler that compares the count with a limit, as Effect's own does. */
const counts = ({ shouldYield }: Scheduler.Scheduler): boolean =>
  shouldYield === Scheduler.MixedScheduler.prototype.shouldYield

/** Returns a context whose scheduler lets fibers use up their credit. */
const crediting = (context: Context.Context<never>): Context.Context<never> => {
  const scheduler = Context.get(context, Scheduler.Scheduler)
  return counts(scheduler) || scheduler instanceof Crediting
    ? context
    : Context.add(context, Scheduler.Scheduler, new Crediting(scheduler))
}

/** Fibers in which every scheduler lets them use up their credit. */
const credited = new WeakSet<object>()

/**
 * Lets a fiber use up its credit with any scheduler, also with one that an effect around the receive, such as a scope, a span or
 * a service, gives back to the fiber when it ends.
 */
const creditAll = (fiber: Fiber.Fiber<unknown, unknown>): void => {
  if (credited.has(fiber)) return
  credited.add(fiber)
  const setContext = fiber.setContext.bind(fiber)
  fiber.setContext = (context) => setContext(crediting(context))
  fiber.setContext(fiber.context)
}

/** Makes and runs the effect that takes a message, and hands it to the caller without a yield in between, with any scheduler. */
export const handOverIn = <A, E, R>(
  take: (fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    grant(fiber)
    const { maxOpsBeforeYield, scheduler } = fiber.cache
    // A fiber that had to wait begins at zero, without credit, but has not used up any of its limit either.
    if (counts(scheduler) && maxOpsBeforeYield >= credit) return take(fiber)
    // The credit has to outlast this effect, until the caller has the message.
    creditAll(fiber)
    return Effect.onExitPrimitive(Effect.withFiber(take), () => {
      grant(fiber)
      return undefined
    }).pipe(Effect.provideService(Scheduler.PreventSchedulerYield, true))
  })

/** Runs an effect that takes a message, as {@link handOverIn} does. */
export const handOver = <A, E, R>(take: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => handOverIn(() => take)
