import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/** Number of operations that a call in promises makes at most before it waits for something, and some more. */
const steps = 1024

/** Returns `true` where a fiber runs from its start to its first wait as it is. */
const isPrompt = (context: Context.Context<never>): boolean =>
  Context.get(context, Scheduler.Scheduler).shouldYield === Scheduler.MixedScheduler.prototype.shouldYield &&
  Context.get(context, Scheduler.MaxOpsBeforeYield) >= steps

/**
 * Scheduler that lets a fiber run without a yield from its start to its first wait, before another scheduler.
 *
 * So a call in promises has begun when it returns its promise, and calls begin in the order in which the program makes them:
 * a transaction that is aborted commits no more, even if the program does not await the abort.
 */
export class PromptScheduler implements Scheduler.Scheduler {
  readonly #scheduler: Scheduler.Scheduler
  #starts = false

  constructor(scheduler: Scheduler.Scheduler) {
    this.#scheduler = scheduler
  }

  /** Returns the one that a context needs for that; `undefined` where its own scheduler lets fibers run that far. */
  static of(context: Context.Context<never>): PromptScheduler | undefined {
    const scheduler = Context.get(context, Scheduler.Scheduler)
    if (scheduler instanceof PromptScheduler) return scheduler
    return isPrompt(context) ? undefined : new PromptScheduler(scheduler)
  }

  /** Runs a function that starts a fiber. */
  start<A>(start: () => A): A {
    const outer = this.#starts
    this.#starts = true
    try {
      return start()
    } finally {
      this.#starts = outer
    }
  }

  get executionMode(): "sync" | "async" {
    return this.#scheduler.executionMode
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return !this.#starts && this.#scheduler.shouldYield(fiber)
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this.#scheduler.makeDispatcher()
  }
}
