/** Prints figures as a table of 80 columns, or below each other where the terminal has fewer. */
import type { Figure } from "./Figure.ts"

/** Place that a table is printed to. */
export interface Place {
  /** Columns of the terminal; `Infinity` for a pipe. */
  readonly columns: number
  /** Returns a text in a colour, where the place shows colours. */
  readonly style: (color: "green" | "red", text: string) => string
}

const plain: Place = { columns: Infinity, style: (_, text) => text }

/** Columns that the table needs. */
const width = 80

/** Widths of the columns. The status behind them has 7 more. */
const widths = { name: 38, median: 10, spread: 12, limit: 7, goal: 6 }

const short = (value: number): string => {
  const size = Math.abs(value)
  return size >= 1000 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Returns a value with its unit. */
export const valueText = ({ unit }: Pick<Figure, "unit">, value: number): string =>
  unit === "ratio" || unit === "exponent" || unit === "count" ? short(value) : `${short(value)} ${unit}`

/** Returns a bound, such as `≤2`. */
export const boundText = ({ better }: Pick<Figure, "better">, value: number | null): string =>
  value === null ? "" : `${better === "lower" ? "≤" : "≥"}${Number(value.toFixed(2))}`

const words = { goal: "goal", limit: "ok", missed: "MISSED", reported: "", unmeasured: "NONE" } as const

/** Returns the word of a figure's status: a goal that is met in green, a limit that is missed in red. */
const wordOf = ({ status }: Figure, { style }: Place): string =>
  status === "goal" ? style("green", words.goal) : status === "missed" ? style("red", words.missed) : words[status]

/** Returns a figure as lines, for a narrow terminal. */
const stackedOf = (figure: Figure, place: Place): string => {
  const { goal, limit, median, name, p10, p90 } = figure
  const value = median === null ? "-" : valueText(figure, median)
  const spread = p10 === null || p90 === null ? "" : ` (${short(p10)}-${short(p90)})`
  const bounds = [boundText(figure, limit), boundText(figure, goal)].filter((bound) => bound !== "").join(" ")
  const parts = [`${value}${spread}`, bounds, wordOf(figure, place)].filter((part) => part !== "")
  const head = name.length > place.columns ? `${name.slice(0, place.columns - 1)}…` : name
  return `${head}\n  ${parts.join("  ")}`
}

const rowOf = (figure: Figure, place: Place): string => {
  if (place.columns < width) return stackedOf(figure, place)
  const { goal, limit, median, name, p10, p90 } = figure
  // A name that is too long has a line of its own.
  const head = name.length < widths.name ? name.padEnd(widths.name) : `${name}\n${" ".repeat(widths.name)}`
  const columns = [
    (median === null ? "-" : valueText(figure, median)).padStart(widths.median),
    (p10 === null || p90 === null ? "" : `${short(p10)}-${short(p90)}`).padStart(widths.spread),
    boundText(figure, limit).padStart(widths.limit),
    boundText(figure, goal).padStart(widths.goal)
  ]
  return `${head}${columns.join("")} ${wordOf(figure, place)}`.trimEnd()
}

const heading =
  "".padEnd(widths.name) +
  "median".padStart(widths.median) +
  "p10-p90".padStart(widths.spread) +
  "limit".padStart(widths.limit) +
  "goal".padStart(widths.goal)

/** Returns the table of figures, room by room and in the order in which they were measured. */
export const tableOf = (figures: ReadonlyArray<Figure>, place: Place = plain): string => {
  const lines = place.columns < width ? ["median (p10-p90), limit and goal"] : [heading]
  let above = ""
  for (const figure of figures) {
    const title = figure.against === "" ? figure.room : `${figure.room}, against ${figure.against}`
    if (title !== above) lines.push("", title)
    above = title
    lines.push(rowOf(figure, place))
  }
  return lines.join("\n")
}
