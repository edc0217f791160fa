/** Transcripts of terminals in Markdown pages: fences of `console`, with commands and what they print. */
import { spawn } from "node:child_process"

/**
 * A command, and what it prints. In its lines `…` stands for any text, and a line of `…` for any number of lines. A line `^C` stands for
 * Ctrl+C, which the reader presses when the lines before it are there.
 */
export interface Transcript {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

interface Options {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const fence = /^```console\n([\s\S]*?)^```$/gm
const command = /^\$ (.*)\n/gm
const word = /"([^"]*)"|\S+/g

/** Milliseconds until a command that does not end is killed: far more than it takes on a busy machine. */
const limit = 600_000

const transcriptOf = (line: string, printed: string): Transcript => {
  const [command = "", ...args] = Array.from(line.matchAll(word), ([whole, quoted]) => quoted ?? whole)
  return { command, args, lines: printed.split("\n").slice(0, -1) }
}

/** Returns the transcripts of a page, in their order. */
export const transcriptsIn = (text: string): ReadonlyArray<Transcript> =>
  Array.from(text.matchAll(fence)).flatMap(([, content = ""]) => {
    const [, ...parts] = content.split(command)
    return parts.flatMap((line, index) => (index % 2 === 0 ? [transcriptOf(line, parts[index + 1] ?? "")] : []))
  })

const escaped = (text: string): string => text.replaceAll(/[^\w\s]/g, String.raw`\$&`)

/** Returns a pattern for the beginning of what is printed. */
const patternOf = (lines: ReadonlyArray<string>): string =>
  lines.map((line) => (line === "…" ? String.raw`(?:.*\n)*?` : `${line.split("…").map(escaped).join(".*")}\n`)).join("")

/** Returns `true` if a transcript has what a command printed. */
export const describes = ({ lines }: Transcript, printed: string): boolean =>
  new RegExp(`^${patternOf(lines.filter((line) => line !== "^C"))}$`).test(printed)

/**
 * Runs the command of a transcript, and presses Ctrl+C where the transcript says so. Rejects where it prints something else, writes to the
 * error output, or ends with a failure.
 */
export const follow = (transcript: Transcript, { cwd, env }: Options): Promise<void> =>
  new Promise((resolve, reject) => {
    const { args, command, lines } = transcript
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limit,
      killSignal: "SIGKILL"
    })
    const pressed = lines.indexOf("^C")
    const before = pressed < 0 ? undefined : new RegExp(`^${patternOf(lines.slice(0, pressed))}`)
    let [printed, errors, isInterrupted] = ["", "", false]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text.replaceAll("\r\n", "\n")
      if (isInterrupted || before?.test(printed) !== true) return
      isInterrupted = child.kill("SIGINT")
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text))
    child.on("error", reject)
    child.on("close", (code) => {
      if (code === 0 && errors === "" && describes(transcript, printed)) return resolve()
      const shown = `${command} ${args.join(" ")} ended with ${code}, and printed\n${printed}${errors}`
      reject(new Error(`${shown}where the page says\n${lines.join("\n")}`))
    })
  })
