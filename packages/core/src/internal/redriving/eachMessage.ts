/** Loop over the messages that are in a queue, for what is done with each of them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError, Progress } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { lookupIdsIn } from "../receiving/lookupIds.ts"
import type { Reader } from "../receiving/Reader.ts"
import { optional } from "../receiving/Reader.ts"
import { outsideGate } from "../promises/AbortGate.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Reasons for which a message cannot be taken: another receiver took it, or holds it in a transaction. */
export const taken = ["MessageNotFound", "MessageLockedUnderTransaction"] as const

/** Numbers of messages so far. */
export interface Counts {
  readonly examined: number
  readonly done: number
  readonly skipped: number
}

/** Step for one message: `false` for a message that stays where it is, or that another receiver has. `index`: its place, from 0. */
type Step = (
  message: ReceivedMessage,
  index: number,
  restore: typeof Effect.interruptible
) => Effect.Effect<boolean, MsmqError>

/** Settings of a loop. */
interface Loop {
  readonly operation: Operation
  readonly reader: Reader<Uint8Array>
  /** Greatest number of messages that the step is done for. */
  readonly limit: number
  /** Calls `onProgress` of the program; returns the failure where that throws. */
  readonly tell: (counts: Counts) => MsmqError | undefined
  /** Progress that errors have. */
  readonly progressOf: (counts: Counts) => Progress | undefined
}

/**
 * Makes a step for each message that is in a queue when it begins, in the queue's order. Messages that arrive later are left out, as
 * one that comes back would be handled again and again.
 *
 * An interruption takes effect between two messages: it waits for the step, which is then counted. Only what a step restores can be
 * interrupted in it.
 */
export const eachMessage = ({ limit, operation, progressOf, reader, tell }: Loop, step: Step) =>
  Effect.gen(function* () {
    let counts: Counts = { examined: 0, done: 0, skipped: 0 }

    /** Adds the progress so far and the message to an error. */
    const failed = ({ cause, computer, queue, reason }: MsmqError, messageId: string | undefined) => {
      const progress = progressOf(counts)
      const context = { queue, computer, messageId, ...(progress === undefined ? {} : { progress }) }
      return Effect.fail(operation.error(reason, cause === undefined ? context : { ...context, cause }))
    }

    const handle = (lookupId: bigint, restore: typeof Effect.interruptible): Effect.Effect<boolean, MsmqError> => {
      let messageId: string | undefined
      return restore(optional(reader.lookUp(operation, "peekCurrent", lookupId), ...taken)).pipe(
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.succeed(false),
            onSome: (message) => {
              messageId = message.messageId
              return step(message, counts.examined, restore)
            }
          })
        ),
        Effect.catch((error) => failed(error, messageId))
      )
    }

    const lookupIds = yield* lookupIdsIn(operation, reader)
    for (const lookupId of lookupIds) {
      if (counts.done >= limit) break
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(handle(lookupId, restore), (isDone) => {
          const { done, examined, skipped } = counts
          counts = isDone
            ? { examined: examined + 1, done: done + 1, skipped }
            : { examined: examined + 1, done, skipped: skipped + 1 }
          const error = tell(counts)
          return error === undefined ? Effect.void : failed(error, undefined)
        })
      )
    }
    return counts
  }).pipe(unlessSingle, outsideGate, Effect.withTracerEnabled(false))

/** Runs an effect without the default that each send and receive is a transaction of its own: a step has one where it needs one. */
const unlessSingle = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Transaction.Current, (current) =>
    current === "singleMessage" ? Effect.provideService(effect, Transaction.Current, "none") : effect
  )
