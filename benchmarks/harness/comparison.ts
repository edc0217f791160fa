/** Figures that compare two ways of doing the same. */
import { Effect, type Scope } from "effect"
import type { Measurement, Unit } from "./Figure.ts"
import type { Plan, Settings } from "./Room.ts"
import { differences, interleaved, ratios, type Rounds, speedUps, type Way } from "./rounds.ts"

/** Way to measure, and the way that it is compared with. */
export interface Ways {
  readonly way: Way
  readonly floor: Way
}

/** Comparison to make: its name, the name of the other way, and how to open both. */
interface Compared {
  readonly name: string
  readonly against: string
  /** Opens both ways. The scope closes what they use. */
  readonly ways: Effect.Effect<Ways, unknown, Scope.Scope>
  /** Settings of this figure that differ from those of the others, such as where a run takes long. */
  readonly settings?: Partial<Settings>
}

const comparison =
  (unit: Unit, measurementOf: (rounds: Rounds) => Measurement, improves: Pick<Plan, "better"> = {}) =>
  ({ against, name, settings: own, ways }: Compared): Plan => ({
    name,
    against,
    unit,
    clock: "thread",
    ...improves,
    measure: (settings) =>
      Effect.flatMap(ways, ({ floor, way }) =>
        Effect.map(
          Effect.promise(() => interleaved(way, floor, { ...settings, ...own })),
          measurementOf
        )
      )
  })

/** Plans a figure of how many times the cost of the floor a way costs. */
export const ratio = comparison("ratio", ratios)

/** Plans a figure of how many times the cost of the way the other one costs. */
export const speedUp = comparison("ratio", speedUps, { better: "higher" })

/** Plans a figure of the microseconds that an operation costs beyond the floor. */
export const difference = comparison("µs", differences)
