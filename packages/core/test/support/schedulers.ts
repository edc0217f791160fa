import { type Fiber, Layer, Scheduler } from "effect"

/** Yields after each operation: the first two of a turn are those that resume the fiber. */
class OneByOne extends Scheduler.MixedScheduler {
  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount > 2
  }
}

/** Layers by which a program decides when its fibers yield, by name. */
export const schedulers = Object.entries({
  "Effect's scheduler": Layer.empty,
  "a scheduler that yields after each operation": Layer.succeed(Scheduler.Scheduler, new OneByOne()),
  "the least MaxOpsBeforeYield that lets fibers go on": Layer.succeed(Scheduler.MaxOpsBeforeYield, 3)
} as const)

/** Returns numbers from 0 to 1, the same ones for a seed. */
export const numbers = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

/** Scheduler that makes a fiber yield before about one in three of its steps. */
export class Yielding extends Scheduler.MixedScheduler {
  readonly #next: () => number

  constructor(seed: number) {
    super("async")
    this.#next = numbers(seed)
  }
  override shouldYield(): boolean {
    return this.#next() < 0.3
  }
}
