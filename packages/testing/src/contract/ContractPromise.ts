import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * What not every machine can do.
 *
 * - `"authentication"`: signatures are verified, and queues can require them
 * - `"internal certificate"`: the user has one, so that a security context can be had without a certificate. A machine in a
 *   workgroup has none
 * - `"journals"`: what is received from a queue is copied to its journal where the queue says so
 * - `"journal of the machine"`: copies of what the promise sends may stay in the machine's own journal
 * - `"time limits of 32 bits"`: time limits beyond 100,000,000 seconds are kept as they are
 *
 * @category models
 * @since 0.1.0
 */
export type Capability =
  | "authentication"
  | "internal certificate"
  | "journals"
  | "journal of the machine"
  | "time limits of 32 bits"

/**
 * One promise: its name, what a machine must be able to do for it (all of `needs`), and the effect that fails with an
 * error saying what was different.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContractPromise {
  readonly name: string
  readonly needs: ReadonlyArray<Capability>
  readonly check: Effect.Effect<void, unknown, Mqrt.Mqrt | Scope.Scope>
}

/** Long enough for a slow machine: a promise that hangs is to be reported by its name. */
const limit = "60 seconds"

const describe = (cause: unknown): string => {
  if (cause instanceof Mqrt.MqrtFailure) {
    return `${cause.function} returned ${ErrorCode.nameOf(cause.code) ?? ErrorCode.format(cause.code)}`
  }
  return cause instanceof Error && cause.message !== "" ? cause.message : String(cause)
}

const failed = (name: string, cause: unknown): Error => new Error(`${name}: ${describe(cause)}`, { cause })

/** Makes a promise: what it opens is closed at its end, and whatever goes wrong is a failure that names it. */
export const promise = <E>(
  name: string,
  check: Effect.Effect<void, E, Mqrt.Mqrt | Scope.Scope>,
  needs: ReadonlyArray<Capability> = []
): ContractPromise => ({
  name,
  needs,
  check: check.pipe(
    Effect.scoped,
    Effect.timeout(limit),
    Effect.catchDefect((defect) => Effect.fail(defect)),
    Effect.mapError((cause) => failed(name, cause))
  )
})
