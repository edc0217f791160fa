import * as BackgroundClock from "@effect-msmq/core/mqrt/BackgroundClock"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

/**
 * Resolution of the timer, in milliseconds: time limits are in whole seconds (behaviour D-43), and queues are searched at most
 * once a second.
 */
const resolution = 1000

/** Timer of a machine, which removes messages when their time is over. It does not keep the process alive. */
export class Timers {
  /** Context of the timer, without the scope: a machine must not keep that. */
  readonly #context: Context.Context<never>
  readonly #clock: Clock.Clock
  /** Removes what is over, and succeeds with the next deadline, in milliseconds since 1970. */
  readonly #sweep: Effect.Effect<number>
  /** Time of the next wake, in milliseconds since 1970. */
  #at = Number.POSITIVE_INFINITY
  #sleep: Fiber.Fiber<void> | undefined = undefined
  #stopped = false

  /** `fiber`: a fiber whose context, and so whose clock, the timer uses. */
  constructor(fiber: Fiber.Fiber<unknown, unknown>, sweep: Effect.Effect<number>) {
    this.#context = Context.omit(Scope.Scope)(fiber.context)
    this.#clock = BackgroundClock.of(Context.get(fiber.context, Clock.Clock))
    this.#sweep = sweep
  }

  /** Wakes at a deadline, in milliseconds since 1970, or earlier. */
  wakeAt(deadline: number): void {
    const at = Math.ceil(deadline / resolution) * resolution
    if (this.#stopped || at >= this.#at) return
    this.#cancel()
    this.#at = at
    this.#start()
  }

  /** Stops the timer for good. */
  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #cancel(): void {
    const sleep = this.#sleep
    // This comes first, as the observer must not take the interruption for the end of the sleep.
    this.#sleep = undefined
    sleep?.interruptUnsafe()
  }

  #start(): void {
    // At least one millisecond: a message that just came in must first be offered to those who wait (behaviour D-39).
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
    Effect.runForkWith(this.#context)(Effect.map(this.#sweep, (next) => this.wakeAt(next)))
  }
}
