/** Run on a library: what its processes have to know, which the first one tells the others in their environment. */
import { NativeMqrt } from "@effect-msmq/native"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { deleteQueues } from "../rooms/ownQueues.ts"

const variable = "EFFECT_MSMQ_BENCH_RUN"

/** Returns the name of this run, which is part of the names of its queues. */
export const runName = (): string => (process.env[variable] ??= randomUUID().slice(0, 8))

/**
 * Measures on a library. Deletes the queues of the run afterwards, also those of a process that crashed, and after an interruption.
 */
export const onLibrary = <A, E, R>(path: string, measure: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    process.env["MQRT_LIBRARY"] = path
    const tidy = Effect.provide(deleteQueues(runName()), NativeMqrt.layerWith({ library: path }))
    return Effect.ensuring(
      measure,
      Effect.catch(tidy, ({ message }) =>
        Effect.sync(() =>
          console.error(`queues of this run, effect-msmq-bench-${runName()}-*, may be left: ${message}`)
        )
      )
    )
  })
