/**
 * Turns of the event loop, which all sends and receives of the process share; for the author of a backend.
 *
 * A promise that is fulfilled at once continues before timers, signals and sockets, and so does a fiber that never has to wait.
 * A loop over a full queue would keep all of them waiting until the queue is empty. So core asks before each call of `Mqrt`
 * whether the turn is over; if it is, the call waits in line until the event loop has gone round. A backend whose call takes
 * several steps, such as `sendMessages`, asks between them.
 *
 * A turn is measured by the wall clock, since the time of the event loop is what is shared. Under a clock that is not the
 * system's, such as that of a test, it is counted, so that a test does not depend on the load of the machine.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { isSystem } from "./BackgroundClock.ts"

/** The clock: the global is looked up by a getter each time. */
const { performance } = globalThis

/** Length of a turn, in milliseconds. */
const length = 4

/** Length of a turn under a clock that is not the system's, in sends and receives. */
const countedLength = 64

/** Number of sends and receives of the turn under each such clock. */
const counts = new WeakMap<Clock.Clock, number>()

/** Time when the turn began; `undefined` until something is sent or received in it. */
let began: number | undefined

/** Sends and receives that wait for the next turn, in order of arrival. */
const line = new Set<() => void>()

/** Functions that forget what was read for the turn. */
const forgetters: Array<() => void> = []

const begin = (now: number): void => {
  began = now
  setImmediate(goRound)
}

/** Begins the next turn when the event loop has gone round. Sends and receives that do not fit into it stay in line. */
const goRound = (): void => {
  began = undefined
  for (const forget of forgetters) forget()
  if (line.size === 0) return
  begin(performance.now())
  for (const resume of line) {
    line.delete(resume)
    resume()
    if (isOver()) return
  }
}

/**
 * @internal Makes a function that reads services of a context, and reads those of the same context once in a turn: sends and
 * receives mostly follow each other in the same one, and a lookup takes 20 to 40 ns. It keeps no context beyond the turn, since
 * a context refers to its scope, and so to the owners of handles.
 */
export const readOnce = <A>(read: (context: Context.Context<never>) => A): ((context: Context.Context<never>) => A) => {
  let last: { readonly context: Context.Context<never>; readonly services: A } | undefined
  forgetters.push(() => {
    last = undefined
  })
  return (context) => {
    if (last !== undefined && last.context === context) return last.services
    if (began === undefined) begin(performance.now())
    last = { context, services: read(context) }
    return last.services
  }
}

const clockOf = readOnce((context) => Context.get(context, Clock.Clock))

/**
 * Returns `true` when the turn is over for a fiber, by the clock that it runs under. The next send or receive of the fiber then
 * waits for {@link next}. The first call begins a turn.
 *
 * See the example of {@link within}.
 *
 * @category getters
 * @since 0.1.0
 */
export const isOverFor = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const clock = clockOf(fiber.context)
  if (isSystem(clock)) return isOver()
  const count = (counts.get(clock) ?? 0) + 1
  counts.set(clock, count)
  return count > countedLength
}

/**
 * Returns the time when the turn ends, in milliseconds of `performance.now()`. The first call begins a turn.
 *
 * See the example of {@link isOver}.
 *
 * @category getters
 * @since 0.1.0
 */
export const end = (): number => {
  const now = began ?? performance.now()
  if (began === undefined) begin(now)
  return now + length
}

/** Time of the last call of {@link isOver}. */
let asked = -Infinity

/**
 * Returns `true` when the turn is over by the system's clock. Sends and receives then wait for {@link next}. The first call
 * begins a turn.
 *
 * @example
 * ```ts import.meta.vitest
 * import { askedAt, end, isOver } from "@effect-msmq/core/mqrt/EventLoopTurn"
 *
 * // A loop of calls goes on until the turn is over.
 * const calls: Array<number> = []
 * while (!isOver() && calls.length < 3) calls.push(askedAt())
 * calls.every((time) => time <= end()) // => true
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const isOver = (): boolean => {
  const now = (asked = performance.now())
  if (began !== undefined) return now - began >= length
  begin(now)
  return false
}

/**
 * Returns the time of the last call of {@link isOver}, in milliseconds of `performance.now()`. Core makes one before each send
 * and receive, so that the time since then limits the duration of the last one, without another look at the clock.
 *
 * See the example of {@link isOver}.
 *
 * @category getters
 * @since 0.1.0
 */
export const askedAt = (): number => asked

/**
 * Waits until the event loop has gone round and the sends and receives before it in line have had their turn.
 *
 * See the example of {@link within}.
 *
 * @category running
 * @since 0.1.0
 */
export const next: Effect.Effect<void> = Effect.withFiber((fiber) => {
  const clock = fiber.getRef(Clock.Clock)
  // The test clock waits only for work of its scheduler.
  if (!isSystem(clock)) return Effect.map(Effect.yieldNow, () => void counts.set(clock, 0))
  return fiber.cache.scheduler.executionMode === "sync"
    ? // A synchronous scheduler runs everything before the event loop goes on, and cannot wait.
      Effect.map(Effect.yieldNow, () => {
        began = performance.now()
      })
    : Effect.callback((resume) => {
        // The fiber may have yielded since it asked, and another turn follows only while one goes on.
        if (!isOver()) return resume(Effect.void)
        const go = () => resume(Effect.void)
        line.add(go)
        return Effect.sync(() => void line.delete(go))
      })
})

/**
 * Makes an effect and runs it, both in this turn, or in the next one if this one is over.
 *
 * @example
 * ```ts import.meta.vitest
 * import { within } from "@effect-msmq/core/mqrt/EventLoopTurn"
 * import { Effect } from "effect"
 *
 * // A call of a backend that is quick, and leaves the event loop free after four milliseconds of such calls.
 * await Effect.runPromise(within(() => Effect.sync(() => "sent"))) // => "sent"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const within = <A, E, R>(
  make: (fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => (isOverFor(fiber) ? Effect.andThen(next, Effect.withFiber(make)) : make(fiber)))
