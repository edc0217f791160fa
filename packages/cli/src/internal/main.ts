import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import * as EffectMsmq from "../EffectMsmq.ts"

/** Runs the command that the process was started with. */
export const main = (): void =>
  EffectMsmq.run(process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
