/** One way to do the job: `prepare` and `tidy` are not timed. */
export interface Way {
  readonly prepare?: () => Promise<void>
  readonly run: () => Promise<void>
  readonly tidy?: () => Promise<void>
}

const usual = { rounds: 15, warmUp: 20 }

/**
 * Times several ways in turn, A B C A B C ..., so that a change of the machine's speed hits all alike. Gives for each way
 * its times in nanoseconds, a round each, after some rounds that do not count.
 */
export const interleaved = async <Name extends string>(
  ways: Readonly<Record<Name, Way>>,
  { rounds, warmUp }: typeof usual = usual
): Promise<Readonly<Record<Name, ReadonlyArray<number>>>> => {
  const names = Object.keys(ways) as Array<Name>
  const times: { readonly name: Name; readonly nanoseconds: number }[] = []
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const nanoseconds = await once(ways[name])
      if (round >= 0) times.push({ name, nanoseconds })
    }
  }
  const timesOf = (name: Name) => times.filter((time) => time.name === name).map(({ nanoseconds }) => nanoseconds)
  return Object.assign({} as Record<Name, ReadonlyArray<number>>, ...names.map((name) => ({ [name]: timesOf(name) })))
}

const once = async ({ prepare, run, tidy }: Way): Promise<number> => {
  await prepare?.()
  globalThis.gc?.({ type: "minor" })
  const began = process.hrtime.bigint()
  await run()
  const nanoseconds = Number(process.hrtime.bigint() - began)
  await tidy?.()
  return nanoseconds
}

/** Returns the value that such a part of the values lies below: 0.5 is the median. */
export const percentile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => percentile(values, 0.5)

/** The median of the ratios of two ways, round by round. */
export const ratio = (times: ReadonlyArray<number>, floor: ReadonlyArray<number>): number =>
  median(times.map((time, round) => time / (floor[round] ?? Number.NaN)))
