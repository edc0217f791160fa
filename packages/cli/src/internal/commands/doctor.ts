import { Duration, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { openBackend } from "../backends.ts"
import { examine, type Result } from "../doctor/Doctor.ts"
import { durationFlag } from "../durationFlag.ts"
import { Failed } from "../Failed.ts"
import * as Output from "../Output.ts"
import { wrap } from "../wrap.ts"

const words: Readonly<Record<Result["verdict"], readonly [word: string, style: Output.Style]>> = {
  ok: ["ok", "green"],
  warning: ["warning", "bold"],
  failed: ["FAILED", "red"],
  skipped: ["skipped", "dim"]
}

/** Width of the word before each result. */
const indent = 9

/** Returns a result as lines: its verdict, its id, what was found, and what to do. */
const textOf = (
  { advice, found, id, verdict }: Result,
  columns: number,
  style: Output.Output["Service"]["style"]
): string => {
  const [word, color] = words[verdict]
  const space = " ".repeat(indent)
  const [first = "", ...others] = wrap(`${id}: ${found}`, columns - indent)
  const advised = advice === null ? [] : wrap(`→ ${advice}`, columns - indent)
  return [
    style(color, word.padEnd(indent - 1)) + " " + first,
    ...[...others, ...advised].map((line) => space + line)
  ].join("\n")
}

export const doctor = Command.make(
  "doctor",
  {
    timeout: durationFlag("timeout", "10 seconds", "Time that each check may take"),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object: healthy, and checks with id, verdict, found and advice"),
      Flag.withDefault(false)
    )
  },
  ({ json, timeout }) =>
    Effect.gen(function* () {
      const open = yield* openBackend
      const output = yield* Output.Output
      const columns = yield* output.columns
      const results = yield* examine(open, Duration.max(timeout, Duration.millis(1)), (result) =>
        json ? Effect.void : output.write(`${textOf(result, columns, output.style)}\n`)
      )
      const sick = results.filter(({ verdict }) => verdict === "failed")
      if (json) yield* Output.json({ healthy: sick.length === 0, checks: results })
      if (sick.length > 0) {
        return yield* new Failed({ message: json ? "" : `failed: ${sick.map(({ id }) => id).join(", ")}` })
      }
    })
).pipe(
  Command.withDescription("Examines the Message Queuing of this machine, and says what to do about what it finds."),
  Command.withExamples([
    { command: "effect-msmq doctor", description: "Every check, with what to do" },
    { command: "effect-msmq doctor --json", description: "For a script; exit code 1 if a check failed" }
  ])
)
