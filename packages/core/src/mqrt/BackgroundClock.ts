/**
 * Clock for timers that do not keep the process alive, such as the idle time of a cache.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const live = Context.get(Context.empty(), Clock.Clock)

/** Longest time of a timer, in milliseconds. */
const longest = 0x7fff_ffff

const sleepMillis = (milliseconds: number): Effect.Effect<void> => {
  if (milliseconds <= 0) return Effect.yieldNow
  if (milliseconds === Infinity) return Effect.never
  return Effect.callback((resume) => {
    const rest = milliseconds > longest ? sleepMillis(milliseconds - longest) : Effect.void
    const timer = setTimeout(() => resume(rest), Math.min(milliseconds, longest)).unref()
    return Effect.sync(() => clearTimeout(timer))
  })
}

const background: Clock.Clock = {
  currentTimeMillisUnsafe: () => live.currentTimeMillisUnsafe(),
  currentTimeMillis: live.currentTimeMillis,
  currentTimeNanosUnsafe: () => live.currentTimeNanosUnsafe(),
  currentTimeNanos: live.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: live.monotonicTimeNanos,
  sleep: (duration) => sleepMillis(Duration.toMillis(duration))
}

/** @internal Returns `true` for a clock of the system, and `false` for one that a test sets. */
export const isSystem = (clock: Clock.Clock): boolean => clock === live || clock === background

/**
 * Returns a clock with the time of another one, whose sleeps do not keep the process alive. Returns a clock that is not Effect's
 * own, such as that of a test, as it is.
 *
 * See the example of {@link provide}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (clock: Clock.Clock): Clock.Clock => (clock === live ? background : clock)

/**
 * Runs an effect whose sleeps do not keep the process alive.
 *
 * @example
 * ```ts import.meta.vitest
 * import { provide } from "@effect-msmq/core/mqrt/BackgroundClock"
 * import { Effect } from "effect"
 *
 * // A sleep of this effect alone does not keep the process alive.
 * await Effect.runPromise(provide(Effect.as(Effect.sleep(0), "awake"))) // => "awake"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const provide = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => Effect.provideService(effect, Clock.Clock, of(clock)))
