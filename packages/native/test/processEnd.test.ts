import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runCommand } from "../../core/test/support/program.ts"
import { buildForLinux } from "./double/buildDouble.ts"

const program = fileURLToPath(new URL("programs/openEverything.ts", import.meta.url))
const double = buildForLinux()
const missing = "missing" in double ? double.missing : undefined
if (missing !== undefined) console.warn(`skipped, for want of the double: ${missing}`)

interface Ledger {
  readonly open: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<string>
}

const run = async (how: string, signal?: NodeJS.Signals) => {
  if ("missing" in double) throw new Error(double.missing)
  const file = join(mkdtempSync(join(tmpdir(), "process-end-")), "ledger.json")
  const ended = await runCommand(
    process.execPath,
    [program, double.mqrt, how],
    { MQRT_DOUBLE_LEDGER: file },
    (child) => {
      if (signal !== undefined) child.kill(signal)
    }
  )
  const ledger: Ledger = JSON.parse(readFileSync(file, "utf8"))
  return { ...ended, ledger }
}

describe.skipIf(missing !== undefined)("a process that ends in the middle", () => {
  it("by SIGTERM, with a runtime attached: everything is freed", async () => {
    const { code, ledger } = await run("runMain", "SIGTERM")
    assert.strictEqual(code, 130)
    assert.deepStrictEqual(
      Object.values(ledger.open).filter((count) => count > 0),
      []
    )
    assert.deepStrictEqual(ledger.violations, [])
  })

  it("by an uncaught error: it ends with that error, and does not crash", async () => {
    const { code, ledger, signal, stderr } = await run("throw")
    assert.deepStrictEqual([code, signal], [1, null])
    assert.include(stderr, "Error: uncaught")
    assert.deepStrictEqual(ledger.violations, [])
  })

  it("by process.exit: it ends with that code, and does not crash", async () => {
    const { code, ledger, signal, stderr } = await run("exit")
    assert.deepStrictEqual([code, signal, stderr], [3, null, ""])
    assert.deepStrictEqual(ledger.violations, [])
  })
})
