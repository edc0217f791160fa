import { MessageQueue } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Scope } from "effect"
import { Mqrt } from "@effect-msmq/core"
import type { Backend } from "../harness/backends.ts"
import { ofLibrary } from "../rooms/ofLibrary.ts"

const settings = { rounds: 1, warmUp: 0, time: 0, iterations: 1, scale: 0.1 }

const names = ["plain", "transactional"].map((kind) => `.\\private$\\effect-msmq-bench-test-${kind}`)

/** Opens a backend of a layer that is built already, so that what a figure leaves there is seen. */
const backendOf = (built: Context.Context<Mqrt.Mqrt>): Backend<undefined> => ({
  name: "library",
  open: Effect.map(Effect.scope, (scope) => {
    const context = Context.add(built, Scope.Scope, scope)
    return {
      mqrt: Context.get(built, Mqrt.Mqrt),
      layer: Layer.succeedContext(built),
      double: undefined,
      run: Effect.runPromiseWith(context),
      provide: Effect.provideContext(context)
    }
  })
})

describe("the figures of a library", () => {
  it.live("are measured with what every MSMQ can do, and leave no queue behind", () =>
    Effect.gen(function* () {
      const built = yield* Layer.build(InMemoryMqrt.layer)
      const { plans } = ofLibrary(backendOf(built), "test")
      for (const plan of plans) {
        const { values } = yield* Effect.scoped(plan.measure(settings))
        assert.isTrue(
          values.every((value) => value > 0),
          plan.name
        )
        const left = yield* Effect.provideContext(Effect.forEach(names, MessageQueue.exists), built)
        assert.deepStrictEqual(left, [false, false], plan.name)
      }
    })
  )
})
