/** Runs the checks of the doctor in order. */
import type { MsmqError } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { RemoteMqrt } from "@effect-msmq/remote"
import { Cause, type Context, type Duration, Effect, Exit, Option, Scope } from "effect"
import type { Failed } from "../Failed.ts"
import { OnStuckCalls } from "../stuckCalls.ts"
import { adviceFor } from "./advice.ts"
import type { Check, Finding } from "./Check.ts"
import { gatewayChecks } from "./gatewayChecks.ts"
import { failed, ok } from "./Check.ts"
import { CurrentMachine } from "./Machine.ts"
import { machineChecks } from "./machineChecks.ts"
import { queueChecks } from "./queueChecks.ts"
import { roundTrips } from "./roundTrips.ts"
import { certificateChecks, securityChecks } from "./securityChecks.ts"
import { serviceChecks } from "./serviceChecks.ts"
import { TimeLimit } from "./TimeLimit.ts"

/** Result of a check that was made, or not. */
export interface Result {
  readonly id: string
  readonly verdict: Finding["verdict"] | "skipped"
  readonly found: string
  readonly advice: string | null
}

// Certificates can be looked at where the service does not run.
const queuingChecks = [...certificateChecks, ...serviceChecks, ...securityChecks, ...roundTrips, ...queueChecks]

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

const runtimeChecks = machineChecks.filter(({ id }) => id === "runtime")

/**
 * Ids of the checks of a gateway, in order.
 *
 * @testonly
 */
export const gatewayIds: ReadonlyArray<string> = [
  ...runtimeChecks.map(({ id }) => id),
  ...gatewayChecks({ url: "ws://localhost" }).map(({ id }) => id)
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

const skipped = (id: string, missing: string): Result => ({
  id,
  verdict: "skipped",
  found: `needs ${missing}`,
  advice: null
})

const lateGateway = failed(
  "the gateway did not answer in time",
  "Look whether its machine is too busy or a firewall drops what is sent to it, or give more time with --timeout."
)

const late = failed(
  "Message Queuing did not answer in time",
  "Look whether its service hangs, or give more time with --timeout."
)

/** Makes a check, unless one that it needs was not well. A check takes no longer than the limit, and never fails. */
const make = (
  { id, needs, run }: Check<never>,
  before: ReadonlyArray<Result>,
  time: TimeLimit,
  ifLate: Finding = late
): Effect.Effect<Result> => {
  const missing = before.find((result) => needs.includes(result.id) && result.verdict !== "ok")
  if (missing !== undefined) return Effect.succeed(skipped(id, missing.id))
  return Effect.map(Effect.exit(time.run(Effect.scoped(run))), (exit) =>
    Exit.isFailure(exit)
      ? resultOf(id, failed(messageOf(exit.cause), adviceFor(Option.getOrUndefined(Cause.findErrorOption(exit.cause)))))
      : resultOf(
          id,
          Option.getOrElse(exit.value, () => ifLate)
        )
  )
}

/** Opens the backend into a scope, and tells whether it could be opened. */
const openInto = (
  open: Open,
  scope: Scope.Scope,
  time: TimeLimit
): Effect.Effect<readonly [result: Result, backend: Context.Context<Mqrt> | undefined]> =>
  Effect.gen(function* () {
    const { platform } = yield* CurrentMachine
    const opened = yield* Effect.exit(time.run(Scope.provide(open, scope)))
    const backend = Exit.isSuccess(opened) ? Option.getOrUndefined(opened.value) : undefined
    if (backend !== undefined) return [resultOf("library", ok("the library of Message Queuing is loaded")), backend]
    const found = Exit.isFailure(opened) ? messageOf(opened.cause) : "the library could not be loaded in time"
    return [resultOf("library", failed(found, platform === "win32" ? installing : elsewhere)), undefined]
  })

/**
 * Makes all checks, one after the other, and calls back with the result of each. In the end it waits for checks that were late or
 * interrupted, so that they delete their queues, but no longer than for a check.
 */
export const examine = <E, R>(
  open: Open,
  limit: Duration.Duration,
  onResult: (result: Result) => Effect.Effect<void, E, R>
): Effect.Effect<ReadonlyArray<Result>, E, R> =>
  Effect.gen(function* () {
    const time = new TimeLimit(limit)
    const scope = yield* Scope.make()
    const results: Array<Result> = []
    const add = (result: Result): Effect.Effect<void, E, R> => {
      results.push(result)
      return onResult(result)
    }
    const examination: Effect.Effect<ReadonlyArray<Result>, E, R> = Effect.gen(function* () {
      for (const check of machineChecks) yield* add(yield* make(check, results, time))
      const [library, backend] = yield* openInto(open, scope, time)
      yield* add(library)
      for (const { id, needs, run } of queuingChecks) {
        yield* add(
          backend === undefined
            ? skipped(id, "library")
            : yield* make({ id, needs, run: Effect.provideContext(run, backend) }, results, time)
        )
      }
      return results
    })
    const onStuckCalls = yield* OnStuckCalls
    return yield* Effect.onExit(examination, (exit) =>
      Effect.gen(function* () {
        const ended = yield* time.end
        // Closing the backend waits for the calls that run, and is waited for no longer than a check.
        const closed = yield* time.run(Scope.close(scope, exit))
        if (!ended || Option.isNone(closed)) yield* onStuckCalls
      })
    )
  })

/** Makes all checks of the way to a gateway, one after the other, and calls back with the result of each. */
export const examineGateway = <E, R>(
  options: RemoteMqrt.Options,
  limit: Duration.Duration,
  onResult: (result: Result) => Effect.Effect<void, E, R>
): Effect.Effect<ReadonlyArray<Result>, E, R> =>
  Effect.gen(function* () {
    const time = new TimeLimit(limit)
    const results: Array<Result> = []
    for (const check of [...runtimeChecks, ...gatewayChecks(options)]) {
      const result = yield* make(check, results, time, lateGateway)
      results.push(result)
      yield* onResult(result)
    }
    return results
  })

const installing =
  "On Windows 10 and 11, as an administrator: Enable-WindowsOptionalFeature -Online -FeatureName MSMQ-Server -All. " +
  "On Windows Server, and in a container of Windows Server Core: Install-WindowsFeature MSMQ-Server."

const elsewhere = "Run this command on the machine with the queues, or try it here with --backend memory."
