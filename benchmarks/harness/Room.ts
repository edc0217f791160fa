/** Rooms: figures that belong together and are measured in one process of their own. */
import type { Effect, Scope } from "effect"
import type { Clock, Measurement, Unit } from "./Figure.ts"

/** Number and length of the rounds. */
export interface Settings {
  /** Number of rounds that count. */
  readonly rounds: number
  /** Milliseconds that each way works before the first round, at least, so that the engine has compiled it. */
  readonly warmUp: number
  /** Milliseconds that each way works in a round, at least. */
  readonly time: number
  /** Number of times that each way runs in a round, at least. A run has many operations in it. */
  readonly iterations: number
  /** Part of the usual number of messages or repetitions that long runs have: 1, or less for a quick run. */
  readonly scale: number
}

/** Settings of a whole run. */
export const usual: Settings = { rounds: 40, warmUp: 300, time: 10, iterations: 3, scale: 1 }

/** Settings of a run that shows only large differences. */
export const quick: Settings = { rounds: 7, warmUp: 100, time: 3, iterations: 3, scale: 0.1 }

/** Figure that can be measured. */
export interface Plan {
  /** Name, unique in its room. */
  readonly name: string
  /** Way that the measured way is compared with, or an empty string. */
  readonly against: string
  readonly unit: Unit
  readonly clock: Clock
  /** `"higher"` for a figure that improves upwards; left out for the others. */
  readonly better?: "higher"
  /** Measures the figure. A failure makes the figure unmeasured, with the failure's message as the reason. */
  readonly measure: (settings: Settings) => Effect.Effect<Measurement, unknown, Scope.Scope>
}

/** Figures that are measured one after the other in one process. */
export interface Room {
  readonly name: string
  /** `true` where each figure is measured in a process of its own. */
  readonly areAlone?: boolean
  /** Flags of Node for the processes that measure, beside those that all have. */
  readonly flags?: ReadonlyArray<string>
  readonly plans: ReadonlyArray<Plan>
}
