import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { bundle } from "../../core/test/support/bundle.ts"
import { buildForLinux } from "./double/buildDouble.ts"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"

const program = fileURLToPath(new URL("programs/closeWhileSending.ts", import.meta.url))
const double = buildForLinux()
const missing = "missing" in double ? double.missing : undefined
if (missing !== undefined) console.warn(`skipped, for want of the double: ${missing}`)

const run = async (library: string, how: string) => {
  const { code, lines, stderr } = await runIn(node, await bundle(program), [library, how])
  return { code, lines: lines.toSorted(), stderr }
}

const backends = {
  "in memory": "memory",
  ...("missing" in double ? {} : { "on the double of mqrt.dll": double.mqrt })
}

for (const [name, library] of Object.entries(backends)) {
  describe(`a batch that is not awaited and that waits for its source, ${name}`, { concurrent: true }, () => {
    for (const how of ["sender", "connection", "abort", "signal", "context", "itself", "scope"]) {
      it(`delays neither the closing nor the end of the process: ${how}`, async () => {
        assert.deepStrictEqual(await run(library, how), { code: 0, lines: ["Released 3", "closed"], stderr: "" })
      })
    }
  })
}
