import { Duration, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { openBackend } from "../backends.ts"
import { examine, examineGateway, type Result } from "../doctor/Doctor.ts"
import { durationFlag } from "../durationFlag.ts"
import { Failed, WrongUse } from "../Failed.ts"
import { clientOptions } from "../gateway/client.ts"
import * as Output from "../Output.ts"
import { root } from "../root.ts"
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
    gateway: Flag.String("gateway").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription("Examines the way to a gateway, such as wss://server:8443, instead of this machine"),
      Flag.filterMap(
        (text) => (/^(?:wss?|tls):\/\/[^\s@]+$/i.test(text) && URL.canParse(text) ? Option.some(text) : Option.none()),
        () => "the address of a gateway, such as wss://server:8443"
      ),
      Flag.optional
    ),
    timeout: durationFlag("timeout", "10 seconds", "Time that each check may take"),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object: healthy, and checks with id, verdict, found and advice"),
      Flag.withDefault(false)
    )
  },
  ({ gateway, json, timeout }) =>
    Effect.gen(function* () {
      const flags = yield* root
      if (Option.isSome(gateway) && (flags.backend !== "native" || Option.isSome(flags.url))) {
        return yield* new WrongUse("--gateway takes the place of --backend and --url")
      }
      const output = yield* Output.Output
      const columns = yield* output.columns
      const limit = Duration.max(timeout, Duration.millis(1))
      const show = (result: Result) => (json ? Effect.void : output.write(`${textOf(result, columns, output.style)}\n`))
      const results = Option.isSome(gateway)
        ? yield* examineGateway(yield* clientOptions(gateway.value, flags), limit, show)
        : yield* examine(yield* openBackend, limit, show)
      const sick = results.filter(({ verdict }) => verdict === "failed")
      if (json) yield* Output.json({ healthy: sick.length === 0, checks: results })
      if (sick.length > 0) {
        return yield* new Failed({ message: json ? "" : `failed: ${sick.map(({ id }) => id).join(", ")}` })
      }
    })
).pipe(
  Command.withDescription(
    "Examines the Message Queuing of this machine, or the way to a gateway, and says what to do about what it finds."
  ),
  Command.withExamples([
    { command: "effect-msmq doctor", description: "Every check, with what to do" },
    { command: "effect-msmq doctor --json", description: "For a script; exit code 1 if a check failed" },
    { command: "effect-msmq doctor --gateway wss://server:8443", description: "The way from here to a gateway" }
  ])
)
