/** Functions of a program that do something with a message, or in a transaction. */
import * as Effect from "effect/Effect"
import type { Call } from "./illegalOption.ts"
import { errorOf } from "./illegalOption.ts"
import { guarded, isFunction, violationOf } from "./Rule.ts"

export const handler = guarded("a function that returns an Effect, such as Effect.fn makes of a generator", isFunction)

export const promiseHandler = guarded("a function that returns a promise", isFunction)

/** Returns the effect that a handler gave; what is none would fail without saying where it comes from. */
export const effectOf = <A, E, R>(call: Call, given: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.isEffect(given) ? given : Effect.die(errorOf(call, violationOf("handler", handler.allowed, given)))

const isGenerator = (value: unknown): boolean => Object.prototype.toString.call(value).endsWith("Generator]")

/** Returns what a handler gave; an effect or a generator that nobody runs would count as work that is done. */
export const awaitable = <A>(call: Call, name: string, given: A): A => {
  if (Effect.isEffect(given) || isGenerator(given))
    throw errorOf(call, violationOf(name, promiseHandler.allowed, given))
  return given
}
