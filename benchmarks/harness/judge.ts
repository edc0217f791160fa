/** Judges measurements by the table of limits. */
import type { Limit, Limits } from "../limits.ts"
import type { Figure, Measurement, Status } from "./Figure.ts"
import type { Plan } from "./Room.ts"
import { spreadOf } from "./statistics.ts"

type Bounds = Pick<Figure, "better" | "goal" | "limit">

/** Returns the bounds of a figure. Slack makes the limit wider, and leaves the goal as it is. */
const boundsOf = (plan: Plan, { goal, limit }: Limit, slack: number): Bounds => {
  const better = plan.better ?? "lower"
  const widened = limit === undefined ? null : better === "lower" ? limit * slack : limit / slack
  return { better, limit: widened, goal: goal ?? null }
}

const statusOf = (median: number, { better, goal, limit }: Bounds): Status => {
  const meets = (bound: number) => (better === "lower" ? median <= bound : median >= bound)
  if (limit !== null && !meets(limit)) return "missed"
  if (goal !== null && meets(goal)) return "goal"
  return limit === null ? "reported" : "limit"
}

/** Judge of the figures of a room, by a table of limits. */
export class Judge {
  readonly #room: string
  readonly #limits: Limits
  readonly #slack: number

  constructor(room: string, limits: Limits, slack: number) {
    this.#room = room
    this.#limits = limits
    this.#slack = slack
  }

  /** Returns the figure of a measurement. */
  measured(plan: Plan, { details, series, values }: Measurement): Figure {
    const wrong = values.find((value) => !Number.isFinite(value))
    if (wrong !== undefined) return this.unmeasured(plan, `a round gave ${wrong}`)
    const spread = spreadOf(values)
    const bounds = this.#boundsOf(plan)
    return {
      ...this.#namesOf(plan),
      ...bounds,
      ...spread,
      rounds: values.length,
      status: statusOf(spread.median, bounds),
      reason: null,
      details: details ?? {},
      series: series ?? null
    }
  }

  /** Returns the figure that could not be measured, for a reason. */
  unmeasured(plan: Plan, reason: string): Figure {
    const nothing = { median: null, p10: null, p90: null, rounds: 0, details: {}, series: null }
    return { ...this.#namesOf(plan), ...this.#boundsOf(plan), ...nothing, status: "unmeasured", reason }
  }

  #namesOf({ against, clock, name, unit }: Plan) {
    return { room: this.#room, name, against, unit, clock }
  }

  #boundsOf(plan: Plan): Bounds {
    return boundsOf(plan, this.#limits[this.#room]?.[plan.name] ?? {}, this.#slack)
  }
}

const complaintOf = ({ better, limit, median, name, reason, room, status, unit }: Figure): ReadonlyArray<string> => {
  if (status === "unmeasured") return [`${room}: ${name} was not measured: ${reason}`]
  const bound = `${better === "lower" ? "at most" : "at least"} ${limit}`
  return status === "missed" ? [`${room}: ${name} is ${median?.toFixed(2)} (${unit}), and must be ${bound}`] : []
}

/**
 * Returns a sentence for each figure that misses its limit or was not measured, and for each limit whose figure is not there.
 * `isSelected` says which figures were to be measured.
 */
export const complaintsOf = (
  figures: ReadonlyArray<Figure>,
  limits: Limits,
  isSelected: (room: string, name: string) => boolean
): Array<string> => {
  const names = new Set(figures.map(({ name, room }) => `${room}: ${name}`))
  const limited = Object.entries(limits).flatMap(([room, ofRoom]) =>
    Object.entries(ofRoom).flatMap(([name, { limit }]) =>
      limit !== undefined && isSelected(room, name) ? [`${room}: ${name}`] : []
    )
  )
  return [
    ...figures.flatMap(complaintOf),
    ...limited
      .filter((name) => !names.has(name))
      .map((name) => `${name} has a limit, and no room has a figure of this name`)
  ]
}
