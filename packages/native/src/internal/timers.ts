/** Timers of real time: they are no part of the time that the program's clock tells. */
import * as Effect from "effect/Effect"

/** Waits so many milliseconds. */
export const pause = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

/** Most milliseconds that `setTimeout` can wait. */
const longest = 0x7fffffff

/** Calls back after so many milliseconds, which may be more than a timer can wait. Returns a function that stops it. */
export const after = (milliseconds: number, then: () => void): (() => void) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longest ? wait(left - longest) : then()), Math.min(left, longest))
  }
  wait(milliseconds)
  return () => clearTimeout(timer)
}
