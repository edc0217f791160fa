/**
 * The life of the process, and of what waits in it: waiting for a message keeps both alive, as waiting on a socket does; an
 * open handle does not.
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"

/** The longest interval of a timer, in milliseconds. */
const longest = 0x7fff_ffff

/** Everything that waits. What it leads to is not collected as garbage. */
const waits = new Set<object>()
let timer: NodeJS.Timeout | undefined

/** Keeps the process and something that waits in it, such as a fiber, alive until {@link letGo} is called for that. */
export const hold = (wait: object): void => {
  waits.add(wait)
  timer ??= setInterval(constVoid, longest)
  timer.ref()
}

/** Takes a {@link hold} back. */
export const letGo = (wait: object): void => {
  waits.delete(wait)
  if (waits.size === 0) timer?.unref()
}

/** Keeps the process and the fiber alive for as long as the effect runs. */
export const holdingProcess = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.withFiber((fiber) => {
      const wait = { fiber }
      hold(wait)
      return Effect.succeed(wait)
    }),
    () => effect,
    (wait) => Effect.sync(() => letGo(wait))
  )
