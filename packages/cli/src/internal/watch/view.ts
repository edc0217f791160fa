/** Samples as tables. */
import { bytes, count } from "../amounts.ts"
import { type Column, tableOf } from "../table.ts"
import { shortName } from "../shortName.ts"
import type { Sample, WatchedQueue } from "./Sampler.ts"

const bars = "▁▂▃▄▅▆▇█"

/** Returns numbers as bars, from none to the largest. */
const sparkline = (numbers: ReadonlyArray<number>): string => {
  const most = Math.max(...numbers, 1)
  return numbers.map((number) => bars[Math.round((number / most) * (bars.length - 1))]).join("")
}

/** Returns a number of messages a second with its sign. */
const changeText = (change: number | null): string => {
  if (change === null) return ""
  const size = Math.abs(change)
  const text = size === 0 || size >= 10 ? count(Math.round(size)) : size.toFixed(1)
  return `${change < 0 ? "-" : change > 0 ? "+" : ""}${text}/s`
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000]
] as const

/** Returns a duration in its largest unit. */
const ageText = (milliseconds: number | null): string => {
  if (milliseconds === null) return ""
  const [unit, length] = units.find(([, length]) => milliseconds >= length) ?? ["s", 1000]
  return `${Math.floor(milliseconds / length)} ${unit}`
}

const columns: ReadonlyArray<Column<WatchedQueue>> = [
  { title: "QUEUE", shrinks: true, text: ({ name }) => shortName(name) },
  { title: "MESSAGES", align: "right", text: ({ messages }) => count(messages) },
  { title: "CHANGE", align: "right", text: ({ change }) => changeText(change) },
  { title: "OLDEST", align: "right", optional: true, text: ({ age }) => ageText(age) },
  { title: "SIZE", align: "right", optional: true, text: (queue) => bytes(queue.bytes) },
  { title: "JOURNAL", align: "right", optional: true, text: ({ journal }) => (journal === 0 ? "" : count(journal)) },
  { title: "TREND", optional: true, text: ({ trend }) => (trend.length > 1 ? sparkline(trend) : "") }
]

/** Returns the table of a sample with as many columns as fit. */
export const tableFor = (queues: ReadonlyArray<WatchedQueue>, terminal: number): string =>
  tableOf(columns, queues, terminal)

/** Returns a sample with its time, in no more lines than the terminal has. */
export const frameOf = (
  sample: Sample,
  error: string | undefined,
  terminal: { readonly columns: number; readonly rows: number }
): ReadonlyArray<string> => {
  const total = sample.queues.reduce((sum, { messages }) => sum + messages, 0)
  const head = `${new Date(sample.time).toISOString().slice(11, 19)}  ${count(total)} messages  q quits`
  const lines = [
    head,
    ...(error === undefined ? [] : [error]),
    "",
    ...tableFor(sample.queues, terminal.columns).split("\n")
  ]
  const shown =
    lines.length <= terminal.rows
      ? lines
      : [...lines.slice(0, terminal.rows - 1), `… ${lines.length - terminal.rows + 1} more`]
  return shown.map((line) => (line.length > terminal.columns ? `${line.slice(0, terminal.columns - 1)}…` : line))
}
