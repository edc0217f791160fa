/** Prints figures as a table of 80 columns. */
import type { Figure } from "./Figure.ts"

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

const rowOf = (figure: Figure): string => {
  const { goal, limit, median, name, p10, p90, status } = figure
  // A name that is too long has a line of its own.
  const head = name.length < widths.name ? name.padEnd(widths.name) : `${name}\n${" ".repeat(widths.name)}`
  const columns = [
    (median === null ? "-" : valueText(figure, median)).padStart(widths.median),
    (p10 === null || p90 === null ? "" : `${short(p10)}-${short(p90)}`).padStart(widths.spread),
    boundText(figure, limit).padStart(widths.limit),
    boundText(figure, goal).padStart(widths.goal)
  ]
  return `${head}${columns.join("")} ${words[status]}`.trimEnd()
}

const heading =
  "".padEnd(widths.name) +
  "median".padStart(widths.median) +
  "p10-p90".padStart(widths.spread) +
  "limit".padStart(widths.limit) +
  "goal".padStart(widths.goal)

/** Returns the table of figures, room by room and in the order in which they were measured. */
export const tableOf = (figures: ReadonlyArray<Figure>): string => {
  const lines = [heading]
  let above = ""
  for (const figure of figures) {
    const title = figure.against === "" ? figure.room : `${figure.room}, against ${figure.against}`
    if (title !== above) lines.push("", title)
    above = title
    lines.push(rowOf(figure))
  }
  return lines.join("\n")
}
