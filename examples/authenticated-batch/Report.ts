/** Report that the program prints at its end. */
import { Table } from "console-table-printer"
import { styleText } from "node:util"

export interface Report {
  readonly sent: number
  readonly received: number
  readonly authenticated: number
  /** Messages that came back in another order or with other bytes. */
  readonly different: number
  readonly bytes: number
  readonly slices: number
  readonly contextsAcquired: number
  readonly contextsFreed: number
  readonly openHandles: number
  readonly keyFetches: number
  readonly signatures: number
  readonly messagesPerSecond: number
}

export const isFaultless = (report: Report): boolean =>
  report.received === report.sent &&
  report.authenticated === report.sent &&
  report.different === 0 &&
  report.openHandles === 0

const number = new Intl.NumberFormat("en")

type Row = readonly [label: string, value: number, isRight?: boolean]

const title = "authenticated batch"

const rowsOf = (report: Report): ReadonlyArray<Row> => [
  ["messages sent", report.sent],
  ["messages received", report.received, report.received === report.sent],
  ["  authenticated", report.authenticated, report.authenticated === report.sent],
  ["  in another order or with other bytes", report.different, report.different === 0],
  ["bytes", report.bytes],
  ["slices", report.slices],
  ["security contexts acquired", report.contextsAcquired],
  ["security contexts freed", report.contextsFreed, report.contextsFreed === report.contextsAcquired],
  ["handles open at the end", report.openHandles, report.openHandles === 0],
  ["key fetches", report.keyFetches],
  ["signatures", report.signatures],
  ["messages per second", report.messagesPerSecond]
]

/** Place that the report is printed to. */
export interface Place {
  /** Columns of the terminal; 0 for a pipe. */
  readonly columns: number
  /** Returns a text in a colour, where the place shows colours. */
  readonly style: (color: "green" | "red", text: string) => string
}

/** Standard output, which shows colours as `NO_COLOR` and `FORCE_COLOR` say. */
const standardOutput = (): Place => ({
  columns: process.stdout.columns,
  style: (color, text) => styleText(color, text, { stream: process.stdout })
})

/** Returns a value in green or red. */
const valueOf = ([, value, isRight]: Row, { style }: Place): string => {
  const text = number.format(value)
  return isRight === undefined ? text : style(isRight ? "green" : "red", text)
}

/** Returns the table, or each value below its label where the terminal has no room for one. */
export const table = (report: Report, place: Place = standardOutput()): string => {
  const rows = rowsOf(report)
  const table = new Table({
    // The table has colours of its own, which suit dark terminals only.
    shouldDisableColors: true,
    columns: [
      { name: "label", title, alignment: "left" },
      { name: "value", title: "", alignment: "right" }
    ]
  })
  for (const row of rows) table.addRow({ label: row[0], value: valueOf(row, place) })
  const rendered = table.render()
  const width = rendered.indexOf("\n")
  return width <= (place.columns || width) ? rendered : stacked(rows, place)
}

const stacked = (rows: ReadonlyArray<Row>, place: Place): string =>
  [title, ...rows.map((row) => `${row[0]}\n    ${valueOf(row, place)}`)].join("\n")
