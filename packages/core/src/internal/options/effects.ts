import * as Effect from "effect/Effect"
import type { Rule } from "./Rule.ts"
import { guarded } from "./Rule.ts"

const anyEffect = guarded("an Effect", Effect.isEffect)

/** Rule for an effect. No rule can see what it gives and needs. */
export const effect = <A, E, R>(): Rule<Effect.Effect<A, E, R>> => anyEffect as Rule<Effect.Effect<A, E, R>>
