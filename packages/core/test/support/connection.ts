import { Mqrt } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, ManagedRuntime } from "effect"
import * as CallLog from "./CallLog.ts"
import { certificates } from "./certificates.ts"

/** A connection whose ledger, faults and calls the test can read, also when it is closed. */
export const connectObserved = async () => {
  const layer = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates }))))
  const runtime = ManagedRuntime.make(layer)
  const services = await runtime.context()
  const mqrt = Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make)).pipe(
    Layer.provide(Layer.succeedContext(services))
  )
  return {
    msmq: await connect(mqrt),
    inject: (fault: FaultInjection.Fault) => runtime.runPromise(FaultInjection.inject(fault)),
    calls: () => runtime.runPromise(CallLog.calls),
    expectNoLeaks: () => runtime.runPromise(HandleLedger.expectNoLeaks)
  }
}
