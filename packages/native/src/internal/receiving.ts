import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  ReceivedProperties,
  ReceiveParameters,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import type { Access, CursorHandle, MqrtFunctions, QueueHandle, TransactionHandle } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import type { Bindings } from "./bindings.ts"
import { performance } from "node:perf_hooks"
import { CallElsewhere } from "./CallElsewhere.ts"
import { cursors } from "./cursors.ts"
import type { Functions } from "./declarations.ts"
import type { Outcome } from "./Outcome.ts"
import { cancelled, isTimeout, timedOut } from "./Outcome.ts"
import type { Pace } from "./Pace.ts"
import type { NoticeCalls } from "./EndNotice.ts"
import type { HandlePort } from "./ReadHandle.ts"
import { ReadHandle } from "./ReadHandle.ts"
import { ReceiveCalls } from "./ReceiveCalls.ts"
import type { ReceiveRequest } from "./ReceiveRequest.ts"
import { actions, CursorRequest, LookupRequest, QueueRequest } from "./ReceiveRequest.ts"
import type { Paces, SharedQueues } from "./SharedQueue.ts"
import { SharedQueue } from "./SharedQueue.ts"
import { TransactionReceives } from "./TransactionReceives.ts"
import type { Looked, Waiter } from "./WaitingReceives.ts"

/** `setTimeout` cannot wait longer, in milliseconds. */
const longestTimer = 0x7fffffff

/** `INFINITE`. */
const infinite = 0xffffffff

type Running = Effect.Effect<void, MqrtFailure>

