import { type ChildProcess, spawn } from "node:child_process"
import { environment } from "./environment.ts"

/** The end of a program, and the lines that it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
  readonly stderr: string
}

/** Milliseconds until a program that does not end is killed: far more than it takes on a busy machine. */
const limit = 600_000

/**
 * Runs a command to its end in a process of its own, with some variables added to its environment. `onOutput` is called with the
 * process whenever it has printed.
 */
export const runCommand = (
  file: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  onOutput: (child: ChildProcess) => void = () => {}
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { ...environment, ...env },
      timeout: limit,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [stdout, stderr]: [Array<string>, Array<string>] = [[], []]
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      stdout.push(chunk)
      onOutput(child)
    })
    child.stderr.setEncoding("utf8").on("data", (chunk) => void stderr.push(chunk))
    child.on("error", reject)
    child.on("close", (code, signal) => {
      const lines = stdout.join("").split("\n")
      resolve({ code, signal, lines: lines.filter((line) => line !== ""), stderr: stderr.join("") })
    })
  })
