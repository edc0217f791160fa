/** Prints figures as a table of 80 columns. */
import { Table } from "console-table-printer"
import type { Figure } from "./Figure.ts"

const short = (value: number | null): string =>
  value === null ? "" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)

const bound = ({ better }: Figure, value: number | null): string =>
  value === null ? "" : `${better === "lower" ? "≤" : "≥"}${Number(value.toFixed(2))}`

const unitOf = ({ unit }: Figure): string =>
  unit === "ratio" || unit === "exponent" || unit === "count" ? "" : ` ${unit}`

/** Returns the table of figures, one room after the other. */
export const tableOf = (figures: ReadonlyArray<Figure>): string => {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      { name: "figure", alignment: "left", maxLen: 30 },
      { name: "median", alignment: "right" },
      { name: "p10-p90", alignment: "right", maxLen: 9 },
      { name: "limit", alignment: "right" },
      { name: "goal", alignment: "right" },
      { name: "", alignment: "left" }
    ]
  })
  for (const figure of figures) {
    table.addRow({
      figure: `${figure.room}: ${figure.name}${figure.against === "" ? "" : ` / ${figure.against}`}`,
      median: figure.median === null ? "-" : `${short(figure.median)}${unitOf(figure)}`,
      "p10-p90": figure.p10 === null ? "" : `${short(figure.p10)}-${short(figure.p90)}`,
      limit: bound(figure, figure.limit),
      goal: bound(figure, figure.goal),
      "": figure.status === "missed" ? "MISSED" : figure.status === "unmeasured" ? "NONE" : figure.status
    })
  }
  return table.render()
}
