import type * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Semaphore from "effect/Semaphore"

/** Runs an effect while no other worker runs one in the same turn. */
export type InTurn = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Makes a turn that so many workers take. One worker alone needs no permit, which would take five steps for each message. */
export const turnOf = (workers: number): InTurn => (workers === 1 ? identity : Semaphore.makeUnsafe(1).withPermit)
