import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Ability that not every machine has.
 *
 * - `"authentication"`: signatures are verified, and queues can require them
 * - `"internal certificate"`: the user has one, so that a security context can be acquired without a certificate. A machine in
 *   a workgroup has none
 * - `"journals"`: a queue with journaling on copies received messages to its journal
 * - `"journal of the machine"`: copies of the messages that the promise sends may stay in the machine's own journal
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
 * Promise that every backend keeps.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContractPromise {
  /** Name: a sentence that says what is promised. */
  readonly name: string
  /** Capabilities that a machine must have for it, all of them. */
  readonly needs: ReadonlyArray<Capability>
  /** Fails with an error that says what was different. */
  readonly check: Effect.Effect<void, unknown, Mqrt.Mqrt | Scope.Scope>
}

/** Time limit of a promise, long enough for a slow machine: a promise that hangs fails with its name. */
const limit = "5 minutes"

const describe = (cause: unknown): string => {
  if (cause instanceof Mqrt.MqrtFailure) {
    return `${cause.function} returned ${ErrorCode.nameOf(cause.code) ?? ErrorCode.format(cause.code)}`
  }
  return cause instanceof Error && cause.message !== "" ? cause.message : String(cause)
}

const failed = (name: string, cause: unknown): Error => new Error(`${name}: ${describe(cause)}`, { cause })

/** Makes a promise: its scope is closed at its end, and its failures and defects become errors that begin with its name. */
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
