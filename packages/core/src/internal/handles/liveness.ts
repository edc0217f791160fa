/** The life of the process: waiting for a message keeps it alive, as waiting on a socket does; an open handle does not. */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"

/** The longest interval of a timer, in milliseconds. */
const longest = 0x7fff_ffff

let waits = 0
let timer: NodeJS.Timeout | undefined

/** Keeps the process alive until {@link letGo} has been called as often. */
export const hold = (): void => {
  waits++
  timer ??= setInterval(constVoid, longest)
  timer.ref()
}

/** Takes one {@link hold} back. */
export const letGo = (): void => {
  waits--
  if (waits === 0) timer?.unref()
}

/** Keeps the process alive for as long as the effect runs. */
export const holdingProcess = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(hold),
    () => effect,
    () => Effect.sync(letGo)
  )
