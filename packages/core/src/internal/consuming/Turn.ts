import type * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** Runs an effect while no other worker runs one in the same turn. */
export type InTurn = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Makes a turn that workers take. While one works alone, it needs no permit, which would take five steps for each message. */
export const turnOf = (isAlone: () => boolean): InTurn => {
  const { withPermit } = Semaphore.makeUnsafe(1)
  return (effect) => (isAlone() ? effect : withPermit(effect))
}
