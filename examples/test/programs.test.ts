import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundle } from "../../packages/core/test/support/bundle.ts"
import { environment } from "../../packages/core/test/support/environment.ts"
import { describes, follow, transcriptsIn } from "../../scripts/transcripts.ts"

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** Programs that have tests of their own, or that need what a reader installs; `test:packages` runs these too. */
const others = new Set(["authenticated-batch.ts", "large-bodies.ts", "-e", "vitest", "--test"])

const transcripts = transcriptsIn(readFileSync(pathOf("README.md"), "utf8"))
const ofPrograms = transcripts.filter(({ args: [program = ""] }) => !others.has(program))

describe.skipIf(process.platform === "win32").concurrent("the README of the examples", () => {
  it.each(ofPrograms)("says what $args.0 prints", async ({ args: [program = "", ...args], lines }) => {
    const folder = mkdtempSync(join(tmpdir(), "examples-"))
    symlinkSync(pathOf("data"), join(folder, "data"))
    const bundled = await bundle(pathOf(program))
    const command = process.execPath
    await follow({ command, args: ["--no-warnings", bundled, ...args], lines }, { cwd: folder, env: environment })
    rmSync(folder, { recursive: true })
  })

  it("is not right if a program prints anything else", () => {
    const transcript = { command: "node", args: [], lines: ["listening on port …", "^C", "…", "stopped (1)"] }
    const isRight = (printed: string) => describes(transcript, printed)
    assert.isTrue(isRight("listening on port 80\nstopped (1)\n"))
    assert.isTrue(isRight("listening on port 80\none\ntwo\nstopped (1)\n"))
    assert.isFalse(isRight("listening on port 80\nstopped (2)\n"))
    assert.isFalse(isRight("listening on port 80\nstopped (1)\nmore\n"))
    assert.isFalse(isRight("no\nlistening on port 80\nstopped (1)\n"))
  })
})
