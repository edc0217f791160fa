import { Effect } from "effect"
import { CliError, Command } from "effect/cli"
import type { Environment } from "effect/cli/Command"
import { commands } from "./commands/commands.ts"
import { Failed, WrongUse } from "./Failed.ts"
import * as Output from "./Output.ts"
import { withPresenter } from "./presenter.ts"
import { root } from "./root.ts"
import { version } from "./version.ts"

const command = root.pipe(Command.withSubcommands(commands))

/** Runs the command with arguments. */
export const runCommand = (args: ReadonlyArray<string>): Effect.Effect<void, Failed, Environment | Output.Output> =>
  Command.runWith(command, { version })(args).pipe(
    withPresenter,
    Effect.catchIf(CliError.isCliError, (error) =>
      // The command without arguments shows its help, too.
      error._tag === "ShowHelp" && error.errors.length === 0 ? Effect.void : Effect.fail(new WrongUse())
    ),
    Effect.catchTags({
      MsmqError: ({ message }) => Effect.fail(new Failed({ message })),
      OutputClosed: ({ reason }) => Effect.fail(reason)
    }),
    Effect.tapErrorTag("Failed", ({ message }) =>
      message === "" ? Effect.void : Output.writeError(`effect-msmq: ${message}`)
    )
  )
