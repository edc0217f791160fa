/** Compares two ways of doing the same in rounds, first one and then the other, so that a change of the machine's speed hits both. */
import { Bench } from "tinybench"
import type { Clock, Measurement } from "./Figure.ts"
import { clocks } from "./clocks.ts"
import type { Settings } from "./Room.ts"
import { quantile } from "./statistics.ts"

/** One way to do something. */
export interface Way {
  /** Does what is not measured, before each run. */
  readonly prepare?: () => Promise<void> | void
  /** Does what is measured. */
  readonly run: () => Promise<void> | void
  /** Does what is not measured, after each run. */
  readonly tidy?: () => Promise<void> | void
  /** Number of operations of a run, such as that of the messages that it sends. */
  readonly operations: number
}

/** Nanoseconds for each operation of two ways, a pair for each round. */
export interface Rounds {
  readonly way: ReadonlyArray<number>
  readonly floor: ReadonlyArray<number>
}

type Timing = Pick<Settings, "iterations" | "rounds" | "time" | "warmUp">

/** Runs one way for a round, and returns the median of the nanoseconds for each operation. */
const roundOf = async (
  way: Way,
  clock: Exclude<Clock, "none">,
  { iterations, time }: Pick<Timing, "iterations" | "time">
): Promise<number> => {
  const bench = new Bench({ time, iterations, warmup: false, throws: true, now: clocks[clock] })
  const { operations, prepare, run, tidy } = way
  bench.add("way", run, {
    // Without it tinybench runs the way once more to find out.
    async: true,
    beforeEach: () => prepare?.(),
    afterEach: () => tidy?.()
  })
  const [task] = await bench.run()
  if (task?.result.state !== "completed") throw new Error(`the way was not measured: ${task?.result.state}`)
  return (task.result.latency.p50 * 1e6) / operations
}

/** Measures two ways in turn, in the other order in each second round. */
export const interleaved = async (
  way: Way,
  floor: Way,
  timing: Timing,
  clock: Exclude<Clock, "none"> = "thread"
): Promise<Rounds> => {
  const rounds: { readonly way: Array<number>; readonly floor: Array<number> } = { way: [], floor: [] }
  const ways = { way, floor }
  for (const name of ["way", "floor"] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await roundOf(ways[name], clock, { iterations: 1, time: timing.warmUp })
  }
  for (let round = 0; round < timing.rounds; round++) {
    const names = round % 2 === 0 ? (["way", "floor"] as const) : (["floor", "way"] as const)
    for (const name of names) {
      globalThis.gc?.({ type: "minor" })
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      rounds[name].push(await roundOf(ways[name], clock, timing))
    }
  }
  return rounds
}

const pairs = ({ floor, way }: Rounds) => way.map((time, round) => [time, floor[round] ?? Number.NaN] as const)

/** Nanoseconds for each operation, as details. */
const detailsOf = ({ floor, way }: Rounds) => ({
  "ns each": quantile(way, 0.5),
  "ns each, against": quantile(floor, 0.5)
})

/** Returns the ratio of each round: how many times the floor's cost the way costs. */
export const ratios = (rounds: Rounds): Measurement => ({
  values: pairs(rounds).map(([way, floor]) => way / floor),
  details: detailsOf(rounds)
})

/** Returns the speed-up of each round: how many times the way's cost the floor costs. */
export const speedUps = (rounds: Rounds): Measurement => ({
  values: pairs(rounds).map(([way, floor]) => floor / way),
  details: detailsOf(rounds)
})

/** Returns the difference of each round: microseconds that an operation costs beyond the floor. */
export const differences = (rounds: Rounds): Measurement => ({
  values: pairs(rounds).map(([way, floor]) => (way - floor) / 1000),
  details: detailsOf(rounds)
})
