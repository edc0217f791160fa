import * as Options from "@effect-msmq/core/mqrt/Options"
import * as Effect from "effect/Effect"

const anEffect = Options.guarded("an Effect", Effect.isEffect)

/** Dies of what is no effect, before anything is done. */
export const checkEffect = (operation: string, given: unknown): Effect.Effect<void> =>
  Effect.asVoid(Effect.orDie(Options.checkArgument({ operation }, "effect", anEffect, given)))
