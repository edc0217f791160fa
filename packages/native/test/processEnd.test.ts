import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundle } from "../../core/test/support/bundle.ts"
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
    [await bundle(program), double.mqrt, how],
    { MQRT_DOUBLE_LEDGER: file },
    (child) => {
      if (signal !== undefined) child.kill(signal)
    }
  )
  const ledger: Ledger = JSON.parse(readFileSync(file, "utf8"))
  return { ...ended, ledger }
}

describe.skipIf(missing !== undefined)("a process that ends while it uses Message Queuing", () => {
  it("frees everything after SIGTERM if it runs by runMain", async () => {
    const { code, ledger } = await run("runMain", "SIGTERM")
    assert.strictEqual(code, 130)
    assert.deepStrictEqual(
      Object.values(ledger.open).filter((count) => count > 0),
      []
    )
    assert.deepStrictEqual(ledger.violations, [])
  })

  it("ends with an uncaught error without a crash", async () => {
    const { code, ledger, signal, stderr } = await run("throw")
    assert.deepStrictEqual([code, signal], [1, null])
    assert.include(stderr, "Error: uncaught")
    assert.deepStrictEqual(ledger.violations, [])
  })

  it("ends by process.exit with its code, without a crash", async () => {
    const { code, ledger, signal, stderr } = await run("exit")
    assert.deepStrictEqual([code, signal, stderr], [3, null, ""])
    assert.deepStrictEqual(ledger.violations, [])
  })
})
