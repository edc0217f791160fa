/**
 * Contract of every backend of the `Mqrt` service: promises as plain named effects, which any test runner can run. It is imported
 * by its own name, `@effect-msmq/testing/MqrtContract`, since it takes longer to load than the rest of the package.
 *
 * @since 0.1.0
 */
import { administering } from "./contract/administering.ts"
import { selecting } from "./contract/selecting.ts"
import { browsing } from "./contract/browsing.ts"
import { claimChecks } from "./contract/claimChecks.ts"
import type { Capability, ContractPromise } from "./contract/ContractPromise.ts"
import { queuePrefix } from "./contract/givens.ts"
import { type CapabilityOptions, missingCapabilities } from "./contract/missingCapabilities.ts"
import { run, type RunOptions, type RunResult, sweep } from "./contract/run.ts"
import { consumers } from "./contract/consumers.ts"
import { loops } from "./contract/loops.ts"
import { messages } from "./contract/messages.ts"
import { poison } from "./contract/poison.ts"
import { programs } from "./contract/programs.ts"
import { promiseTransactions } from "./contract/promiseTransactions.ts"
import { queueReferences } from "./contract/queueReferences.ts"
import { queues } from "./contract/queues.ts"
import { requests } from "./contract/requests.ts"
import { sendingAgain } from "./contract/sendingAgain.ts"
import { security } from "./contract/security.ts"
import { transactions } from "./contract/transactions.ts"
import { waiting, waitingReceives } from "./contract/waiting.ts"

export type { Capability, CapabilityOptions, ContractPromise, RunOptions, RunResult }
export { missingCapabilities, run, sweep }

/**
 * All promises. Each creates its own queues, whose names begin with {@link queuePrefix}, and deletes them. Each can run alone, and
 * all of them one after the other on one backend. A broken promise fails with an `Error` that says what was different.
 *
 * They run in real time, not under a test clock.
 *
 * **Details**
 *
 * A promise that `needs` capabilities is only for machines that have all of them, as `InMemoryMqrt` has.
 *
 * @example
 * ```ts import.meta.vitest
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
 * import { Effect } from "effect"
 *
 * const promise = MqrtContract.promises.find(({ name }) => name === "label arrives as it was sent")
 * const check = Effect.scoped(promise?.check ?? Effect.die("no such promise"))
 *
 * await Effect.runPromise(check.pipe(Effect.as("kept"), Effect.provide(InMemoryMqrt.layer))) // => "kept"
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const promises: ReadonlyArray<ContractPromise> = [
  ...queues,
  ...messages,
  ...queueReferences,
  ...sendingAgain,
  ...requests,
  ...claimChecks,
  ...waiting,
  ...loops,
  ...browsing,
  ...selecting,
  ...transactions,
  ...security,
  ...programs,
  ...promiseTransactions,
  ...poison,
  ...consumers,
  ...administering
]

export { queuePrefix }

export {
  /**
   * Makes the promise that a number of receives can wait at once on one queue: one is interrupted, `meanwhile` ends while they
   * wait, and each of the others gets a message. {@link promises} contains it for 200.
   *
   * @category testing
   * @since 0.1.0
   */
  waitingReceives
}
