/**
 * The command `effect-msmq`: looks into Message Queuing, sends, receives and repairs.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Environment } from "effect/cli/Command"
import type { Failed } from "./internal/Failed.ts"
import * as Output from "./internal/Output.ts"
import { runCommand } from "./internal/runCommand.ts"

export type { Failed } from "./internal/Failed.ts"

/**
 * Runs the command with arguments, and writes to standard output and standard error.
 *
 * Succeeds where the command did what it was asked to. Otherwise it fails with an error that has been reported, and that Effect's
 * `runMain` turns into the exit code of the process: 1 for a command that failed, 2 for arguments that it does not understand.
 *
 * @example
 * ```ts import.meta.vitest
 * import { EffectMsmq } from "@effect-msmq/cli"
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { Effect } from "effect"
 *
 * const program = EffectMsmq.run(["queues", "--backend", "memory", "--json"])
 *
 * await Effect.runPromise(program.pipe(Effect.provide(NodeServices.layer))) // => undefined
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = (args: ReadonlyArray<string>): Effect.Effect<void, Failed, Environment> =>
  Effect.provide(runCommand(args), Output.layer)
