import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"

/** A thing that is tried. It fails by throwing; its text, if any, is printed beside its name. */
export interface Trial {
  readonly name: string
  readonly run: () => Promise<string | void>
}

const tryOne = async ({ name, run }: Trial): Promise<boolean> => {
  try {
    const detail = await run()
    console.log(`ok - ${name}${detail === undefined ? "" : ` (${detail})`}`)
    return true
  } catch (error) {
    console.log(`not ok - ${name}\n${String(error instanceof Error ? error.message : error).replaceAll(/^/gm, "  ")}`)
    return false
  }
}

/** Tries everything, as many things at once as there are processors, and returns how many kept and how many failed. */
export const tryAll = async (trials: ReadonlyArray<Trial>): Promise<{ readonly kept: number; readonly failed: number }> => {
  const results = await Effect.runPromise(
    Effect.forEach(trials, (trial) => Effect.promise(() => tryOne(trial)), { concurrency: availableParallelism() })
  )
  const kept = results.filter(Boolean).length
  return { kept, failed: results.length - kept }
}
