/** Takes one step of the exchange with System.Messaging on this machine's Message Queuing: `exchange.ps1` runs it. */
import { NativeMqrt } from "@effect-msmq/native"
import * as Effect from "effect/Effect"
import { acknowledged, receive, send } from "./exchange.ts"

const steps = { send, receive, acknowledged }

const isStep = (name: string): name is keyof typeof steps => Object.hasOwn(steps, name)

const [step = "nothing"] = process.argv.slice(2)
if (!isStep(step)) throw new Error(`${step} is none of ${Object.keys(steps).join(", ")}`)
await Effect.runPromise(Effect.provide(steps[step], NativeMqrt.layer))
console.log(`ok - effect-msmq: ${step}`)
