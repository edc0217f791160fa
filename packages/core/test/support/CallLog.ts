import { Mqrt } from "@effect-msmq/core"
import { Context, Effect, Layer } from "effect"

/** Calls that reached the backend, in order: `getSecurityContext`, `freeSecurityContext`, ... */
export class CallLog extends Context.Service<CallLog, { readonly calls: Array<string> }>()("test/CallLog") {}

export const layer = <Out, E, R>(base: Layer.Layer<Mqrt.Mqrt | Out, E, R>) =>
  Layer.provideMerge(
    Layer.effectContext(
      Effect.gen(function* () {
        const backend = yield* Mqrt.Mqrt
        const calls: Array<string> = []
        const logged = Object.fromEntries(
          Object.entries(backend).map(([name, call]) => [
            name,
            typeof call !== "function"
              ? Effect.isEffect(call)
                ? Effect.andThen(
                    Effect.sync(() => calls.push(name)),
                    call
                  )
                : call
              : (...args: ReadonlyArray<unknown>) =>
                  Effect.suspend(() => {
                    calls.push(name)
                    return Reflect.apply(call, backend, args) as Effect.Effect<unknown, unknown>
                  })
          ])
        ) as Mqrt.MqrtFunctions
        const mqrt = yield* Mqrt.make(logged)
        return Context.make(Mqrt.Mqrt, mqrt).pipe(Context.add(CallLog, CallLog.of({ calls })))
      })
    ),
    base
  )

export const calls = CallLog.use(({ calls }) => Effect.sync(() => [...calls]))
