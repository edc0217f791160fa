import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { fileURLToPath } from "node:url"
import { runCommand } from "../../packages/core/test/support/program.ts"
import { Report } from "../harness/Report.ts"

const program = fileURLToPath(new URL("fixture/bench.ts", import.meta.url))

/** Runs the command on the figures of the fixture. */
const bench = (...flags: ReadonlyArray<string>) => runCommand(process.execPath, [program, ...flags])

const reportOf = (lines: ReadonlyArray<string>): Report =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Report))(lines.join("\n"))

let all: ReturnType<typeof bench> | undefined

/** Measures all figures of the fixture, once for all tests. */
const benchAll = () => (all ??= bench("--check", "--json"))

describe("bench --check", () => {
  it("succeeds if all figures are within their limits", async () => {
    const { code } = await bench("--check", "--only", "met")
    assert.strictEqual(code, 0)
  })

  it("fails with exit code 1 if a figure misses its limit, and says by how much", async () => {
    const { code, stderr } = await bench("--check", "--only", "missed")
    assert.strictEqual(code, 1)
    assert.include(stderr, "missed: beyond its limit is 3.00 (ratio), and must be at most 2")
  })

  it("succeeds if the figure is within its limit times --slack", async () => {
    const { code } = await bench("--check", "--slack", "1.5", "--only", "missed")
    assert.strictEqual(code, 0)
  })

  it("measures a figure that misses its limit in few rounds again in usual ones, which count", async () => {
    const { code, lines, stderr } = await bench("--check", "--quick", "--json", "--only", "in few rounds")
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      reportOf(lines).figures.map(({ median, status }) => [median, status]),
      [[1, "limit"]]
    )
    assert.deepStrictEqual(stderr.trim().split("\n"), [
      "unsteady: beyond its limit in few rounds: 3.00 missed",
      "unsteady: beyond its limit in few rounds: 1.00 limit"
    ])
  })

  it("fails if a figure cannot be measured, and says why", async () => {
    const { code, stderr } = await bench("--check", "--only", "unmeasured")
    assert.strictEqual(code, 1)
    assert.include(stderr, "unmeasured: without its double was not measured: there is no C compiler")
  })

  it("fails if the process of a room crashes, and measures the figures of the other rooms", async () => {
    const { code, lines, stderr } = await benchAll()
    assert.strictEqual(code, 1)
    assert.include(stderr, "crashed: after the crash was not measured: its process ended with SIGKILL")
    const { figures } = reportOf(lines)
    assert.deepStrictEqual(
      figures.map(({ name, status }) => [name, status]),
      [
        ["within its goal", "goal"],
        ["within its limit", "limit"],
        ["beyond its limit", "missed"],
        ["without its double", "unmeasured"],
        ["before the crash", "reported"],
        ["the crash", "unmeasured"],
        ["after the crash", "unmeasured"],
        ["rounds", "reported"],
        ["beyond its limit in few rounds", "limit"]
      ]
    )
  })

  it("fails if the table of limits names a figure that no room has", async () => {
    const { code, stderr } = await benchAll()
    assert.strictEqual(code, 1)
    assert.include(stderr, "forgotten: without a room has a limit, and no room has a figure of this name")
  })
})

describe("bench", () => {
  it("prints missed limits and succeeds without --check", async () => {
    const { code, lines } = await bench("--only", "missed")
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(lines.slice(-2), [
      "missed, against a floor",
      "beyond its limit                            3.00   2.60-3.40     ≤2  ≤1.5 MISSED"
    ])
  })

  it("prints a report as JSON, with each figure's spread and bounds, and progress on standard error", async () => {
    const { code, lines, stderr } = await bench("--json", "--only", "missed", "--slack", "2")
    assert.strictEqual(code, 0)
    assert.strictEqual(stderr, "missed: beyond its limit: 3.00 limit\n")
    const { complaints, figures, slack } = reportOf(lines)
    assert.deepStrictEqual([complaints, slack], [[], 2])
    assert.deepStrictEqual(figures, [
      {
        room: "missed",
        name: "beyond its limit",
        against: "a floor",
        unit: "ratio",
        clock: "none",
        rounds: 3,
        median: 3,
        p10: 2.6,
        p90: 3.4,
        better: "lower",
        limit: 4,
        goal: 1.5,
        status: "limit",
        reason: null,
        details: {},
        series: null
      }
    ])
  })

  it("chooses figures by a part of their names where --only names no room", async () => {
    const { lines } = await bench("--json", "--only", "within its l")
    assert.deepStrictEqual(
      reportOf(lines).figures.map(({ name }) => name),
      ["within its limit"]
    )
  })

  it("refuses a choice of no figure, and lists the rooms", async () => {
    const { code, stderr } = await bench("--only", "nothing")
    assert.strictEqual(code, 1)
    assert.include(stderr, "the rooms are met, missed, unmeasured, crashed, asked")
  })

  it("measures so many rounds as --rounds says, and refuses none", async () => {
    const { lines } = await bench("--json", "--only", "asked", "--rounds", "3")
    assert.strictEqual(reportOf(lines).figures[0]?.median, 3)
    const { code, stderr } = await bench("--only", "asked", "--rounds", "0")
    assert.strictEqual(code, 1)
    assert.include(stderr, 'Invalid value for flag --rounds: "0". Expected: at least 1')
  })
})
