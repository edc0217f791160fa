import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Runtime } from "effect"
import * as EffectMsmq from "../EffectMsmq.ts"
import { OnStuckCalls } from "./stuckCalls.ts"

/** Runs the command that the process was started with. */
export const main = (): void => {
  let isStuck = false
  // Node waits for the thread of each call before it ends, for ever where the call does not return. Windows gives a process that is
  // killed so the exit code 1.
  const teardown: Runtime.Teardown = (exit, onExit) =>
    Runtime.defaultTeardown(exit, (code) => {
      if (isStuck) process.kill(process.pid, "SIGKILL")
      else onExit(code)
    })
  EffectMsmq.run(process.argv.slice(2)).pipe(
    Effect.provideService(
      OnStuckCalls,
      Effect.sync(() => {
        isStuck = true
      })
    ),
    Effect.provide(NodeServices.layer),
    (command) => NodeRuntime.runMain(command, { teardown })
  )
}
