import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Root } from "../ownership/OwnedHandle.ts"

/** Permit of each backend for one change of permissions. */
const permits = new WeakMap<Root, Semaphore.Semaphore>()

/** Runs an effect that reads and then writes, after those of the same backend that were run before it. */
export const changesOneByOne = <A, E, R>(backend: Root, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const permit = permits.get(backend) ?? Semaphore.makeUnsafe(1)
    permits.set(backend, permit)
    return permit.withPermit(effect)
  })
