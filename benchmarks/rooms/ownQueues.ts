/** Queues of a run of the benchmark on a machine's own Message Queuing, which has other queues, too. */
import { MessageQueue, type Mqrt, type MsmqError } from "@effect-msmq/core"
import { Effect, type Scope } from "effect"

/** Kinds of queues that a run creates, one of each at a time. */
const kinds = ["plain", "transactional"] as const
export type Kind = (typeof kinds)[number]

/** Beginning of the names of all queues of all runs. */
const beginning = ".\\private$\\effect-msmq-bench"

const pathNameOf = (run: string, kind: Kind): string => `${beginning}-${run}-${kind}`

/** Deletes the queues of a run that are still there, and no other queue. */
export const deleteQueues = (run: string): Effect.Effect<void, MsmqError.MsmqError, Mqrt.Mqrt> =>
  Effect.forEach(
    kinds,
    (kind) => {
      const pathName = pathNameOf(run, kind)
      return Effect.flatMap(MessageQueue.exists(pathName), (isThere) =>
        isThere ? MessageQueue.delete(pathName) : Effect.void
      )
    },
    { discard: true }
  )

/** Creates a queue of a run, which the scope deletes. Returns its path name. */
export const createQueue = (
  run: string,
  kind: Kind
): Effect.Effect<string, MsmqError.MsmqError, Mqrt.Mqrt | Scope.Scope> => {
  const pathName = pathNameOf(run, kind)
  return Effect.acquireRelease(
    Effect.as(MessageQueue.create(pathName, { transactional: kind === "transactional" }), pathName),
    () => Effect.ignore(MessageQueue.delete(pathName))
  )
}
