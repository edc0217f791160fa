/** Tables that fit the terminal. */
import CliTable from "cli-table3"
import { displayWidth } from "effect/cli/CliOutput"

/** Column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly align?: "right"
  /** `true` for the one column that gives way where the terminal is too narrow. */
  readonly shrinks?: boolean
  /** `true` for a column that is left out where the terminal is too narrow. */
  readonly optional?: boolean
  readonly text: (row: Row) => string
}

/** Least width of a column that shrinks. */
const leastWidth = 12

/** Columns between two others. */
const gap = 2

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ".repeat(gap)
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

/** Returns each row as lines of its own, where the terminal has no room for columns. */
const stacked = <Row>(columns: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>): ReadonlyArray<string> =>
  rows.flatMap((row) =>
    columns
      .map(({ text, title }, index) => ({ value: text(row), name: index === 0 ? "" : `  ${title.toLowerCase()}: ` }))
      .filter(({ value }) => value !== "")
      .map(({ name, value }) => name + value)
  )

/** Draws cells in columns of given widths, without borders. */
const drawn = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  widths: ReadonlyArray<number>,
  aligns: ReadonlyArray<"left" | "right">
): string => {
  const table = new CliTable({
    chars: noBorders,
    colAligns: [...aligns],
    colWidths: [...widths],
    head: [...head],
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    truncate: "…"
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
}

const isOptional = <Row>({ optional }: Column<Row>): boolean => optional === true

/** Returns the widths of columns that fit a terminal, after one of them has given way; `undefined` where they do not fit. */
const widthsOf = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  terminal: number
): ReadonlyArray<number> | undefined => {
  const natural = columns.map(({ text, title }) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(text(row))))
  )
  const gaps = gap * (columns.length - 1)
  const excess = sum(natural) + gaps - terminal
  const widths = natural.map((width, index) =>
    excess > 0 && columns[index]?.shrinks === true ? Math.max(width - excess, Math.min(width, leastWidth)) : width
  )
  return sum(widths) + gaps <= terminal ? widths : undefined
}

/**
 * Returns a table with a heading, no wider than the terminal: the last optional columns are left out where there is no room for them.
 * Without rows it is the heading alone.
 */
export const tableOf = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  terminal: number
): string => {
  const widths = widthsOf(columns, rows, terminal)
  if (widths === undefined) {
    const last = columns.findLastIndex(isOptional)
    if (last !== -1) return tableOf(columns.toSpliced(last, 1), rows, terminal)
    const lines = stacked(columns, rows).map((line) => [line])
    return drawn([], lines, [terminal], ["left"])
  }
  return drawn(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ text }) => text(row))),
    widths,
    columns.map(({ align }) => align ?? "left")
  )
}
