import { setImmediate } from "node:timers/promises"
import { times } from "./inTurn.ts"

/**
 * Collects all garbage, and waits until finalizers have run. It does so twice, as a finalizer may let go of more: a third and
 * a fourth time found nothing and took as long.
 */
export const collect = (): Promise<void> =>
  times(2, () => {
    if (globalThis.gc === undefined) throw new Error("run it with --expose-gc")
    globalThis.gc()
    return setImmediate()
  })
