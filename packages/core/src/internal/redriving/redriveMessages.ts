/** Forwarding of the messages of a queue to other queues. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Mqrt } from "../../Mqrt.ts"
import { usualRead } from "../../mqrt/MessagePropertyTable.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { Reader } from "../receiving/Reader.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import { openQueueOfKind } from "../queues/opening.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { Counts } from "./eachMessage.ts"
import { eachMessage } from "./eachMessage.ts"
import { MessageCallbacks } from "./MessageCallbacks.ts"
import type { RedriveOptions, RedriveReport, RedriveTarget } from "./RedriveOptions.ts"
import type { RedriveSource } from "./RedriveTargets.ts"
import { RedriveTargets } from "./RedriveTargets.ts"

/** Opens the queue that messages are redriven from. A dry run only peeks, which takes no share mode (behaviour C-23). */
const openSource = Effect.fnUntraced(function* (
  operation: Operation,
  from: QueueName,
  { dryRun = false, shareMode = "denyNone" }: RedriveOptions
): Effect.fn.Return<RedriveSource, MsmqError, Mqrt | Scope.Scope> {
  const access = dryRun ? "peek" : "receive"
  const opened = yield* openQueueOfKind(from, operation, access, dryRun ? "denyNone" : shareMode, undefined)
  const { handle, kind, mqrt, name } = opened
  const state = {
    mqrt,
    handle,
    queue: nameOf(from),
    kind: { ...kind },
    exclusive: !dryRun && shareMode === "denyReceive",
    reopens: true,
    codec: undefined,
    read: usualRead
  }
  if (typeof (yield* Transaction.Current) !== "string" && kind.transactional !== true) {
    const reason = { _tag: "TransactionMismatch", queueIsTransactional: false } as const
    return yield* operation.error(reason, { queue: state.queue })
  }
  return { state, name }
})

const reportOf = ({ done, examined, skipped }: Counts): RedriveReport => ({ examined, redriven: done, skipped })

/** Redrives the messages of a queue one by one. After each step a message is in one place. */
export const redriveMessages = (
  operation: Operation,
  from: QueueName,
  to: RedriveTarget,
  options: RedriveOptions
): Effect.Effect<RedriveReport, MsmqError, Mqrt | Scope.Scope> =>
  Effect.gen(function* () {
    const { dryRun = false, limit = Infinity } = options
    const source = yield* openSource(operation, from, options)
    const callbacks = yield* MessageCallbacks.make({ operation, queue: source.state.queue }, options)
    const targets = yield* RedriveTargets.make(operation, source, to, options)
    const loop = {
      operation,
      reader: new Reader<Uint8Array>(source.state),
      limit,
      tell: (counts: Counts) => callbacks.progress(reportOf(counts), counts.examined),
      progressOf: ({ done }: Counts) => ({ accepted: done })
    }
    const counts = yield* eachMessage(loop, (message, index, restore) => {
      const isChosen = callbacks.chooses(message, index)
      if (isChosen instanceof MsmqError) return Effect.fail(isChosen)
      const queue = isChosen ? callbacks.targetOf(to, message, index) : undefined
      if (queue === undefined) return Effect.succeed(false)
      if (queue instanceof MsmqError) return Effect.fail(queue)
      return dryRun
        ? Effect.succeed(true)
        : Effect.flatMap(targets.redriveTo(queue, restore), (redrive) => redrive(message))
    })
    return reportOf(counts)
  })
