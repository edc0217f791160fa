/**
 * The event loop's turn, which all sends and receives of the process share.
 *
 * A promise that is fulfilled at once continues before timers, signals and sockets do, and so does a fiber that never has
 * to wait. A loop over a full queue would keep all of them waiting until the queue is empty. So each send and receive asks
 * first whether the turn is over; then it waits in line until the event loop has gone round.
 *
 * The turn is measured by the wall clock, not by Effect's `Clock`: it is the event loop's time that is shared.
 */
import * as Effect from "effect/Effect"

/** Length of a turn, in milliseconds. */
const length = 4

/** The time when the turn began; `undefined` as long as nothing was sent or received in it. */
let began: number | undefined

/** Sends and receives that wait for the next turn, in order of arrival. */
const line = new Set<() => void>()

const begin = (now: number): void => {
  began = now
  setImmediate(goRound)
}

/** Begins the next turn when the event loop has gone round. Those that do not fit into it stay in line. */
const goRound = (): void => {
  began = undefined
  if (line.size === 0) return
  begin(performance.now())
  for (const resume of line) {
    line.delete(resume)
    resume()
    if (isOver()) return
  }
}

/** Returns `true` when the next send or receive has to wait for {@link next}. The first one begins a turn. */
export const isOver = (): boolean => {
  const now = performance.now()
  if (began !== undefined) return now - began >= length
  begin(now)
  return false
}

/** Waits until the event loop has gone round and those that came before have had their turn. */
export const next: Effect.Effect<void> = Effect.withFiber((fiber) =>
  fiber.cache.scheduler.executionMode === "sync"
    ? // Such a scheduler runs everything before the event loop goes on, and would not wait.
      Effect.map(Effect.yieldNow, () => {
        began = performance.now()
      })
    : Effect.callback((resume) => {
        // A fiber may have yielded since it asked: only as long as a turn goes on is there one that follows.
        if (!isOver()) return resume(Effect.void)
        const go = () => resume(Effect.void)
        line.add(go)
        return Effect.sync(() => void line.delete(go))
      })
)

/** Runs an effect in this turn, or in the next one if this one is over. */
export const within = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => (isOver() ? Effect.andThen(next, effect) : effect))
