import type {
  OutgoingProperties,
  SendParameters,
  SendOutcome,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as EventLoopTurn from "@effect-msmq/core/mqrt/EventLoopTurn"
import type { Interruptible, MqrtFailure, MqrtFunctions, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Cause from "effect/Cause"
import * as AtOnce from "@effect-msmq/core/mqrt/AtOnce"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { constVoid, identity } from "effect/Function"
import type * as Option from "effect/Option"
import type { Bindings } from "./bindings.ts"
import type { Address } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
import { copyMessages, copyOptions } from "./messageCopies.ts"
import { callOnOtherThread } from "./offMainThread.ts"
import type { Pace } from "./Pace.ts"
import { RecentPaces, SendPaces } from "./QueuePaces.ts"
import { QueueSends } from "./QueueSends.ts"
import type { SendWatch } from "./SendBlock.ts"
import { SendBlock, unwatched } from "./SendBlock.ts"
import { SendBlocks } from "./SendBlocks.ts"
import { SendTurn } from "./SendTurn.ts"

type Sending = Pick<MqrtFunctions, "sendMessages"> & {
  /** Opens a queue by an effect, to send. */
  readonly openQueue: (
    formatName: string,
    open: Effect.Effect<QueueHandle, MqrtFailure>
  ) => Effect.Effect<QueueHandle, MqrtFailure>
  /** Closes a queue by an effect, and forgets its sends. */
  readonly closeQueue: (queue: QueueHandle, close: Effect.Effect<void, MqrtFailure>) => Effect.Effect<void, MqrtFailure>
  /** Frees the memory that all sends share. */
  readonly close: () => void
}

/** Messages that are not all sent within one turn of the event loop, in memory of their own. */
interface Slice {
  readonly queue: Address
  readonly options: SendParameters
  readonly pace: Pace
  /** Messages that remained after the first turn. */
  readonly rest: ReadonlyArray<OutgoingProperties>
  /** Number of accepted messages after the first turn. */
  sent: number
  /** Number of all accepted messages. */
  accepted: number
  readonly messageIds: Array<string> | null
  failure: MqrtFailure | null
}

const goesOn = ({ failure, rest, sent }: Slice): boolean => failure === null && sent < rest.length

/** Notes the outcome of a part of a slice. */
const note = (slice: Slice, { accepted, failure, messageIds }: SendOutcome): void => {
  slice.sent += accepted
  slice.accepted += accepted
  slice.failure = failure
  if (messageIds !== null) slice.messageIds?.push(...messageIds)
}

/** Returns `true` for a fiber that runs to its end before the event loop goes on: it cannot wait. */
const isSynchronous = (fiber: Fiber.Fiber<unknown, unknown>): boolean => fiber.cache.scheduler.executionMode === "sync"

/**
 * Returns the functions that send: on the main thread while the calls to a queue are quick, and off it, one call after
 * the other on each open queue, while they are slow.
 *
 * Messages that are sent within the turn of the event loop in which their slice begins are read from the program's own
 * memory. All others are copied in that turn, so that the program may change its buffers afterwards.
 */
export const sending = (
  { calls, functions }: Bindings,
  transactionPointer: (transaction: TransactionArgument) => bigint
): Sending => {
  /** Block of all sends on the main thread, which follow each other. */
  const block = new SendBlock()
  const blocks = new SendBlocks()
  const queues = new Map<QueueHandle, QueueSends>()
  /** Paces of the sends to queues, by format name. */
  const paces = new RecentPaces<SendPaces>()

  /** Queue of the last send, which mostly is the queue of the next one. */
  let last: { readonly queue: QueueHandle; readonly sends: QueueSends } | undefined

  const sendsOn = (queue: QueueHandle): QueueSends => {
    if (last?.queue === queue) return last.sends
    let sends = queues.get(queue)
    if (sends === undefined) queues.set(queue, (sends = new QueueSends(queue, new SendPaces())))
    last = { queue, sends }
    return sends
  }

  const addressOfTransaction = (transaction: TransactionArgument): Address => addressOf(transactionPointer(transaction))

  /**
   * Sends in this turn, until it is over or the calls turn out slow. `watch`: the watch over a fiber that can wait for
   * the next turn.
   */
  const sendHere = (
    queue: Address,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendParameters,
    watch: SendWatch
  ): SendOutcome =>
    block.send(functions.MQSendMessage, queue, messages, options, addressOfTransaction(options.transaction), watch)

  const goOnHere = (slice: Slice): void => {
    const { options, pace, queue, rest, sent } = slice
    note(slice, sendHere(queue, sent === 0 ? rest : rest.slice(sent), options, new SendTurn(pace)))
  }

  const goOnElsewhere = (slice: Slice): Effect.Effect<void> =>
    calls.call(
      "MQSendMessage",
      Effect.acquireUseRelease(
        Effect.sync(() => blocks.take()),
        (block) => callElsewhere(slice, block),
        (block) => Effect.sync(() => blocks.release(block))
      )
    )

  const callElsewhere = (slice: Slice, block: SendBlock): Effect.Effect<Option.Option<void>> =>
    Effect.suspend(() => {
      const { options, pace, queue, rest, sent } = slice
      const address = block.write(rest[sent]!, options)
      const end = pace.recordBegin()
      const take = (hresult: number): void => {
        end()
        note(slice, block.outcome(hresult, options))
      }
      return callOnOtherThread(take, functions.MQSendMessage, queue, address, addressOfTransaction(options.transaction))
    })

  /** Sends the rest of a slice, when it is its turn. */
  const goOn = (slice: Slice): Effect.Effect<void> =>
    Effect.whileLoop({
      while: () => goesOn(slice),
      body: () => {
        if (slice.pace.isSlow) return goOnElsewhere(slice)
        const here = Effect.sync(() => goOnHere(slice))
        return EventLoopTurn.isOver() ? Effect.andThen(EventLoopTurn.next, here) : here
      },
      step: constVoid
    })

  /** Sends the rest of a slice after those that began before it, until it is interrupted. */
  const sendInLine = (
    fiber: Fiber.Fiber<unknown, unknown>,
    sends: QueueSends,
    slice: Slice,
    interruptible: Interruptible
  ): Effect.Effect<SendOutcome> => {
    const place = sends.enter()
    const leave = () => sends.leave(place)
    // For a fiber that is interrupted before it comes to the effect.
    const forget = fiber.addObserver(leave)
    const send = interruptible(Effect.andThen(sends.first(place), goOn(slice)))
    return calls
      .runBegun(
        "MQSendMessage",
        Effect.catchCauseIf(send, Cause.hasInterruptsOnly, () => Effect.void)
      )
      .pipe(
        Effect.ensuring(
          Effect.sync(() => {
            leave()
            forget()
          })
        ),
        Effect.map(() => {
          const { accepted, failure, messageIds } = slice
          return { accepted, failure, messageIds }
        }),
        Effect.uninterruptible
      )
  }

  /** Returns the watch over the sends of a slice that begins. */
  const watchOver = (sends: QueueSends, pace: Pace, messages: number): SendWatch =>
    sends.followsAtOnce(EventLoopTurn.askedAt()) && messages === 1 && pace.isVeryQuick ? unwatched : new SendTurn(pace)

  /** Sends one message on the main thread. Returns `undefined` where it would have to wait. */
  const sendAtOnce = (
    fiber: Fiber.Fiber<unknown, unknown>,
    queue: QueueHandle,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendParameters
  ): SendOutcome | undefined => {
    calls.assertOpen("MQSendMessage")
    const sends = sendsOn(queue)
    const pace = sends.paces.of(options)
    const isHere = !sends.isBusy && !pace.isSlow
    return isHere && !isSynchronous(fiber)
      ? sendHere(sends.handle, messages, options, watchOver(sends, pace, messages.length))
      : undefined
  }

  const sendMessages: MqrtFunctions["sendMessages"] = (queue, messages, options, interruptible = identity) => {
    const send = sendInSteps(queue, messages, options, interruptible)
    return messages.length === 1 ? AtOnce.make(send, (fiber) => sendAtOnce(fiber, queue, messages, options)) : send
  }

  const sendInSteps = (
    queue: QueueHandle,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendParameters,
    interruptible: Interruptible
  ): Effect.Effect<SendOutcome> =>
    Effect.withFiber((fiber) => {
      calls.assertOpen("MQSendMessage")
      const sends = sendsOn(queue)
      const pace = sends.paces.of(options)
      // It cannot wait behind others either: it would fail, and its messages would be sent all the same.
      if (isSynchronous(fiber)) return Effect.succeed(sendHere(sends.handle, messages, options, unwatched))
      let begun: SendOutcome | undefined
      if (!sends.isBusy && !pace.isSlow) {
        begun = sendHere(sends.handle, messages, options, watchOver(sends, pace, messages.length))
        if (begun.failure !== null || begun.accepted === messages.length) return Effect.succeed(begun)
      }
      const slice = {
        queue: sends.handle,
        options: copyOptions(options),
        pace,
        rest: copyMessages(messages, begun?.accepted ?? 0),
        sent: 0,
        accepted: begun?.accepted ?? 0,
        messageIds: options.messageIds ? [...(begun?.messageIds ?? [])] : null,
        failure: null
      }
      return sendInLine(fiber, sends, slice, interruptible)
    })

  return {
    sendMessages,

    openQueue: (formatName, open) =>
      Effect.map(open, (queue) => {
        const known = paces.get(formatName) ?? new SendPaces()
        paces.set(formatName, known)
        queues.set(queue, new QueueSends(queue, known))
        return queue
      }),

    closeQueue: (queue, close) =>
      Effect.suspend(() => {
        // At once: as soon as the queue is closed another may have the same handle.
        queues.delete(queue)
        if (last?.queue === queue) last = undefined
        return close
      }),

    close: () => {
      block.close()
      blocks.close()
    }
  }
}
