/** Runs the checks of the doctor in order. */
import type { MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import { Cause, type Context, type Duration, Effect, Exit, Option, type Scope } from "effect"
import type { Failed } from "../Failed.ts"
import type { Check, Finding } from "./Check.ts"
import { failed, ok } from "./Check.ts"
import { machineChecks } from "./machineChecks.ts"
import { queueChecks } from "./queueChecks.ts"
import { roundTrips } from "./roundTrips.ts"
import { securityChecks } from "./securityChecks.ts"
import { serviceChecks } from "./serviceChecks.ts"

/** Result of a check that was made, or not. */
export interface Result {
  readonly id: string
  readonly verdict: Finding["verdict"] | "skipped"
  readonly found: string
  readonly advice: string | null
}

const queuingChecks = [...serviceChecks, ...securityChecks, ...roundTrips, ...queueChecks]

/**
 * Ids of all checks, in order.
 *
 * @testonly
 */
export const ids: ReadonlyArray<string> = [
  ...machineChecks.map(({ id }) => id),
  "library",
  ...queuingChecks.map(({ id }) => id)
]

/** Way to open the backend, which fails with what to do. */
type Open = Effect.Effect<Context.Context<Mqrt>, Failed | MsmqError.MsmqError, Scope.Scope>

const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const resultOf = (id: string, { advice, found, verdict }: Finding): Result => ({
  id,
  verdict,
  found,
  advice: advice ?? null
})

/** Makes a check, unless one that it needs was not well. A check takes no longer than the limit, and never fails. */
const make = <Services>(
  { id, needs, run }: Check<Services>,
  before: ReadonlyArray<Result>,
  limit: Duration.Duration
): Effect.Effect<Result, never, Exclude<Services, Scope.Scope>> => {
  const missing = before.find((result) => needs.includes(result.id) && result.verdict !== "ok")
  if (missing !== undefined) {
    return Effect.succeed({ id, verdict: "skipped", found: `needs ${missing.id}`, advice: null })
  }
  return run.pipe(
    Effect.scoped,
    Effect.timeoutOption(limit),
    Effect.exit,
    Effect.map((exit) =>
      Exit.isFailure(exit)
        ? resultOf(id, failed(messageOf(exit.cause), "See the message."))
        : resultOf(
            id,
            Option.getOrElse(exit.value, () =>
              failed(
                "Message Queuing did not answer in time",
                "Look whether its service hangs, or give more time with --timeout."
              )
            )
          )
    )
  ) as Effect.Effect<Result, never, Exclude<Services, Scope.Scope>>
}

/** Makes all checks, one after the other, and calls back with the result of each. */
export const examine = <R>(
  open: Open,
  limit: Duration.Duration,
  onResult: (result: Result) => Effect.Effect<void, never, R>
): Effect.Effect<ReadonlyArray<Result>, never, Scope.Scope | R> =>
  Effect.gen(function* () {
    const results: Array<Result> = []
    const add = (result: Result) =>
      Effect.andThen(
        Effect.sync(() => void results.push(result)),
        onResult(result)
      )
    for (const check of machineChecks) yield* add(yield* make(check, results, limit))
    const opened = yield* Effect.exit(Effect.timeoutOption(open, limit))
    if (Exit.isFailure(opened) || Option.isNone(opened.value)) {
      const found = Exit.isFailure(opened) ? messageOf(opened.cause) : "the library could not be loaded in time"
      yield* add(resultOf("library", failed(found, installing)))
    } else yield* add(resultOf("library", ok("the library of Message Queuing is loaded")))
    for (const check of queuingChecks) {
      const made = make(check, results, limit)
      const backend = Exit.isSuccess(opened) ? Option.getOrUndefined(opened.value) : undefined
      yield* add(
        backend === undefined
          ? { id: check.id, verdict: "skipped", found: "needs library", advice: null }
          : yield* Effect.provideContext(made, backend)
      )
    }
    return results
  })

const installing =
  "On Windows 10 and 11, as an administrator: Enable-WindowsOptionalFeature -Online -FeatureName MSMQ-Server -All. " +
  "On Windows Server: Install-WindowsFeature MSMQ-Server."
