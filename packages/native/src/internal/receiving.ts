import { errors } from "@effect-msmq/core/ErrorCode"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import type {
  ReceiveAction,
  ReceivedProperties,
  ReceiveParameters,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { receiveActions } from "@effect-msmq/core/mqrt/MessageValues"
import type { Access, CursorHandle, MqrtFunctions, QueueHandle, TransactionHandle } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type { Bindings } from "./bindings.ts"
import { performance } from "node:perf_hooks"
import { CallElsewhere } from "./CallElsewhere.ts"
import { openQueues } from "./openQueues.ts"
import type { Functions } from "./declarations.ts"
import type { Outcome } from "./Outcome.ts"
import { cancelled, exitOf, isFound, isTimeout, timedOut } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import type { NoticeCalls } from "./EndNotice.ts"
import type { ReceivePaces } from "./QueuePaces.ts"
import type { HandlePort } from "./ReadHandle.ts"
import { ReadHandle } from "./ReadHandle.ts"
import { ReceiveCalls } from "./ReceiveCalls.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import { CursorRequest, LookupRequest, QueueRequest } from "./ReceiveRequest.ts"
import type { SharedQueues } from "./SharedQueue.ts"
import { SharedQueue } from "./SharedQueue.ts"
import { after } from "./timers.ts"
import { TransactionReceives } from "./TransactionReceives.ts"
import type { Looked, Waiter } from "./WaitingReceives.ts"

/** Timeout in milliseconds that never ends: `INFINITE`. */
const infinite = 0xffffffff

type Running = Effect.Effect<void, MqrtFailure>

type Receiving = Pick<MqrtFunctions, "receiveMessage" | "receiveMessageByLookupId"> & {
  /** Opens a queue by an effect. Those who wait for its messages wait together, through any of its handles. */
  readonly openQueue: (
    formatName: string,
    access: Access,
    open: Effect.Effect<QueueHandle, MqrtFailure>
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** Closes a queue by an effect. Ends the waits through the handle, and frees their memory. */
  readonly closeQueue: (queue: QueueHandle, close: Running) => Running
  /** Closes a cursor by an effect. */
  readonly closeCursor: (cursor: CursorHandle, close: Running) => Running
  /** Purges a queue by an effect, with its kept messages. */
  readonly purgeQueue: (queue: QueueHandle, purge: Running) => Running
  /** Moves a message by an effect. Fails for a kept message, which is no longer in its queue. */
  readonly moveMessage: (queue: QueueHandle, lookupId: bigint, move: Running) => Running
  /** Commits a transaction by an effect. Fails where it would lose a message whose caller had left. */
  readonly commitTransaction: (transaction: TransactionHandle, commit: Running) => Running
  /** Ends a transaction without a commit by an effect. */
  readonly abortTransaction: <E>(
    transaction: TransactionHandle,
    abort: Effect.Effect<void, E>
  ) => Effect.Effect<void, E>
  /** Ends the waits through queues that were not closed. */
  readonly endWaits: Effect.Effect<void>
  /** Frees the memory that all receives share. No call runs any more. */
  readonly close: Effect.Effect<void>
}

/** Handle with the requests that most programs make through it. They have no state. */
interface Reader {
  readonly handle: ReadHandle
  /** Requests by their actions: outside of a transaction, for the usual properties. */
  readonly usual: Map<ReceiveAction, QueueRequest>
}

/**
 * Returns the functions that receive. Their calls do not wait: a notice tells of arrivals. The calls are made on the
 * main thread or off it, by their pace.
 */
export const receiving = (
  bindings: Bindings & { readonly port: HandlePort },
  queues: SharedQueues,
  transactionPointer: (transaction: TransactionArgument) => bigint
): Receiving => {
  const { calls, port } = bindings
  const functions: Pick<Functions, "MQReceiveMessage" | "MQReceiveMessageByLookupId"> = bindings.functions
  const receiveCalls = new ReceiveCalls(calls)
  const transactions = new TransactionReceives(queues)
  const parts = { functions, transactions, transactionPointer }
  const { createCursor } = openQueues(bindings)
  const readers = new Map<bigint, Reader>()
  /** Reader that was used last. */
  let last: Reader | undefined

  const readerOf = (queue: QueueHandle): Reader => {
    if (last?.handle.handle === queue) return last
    return (last = readers.get(queue) ?? unnamed(queue))
  }

  /** Makes the reader of a queue that was not opened for reading. */
  const unnamed = (queue: QueueHandle): Reader => {
    calls.assertOpen("MQReceiveMessage")
    const unnamed = new SharedQueue(`handle ${queue}`)
    unnamed.users++
    return add(queue, { queue: unnamed, paces: unnamed.local }, "receive")
  }

  const add = (
    queue: QueueHandle,
    opened: { readonly queue: SharedQueue; readonly paces: ReceivePaces },
    access: Access
  ): Reader => {
    const handle = new ReadHandle(queue, opened, access, port, noticeCalls(queue, opened.paces.receive))
    const reader = { handle, usual: new Map() }
    readers.set(queue, reader)
    return reader
  }

  /**
   * Peeks without properties. Calls `returned` with the HRESULT, at once or when the call on another thread has ended.
   */
  const peek = (
    pace: Pace,
    args: Parameters<Functions["MQReceiveMessage"]>,
    returned: (hresult: number) => void
  ): CallElsewhere | undefined => {
    if (!pace.isSlow) {
      const began = performance.now()
      const hresult = functions.MQReceiveMessage(...args) >>> 0
      pace.recordHere(performance.now() - began)
      returned(hresult)
      return undefined
    }
    let result: number = errors.MQ_ERROR_OPERATION_CANCELLED
    return new CallElsewhere(calls, pace, {
      name: "MQReceiveMessage",
      begin: (ended) => functions.MQReceiveMessage.async(...args, ended),
      took: (hresult) => {
        result = hresult
        return true
      },
      ended: () => returned(result)
    })
  }

  const noticeCalls = (queue: QueueHandle, pace: Pace): NoticeCalls => ({
    createCursor: Effect.suspend(() => createCursor(queue)),
    beginPeek: (cursor) => (overlapped, begun) =>
      peek(pace, [queue, infinite, receiveActions.peekCurrent, 0, overlapped, 0, cursor, 0], begun),
    step: (cursor, action, returned) => peek(pace, [queue, 0, receiveActions[action], 0, 0, 0, cursor, 0], returned)
  })

  /** Looks on the main thread. */
  const here = (request: ReceiveRequest): Outcome => {
    const made = receiveCalls.here(request)
    const outcome = request.withKept(made)
    return outcome === made ? made : request.select(outcome)
  }

  /** Takes a message that a call has brought already. Returns `undefined` where a call is to be made. */
  const takeKept = (request: ReceiveRequest): Outcome | undefined => {
    const kept = request.takeKept()
    return kept && request.select(kept)
  }

  /**
   * Looks on another thread. `ended` gets the outcome; `undefined` where the look was abandoned, and a message that it
   * took is kept. `isTold`: returns `true` for an outcome that the caller gets.
   */
  const elsewhere = (
    request: ReceiveRequest,
    isTold: (outcome: Outcome) => boolean,
    ended: (outcome: Outcome | undefined) => void
  ): CallElsewhere => {
    const looking = receiveCalls.elsewhere(request, (found) => {
      request.handle.removeCall(looking)
      request.handle.queue.removeCall(looking)
      const outcome = found === undefined ? undefined : request.withKept(found)
      if (outcome !== undefined) request.noteOutcome(outcome, !looking.isAbandoned && isTold(outcome))
      if (!looking.isAbandoned) return ended(outcome === undefined ? cancelled : request.select(outcome))
      if (outcome !== undefined && isFound(outcome) && request.takes) leave(request, outcome)
      ended(undefined)
    })
    request.handle.addCall(looking)
    return looking
  }

  const leave = (request: ReceiveRequest, message: ReceivedProperties): void => {
    request.leave(message)
    request.handle.queue.waiting.wake()
  }

  /** Leaves a call. A message that it takes for good is kept, and stands before all others from now on. */
  const abandon = (request: ReceiveRequest, looking: CallElsewhere): void => {
    if (request.takes && request.transaction === undefined) request.handle.queue.leave(looking)
    else looking.abandon()
  }

  /** Returns `true` where no other call may use the cursor or the transaction of a call before that has ended. */
  const isAlone = (request: ReceiveRequest): boolean =>
    request instanceof CursorRequest || request.transaction !== undefined

  /** Waits for the calls whose messages are kept and then stand before all others, and goes on. */
  const afterKept = (
    { handle }: ReceiveRequest,
    then: () => Effect.Effect<ReceivedProperties, MqrtFailure>
  ): Effect.Effect<ReceivedProperties, MqrtFailure> =>
    Effect.flatMap(handle.queue.awaitKept, () => (handle.isOpen ? then() : cancelled))

  /** Looks once. Returns `undefined` where that takes a wait. */
  const lookAtOnce = (request: ReceiveRequest): Outcome | undefined => {
    const kept = takeKept(request)
    if (kept !== undefined) return kept
    if (request.handle.queue.isKeeping || request.pace.isSlow) return undefined
    const outcome = here(request)
    request.noteOutcome(outcome, true)
    return outcome
  }

  /** Looks once. An interruption leaves a call that has begun, whose message is kept. */
  const once = (request: ReceiveRequest): Effect.Effect<ReceivedProperties, MqrtFailure> => {
    const outcome = lookAtOnce(request)
    if (outcome !== undefined) return exitOf(outcome)
    if (request.handle.queue.isKeeping) return afterKept(request, () => once(request))
    return Effect.callback((resume) => {
      const looking = elsewhere(
        request,
        () => true,
        (outcome) => outcome !== undefined && resume(exitOf(outcome))
      )
      return Effect.suspend(() => {
        abandon(request, looking)
        return isAlone(request) ? looking.hasEnded : Effect.void
      })
    })
  }

  const isNoTimeout = (outcome: Outcome): boolean => !isTimeout(outcome)

  /** Waits for a message. */
  const wait = (request: QueueRequest, timeout: number | null): Effect.Effect<ReceivedProperties, MqrtFailure> => {
    if (!request.handle.queue.isKeeping) return waitInLine(request, timeout)
    const began = performance.now()
    return afterKept(request, () =>
      wait(request, timeout === null ? null : Math.max(timeout - (performance.now() - began), 0))
    )
  }

  const waitInLine = (request: QueueRequest, timeout: number | null): Effect.Effect<ReceivedProperties, MqrtFailure> =>
    Effect.callback((resume) => {
      let looking: CallElsewhere | undefined
      let hasSettled = false
      let stopTimer = constVoid
      const { waiting } = request.handle.queue

      const lookHere = (): Outcome | undefined => {
        const outcome = here(request)
        const isTold = isNoTimeout(outcome)
        request.noteOutcome(outcome, isTold)
        return isTold ? outcome : undefined
      }

      const look = (ended: (found: Outcome | undefined) => void): Looked<Outcome> => {
        const { isSlow } = request.pace
        const found = takeKept(request) ?? (isSlow ? undefined : lookHere())
        if (found !== undefined) return { found }
        if (!isSlow) return undefined
        const made = elsewhere(request, isNoTimeout, (outcome) => {
          looking = undefined
          ended(outcome !== undefined && isTimeout(outcome) ? undefined : outcome)
        })
        looking = made
        return { abandon: () => abandon(request, made) }
      }

      const settle = (outcome: Outcome): void => {
        hasSettled = true
        stopTimer()
        if (request instanceof CursorRequest && isTimeout(outcome)) request.place.noteEndSeen()
        // A call may go on where its handle is closed.
        const call = callOfItsOwn()
        const exit = exitOf(outcome)
        resume(call === undefined ? exit : Effect.andThen(Effect.uninterruptible(call.hasEnded), exit))
      }

      /** Returns the call that goes on, where no other call may use its cursor or its transaction meanwhile. */
      const callOfItsOwn = (): CallElsewhere | undefined => (isAlone(request) ? looking : undefined)

      const hasLooked = !request.pace.isSlow
      const first = takeKept(request) ?? (hasLooked ? lookHere() : undefined)
      if (first !== undefined) return resume(exitOf(first))
      const asked = { handle: request.handle, look, found: settle }
      const waiter: Waiter<Outcome> =
        request instanceof CursorRequest ? waiting.addCursor(asked, hasLooked) : waiting.add(asked, hasLooked)
      if (timeout !== null && !hasSettled) stopTimer = after(timeout, () => waiter.timeOut(timedOut))

      return Effect.suspend(() => {
        stopTimer()
        const call = callOfItsOwn()
        waiter.giveUp()
        return call?.hasEnded ?? Effect.void
      })
    })

  const requestOf = (queue: QueueHandle, options: ReceiveParameters): QueueRequest => {
    const { handle, usual } = readerOf(queue)
    const { action, cursor } = options
    if (cursor !== null) return new CursorRequest(parts, handle, options, handle.place(cursor))
    if (options.read !== usualRead || options.transaction !== "none") return new QueueRequest(parts, handle, options)
    let request = usual.get(action)
    if (request === undefined) usual.set(action, (request = new QueueRequest(parts, handle, options)))
    return request
  }

  const forget = (handle: ReadHandle): void => {
    readers.delete(handle.handle)
    if (last?.handle === handle) last = undefined
    handle.isOpen = false
    handle.queue.waiting.close(handle, cancelled)
  }

  /** Handles that were open when the layer closed. */
  let left: ReadonlyArray<ReadHandle> = []

  /** Returns a function that returns the request of a call: the same one while its handle is open, where it has no state. */
  const requestsOf = (queue: QueueHandle, options: ReceiveParameters): (() => ReceiveRequest) => {
    if (options.cursor !== null || options.transaction !== "none") return () => requestOf(queue, options)
    let known: ReceiveRequest | undefined
    return () => (known?.handle.isOpen === true ? known : (known = requestOf(queue, options)))
  }

  /** Returns an effect that looks once. */
  const looking = (request: () => ReceiveRequest): Effect.Effect<ReceivedProperties, MqrtFailure> =>
    AtOnce.make(
      Effect.suspend(() => once(request())),
      () => lookAtOnce(request())
    )

  return {
    receiveMessage: (queue, options) =>
      options.timeout === 0
        ? looking(requestsOf(queue, options))
        : Effect.suspend(() => wait(requestOf(queue, options), options.timeout)),

    receiveMessageByLookupId: (queue, lookupId, action, options) =>
      looking(() => new LookupRequest(parts, readerOf(queue).handle, options, lookupId, action)),

    openQueue: (formatName, access, open) =>
      access === "send" || access === "move"
        ? open
        : Effect.tap(open, (queue) => Effect.sync(() => void add(queue, queues.open(formatName, access), access))),

    closeQueue: (queue, close) =>
      Effect.suspend(() => {
        const handle = readers.get(queue)?.handle
        if (handle === undefined) return close
        // At once: as soon as the queue is closed another may have the same handle.
        forget(handle)
        return handle.detach.pipe(
          Effect.andThen(Effect.ensuring(close, handle.settle)),
          Effect.ensuring(queues.release(handle.queue))
        )
      }),

    closeCursor: (cursor, close) =>
      Effect.suspend(() => {
        for (const { handle } of readers.values()) if (handle.forgetCursor(cursor)) break
        return close
      }),

    purgeQueue: (handle, purge) =>
      Effect.suspend(() => {
        const queue = readers.get(handle)?.handle.queue
        if (queue === undefined) return purge
        // A message that a call took before the purge must not come back after it.
        return Effect.andThen(
          queue.awaitKept,
          Effect.tap(purge, () => Effect.sync(() => queue.kept.clear()))
        )
      }),

    moveMessage: (handle, lookupId, move) =>
      Effect.suspend(() => {
        const queue = readers.get(handle)?.handle.queue
        const kept = queue?.kept.byLookupId(lookupId)
        if (queue === undefined || kept === undefined) return move
        return Effect.andThen(
          Effect.logError(
            `Message ${kept.messageId} (lookup id ${lookupId}) of the queue ${queue.key} cannot be moved: it was taken from ` +
              `the queue by a receive that was interrupted, and is kept in this process for the next receive. Receive it first.`
          ),
          Effect.fail(
            new MqrtFailure({
              function: "MQMoveMessage",
              code: errors.MQ_ERROR_MESSAGE_ALREADY_RECEIVED,
              properties: []
            })
          )
        )
      }),

    commitTransaction: (transaction, commit) => transactions.commit(transaction, commit),

    abortTransaction: (transaction, abort) => transactions.abort(transaction, abort),

    endWaits: Effect.sync(() => {
      left = [...readers.values()].map(({ handle }) => handle)
      for (const handle of left) {
        forget(handle)
        handle.leave()
      }
    }),

    close: Effect.suspend(() => {
      receiveCalls.close()
      return Effect.forEach(left, ({ queue }) => queues.release(queue), { discard: true })
    })
  }
}
