/** Rule for the layer that a decorator is put around. */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const backend = Options.guarded("a layer that provides Mqrt, such as InMemoryMqrt.layer", Layer.isLayer)

/** Puts a decoration around a backend; what is no layer is a defect of the layer that it makes. */
export const decorated = <Added, Out, E, R>(
  operation: string,
  decoration: Layer.Layer<Mqrt | Added, never, Mqrt>,
  base: Layer.Layer<Mqrt | Out, E, R>
): Layer.Layer<Mqrt | Added | Out, E, R> =>
  Layer.unwrap(
    Effect.as(
      Effect.orDie(Options.checkArgument({ operation }, "base", backend, base)),
      Layer.provideMerge(decoration, base)
    )
  )
