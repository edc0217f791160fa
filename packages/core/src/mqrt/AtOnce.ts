/**
 * Effects that mostly end at once, without a wait, such as the receive of a message that is there and the send of one; for the author
 * of a backend.
 *
 * Core makes the attempt of such an effect in the step of the fiber that asks for it. Other effects take a step for
 * each of their parts, which together take as long as the rest of core's work on a message. An effect that a decorator makes of
 * one has no attempt, and is run as all others are.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"

const attemptKey: unique symbol = Symbol.for("~@effect-msmq/core/mqrt/AtOnce")

/**
 * Makes what an effect does, if that takes no wait, and returns what it succeeds with, or the exit of a failure. Returns `undefined` where the effect is to be run instead:
 * then it has done nothing. `fiber`: the one that runs the effect.
 *
 * @category models
 * @since 0.1.0
 */
export type Attempt<A, E> = (fiber: Fiber.Fiber<unknown, unknown>) => A | Exit.Exit<never, E> | undefined

interface WithAttempt<A, E> {
  [attemptKey]?: Attempt<A, E>
}

/**
 * Returns an effect with its attempt.
 *
 * @example
 * ```ts import.meta.vitest
 * import { attemptOf, make } from "@effect-msmq/core/mqrt/AtOnce"
 * import { Effect } from "effect"
 *
 * const labels = ["order 1"]
 * const receive = make(Effect.delay(Effect.sync(() => labels.shift() ?? "none"), "5 millis"), () => labels.shift())
 *
 * // Without a wait while there are labels, and by the effect afterwards.
 * const attempted = Effect.withFiber((fiber) => Effect.succeed(attemptOf(receive)?.(fiber)))
 * await Effect.runPromise(Effect.all([attempted, attempted])) // => ["order 1", undefined]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A, E>(
  effect: Effect.Effect<A, E> & WithAttempt<A, E>,
  attempt: Attempt<A, E>
): Effect.Effect<A, E> => {
  effect[attemptKey] = attempt
  return effect
}

/**
 * Returns the attempt of an effect; `undefined` where it has none.
 *
 * See the example of {@link make}.
 *
 * @category getters
 * @since 0.1.0
 */
export const attemptOf = <A, E>(effect: Effect.Effect<A, E> & WithAttempt<A, E>): Attempt<A, E> | undefined =>
  effect[attemptKey]
