import { spawn } from "node:child_process"
import type { Runtime } from "./runtimes.ts"

/** The end of a program, and the lines that it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
  readonly stderr: string
}

/** Milliseconds until a program that does not end is killed: far more than it takes on a busy machine. */
const limit = 600_000

/** Runs a program in a process of its own, in one of the runtimes, with some variables added. It can collect garbage. */
export const runIn = (
  runtime: Runtime,
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [file, ...before] = runtime.command
    const child = spawn(file, [...before, runtime.exposeGc, program, ...args], {
      env: { ...process.env, NO_COLOR: "1", ...env },
      timeout: limit,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [stdout, stderr]: [Array<string>, Array<string>] = [[], []]
    child.stdout.setEncoding("utf8").on("data", (chunk) => void stdout.push(chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk) => void stderr.push(chunk))
    child.on("error", reject)
    child.on("close", (code, signal) => {
      const lines = stdout.join("").split("\n")
      resolve({ code, signal, lines: lines.filter((line) => line !== ""), stderr: stderr.join("") })
    })
  })
