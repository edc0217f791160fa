import { spawn } from "node:child_process"

/** An end of a process. `code` is `null` where the process was killed or could not be started. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  /** Its error output; where it was killed or could not be started, the reason. */
  readonly stderr: string
}

interface Options {
  readonly cwd?: string
  /** Variables, in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds until the process is killed: five minutes by default. */
  readonly timeout?: number
}

const minutes = 60_000
const onWindows = process.platform === "win32"

/**
 * Variables of this process, but for those by which whoever runs the scripts decides on the output of programs, or by which the
 * runner of a workflow changes how a package manager works.
 */
const { CI: _ci, FORCE_COLOR: _color, NODE_OPTIONS: _options, TERM: _terminal, ...inherited } = process.env

/** Runs a program to its end. */
export const runProcess = (
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env = {}, timeout = 5 * minutes }: Options = {}
): Promise<Ended> =>
  new Promise((resolve) => {
    // A shell finds npm.cmd, and splits at spaces what is not in quotation marks.
    const shell = onWindows && !command.endsWith(".exe")
    const words = shell ? args.map((word) => (word.includes(" ") ? `"${word}"` : word)) : args
    const child = spawn(command, words, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...inherited, NO_COLOR: "1", ...env },
      shell,
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      killSignal: "SIGKILL"
    })
    const [stdout, stderr]: [Array<string>, Array<string>] = [[], []]
    child.stdout.setEncoding("utf8").on("data", (chunk) => void stdout.push(chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk) => void stderr.push(chunk))
    // A program that it started may keep them open.
    child.on("exit", (_, signal) => {
      if (signal === null) return
      child.stdout.destroy()
      child.stderr.destroy()
    })
    child.on("error", (error) => resolve({ code: null, stdout: "", stderr: `${command}: ${error.message}` }))
    child.on("close", (code, signal) => {
      if (signal !== null) stderr.push(`\n${command} was ended by ${signal}; it may take ${timeout / 1000} s`)
      resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") })
    })
  })
