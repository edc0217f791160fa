/** Names of queues as they are typed in a shell. */
import { FormatName, type MsmqError, PathName } from "@effect-msmq/core"
import { Effect, Result } from "effect"
import { Argument, CliError, Flag } from "effect/cli"

/** Names that stand for the dead-letter queues of this machine. */
const deadLetters: Readonly<Record<string, string>> = {
  DEADLETTER: "DIRECT=OS:.\\SYSTEM$;DEADLETTER",
  DEADXACT: "DIRECT=OS:.\\SYSTEM$;DEADXACT"
}

const quoting = String.raw`Put single quotes around it in bash, zsh and PowerShell, as in '.\private$\orders', or give the name of a private queue of this machine alone, as in orders`

/** Returns `true` for a name from which a shell has taken backslashes or the `$`, as from `.\private$\orders` without quotes. */
const isDamaged = (name: string): boolean => /^\.(?!\\)|^\\|private\$[^\\]|\\private(\\|$)/i.test(name)

/** Returns a name written out: a word stands for a private queue of this machine, or for its journal or a subqueue. */
const inFull = (typed: string): string => {
  if (/[\\:=]/.test(typed)) return typed
  return typed.includes(";") ? `DIRECT=OS:.\\private$\\${typed}` : `.\\private$\\${typed}`
}

/** Returns the name of a queue by what was typed, or what was expected instead. */
const queueOf = (typed: string): Result.Result<string, string> => {
  const known = deadLetters[typed.toUpperCase()]
  if (known !== undefined) return Result.succeed(known)
  const name = inFull(typed)
  const read: Result.Result<unknown, MsmqError.MsmqError> = name.includes("=")
    ? FormatName.parse(name)
    : PathName.parse(name)
  if (isDamaged(typed)) return Result.fail(`the name of a queue; the shell may have changed this one. ${quoting}`)
  return Result.mapBoth(read, {
    onSuccess: () => name,
    onFailure: ({ reason }) => `the name of a queue${reason._tag === "IllegalName" ? `: ${reason.rule}` : ""}`
  })
}

const refusal = (option: string, kind: "argument" | "flag", value: string) => (expected: string) =>
  new CliError.InvalidValue({ option, value, expected, kind })

/** Argument for the name of a queue. */
export const queue = Argument.String("queue").pipe(
  Argument.withDescription(
    String.raw`Path name such as '.\private$\orders', format name, name of a private queue of this machine alone (orders, orders;poison, orders;journal), DEADLETTER or DEADXACT`
  ),
  Argument.mapEffect((typed) => Effect.mapError(Effect.fromResult(queueOf(typed)), refusal("queue", "argument", typed)))
)

/** Returns a flag for the name of a queue, which is typed as that of the argument. */
export const queueFlag = (name: string): Flag.Flag<string> =>
  Flag.String(name).pipe(
    Flag.withMetavar("QUEUE"),
    Flag.mapEffect((typed) => Effect.mapError(Effect.fromResult(queueOf(typed)), refusal(name, "flag", typed)))
  )
