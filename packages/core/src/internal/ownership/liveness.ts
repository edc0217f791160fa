/**
 * The life of the process and of calls that are under way. Waiting for a message keeps the process alive, as waiting on a
 * socket does; an open handle does not.
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"

/** Calls that are under way, such as their fibers. What a call leads to is no garbage, whatever it waits for. */
const underWay = new Set<object>()

/** Keeps a call that is under way, and the handles that it uses, from being collected as garbage until {@link forget}. */
export const keep = (call: object): void => {
  underWay.add(call)
}

/** Takes a {@link keep} back. */
export const forget = (call: object): void => {
  underWay.delete(call)
}

/** The longest interval of a timer, in milliseconds. */
const longest = 0x7fff_ffff

let waits = 0
let timer: NodeJS.Timeout | undefined

/** Keeps a wait as {@link keep} does, and the process alive, until {@link letGo}. */
export const hold = (wait: object): void => {
  keep(wait)
  waits++
  timer ??= setInterval(constVoid, longest)
  timer.ref()
}

/** Takes one {@link hold} back. */
export const letGo = (wait: object): void => {
  forget(wait)
  waits--
  if (waits === 0) timer?.unref()
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
