import { errors } from "@effect-msmq/core/ErrorCode"
import type {
  LookupAction,
  ReceiveAction,
  ReceivedProperties,
  TransactionArgument
} from "@effect-msmq/core/MessageProperties"
import type { MqrtFunctions, QueueHandle } from "@effect-msmq/core/Mqrt"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Arrivals } from "./Arrivals.ts"
import type { Functions } from "./declarations.ts"
import { ReceiveBuffers } from "./ReceiveBuffers.ts"
import { WaitingReceives } from "./WaitingReceives.ts"

/** What of `mqrt.dll` a receive stands on. */
export type ReceiveFunctions = Pick<Functions, "MQReceiveMessage" | "MQReceiveMessageByLookupId">

const actions: Readonly<Record<ReceiveAction, number>> = {
  receive: 0,
  peekCurrent: 0x80000000,
  peekNext: 0x80000001
}

const lookupActions: Readonly<Record<LookupAction, number>> = {
  peekCurrent: 0x40000010,
  peekNext: 0x40000011,
  peekPrevious: 0x40000012,
  peekFirst: 0x40000014,
  peekLast: 0x40000018,
  receiveCurrent: 0x40000020,
  receiveNext: 0x40000021,
  receivePrevious: 0x40000022,
  receiveFirst: 0x40000024,
  receiveLast: 0x40000028,
  receiveAllowPeek: 0x40000120
}

const isError = (hresult: number): boolean => hresult >>> 0 >= 0x80000000

/** `setTimeout` cannot wait longer, in milliseconds. */
const longestTimer = 0x7fffffff

type Outcome = Exit.Exit<ReceivedProperties, MqrtFailure>

type Receiving = Pick<MqrtFunctions, "receiveMessage" | "receiveMessageByLookupId"> & {
  /** Opens a queue by the effect given: those who wait for its messages do so together, whatever the handle. */
  readonly opening: (
    formatName: string,
    open: Effect.Effect<QueueHandle, MqrtFailure>
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** Closes a queue by the effect given, ends what waits on it, and frees what its waits held. */
  readonly closing: (queue: QueueHandle, close: Effect.Effect<void, MqrtFailure>) => Effect.Effect<void, MqrtFailure>
  /** Frees what all receives share; no queue is open any more. */
  readonly close: () => void
}

/** Receiving, over functions that do not wait and one notice of arrivals. */
export const receiving = (
  functions: ReceiveFunctions,
  arrivals: Arrivals,
  transactionPointer: (transaction: TransactionArgument) => bigint
): Receiving => {
  const usual = new ReceiveBuffers({ rare: false })
  const rare = new ReceiveBuffers({ rare: true })
  const waitingOn = new Map<string, WaitingReceives<Outcome>>()
  const formatNames = new Map<bigint, string>()

  /** Calls until the buffers are large enough. A peek that moved the cursor is not made to move it again (E-21). */
  const call = (name: string, buffers: ReceiveBuffers, receive: (again: boolean) => number): Outcome => {
    for (let again = false; ; again = true) {
      buffers.prepare()
      const hresult = receive(again) >>> 0
      if (!isError(hresult)) return Exit.succeed(buffers.read())
      if (!buffers.grow(hresult)) return Exit.fail(buffers.failure(name, hresult))
    }
  }

  const receiveMessage: MqrtFunctions["receiveMessage"] = (
    queue,
    { action, cursor, rare: wantsRare, timeout, transaction }
  ) => {
    const buffers = wantsRare ? rare : usual
    /** A cursor that came to the end stands before what arrives next, where a peek finds it (E-29). */
    let atEnd = false
    const look = (): Outcome =>
      call("MQReceiveMessage", buffers, (again) =>
        functions.MQReceiveMessage(
          queue,
          0,
          actions[(again || atEnd) && action === "peekNext" ? "peekCurrent" : action],
          buffers.address,
          0n,
          0n,
          cursor ?? 0n,
          transactionPointer(transaction)
        )
      )
    const lookOrNothing = (): Outcome | undefined => {
      const outcome = look()
      if (!isTimeout(outcome)) return outcome
      atEnd = true
      return undefined
    }
    if (timeout === 0) return Effect.suspend(look)
    return Effect.callback((resume) => {
      const first = lookOrNothing()
      if (first !== undefined) return resume(first)
      const others = waiting(queue)
      const takeBack =
        cursor === null ? others.add(queue, lookOrNothing, settle) : others.addCursor(queue, lookOrNothing, settle)
      const stopTimer = timeout === null ? () => {} : after(timeout, () => settle(timedOut))

      function settle(outcome: Outcome): void {
        takeBack()
        stopTimer()
        resume(outcome)
      }

      return Effect.sync(() => {
        takeBack()
        stopTimer()
      })
    })
  }

  const nameOf = (queue: bigint): string => formatNames.get(queue) ?? String(queue)

  const waiting = (queue: bigint): WaitingReceives<Outcome> => {
    const name = nameOf(queue)
    let known = waitingOn.get(name)
    if (known === undefined) waitingOn.set(name, (known = new WaitingReceives(arrivals)))
    return known
  }

  return {
    receiveMessage,

    receiveMessageByLookupId: (queue, lookupId, action, options) =>
      Effect.suspend(() => {
        const buffers = options.rare ? rare : usual
        return call("MQReceiveMessageByLookupId", buffers, () =>
          functions.MQReceiveMessageByLookupId(
            queue,
            lookupId,
            lookupActions[action],
            buffers.address,
            0n,
            0n,
            transactionPointer(options.transaction)
          )
        )
      }),

    opening: (formatName, open) => Effect.tap(open, (queue) => Effect.sync(() => formatNames.set(queue, formatName))),

    closing: (queue, close) =>
      Effect.suspend(() => {
        // At once: as soon as the queue is closed another may have the same handle.
        const forget = arrivals.detach(queue)
        const name = nameOf(queue)
        const waiting = waitingOn.get(name)
        waiting?.close(queue, cancelled)
        if (waiting?.isEmpty === true) waitingOn.delete(name)
        formatNames.delete(queue)
        return Effect.ensuring(close, Effect.promise(forget))
      }),

    close: () => {
      usual.close()
      rare.close()
    }
  }
}

const failed = (code: number): Outcome =>
  Exit.fail(new MqrtFailure({ function: "MQReceiveMessage", code, properties: [] }))

const timedOut = failed(errors.MQ_ERROR_IO_TIMEOUT)
const cancelled = failed(errors.MQ_ERROR_OPERATION_CANCELLED)

const isTimeout = (outcome: Outcome): boolean =>
  Exit.isFailure(outcome) &&
  outcome.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error.code === errors.MQ_ERROR_IO_TIMEOUT)

/** Runs a callback after so many milliseconds, which may be more than a timer can wait. Gives what stops it. */
const after = (milliseconds: number, then: () => void): (() => void) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longestTimer ? wait(left - longestTimer) : then()), Math.min(left, longestTimer))
  }
  wait(milliseconds)
  return () => clearTimeout(timer)
}
