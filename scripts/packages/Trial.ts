import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"

/** A thing that is tried. It fails by throwing; its text, if any, is printed beside its name. */
export interface Trial {
  readonly name: string
  readonly run: () => Promise<string | void>
}

/** A thing that cannot be tried on this system. */
export interface Skipped {
  readonly name: string
  readonly reason: string
}

type Result = "passed" | "failed" | "skipped"

/** Number of the things that ended in each way. */
export type Sum = Readonly<Record<Result, number>>

const tryOne = async (trial: Trial | Skipped): Promise<Result> => {
  const { name } = trial
  if ("reason" in trial) {
    console.log(`skipped - ${name}: ${trial.reason}`)
    return "skipped"
  }
  try {
    const detail = await trial.run()
    console.log(`ok - ${name}${detail === undefined ? "" : ` (${detail})`}`)
    return "passed"
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.log(`not ok - ${name}\n${message.replaceAll(/^/gm, "  ")}`)
    return "failed"
  }
}

/** Tries everything, as many things at once as there are processors. */
export const tryAll = async (trials: ReadonlyArray<Trial | Skipped>): Promise<Sum> => {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  const each = Effect.forEach(trials, (trial) => Effect.promise(() => tryOne(trial)), {
    concurrency: availableParallelism()
  })
  for (const result of await Effect.runPromise(each)) sum[result]++
  return sum
}
