import { Cause, Effect, Exit, type Fiber, Scheduler } from "effect"

/** Runs at once what is due, one task after the other; every operation of a fiber is a task. */
class Stepper implements Scheduler.Scheduler {
  readonly executionMode = "sync"
  readonly #tasks: Array<() => void> = []
  steps = 0

  /** After every operation: the first two of a turn are those that resume the fiber. */
  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount > 2
  }
  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return { scheduleTask: (task) => this.#tasks.push(task), flush: () => {} }
  }
  /** Runs tasks until none is left, or so many have run. */
  run(limit: number): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      task()
      this.steps++
      if (this.steps === limit) return
      if (this.steps > 100_000) throw new Error("the program takes more than 100,000 steps")
    }
  }
}

/** Runs a program to its end, where every fiber lets the others go on after each of its operations. */
export const runByStep = <A>(program: Effect.Effect<A, unknown>): A => {
  const stepper = new Stepper()
  const fiber = Effect.runFork(program, { scheduler: stepper })
  stepper.run(Infinity)
  const exit = fiber.pollUnsafe()
  if (exit === undefined) throw new Error("the program does not end")
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

/**
 * Runs a program to its end, counts its steps, then runs it anew once for each step, interrupted after just that step; with
 * `stride` above 1 only for each of so many steps. Gives the number of steps.
 */
export const interruptAtEveryStep = (program: () => Effect.Effect<unknown, unknown>, stride = 1): number => {
  const runUntil = (step: number): number => {
    const stepper = new Stepper()
    const fiber = Effect.runFork(program(), { scheduler: stepper })
    stepper.run(step)
    if (step !== Infinity) fiber.interruptUnsafe()
    stepper.run(Infinity)
    const exit = fiber.pollUnsafe()
    if (exit === undefined) throw new Error(`interrupted after step ${step}, the program does not end`)
    if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) throw Cause.squash(exit.cause)
    return stepper.steps
  }
  const steps = runUntil(Infinity)
  for (let step = 0; step <= steps; step += stride) runUntil(step)
  return steps
}
