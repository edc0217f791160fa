import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { HandlerDefect } from "../../Consumer.ts"
import type { ScheduleSteps } from "./ScheduleSteps.ts"

/** More steps than anybody waits through: a message that came back more often was in no schedule's hands. */
const mostSteps = 1000

/** The tries of one message, those of before this process included (behaviour E-66). */
export class Attempts<E> {
  readonly #steps: ScheduleSteps<E | HandlerDefect>
  readonly #earlier: number
  #failed = 0

  constructor(steps: ScheduleSteps<E | HandlerDefect>, earlier: number) {
    this.#steps = steps
    this.#earlier = earlier
  }

  /** How manyth try is the next one, or the one that runs. */
  get number(): number {
    return this.#earlier + this.#failed + 1
  }

  /** Counts a try that failed; gives the delay until the next one, or `undefined` if it was the last. */
  failed(input: E | HandlerDefect): Effect.Effect<Duration.Duration | undefined> {
    const steps = this.#failed === 0 ? Math.min(this.#earlier, mostSteps) + 1 : 1
    this.#failed++
    let delay: Duration.Duration | undefined
    let taken = 0
    return Effect.map(
      Effect.whileLoop({
        while: () => taken < steps && (taken === 0 || delay !== undefined),
        body: () => this.#steps.next(input),
        step: (next) => {
          taken++
          delay = next
        }
      }),
      () => delay
    )
  }
}
