import * as Effect from "effect/Effect"

/** Waits so many milliseconds of real time: what it waits for is no part of the program's time. */
export const pause = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })
