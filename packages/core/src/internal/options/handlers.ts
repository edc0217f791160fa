/** Rules for functions of a program, such as handlers, and for their results. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constUndefined } from "effect/Function"
import type { Call } from "./illegalOption.ts"
import { errorOf } from "./illegalOption.ts"
import { describeValue } from "../errors/describeValue.ts"
import { finiteDuration } from "./durations.ts"
import type { Rule } from "./Rule.ts"
import { anyOf, guarded, isFunction, oneOf } from "./Rule.ts"
import { Violation } from "./Violation.ts"

export const handler = guarded("a function that returns an Effect, such as Effect.fn makes of a generator", isFunction)

export const promiseHandler = guarded("a function that returns a promise, as an async function does", isFunction)

const anyEffect = guarded("an Effect", Effect.isEffect)

/** Rule for an effect. No rule can check its type parameters. */
export const effect = <A, E, R>(): Rule<Effect.Effect<A, E, R>> => anyEffect as Rule<Effect.Effect<A, E, R>>

const wrongResult = (name: string, { allowed }: Rule, given: unknown): Violation =>
  new Violation(name, `it must be ${allowed}`, `a function that returned ${describeValue(given)}`)

const isPromise = (value: unknown): value is PromiseLike<unknown> => {
  try {
    return typeof value === "object" && value !== null && "then" in value && isFunction(value.then)
  } catch {
    return false
  }
}

/** Returns a promise of the rejection of another one, which is handled from the call on, since an unhandled one ends the process. */
const rejectionOf = (given: PromiseLike<unknown>): Promise<Cause.Cause<never> | undefined> =>
  Promise.resolve(given).then(constUndefined, (error: unknown) => Cause.die(error))

/**
 * Returns an effect that logs the rejection of a promise that a callback returned, without waiting for it. Other values are
 * ignored.
 */
export const logRejection = (text: string, given: unknown): Effect.Effect<void> => {
  if (!isPromise(given)) return Effect.void
  const rejection = rejectionOf(given)
  return Effect.promise(() => rejection).pipe(
    Effect.flatMap((cause) => (cause === undefined ? Effect.void : Effect.logError(text, cause))),
    Effect.forkDetach({ startImmediately: true }),
    Effect.asVoid
  )
}

/**
 * Returns an effect that waits for a promise that a callback returned, and dies with its rejection. Other values are ignored. Where
 * the wait is interrupted, a later rejection is logged with the text.
 */
export const awaited = (text: string, given: unknown): Effect.Effect<void> => {
  if (!isPromise(given)) return Effect.void
  const rejection = rejectionOf(given)
  return Effect.matchCauseEffect(Effect.interruptible(Effect.promise(() => rejection)), {
    onFailure: (interruption) => Effect.andThen(logRejection(text, given), Effect.failCause(interruption)),
    onSuccess: (cause) => (cause === undefined ? Effect.void : Effect.failCause(cause))
  })
}

/**
 * Returns a callback that calls the given one, and logs rejections of the promises that it returns with the loggers of a fiber.
 */
export const logRejectionsOf =
  <A>(text: string, callback: (given: A) => unknown, context: Context.Context<never>) =>
  (given: A): void => {
    Effect.runForkWith(context)(logRejection(text, callback(given)))
  }

/** Returns the effect that a function returned, or an effect that dies with the violation by any other value. */
export const effectOf = <A, E, R>(
  call: Call,
  given: Effect.Effect<A, E, R>,
  name = "handler"
): Effect.Effect<A, E, R> =>
  Effect.isEffect(given)
    ? given
    : Effect.andThen(
        logRejection(`${name} failed`, given),
        Effect.die(errorOf(call, wrongResult(name, handler, given)))
      )

const decision: Rule<Duration.Duration | "poison" | "reject"> = anyOf<Duration.Duration | "poison" | "reject">(
  `a function that returns "poison", "reject" or a delay: ${finiteDuration.allowed}`,
  oneOf(["poison", "reject"]),
  finiteDuration
)

/** Returns the decision that a function for failed attempts returned, or an effect that dies with the violation by any other value. */
export const decisionOf = (call: Call, given: unknown): Effect.Effect<Duration.Duration | "poison" | "reject"> => {
  const read = decision.read(given, "retry")
  return read instanceof Violation
    ? Effect.andThen(
        logRejection("retry failed", given),
        Effect.die(errorOf(call, wrongResult("retry", decision, given)))
      )
    : Effect.succeed(read)
}

const key = guarded("a function that returns a string", (value): value is string => typeof value === "string")

/** Returns the key that a function for keys returned, and throws for any other value. */
export const keyOf = (call: Call, given: unknown): string => {
  const read = key.read(given, "keys")
  if (isPromise(given)) void rejectionOf(given)
  if (read instanceof Violation) throw errorOf(call, wrongResult("keys", key, given))
  return read
}

/**
 * Returns the promise that a handler returned, and throws for any other value, which cannot be awaited: an effect or a
 * generator that nothing runs, or nothing at all, where a promise was forgotten.
 */
export const awaitable = <A>(call: Call, name: string, given: A): A => {
  if (isPromise(given)) return given
  throw errorOf(call, wrongResult(name, promiseHandler, given))
}
