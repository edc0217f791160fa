/** Names of queues as they are typed in a shell. */
import { FormatName, PathName } from "@effect-msmq/core"
import { Effect, Result } from "effect"
import { Argument, CliError } from "effect/cli"

/** Names that stand for the dead-letter queues of this machine. */
const deadLetters: Readonly<Record<string, string>> = {
  DEADLETTER: "DIRECT=OS:.\\SYSTEM$;DEADLETTER",
  DEADXACT: "DIRECT=OS:.\\SYSTEM$;DEADXACT"
}

const quoting = String.raw`Put single quotes around it in bash, zsh and PowerShell, as in '.\private$\orders', or give the name of a private queue of this machine alone, as in orders`

/** Returns `true` for a name from which a shell has taken backslashes or the `$`, as from `.\private$\orders` without quotes. */
const isDamaged = (name: string): boolean =>
  /^\.?\\?private\$?[^\\]*$/i.test(name) || /^\.\\private\\/i.test(name) || /\\private\\/i.test(name)

/** Returns the name of a queue by what was typed, or what was expected instead. */
export const queueOf = (typed: string): Result.Result<string, string> => {
  const known = deadLetters[typed.toUpperCase()]
  if (known !== undefined) return Result.succeed(known)
  if (isDamaged(typed)) return Result.fail(`the name of a queue; the shell may have changed this one. ${quoting}`)
  // A private queue of this machine, or its journal or a subqueue.
  if (!/[\\:=]/.test(typed)) {
    const [queue, sub] = typed.split(";", 2)
    return sub === undefined
      ? Result.succeed(`.\\private$\\${queue}`)
      : Result.succeed(`DIRECT=OS:.\\private$\\${queue};${sub}`)
  }
  const isName = Result.isSuccess(FormatName.parse(typed)) || Result.isSuccess(PathName.parse(typed))
  return isName ? Result.succeed(typed) : Result.fail(`the name of a queue. ${quoting}`)
}

/** Argument for the name of a queue. */
export const queue = Argument.String("queue").pipe(
  Argument.withDescription(
    String.raw`Path name such as '.\private$\orders', format name, name of a private queue of this machine alone (orders, orders;poison, orders;journal), DEADLETTER or DEADXACT`
  ),
  Argument.mapEffect((typed) =>
    Effect.mapError(
      Effect.fromResult(queueOf(typed)),
      (expected) => new CliError.InvalidValue({ option: "queue", value: typed, expected, kind: "argument" })
    )
  )
)
