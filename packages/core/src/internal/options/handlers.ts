/** Functions of a program that do something with a message, or in a transaction. */
import * as Effect from "effect/Effect"
import type { Call } from "./illegalOption.ts"
import { errorOf } from "./illegalOption.ts"
import { describeValue } from "../errors/describeValue.ts"
import type { Rule } from "./Rule.ts"
import { guarded, isFunction } from "./Rule.ts"
import { Violation } from "./Violation.ts"

export const handler = guarded("a function that returns an Effect, such as Effect.fn makes of a generator", isFunction)

export const promiseHandler = guarded("a function that returns a promise, as an async function does", isFunction)

const returning = (name: string, { allowed }: Rule, given: unknown): Violation =>
  new Violation(name, `it must be ${allowed}`, `a function that returned ${describeValue(given)}`)

/** Returns the effect that a handler gave; what is none would fail without saying where it comes from. */
export const effectOf = <A, E, R>(call: Call, given: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.isEffect(given) ? given : Effect.die(errorOf(call, returning("handler", handler, given)))

const isPromise = (value: unknown): boolean => {
  try {
    return typeof value === "object" && value !== null && "then" in value && isFunction(value.then)
  } catch {
    return false
  }
}

/**
 * Returns what a handler gave. What is no promise cannot be waited for: it is an effect or a generator that nobody runs, or
 * nothing at all, where a promise was forgotten.
 */
export const awaitable = <A>(call: Call, name: string, given: A): A => {
  if (isPromise(given)) return given
  throw errorOf(call, returning(name, promiseHandler, given))
}
