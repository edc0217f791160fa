import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { runIn } from "./support/runIn.ts"
import { node } from "./support/runtimes.ts"
import { files, missing } from "./theDouble.ts"

const program = fileURLToPath(new URL("programs/atOnce.ts", import.meta.url))

describe.skipIf(missing !== null)("two threads with one machine", () => {
  it("of forty that ensure a queue at once one creates it, and each message is redriven by one of them", async () => {
    const { code, lines, stderr } = await runIn(node, program, [files.library, files.identityLibrary])
    assert.deepStrictEqual(
      { code, lines, stderr },
      { code: 0, lines: ["created 1", "names 12", "redriven 100", "left 0", "there each once"], stderr: "" }
    )
  })
})
