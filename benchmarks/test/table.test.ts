import { describe, it } from "@effect/vitest"
import { styleText } from "node:util"
import { expectGolden } from "../../packages/core/test/support/golden.ts"
import type { Figure } from "../harness/Figure.ts"
import { tableOf } from "../harness/table.ts"

const figure = (name: string, median: number | null, status: Figure["status"]): Figure => ({
  room: "sends",
  name,
  against: "a tight loop by hand",
  unit: "ratio",
  clock: "thread",
  better: "lower",
  limit: 1.7,
  goal: 1.25,
  median,
  p10: median === null ? null : median * 0.9,
  p90: median === null ? null : median * 1.1,
  rounds: 40,
  status,
  reason: null,
  details: {},
  series: null
})

const figures = [
  figure("sendAll, native", 1.2, "goal"),
  figure("send, in memory", 1.61, "limit"),
  figure("a figure whose name is longer than the column for it", 1234.5, "missed"),
  figure("without its double", null, "unmeasured")
]

const styles = {
  plain: (_: "green" | "red", text: string) => text,
  colors: (color: "green" | "red", text: string) => styleText(color, text, { validateStream: false })
}

const placeOf = (columns: number): string => (Number.isFinite(columns) ? `${columns}` : "piped")

describe("the table of figures", () => {
  for (const columns of [40, 80, 200, Infinity]) {
    for (const [name, style] of Object.entries(styles)) {
      it(`is as in its golden file: ${placeOf(columns)}, ${name}`, () =>
        expectGolden(tableOf(figures, { columns, style }), import.meta.url, `table-${placeOf(columns)}-${name}`))
    }
  }
})
