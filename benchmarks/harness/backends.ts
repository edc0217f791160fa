/** Backends that figures are measured on. */
import { Mqrt } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Context, Effect, Layer, Scope } from "effect"
import * as Double from "./Double.ts"

/** Backend that is open, and what runs on it. */
export interface Opened<Control> {
  readonly mqrt: Mqrt.Mqrt["Service"]
  /** Test double under the native backend; `undefined` in memory. */
  readonly double: Control
  /** Runs an effect on the backend, in the scope of the figure. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>) => Promise<A>
  /** Provides an effect with the backend. */
  readonly provide: <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>) => Effect.Effect<A, E>
}

/** Backend by its name. `open` gives a new one with no queues. */
export interface Backend<Control extends Double.Double | undefined = Double.Double | undefined> {
  readonly name: "native" | "in memory" | "library"
  readonly open: Effect.Effect<Opened<Control>, unknown, Scope.Scope>
}

const opened = <Control>(layer: Layer.Layer<Mqrt.Mqrt, unknown>, double: Control) =>
  Effect.gen(function* () {
    const context = Context.add(yield* Layer.build(layer), Scope.Scope, yield* Effect.scope)
    const open: Opened<Control> = {
      mqrt: Context.get(context, Mqrt.Mqrt),
      double,
      run: Effect.runPromiseWith(context),
      provide: Effect.provideContext(context)
    }
    return open
  })

/** Backend over the test double of mqrt.dll. */
export const native: Backend<Double.Double> = {
  name: "native",
  open: Effect.flatMap(Double.open, (double) => opened(NativeMqrt.layerWith({ library: double.path }), double))
}

/** Backend in memory. */
export const inMemory: Backend<undefined> = { name: "in memory", open: opened(InMemoryMqrt.layer, undefined) }

/** Backend over the library that the configuration `MQRT_LIBRARY` names, whatever that is. */
export const library: Backend<undefined> = { name: "library", open: opened(NativeMqrt.layer, undefined) }

/** Backends that are the same wherever they are measured. */
export const backends: ReadonlyArray<Backend> = [native, inMemory]
