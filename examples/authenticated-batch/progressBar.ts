/** A progress bar on standard error, when that is a terminal that can redraw a line. */
import cliProgress from "cli-progress"
import { Effect } from "effect"
import { redraws } from "./terminal.ts"

export interface Done {
  readonly messages: number
  /** Bytes of the file. */
  readonly bytes: number
}

export interface Progress {
  readonly update: (done: Done) => void
}

const number = new Intl.NumberFormat("en")
const size = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 })
const longestBar = 40
const shortestBar = 10

const durationOf = (seconds: number): string => {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/**
 * Returns one line of at most `width` columns: share of the bytes, messages, rate and the time that is left. Where there is
 * no room for all, it leaves out the first parts and the bar. Without a total it counts.
 */
export const line = (done: Done, total: number | undefined, seconds: number, width: number): string => {
  const rate = `${number.format(Math.round(done.messages / Math.max(seconds, 0.001)))}/s`
  const messages = `${number.format(done.messages)} messages`
  if (total === undefined) return `${messages}  ${size.format(done.bytes / 1e6)} MB  ${rate}`.slice(0, width)
  const share = total === 0 ? 1 : Math.min(done.bytes / total, 1)
  const left = share === 0 ? "" : `  ${durationOf((seconds * (1 - share)) / share)} left`
  const percentage = `${Math.floor(share * 100)}%`.padStart(4)
  const texts = [`${percentage}  ${messages}  ${rate}${left}`, `${percentage}  ${rate}${left}`, percentage]
  const text = texts.find(({ length }) => length <= width) ?? ""
  const room = Math.min(width - text.length - 3, longestBar)
  if (room < shortestBar) return text
  const full = Math.floor(share * room)
  return `[${"=".repeat(full)}${"-".repeat(room - full)}] ${text}`
}

const silent: Progress = { update: () => {} }

/** Starts the bar, and removes it with the scope. `total`: bytes of the file; `undefined` if unknown. */
export const start = (total: number | undefined) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      if (!redraws(process.stderr)) return { progress: silent, stop: () => {} }
      let done: Done = { messages: 0, bytes: 0 }
      const bar = new cliProgress.SingleBar({
        format: (_, { startTime }) =>
          line(done, total, (Date.now() - startTime) / 1000, (process.stderr.columns || 80) - 1),
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true
      })
      bar.start(total ?? 0, 0)
      const update = (now: Done): void => {
        done = now
        bar.update(now.bytes)
      }
      return { progress: { update }, stop: () => bar.stop() }
    }),
    ({ stop }) => Effect.sync(stop)
  ).pipe(Effect.map(({ progress }) => progress))
