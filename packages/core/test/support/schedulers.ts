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
