/** A progress bar on standard error, when that is a terminal. */
import cliProgress from "cli-progress"
import { Effect } from "effect"

export interface Progress {
  readonly update: (done: number) => void
}

const silent: Progress = { update: () => {} }

/** `total`: how many there will be, or `undefined` where that is not known: then the bar only counts. */
export const start = (task: string, total: number | undefined) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      if (!process.stderr.isTTY) return { progress: silent, stop: () => {} }
      const bar = new cliProgress.SingleBar({
        format:
          total === undefined
            ? `${task}  {value} messages`
            : `${task}  [{bar}] {percentage}%  {value}/{total} messages`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 1
      })
      bar.start(total ?? 0, 0)
      return { progress: { update: (done: number) => bar.update(done) }, stop: () => bar.stop() }
    }),
    ({ stop }) => Effect.sync(stop)
  ).pipe(Effect.map(({ progress }) => progress))
