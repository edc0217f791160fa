import { setImmediate } from "node:timers/promises"
import { times } from "./inTurn.ts"

/** Collects all garbage, and waits until finalizers have run. */
export const collect = (): Promise<void> =>
  times(4, () => {
    if (globalThis.gc === undefined) throw new Error("run it with --expose-gc")
    globalThis.gc()
    return setImmediate()
  })
