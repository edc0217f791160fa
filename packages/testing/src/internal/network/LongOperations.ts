import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Steps } from "../facts/Steps.ts"

/** Number of steps between two looks at the time: at most 2 ms, as a step takes at most 10 µs. */
const slice = 200

/** Call on a machine; `now` in milliseconds since 1970. */
export type Call<A, E = never> = (now: number, fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<A, E>

/** Tells whether a fiber cannot wait, as its scheduler runs everything before it returns. */
const isSynchronous = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean => cache.scheduler.executionMode === "sync"

/** An operation that has begun. */
class Progress<A> {
  readonly #steps: Steps<A>
  /** Returns the result of the operation, or throws what it threw; `undefined` while it goes on. */
  #result: (() => A) | undefined = undefined

  constructor(steps: Steps<A>) {
    this.#steps = steps
  }

  get isOver(): boolean {
    return this.#result !== undefined
  }

  /** Returns the result of an operation that is over. */
  result(): A {
    if (this.#result === undefined) throw new Error("the operation goes on")
    return this.#result()
  }

  /** Does so many steps, or all that are left. */
  advance(count: number): void {
    try {
      for (let done = 0; done < count && !this.isOver; done++) {
        const step = this.#steps.next()
        if (step.done === true) this.#result = () => step.value
      }
    } catch (defect) {
      this.#result = () => {
        throw defect
      }
    }
  }
}

/**
 * Operations on many messages of a network, such as the commit of a large transaction. They take as many turns of the event
 * loop as they need. All other calls wait meanwhile, so that none sees half of an operation.
 */
export class LongOperations {
  #current: Progress<unknown> | undefined = undefined
  /** Calls that wait, in order of arrival. */
  #waiting: Array<() => void> = []
  /** Waits until the operation that goes on is over. */
  readonly #end: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#current === undefined) resume(Effect.void)
    else this.#waiting.push(() => resume(Effect.void))
  })

  /** `true` while no operation goes on. */
  get isIdle(): boolean {
    return this.#current === undefined
  }

  /**
   * Runs a call, at once or when the operation that goes on is over. `later`: returns the call that takes its place where it has
   * to wait.
   */
  whenIdle<A, E>(call: Call<A, E>, later = () => call): Effect.Effect<A, E> {
    return Effect.withFiber((fiber) => {
      if (this.#current !== undefined) {
        if (!isSynchronous(fiber)) return this.#later(later())
        this.#finish(this.#current)
      }
      return call(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe(), fiber)
    })
  }

  #later<A, E>(call: Call<A, E>): Effect.Effect<A, E> {
    return Effect.andThen(
      this.#end,
      EventLoopTurn.within(() => this.whenIdle(call))
    )
  }

  /** Runs an operation when no other goes on. An interruption of its caller does not stop it. */
  run<A>(steps: (now: number) => Steps<A>): Effect.Effect<A> {
    return this.whenIdle((now, fiber) => this.begin(steps(now), fiber))
  }

  /** Begins an operation within a call that {@link whenIdle} runs, and succeeds with its result when it is over. */
  begin<A>(steps: Steps<A>, fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<A> {
    const operation = new Progress(steps)
    operation.advance(isSynchronous(fiber) ? Number.POSITIVE_INFINITY : slice)
    if (operation.isOver) return Effect.succeed(operation.result())
    this.#current = operation
    Effect.runForkWith(fiber.context)(this.#continue(operation))
    return Effect.map(Effect.uninterruptible(this.#end), () => operation.result())
  }

  #continue(operation: Progress<unknown>): Effect.Effect<void> {
    return Effect.whileLoop({
      while: () => !operation.isOver,
      body: () => EventLoopTurn.next,
      step: () => {
        operation.advance(slice)
        if (operation.isOver) this.#finish(operation)
      }
    })
  }

  /** Does the steps that are left, and lets the calls that wait go on. */
  #finish(operation: Progress<unknown>): void {
    operation.advance(Number.POSITIVE_INFINITY)
    if (this.#current !== operation) return
    this.#current = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }
}
