/** Help, version and refusals of arguments, as Effect's commands present them. */
import { Effect } from "effect"
import { CliOutput } from "effect/cli"
import * as Output from "./Output.ts"

/**
 * Runs a command, and then writes the help or the version that it presents to standard output. Arguments that it refuses are told
 * on standard error, so that a program which reads standard output never gets them.
 */
export const withPresenter = <A, E, R>(
  run: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Output.OutputClosed, R | Output.Output> =>
  Effect.gen(function* () {
    const { write, writeError } = yield* Output.Output
    const asked: Array<string> = []
    const formatter = yield* CliOutput.Formatter
    const present: CliOutput.Presenter["present"] = (event) => {
      switch (event._tag) {
        case "Help":
          return Effect.sync(() => void asked.push(formatter.formatHelpDoc(event.helpDoc)))
        case "Version":
          return Effect.sync(() => void asked.push(formatter.formatVersion(event.name, event.version)))
        case "InvalidInvocation": {
          const lines = event.errors.map(({ message }) => `effect-msmq: ${message}`)
          return writeError(
            [...lines, `\`${event.commandPath.join(" ")} --help\` shows its use and examples.\n`].join("\n")
          )
        }
      }
    }
    const exit = yield* Effect.exit(Effect.provideService(run, CliOutput.Presenter, { present }))
    for (const text of asked) yield* write(`${text}\n`)
    return yield* exit
  })
