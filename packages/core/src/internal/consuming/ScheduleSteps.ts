import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"

type Step<Input> = (input: Input) => Effect.Effect<Duration.Duration | undefined>

/** The delays of a schedule, one step at a time. */
export class ScheduleSteps<Input> {
  readonly #begin: Effect.Effect<Step<Input>>
  #step: Step<Input> | undefined

  private constructor(begin: Effect.Effect<Step<Input>>) {
    this.#begin = begin
  }

  static of<Input, R>(
    schedule: Schedule.Schedule<unknown, Input, never, R>,
    context: Context.Context<R>
  ): ScheduleSteps<Input> {
    const begin = Effect.map(Schedule.toStep(schedule), (step) => (input: Input) => {
      const delay = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Pull.matchEffect(step(now, input), {
          onSuccess: ([, delay]) => Effect.succeed<Duration.Duration | undefined>(delay),
          onDone: () => Effect.undefined,
          onFailure: Effect.failCause
        })
      )
      return Effect.provideContext(delay, context)
    })
    return new ScheduleSteps(Effect.provideContext(begin, context))
  }

  /** The next delay, or `undefined` when the schedule has come to its end. */
  next(input: Input): Effect.Effect<Duration.Duration | undefined> {
    if (this.#step !== undefined) return this.#step(input)
    return Effect.flatMap(this.#begin, (step) => {
      this.#step = step
      return step(input)
    })
  }

  /** From the beginning again. */
  reset(): void {
    this.#step = undefined
  }
}
