import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { buildForLinux } from "../../native/test/double/buildDouble.ts"
import { environment } from "../../core/test/support/environment.ts"
import { runCommand } from "../../core/test/support/program.ts"

const program = fileURLToPath(new URL("../src/bin.ts", import.meta.url))

const double = buildForLinux()
if ("missing" in double) console.warn(`skipped: there is no double of mqrt.dll (${double.missing})`)

const run = (...args: ReadonlyArray<string>) => runCommand(process.execPath, [program, ...args])

/** Runs a line of shell in which `effect-msmq` is the command. */
const shell = (line: string) =>
  runCommand("bash", ["-c", `effect-msmq() { "$NODE" "$PROGRAM" "$@"; }; ${line}`], {
    NODE: process.execPath,
    PROGRAM: program
  })

describe("the command effect-msmq", () => {
  it.concurrent("ends without a word when its reader has gone", async () => {
    const { lines, stderr } = await shell(
      `effect-msmq peek orders --all --json --backend memory 2>&1 >/dev/full; echo "full $?"; effect-msmq peek orders --full --backend memory 2>/dev/null | true; echo "pipe \${PIPESTATUS[0]}"`
    )
    assert.deepStrictEqual(lines.slice(1), [
      "effect-msmq: cannot write to standard output: ENOSPC: no space left on device, write",
      "full 1",
      "pipe 141"
    ])
    assert.strictEqual(stderr, "")
  })

  it.concurrent("says on a machine without Message Queuing what is missing, and what can be done", async () => {
    const { code, lines, stderr } = await run("queues", "--library", "./nowhere.dll")
    assert.deepStrictEqual([code, lines], [1, []])
    assert.match(stderr, /^effect-msmq: \.\/nowhere\.dll cannot be loaded: .*\. Try it here with --backend memory\.\n$/)
  })

  it.concurrent("says which Node it needs on an older one, which cannot read its modules", async () => {
    const older = `Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})`
    const { code, lines, stderr } = await runCommand(process.execPath, [
      `--import=data:text/javascript,${encodeURIComponent(older)}`,
      program
    ])
    assert.deepStrictEqual(
      [code, lines, stderr],
      [1, [], "effect-msmq needs Node 22.19 or later, and this is Node 20.20.2\n"]
    )
  })

  it.concurrent("says how a name is quoted that a shell has changed, with exit code 2", async () => {
    const { lines, stderr } = await shell(String.raw`effect-msmq peek .\private$\orders; echo "exit $?"`)
    assert.strictEqual(lines.at(-1), "exit 2")
    assert.include(
      stderr,
      String.raw`Put single quotes around it in bash, zsh and PowerShell, as in '.\private$\orders'`
    )
  })

  it.concurrent("ends at Ctrl-C while it waits for messages", async () => {
    const child = spawn(
      process.execPath,
      [program, "receive", "invoices", "--follow", "--json", "--backend", "memory"],
      {
        env: environment,
        stdio: ["ignore", "pipe", "ignore"]
      }
    )
    const [first] = await once(child.stdout.setEncoding("utf8"), "data")
    assert.include(first, '"label":"invoice 1"')
    child.kill("SIGINT")
    const [code] = await once(child, "exit")
    assert.strictEqual(code, 130)
  })

  describe.skipIf("missing" in double)("over mqrt.dll", () => {
    it.concurrent("examines a machine, and gives every handle back", async () => {
      if ("missing" in double) return
      const folder = mkdtempSync(join(tmpdir(), "doctor-"))
      const ledger = join(folder, "ledger.json")
      const { code, lines, stderr } = await runCommand(
        process.execPath,
        [program, "doctor", "--json", "--library", double.mqrt],
        { MQRT_DOUBLE_LEDGER: ledger }
      )
      const { checks } = JSON.parse(lines[0] ?? "") as { checks: ReadonlyArray<{ id: string; verdict: string }> }
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.deepStrictEqual(
        checks.filter(({ id, verdict }) => id !== "system" && verdict !== "ok"),
        []
      )
      const { counts, violations } = JSON.parse(readFileSync(ledger, "utf8")) as {
        counts: Record<string, { acquired: number; open: number }>
        violations: ReadonlyArray<string>
      }
      assert.deepStrictEqual(violations, [])
      assert.deepStrictEqual(
        Object.values(counts).filter(({ open }) => open !== 0),
        []
      )
      assert.isAbove(counts["queue"]?.acquired ?? 0, 0)
      rmSync(folder, { recursive: true })
    })

    it.concurrent("reports a call that never returns, and ends", async () => {
      const held = fileURLToPath(new URL("programs/heldDoctor.ts", import.meta.url))
      const { code, lines, signal } = await runCommand(process.execPath, [held, "MQMgmtGetInfo"])
      const { checks } = JSON.parse(lines[0] ?? "") as { checks: ReadonlyArray<{ id: string; found: string }> }
      assert.include(checks.find(({ id }) => id === "service")?.found ?? "", "did not answer in time")
      // A process that is killed has this exit code on Windows, and none elsewhere.
      assert.deepStrictEqual([code, signal], process.platform === "win32" ? [1, null] : [null, "SIGKILL"])
    })
  })
})
