import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { runCommand } from "../../packages/core/test/support/program.ts"

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url))
const folder = fileURLToPath(new URL("slowestTests", import.meta.url))

/** Runs Vitest on a file of tests with the reporter, and returns what it printed, without the times. */
const run = async (tests: string) => {
  const { code, lines, stderr } = await runCommand(process.execPath, [vitest, "run", "--root", folder, tests])
  const withoutTimes = lines.map((line) => line.replace(/^ +\d+\.\d s {2}/, "").trim())
  return { code, lines: withoutTimes, stderr: stderr.split("\n").filter((line) => line !== "") }
}

describe("the reporter of the slowest tests", () => {
  it("lists each slow test with its reason, or says that it has none, and the run succeeds", async () => {
    const { code, lines, stderr } = await run("slow")
    assert.deepStrictEqual([code, stderr], [0, []])
    assert.strictEqual(lines[0], "The slowest tests")
    const reasons = {
      "slow.fixture.ts > is named slow": "it waits for a robot",
      "slow.fixture.ts > a group that is named slow > is a part of it": "it waits for two robots",
      "slow.fixture.ts > takes long": "not named slow: so it is on an idle machine, or this one is busy"
    }
    for (const [name, reason] of Object.entries(reasons)) {
      assert.include(lines, name)
      assert.strictEqual(lines[lines.indexOf(name) + 1], reason)
    }
  })

  it("a run fails where tests have a time limit of their own and no reason: all are named, also beyond the ten slowest", async () => {
    const { code, lines, stderr } = await run("limited")
    assert.strictEqual(code, 1)
    assert.deepStrictEqual(stderr, [
      " Tests with a time limit of their own that slow(reason) does not name",
      "  limited.fixture.ts > has a limit of its own: 90000 ms",
      "  limited.fixture.ts > has a short limit of its own: 50000 ms",
      "  limited.fixture.ts > a group with a limit of its own > is a part of it: 80000 ms"
    ])
    assert.lengthOf(
      lines.filter((line) => line.startsWith("limited.fixture.ts > ")),
      10
    )
  })
})