type Receiving = Pick<MqrtFunctions, "receiveMessage" | "receiveMessageByLookupId"> & {
  /** Opens a queue by the effect given: those who wait for its messages do so together, whatever the handle. */
  readonly opening: (
    formatName: string,
    access: Access,
    open: Effect.Effect<QueueHandle, MqrtFailure>
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** Closes a queue by the effect given, ends what waits on it, and frees what its waits held. */
  readonly closing: (queue: QueueHandle, close: Running) => Running
  /** Closes a cursor by the effect given. */
  readonly closingCursor: (cursor: CursorHandle, close: Running) => Running
  /** Purges a queue by the effect given, with what was taken from it and is kept. */
  readonly purging: (queue: QueueHandle, purge: Running) => Running
  /** Moves a message by the effect given, unless it is kept: then it is no more in its queue. */
  readonly moving: (queue: QueueHandle, lookupId: bigint, move: Running) => Running
  /** Commits a transaction by the effect given, unless it has a message that came to nobody. */
  readonly committing: (transaction: TransactionHandle, commit: Running) => Running
  /** Ends a transaction that is not committed by the effect given. */
  readonly aborting: <E>(transaction: TransactionHandle, abort: Effect.Effect<void, E>) => Effect.Effect<void, E>
  /** Ends what still waits through queues that nobody has closed. */
  readonly endWaits: Effect.Effect<void>
  /** Frees what all receives share; no call runs any more. */
  readonly close: Effect.Effect<void>
}

/** Receiving, over functions that do not wait and notices of arrivals, on the main thread or another, by their pace. */
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
  const { createCursor } = cursors(bindings)
  const handles = new Map<bigint, ReadHandle>()
  /** The handle that was used last. */
  let last: ReadHandle | undefined

  const handleOf = (queue: QueueHandle): ReadHandle => {
    if (last?.handle === queue) return last
    return (last = handles.get(queue) ?? unnamed(queue))
  }

  /** Returns what stands for a queue that was not opened for reading. */
  const unnamed = (queue: QueueHandle): ReadHandle => {
    calls.assertOpen("MQReceiveMessage")
    const unnamed = new SharedQueue(`handle ${queue}`)
    unnamed.users++
    return add(queue, { queue: unnamed, paces: unnamed.local }, "receive")
  }

  const add = (
    queue: QueueHandle,
    opened: { readonly queue: SharedQueue; readonly paces: Paces },
    access: Access
  ): ReadHandle => {
    const handle = new ReadHandle(queue, opened, access, port, noticeCalls(queue, opened.paces.receive))
    handles.set(queue, handle)
    return handle
  }

  /** Peeks without properties. Gives what the function returned, at once or when the call on another thread has ended. */
  const peek = (
    pace: Pace,
    args: Parameters<Functions["MQReceiveMessage"]>,
    returned: (hresult: number) => void
  ): CallElsewhere | undefined => {
    if (!pace.isSlow) {
      const began = performance.now()
      const hresult = functions.MQReceiveMessage(...args) >>> 0
      pace.tookHere(performance.now() - began)
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
      peek(pace, [queue, infinite, actions.peekCurrent, 0n, overlapped, 0n, cursor, 0n], begun),
    step: (cursor, action, returned) => peek(pace, [queue, 0, actions[action], 0n, 0n, 0n, cursor, 0n], returned)
  })

  /** Looks on the main thread. */
  const here = (request: ReceiveRequest): Outcome => request.orKept(receiveCalls.here(request))

  /**
   * Looks on another thread. `ended` gets the outcome, `undefined` where the look was abandoned: then a message that it took
   * is kept. `isTold`: says of an outcome that whoever made the request learns it.
   */
  const elsewhere = (
    request: ReceiveRequest,
    isTold: (outcome: Outcome) => boolean,
    ended: (outcome: Outcome | undefined) => void
  ): CallElsewhere => {
    const looking = receiveCalls.elsewhere(request, (found) => {
      request.handle.ends(looking)
      request.handle.queue.ended(looking)
      const outcome = found === undefined ? undefined : request.orKept(found)
      if (outcome !== undefined) request.moved(outcome, !looking.isAbandoned && isTold(outcome))
      if (!looking.isAbandoned) return ended(outcome ?? cancelled)
      if (outcome !== undefined && Exit.isSuccess(outcome) && request.takes) leave(request, outcome.value)
      ended(undefined)
    })
    request.handle.begins(looking)
    return looking
  }

  const leave = (request: ReceiveRequest, message: ReceivedProperties): void => {
    request.leave(message)
    request.handle.queue.waiting.wake()
  }

  /** Leaves a call. A message that it takes for good comes before all that others find from now on. */
  const abandon = (request: ReceiveRequest, looking: CallElsewhere): void => {
    if (request.takes && request.transaction === undefined) request.handle.queue.leave(looking)
    else looking.abandon()
  }

  /** `true` where nobody else may use the cursor or the transaction of a call, not even its user, before that has ended. */
  const isAlone = (request: ReceiveRequest): boolean =>
    request instanceof CursorRequest || request.transaction !== undefined

  /** Does something when the messages are there that calls which run bring, and that come before all others. */
  const afterKept = (
    { handle }: ReceiveRequest,
    then: () => Effect.Effect<ReceivedProperties, MqrtFailure>
  ): Effect.Effect<ReceivedProperties, MqrtFailure> =>
    Effect.flatMap(handle.queue.hasKept, () => (handle.isOpen ? then() : cancelled))

  /** Looks once. An interruption leaves a call that has begun, and keeps what that takes. */
  const once = (request: ReceiveRequest): Effect.Effect<ReceivedProperties, MqrtFailure> => {
    const kept = request.fromKept()
    if (kept !== undefined) return kept
    if (request.handle.queue.isKeeping) return afterKept(request, () => once(request))
    if (!request.pace.isSlow) {
      const outcome = here(request)
      request.moved(outcome, true)
      return outcome
    }
    return Effect.callback((resume) => {
      const looking = elsewhere(
        request,
        () => true,
        (outcome) => outcome !== undefined && resume(outcome)
      )
      return Effect.suspend(() => {
        abandon(request, looking)
        return isAlone(request) ? looking.hasEnded : Effect.void
      })
    })
  }

  const isNoTimeout = (outcome: Outcome): boolean => !isTimeout(outcome)

  /** Looks until there is a message. */
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
        request.moved(outcome, isTold)
        return isTold ? outcome : undefined
      }

      const look = (ended: (found: Outcome | undefined) => void): Looked<Outcome> => {
        const { isSlow } = request.pace
        const found = request.fromKept() ?? (isSlow ? undefined : lookHere())
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
        if (request instanceof CursorRequest && isTimeout(outcome)) request.place.toldEnd()
        // Where its handle closes a call may go on.
        const call = callOfItsOwn()
        resume(call === undefined ? outcome : Effect.andThen(Effect.uninterruptible(call.hasEnded), outcome))
      }

      /** Returns the call that goes on where nobody else may use that cursor, or use or end that transaction, meanwhile. */
      const callOfItsOwn = (): CallElsewhere | undefined => (isAlone(request) ? looking : undefined)

      const hasLooked = !request.pace.isSlow
      const first = request.fromKept() ?? (hasLooked ? lookHere() : undefined)
      if (first !== undefined) return resume(first)
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
    const handle = handleOf(queue)
    const { action, cursor } = options
    if (cursor !== null) return new CursorRequest(parts, handle, options, handle.place(cursor))
    if (options.rare || options.transaction !== "none") return new QueueRequest(parts, handle, options)
    // It has no state, and a handle is asked for little else.
    let usual = handle.usual.get(action)
    if (usual === undefined) handle.usual.set(action, (usual = new QueueRequest(parts, handle, options)))
    return usual
  }

  const forget = (handle: ReadHandle): void => {
    handles.delete(handle.handle)
    if (last === handle) last = undefined
    handle.isOpen = false
    handle.queue.waiting.close(handle, cancelled)
  }

  /** Handles whose queues were still open when the layer closed. */
  let left: ReadonlyArray<ReadHandle> = []

  return {
    receiveMessage: (queue, options) =>
      options.timeout === 0
        ? Effect.suspend(() => once(requestOf(queue, options)))
        : Effect.suspend(() => wait(requestOf(queue, options), options.timeout)),

    receiveMessageByLookupId: (queue, lookupId, action, options) =>
      Effect.suspend(() => once(new LookupRequest(parts, handleOf(queue), options, lookupId, action))),

    opening: (formatName, access, open) =>
      access === "send" || access === "move"
        ? open
        : Effect.tap(open, (queue) => Effect.sync(() => void add(queue, queues.opened(formatName, access), access))),

    closing: (queue, close) =>
      Effect.suspend(() => {
        const handle = handles.get(queue)
        if (handle === undefined) return close
        // At once: as soon as the queue is closed another may have the same handle.
        forget(handle)
        return handle.detached.pipe(
          Effect.andThen(Effect.ensuring(close, handle.settled)),
          Effect.ensuring(queues.left(handle.queue))
        )
      }),

    closingCursor: (cursor, close) =>
      Effect.suspend(() => {
        for (const handle of handles.values()) if (handle.forgetCursor(cursor)) break
        return close
      }),

    purging: (handle, purge) =>
      Effect.suspend(() => {
        const queue = handles.get(handle)?.queue
        if (queue === undefined) return purge
        // What a call took before the purge is not to come back after it.
        return Effect.andThen(
          queue.hasKept,
          Effect.tap(purge, () => Effect.sync(() => queue.kept.clear()))
        )
      }),

    moving: (handle, lookupId, move) =>
      Effect.suspend(() => {
        const queue = handles.get(handle)?.queue
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

    committing: (transaction, commit) => transactions.committing(transaction, commit),

    aborting: (transaction, abort) => transactions.aborting(transaction, abort),

    endWaits: Effect.sync(() => {
      left = [...handles.values()]
      for (const handle of left) {
        forget(handle)
        handle.leave()
      }
    }),

    close: Effect.suspend(() => {
      receiveCalls.close()
      return Effect.forEach(left, ({ queue }) => queues.left(queue), { discard: true })
    })
  }
}

/** Runs a callback after so many milliseconds, which may be more than a timer can wait. Gives what stops it. */
const after = (milliseconds: number, then: () => void): (() => void) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longestTimer ? wait(left - longestTimer) : then()), Math.min(left, longestTimer))
  }
  wait(milliseconds)
  return () => clearTimeout(timer)
}
