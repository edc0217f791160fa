import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { bundle } from "../../packages/core/test/support/bundle.ts"
import { runCommand } from "../../packages/core/test/support/program.ts"

const programs = {
  "with promises": ["../consumer.ts", "stopped by SIGTERM"],
  "with Effect": ["../consumer-with-effect.ts", "stopped"]
} as const

/** Runs a program, and ends it by a signal when it handles its first order. */
const stopWhileHandling = async (path: string, milliseconds: number) => {
  let sent = false
  return runCommand(
    process.execPath,
    ["--no-warnings", await bundle(fileURLToPath(new URL(path, import.meta.url))), String(milliseconds)],
    {},
    (child) => {
      if (!sent) child.kill("SIGTERM")
      sent = true
    }
  )
}

describe.skipIf(process.platform === "win32").each(Object.entries(programs))(
  "a service %s that SIGTERM stops",
  (_, [path, stopped]) => {
    it("finishes the order that it handles, receives no further one, and exits with code 0", async () => {
      const { code, lines, signal, stderr } = await stopWhileHandling(path, 300)
      // On a busy machine the signal may come during a later order.
      const handled = lines.filter((line) => line.startsWith("handled")).length
      const expected = Array.from({ length: handled }, (_, index) => [
        `handling order ${index + 1}`,
        `handled order ${index + 1}`
      ]).flat()
      assert.isAbove(handled, 0)
      assert.deepStrictEqual(
        { code, lines, signal, stderr },
        { code: 0, lines: [...expected, `${stopped}, ${3 - handled} left`], signal: null, stderr: "" }
      )
    })
  }
)
