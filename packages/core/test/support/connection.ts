import { Mqrt } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, ManagedRuntime } from "effect"
import * as CallLog from "./CallLog.ts"
import { certificates } from "./certificates.ts"

/**
 * A connection whose ledger, faults and calls the test can read, also when it is closed. `change` returns functions that it calls
 * instead of those of the backend.
 */
export const connectObserved = async (
  change: (mqrt: Mqrt.MqrtFunctions) => Partial<Mqrt.MqrtFunctions> = () => ({})
) => {
  const layer = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates }))))
  const runtime = ManagedRuntime.make(layer)
  const services = await runtime.context()
  const mqrt = Layer.effect(
    Mqrt.Mqrt,
    Effect.flatMap(Mqrt.Mqrt, (mqrt) => Mqrt.make({ ...mqrt, ...change(mqrt) }))
  ).pipe(Layer.provide(Layer.succeedContext(services)))
  return {
    msmq: await connect(mqrt),
    inject: (fault: FaultInjection.Fault) => runtime.runPromise(FaultInjection.inject(fault)),
    calls: () => runtime.runPromise(CallLog.calls),
    expectNoLeaks: () => runtime.runPromise(HandleLedger.expectNoLeaks)
  }
}
