/**
 * Lives of the process and of calls that run. A wait for a message keeps the process alive, as a wait on a socket does; an
 * open handle does not.
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"

/** Calls that run, such as their fibers. Garbage collection keeps all that a call refers to while the call waits. */
const calls = new Set<object>()

/** Keeps a call, and the handles that it uses, from being collected as garbage until {@link endCall}. */
export const beginCall = (call: object): void => {
  calls.add(call)
}

/** Ends what {@link beginCall} began. */
export const endCall = (call: object): void => {
  calls.delete(call)
}

/** Longest interval of a timer, in milliseconds. */
const longest = 0x7fff_ffff

let waits = 0
let timer: NodeJS.Timeout | undefined

/** Keeps a wait as {@link beginCall} keeps a call, and the process alive, until {@link endWait}. */
export const beginWait = (wait: object): void => {
  beginCall(wait)
  waits++
  timer ??= setInterval(constVoid, longest)
  timer.ref()
}

/** Ends one {@link beginWait}. */
export const endWait = (wait: object): void => {
  endCall(wait)
  waits--
  if (waits === 0) timer?.unref()
}

/** Keeps the process and the fiber alive for as long as the effect runs. */
export const keepProcessAlive = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.withFiber((fiber) => {
      const wait = { fiber }
      beginWait(wait)
      return Effect.succeed(wait)
    }),
    () => effect,
    (wait) => Effect.sync(() => endWait(wait))
  )
