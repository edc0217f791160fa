#!/usr/bin/env node
/** The command `effect-msmq`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import * as EffectMsmq from "./EffectMsmq.ts"

EffectMsmq.run(process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
