/** Judges measurements by the table of limits. */
import type { Figure, Measurement, Status } from "./Figure.ts"
import type { Plan } from "./Room.ts"
import type { Limit, Limits } from "../limits.ts"
import { spreadOf } from "./statistics.ts"

/** Limit and goal as numbers, where there are any. */
const numbersOf = (given: Limit | undefined, slack: number) => {
  if (given === undefined) return { better: "lower", limit: null, goal: null } as const
  const goal = given.goal ?? null
  if ("atLeast" in given) return { better: "higher", limit: given.atLeast / slack, goal } as const
  return { better: "lower", limit: "atMost" in given ? given.atMost * slack : null, goal } as const
}

const statusOf = (median: number, { better, goal, limit }: ReturnType<typeof numbersOf>): Status => {
  const meets = (bound: number) => (better === "lower" ? median <= bound : median >= bound)
  if (limit !== null && !meets(limit)) return "missed"
  if (goal !== null && meets(goal)) return "goal"
  return limit === null ? "reported" : "limit"
}

/** Returns the figure of a measurement. */
export const judged = (room: string, plan: Plan, measured: Measurement, limits: Limits, slack: number): Figure => {
  const spread = spreadOf(measured.values)
  const numbers = numbersOf(limits[room]?.[plan.name], slack)
  const { against, clock, name, unit } = plan
  return {
    room,
    name,
    against,
    unit,
    clock,
    rounds: measured.values.length,
    ...spread,
    ...numbers,
    status: statusOf(spread.median, numbers),
    reason: null,
    details: measured.details ?? {},
    series: measured.series ?? null
  }
}

/** Returns the figure that could not be measured, for a reason. */
export const unmeasured = (room: string, plan: Plan, reason: string, limits: Limits, slack: number): Figure => {
  const { against, clock, name, unit } = plan
  return {
    room,
    name,
    against,
    unit,
    clock,
    rounds: 0,
    median: null,
    p10: null,
    p90: null,
    ...numbersOf(limits[room]?.[name], slack),
    status: "unmeasured",
    reason,
    details: {},
    series: null
  }
}

const isLimited = (limit: Limit): boolean => "atMost" in limit || "atLeast" in limit

/**
 * Returns a sentence for each figure that misses its limit, and for each limit whose figure was not measured. `isSelected` says which
 * figures were to be measured.
 */
export const complaintsOf = (
  figures: ReadonlyArray<Figure>,
  limits: Limits,
  isSelected: (room: string, name: string) => boolean
): ReadonlyArray<string> => {
  const missed = figures.flatMap(({ better, limit, median, name, room, status, unit }) =>
    status === "missed"
      ? [
          `${room}: ${name} is ${median?.toFixed(2)} ${unit}, and its limit is at ${better === "lower" ? "most" : "least"} ${limit}`
        ]
      : []
  )
  const measured = new Map(figures.map((figure) => [`${figure.room}: ${figure.name}`, figure]))
  const missing = Object.entries(limits).flatMap(([room, ofRoom]) =>
    Object.entries(ofRoom).flatMap(([name, limit]) => {
      const figure = measured.get(`${room}: ${name}`)
      if (!isLimited(limit) || !isSelected(room, name) || (figure !== undefined && figure.status !== "unmeasured"))
        return []
      return [
        `${room}: ${name} has a limit and was not measured: ${figure?.reason ?? "no room has a figure of this name"}`
      ]
    })
  )
  return [...missed, ...missing]
}
