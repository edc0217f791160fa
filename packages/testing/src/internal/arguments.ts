/** Checks of arguments that are not records of options, and of which record of options is given. */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const backend = Options.guarded("a layer that provides Mqrt, such as InMemoryMqrt.layer", Layer.isLayer)
const anEffect = Options.guarded("an Effect", Effect.isEffect)

/** Puts a decoration around a backend; a value that is no layer is a defect of the layer that this makes. */
export const decorate = <Added, Out, E, R>(
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

/** Checks that a value is an Effect: any other is a defect. */
export const checkEffect = (operation: string, given: unknown): Effect.Effect<void> =>
  Effect.asVoid(Effect.orDie(Options.checkArgument({ operation }, "effect", anEffect, given)))

/** Tells whether a value is an object with an option of a name; an object that throws when asked has none. */
export const hasOption = (value: unknown, name: string): boolean => {
  try {
    return typeof value === "object" && value !== null && name in value
  } catch {
    return false
  }
}
