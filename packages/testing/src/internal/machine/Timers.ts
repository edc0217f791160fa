import * as BackgroundClock from "@effect-msmq/core/mqrt/BackgroundClock"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

/** Whole seconds are enough for time limits that are (behaviour D-43), and bound how often queues are gone through. */
const resolution = 1000

/** Removes messages whose time is over, as it passes; a process does not stay alive for that. */
export class Timers {
  /** Without the scope, which what the machine holds must not keep. */
  readonly #context: Context.Context<never>
  readonly #clock: Clock.Clock
  /** Removes what is over by a moment, and says when the next is; both in milliseconds since 1970. */
  readonly #sweep: (now: number) => number
  /** When it will wake. */
  #at = Number.POSITIVE_INFINITY
  #sleep: Fiber.Fiber<void> | undefined = undefined
  #stopped = false

  /** `fiber`: one with the context, and so the clock, to run in. */
  constructor(fiber: Fiber.Fiber<unknown, unknown>, sweep: (now: number) => number) {
    this.#context = Context.omit(Scope.Scope)(fiber.context)
    this.#clock = BackgroundClock.of(Context.get(fiber.context, Clock.Clock))
    this.#sweep = sweep
  }

  /** Takes notice of a message whose time is over at a moment. */
  expect(deadline: number): void {
    const at = Math.ceil(deadline / resolution) * resolution
    if (this.#stopped || at >= this.#at) return
    this.#cancel()
    this.#at = at
    this.#start()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #cancel(): void {
    const sleep = this.#sleep
    // First: what ends by an interruption must not count as having slept.
    this.#sleep = undefined
    sleep?.interruptUnsafe()
  }

  #start(): void {
    // Not none at all: what has just come in must first be offered to those who wait (behaviour D-39).
    const rest = Math.max(this.#at - this.#clock.currentTimeMillisUnsafe(), 1)
    const sleep = Effect.runForkWith(this.#context)(this.#clock.sleep(Duration.millis(rest)))
    this.#sleep = sleep
    sleep.addObserver(() => {
      if (this.#sleep === sleep) this.#wake()
    })
  }

  #wake(): void {
    this.#sleep = undefined
    this.#at = Number.POSITIVE_INFINITY
    this.expect(this.#sweep(this.#clock.currentTimeMillisUnsafe()))
  }
}
