import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { usualLimits } from "../src/internal/gateway/limits.ts"
import { machineRights, queueRights } from "../src/internal/rights.ts"
import { usualTimes } from "../src/internal/usualTimes.ts"
import { usualMaxFrame } from "../src/internal/wire/serialization.ts"

const page = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8")

/** Returns the cells of the table below a first cell of its head. */
const rowsBelow = (head: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, table = ""] = page.split(`| ${head} |`)
  return table
    .split("\n\n", 1)[0]!
    .split("\n")
    .slice(2)
    .map((row) => row.slice(2, -2).split(" | "))
}

/** Returns the word in code at the beginning of a cell. */
const nameIn = (cell = ""): string => /^`(\w+)`/.exec(cell)?.[1] ?? cell

/** Returns a number of a limit as the page has it. */
const shown = (value: number | string): string => {
  if (typeof value === "string") return value
  return value % 1024 ** 2 === 0 ? `${value / 1024 ** 2} MiB` : value.toLocaleString("en")
}

describe("the page about gateways", () => {
  it("has every limit with its default", () => {
    const limits = { ...usualLimits, maxFrame: usualMaxFrame, ...usualTimes }
    assert.deepStrictEqual(
      rowsBelow("limit").map(([name, usual]) => [nameIn(name), usual]),
      Object.entries(limits).map(([name, usual]) => [name, shown(usual)])
    )
  })

  it("has every right", () => {
    assert.deepStrictEqual(
      rowsBelow("right on queues").map(([name]) => nameIn(name)),
      [...queueRights]
    )
    assert.deepStrictEqual(
      rowsBelow("right on the computer").map(([name]) => nameIn(name)),
      [...machineRights]
    )
  })
})
