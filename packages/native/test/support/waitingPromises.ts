/** Promises of how programs that wait for messages end, in any runtime. */
import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { bundle } from "../../../core/test/support/bundle.ts"
import { slow } from "../../../core/test/support/slow.ts"
import { files, missing } from "../theDouble.ts"
import { runIn } from "./runIn.ts"
import type { Runtime } from "./runtimes.ts"
import { waitingPrograms } from "./waitingPrograms.ts"

const program = fileURLToPath(new URL("../programs/waiting.ts", import.meta.url))

const takesLong = { concurrent: true, ...slow("Its programs run thousands of waits, each in a process of its own.") }

/** Promises that each program ends as it is said, in a runtime. */
export const waitingPromises = (runtime: Runtime): void => {
  describe.skipIf((missing ?? runtime.missing) !== null)("a program that waits for a message", takesLong, () => {
    for (const {
      code = 0,
      differently = {},
      env,
      error,
      how,
      lines = [],
      more = "",
      name,
      signal = null
    } of waitingPrograms) {
      const difference = differently[runtime.name]
      it(difference === undefined ? name : `${name} (${runtime.name}: ${difference})`, async () => {
        const file = runtime.name === "Node" ? await bundle(program) : program
        const { stderr, ...ended } = await runIn(runtime, file, [files.library, how, more], env)
        assert.deepStrictEqual(ended, { code: signal === null ? code : null, signal, lines }, stderr)
        if (error === undefined) assert.strictEqual(stderr, "")
        else assert.match(stderr, error)
      })
    }
  })
}
