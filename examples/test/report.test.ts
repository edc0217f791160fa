import { describe, it } from "@effect/vitest"
import { styleText } from "node:util"
import { expectGolden } from "../../packages/core/test/support/golden.ts"
import { type Report, table } from "../authenticated-batch/Report.ts"

const report: Report = {
  sent: 10_000,
  received: 10_000,
  authenticated: 9999,
  different: 0,
  bytes: 1_234_567,
  slices: 40,
  contextsAcquired: 1,
  contextsFreed: 1,
  openHandles: 0,
  keyFetches: 1,
  signatures: 10_000,
  messagesPerSecond: 54_321
}

const styles = {
  plain: (_: "green" | "red", text: string) => text,
  colors: (color: "green" | "red", text: string) => styleText(color, text, { validateStream: false })
}

describe("the report of the demo", () => {
  for (const columns of [40, 80, 200, 0]) {
    for (const [name, style] of Object.entries(styles)) {
      it(`is as in its golden file: ${columns === 0 ? "piped" : `${columns} columns`}, ${name}`, () =>
        expectGolden(
          table(report, { columns, style }),
          import.meta.url,
          `demo-${columns === 0 ? "piped" : columns}-${name}`
        ))
    }
  }
})
