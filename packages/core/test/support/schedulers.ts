import { type Fiber, Layer, Scheduler } from "effect"

/** Yields after each operation: the first two of a turn are those that resume the fiber. */
class OneByOne extends Scheduler.MixedScheduler {
  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount > 2
  }
}

/**
 * Yields before about one operation of five, as `random` says, a function that returns numbers from 0 to 1. A yield takes
 * three operations itself, so that a fiber with a yield before each third one would never come to an end.
 */
export class AtRandom extends Scheduler.MixedScheduler {
  readonly #random: () => number

  constructor(random: () => number) {
    super()
    this.#random = random
  }

  override shouldYield(): boolean {
    return this.#random() < 0.2
  }
}

/** Layers by which a program decides when its fibers yield, by name. */
export const schedulers = Object.entries({
  "Effect's scheduler": Layer.empty,
  "a scheduler that yields after each operation": Layer.succeed(Scheduler.Scheduler, new OneByOne()),
  "the least MaxOpsBeforeYield that lets fibers go on": Layer.succeed(Scheduler.MaxOpsBeforeYield, 3)
} as const)
