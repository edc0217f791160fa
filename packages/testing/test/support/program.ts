import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** The end of a program, and the lines that it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
  readonly stderr: string
}

/** Milliseconds until a program that does not end is ended: far more than it takes on a busy machine. */
const limit = 600_000

/** Runs a program of the folder `programs` in a process of its own, with a garbage collector that it can call, and flags of V8. */
export const run = (
  name: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  flags: ReadonlyArray<string> = []
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url))
    const child = spawn(process.execPath, ["--no-warnings", "--expose-gc", ...flags, program, ...args], {
      env: { ...process.env, ...env },
      timeout: limit,
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk) => (stdout += String(chunk)))
    child.stderr.on("data", (chunk) => (stderr += String(chunk)))
    child.on("error", reject)
    child.on("close", (code, signal) => {
      resolve({ code, signal, lines: stdout.split("\n").filter((line) => line !== ""), stderr })
    })
  })
