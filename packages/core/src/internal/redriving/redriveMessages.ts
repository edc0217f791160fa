/** The loop of `MessageQueue.redrive`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ReceivedMessage } from "../../Message.ts"
import type { Mqrt } from "../../Mqrt.ts"
import { usualRead } from "../../mqrt/MessagePropertyTable.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { lookupIdsIn } from "../messages/lookupIds.ts"
import { optional, Reader } from "../messages/Reader.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import { outsideGate } from "../promises/AbortGate.ts"
import { openQueueOfKind } from "../queues/opening.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { RedriveCallbacks } from "./RedriveCallbacks.ts"
import type { RedriveOptions, RedriveReport, RedriveTarget } from "./RedriveOptions.ts"
import type { RedriveSource } from "./RedriveTargets.ts"
import { RedriveTargets, taken } from "./RedriveTargets.ts"

/** Opens the queue that messages are redriven from. A dry run only peeks, which takes no share mode (behaviour C-23). */
const openSource = Effect.fnUntraced(function* (
  operation: Operation,
  from: QueueName,
  { dryRun = false, shareMode = "denyNone" }: RedriveOptions
): Effect.fn.Return<RedriveSource, MsmqError, Mqrt | Scope.Scope> {
  const access = dryRun ? "peek" : "receive"
  const opened = yield* openQueueOfKind(from, operation, access, dryRun ? "denyNone" : shareMode, undefined)
  const { formatName, handle, kind, mqrt } = opened
  const state = {
    mqrt,
    handle,
    queue: nameOf(from),
    transactional: kind.transactional,
    exclusive: !dryRun && shareMode === "denyReceive",
    reopens: true,
    codec: undefined,
    read: usualRead
  }
  if (typeof (yield* Transaction.Current) !== "string" && kind.transactional !== true) {
    const reason = { _tag: "TransactionMismatch", queueIsTransactional: false } as const
    return yield* operation.error(reason, { queue: state.queue })
  }
  return { state, formatName }
})

/**
 * Redrives the messages of a queue one by one. An interruption takes effect between two of them: it waits for the message that is
 * being redriven, which is then in one place, and `onProgress` has been called for it.
 */
export const redriveMessages = (
  operation: Operation,
  from: QueueName,
  to: RedriveTarget,
  options: RedriveOptions
): Effect.Effect<RedriveReport, MsmqError, Mqrt | Scope.Scope> =>
  Effect.gen(function* () {
    const { dryRun = false, limit = Infinity } = options
    const source = yield* openSource(operation, from, options)
    const reader = new Reader<Uint8Array>(source.state)
    const call = { operation, queue: source.state.queue }
    const callbacks = yield* Effect.withFiber((fiber) =>
      Effect.sync(() => new RedriveCallbacks(call, to, options, fiber))
    )
    const targets = yield* RedriveTargets.make(operation, source, to, options)
    let report: RedriveReport = { examined: 0, redriven: 0, skipped: 0 }

    /** Adds the progress so far and the message to an error. */
    const failed = ({ cause, computer, queue, reason }: MsmqError, messageId: string | undefined) =>
      Effect.fail(
        operation.error(reason, {
          queue,
          computer,
          messageId,
          progress: { accepted: report.redriven },
          ...(cause === undefined ? {} : { cause })
        })
      )

    /** Redrives a message. Returns `false` for one that stays where it is, or that another receiver has. */
    const redrive = (lookupId: bigint, restore: typeof Effect.interruptible) => {
      let messageId: string | undefined
      const redriveFound = (message: ReceivedMessage): Effect.Effect<boolean, MsmqError> => {
        messageId = message.messageId
        const queue = callbacks.targetOf(message, report.examined)
        if (queue === undefined) return Effect.succeed(false)
        if (queue instanceof MsmqError) return Effect.fail(queue)
        return dryRun
          ? Effect.succeed(true)
          : Effect.flatMap(targets.wayTo(queue, restore), (redrive) => redrive(message))
      }
      return restore(optional(reader.lookUp(operation, "peekCurrent", lookupId), ...taken)).pipe(
        Effect.flatMap(Option.match({ onNone: () => Effect.succeed(false), onSome: redriveFound })),
        Effect.catch((error) => failed(error, messageId))
      )
    }

    // Messages that arrive later are not redriven, as one that comes back would be, again and again.
    const lookupIds = yield* lookupIdsIn(operation, reader)
    for (const lookupId of lookupIds) {
      if (report.redriven >= limit) break
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(redrive(lookupId, restore), (isRedriven) => {
          const { examined, redriven, skipped } = report
          report = isRedriven
            ? { examined: examined + 1, redriven: redriven + 1, skipped }
            : { examined: examined + 1, redriven, skipped: skipped + 1 }
          const error = callbacks.progress(report)
          return error === undefined ? Effect.void : failed(error, undefined)
        })
      )
    }
    return report
  }).pipe(unlessSingle, outsideGate, Effect.withTracerEnabled(false))

/** Runs an effect outside of a transaction for each message, as each message of this has one of its own where it needs one. */
const unlessSingle = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Transaction.Current, (current) =>
    current === "singleMessage" ? Effect.provideService(effect, Transaction.Current, "none") : effect
  )
