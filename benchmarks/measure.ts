import { Bench } from "tinybench"

/** One way to do the job: `prepare` and `tidy` are not timed. */
export interface Way {
  readonly prepare?: () => Promise<void>
  readonly run: () => Promise<void>
  readonly tidy?: () => Promise<void>
}

const rounds = 15
const warmUp = 3

/**
 * Times several ways in turn, A B C A B C ..., so that a change of the machine's speed hits all alike. Gives for each way
 * its times in nanoseconds, a round each, after some rounds that do not count.
 */
export const interleaved = async <Name extends string>(
  ways: Readonly<Record<Name, Way>>
): Promise<Readonly<Record<Name, ReadonlyArray<number>>>> => {
  const names = Object.keys(ways) as Array<Name>
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Array<number>>
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const way = ways[name]
      // eslint-disable-next-line no-await-in-loop -- one after the other is the point
      const nanoseconds = await once(name, way)
      if (round >= 0) times[name].push(nanoseconds)
    }
  }
  return times
}

const once = async (name: string, { prepare, run, tidy }: Way): Promise<number> => {
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, throws: true })
  bench.add(name, run, {
    ...(prepare === undefined ? {} : { beforeEach: prepare }),
    ...(tidy === undefined ? {} : { afterEach: tidy })
  })
  await bench.run()
  const result = bench.tasks[0]?.result
  if (result === undefined || !("latency" in result)) throw new Error(`${name} was not measured`)
  return result.latency.mean * 1e6
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median of the ratios of two ways, round by round. */
export const ratio = (times: ReadonlyArray<number>, floor: ReadonlyArray<number>): number =>
  median(times.map((time, round) => time / (floor[round] ?? Number.NaN)))
