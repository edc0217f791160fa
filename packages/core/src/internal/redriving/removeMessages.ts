/** Removal of chosen messages from a queue. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { leastRead, usualRead } from "../../mqrt/MessagePropertyTable.ts"
import type { Mqrt } from "../../Mqrt.ts"
import { MsmqError } from "../../MsmqError.ts"
import { optional, Reader } from "../receiving/Reader.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import { openQueueOfKind } from "../queues/opening.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { Counts } from "./eachMessage.ts"
import { eachMessage, taken } from "./eachMessage.ts"
import { MessageCallbacks } from "./MessageCallbacks.ts"
import type { RemoveOptions, RemoveReport } from "./RedriveOptions.ts"

const reportOf = ({ done, examined, skipped }: Counts): RemoveReport => ({ examined, removed: done, skipped })

/** Removes messages of a queue one by one, each by a receive in the transaction that the effect runs in. */
export const removeMessages = (
  operation: Operation,
  queue: QueueName,
  options: RemoveOptions
): Effect.Effect<RemoveReport, MsmqError, Mqrt | Scope.Scope> =>
  Effect.gen(function* () {
    const { dryRun = false, limit = Infinity, olderThan } = options
    const { handle, kind, mqrt } = yield* openQueueOfKind(
      queue,
      operation,
      dryRun ? "peek" : "receive",
      "denyNone",
      undefined
    )
    const { transactional } = kind
    const state = {
      mqrt,
      handle,
      queue: nameOf(queue),
      kind: { transactional },
      exclusive: false,
      reopens: true,
      codec: undefined
    }
    const taker = new Reader<Uint8Array>({ ...state, read: leastRead })
    const callbacks = yield* MessageCallbacks.make({ operation, queue: state.queue }, options)
    const latest = olderThan === undefined ? Infinity : (yield* Clock.currentTimeMillis) - Duration.toMillis(olderThan)
    const loop = {
      operation,
      reader: new Reader<Uint8Array>({ ...state, read: usualRead }),
      limit,
      tell: (counts: Counts) => callbacks.progress(reportOf(counts), counts.examined),
      progressOf: () => undefined
    }
    const counts = yield* eachMessage(loop, (message, index) => {
      if (message.arrivedTime.getTime() > latest) return Effect.succeed(false)
      const isChosen = callbacks.chooses(message, index)
      if (isChosen instanceof MsmqError) return Effect.fail(isChosen)
      if (!isChosen || dryRun) return Effect.succeed(isChosen)
      const take = taker.lookUp(operation, "receiveCurrent", message.lookupId)
      return Effect.map(optional(take, ...taken), Option.isSome)
    })
    return reportOf(counts)
  })
