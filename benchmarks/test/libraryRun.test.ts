import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { buildForLinux } from "../../packages/native/test/double/buildDouble.ts"

const program = fileURLToPath(new URL("fixture/bench.ts", import.meta.url))

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Runs `bench --library` until its figure is measured, interrupts it, and returns what it wrote and how it ended. */
const interruptOn = async (library: string) => {
  const child = spawn(process.execPath, [program, "--library", library], { stdio: ["ignore", "ignore", "pipe"] })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    if (!stderr.includes("measuring in") && (stderr + chunk).includes("measuring in")) child.kill("SIGINT")
    stderr += chunk
  })
  const [code] = await once(child, "close")
  const [, pid = "", path = ""] = /measuring in (\d+) on (.*)/.exec(stderr) ?? []
  return { code, stderr, pid: Number(pid), path }
}

const double = buildForLinux()

describe("bench --library", () => {
  it.skipIf("missing" in double)("ends the process that measures when it is interrupted, and then itself", async () => {
    const library = "missing" in double ? "" : double.mqrt
    const { code, path, pid, stderr } = await interruptOn(library)
    assert.strictEqual(path, library)
    assert.strictEqual(code, 130)
    assert.isFalse(isRunning(pid))
    assert.notInclude(stderr, "may be left")
  })

  it("says which queues may be left if the library cannot be asked to delete them", async () => {
    const { stderr } = await interruptOn("nowhere.so")
    assert.match(stderr, /queues of this run, effect-msmq-bench-[0-9a-f]{8}-\*, may be left: .*nowhere\.so/)
  })
})
