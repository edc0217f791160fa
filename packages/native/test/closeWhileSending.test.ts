import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { buildForLinux } from "./double/buildDouble.ts"

const program = fileURLToPath(new URL("programs/closeWhileSending.ts", import.meta.url))
const double = buildForLinux()
const missing = "missing" in double ? double.missing : undefined
if (missing !== undefined) console.warn(`skipped, for want of the double: ${missing}`)

interface Ended {
  /** `null`: it had to be killed. */
  readonly code: number | null
  readonly output: ReadonlyArray<string>
}

const run = (library: string, how: string): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [program, library, how], { timeout: 60_000 }, (_, stdout, stderr) =>
      resolve({
        code: child.exitCode,
        output: `${stdout}${stderr}`
          .split("\n")
          .filter((line) => line !== "")
          .toSorted()
      })
    )
  })

const backends = {
  "in memory": "memory",
  ...("missing" in double ? {} : { "on the double of mqrt.dll": double.mqrt })
}

for (const [name, library] of Object.entries(backends)) {
  describe(`a batch that nobody awaits and that waits for its source, ${name}`, { concurrent: true }, () => {
    for (const how of ["sender", "connection", "abort", "signal", "context", "itself", "scope"]) {
      it(`holds up neither the closing nor the end of the process: ${how}`, async () => {
        assert.deepStrictEqual(await run(library, how), { code: 0, output: ["Released 3", "closed"] })
      })
    }
  })
}
