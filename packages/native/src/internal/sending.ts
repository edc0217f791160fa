import type {
  OutgoingProperties,
  SendOptions,
  SendOutcome,
  TransactionArgument
} from "@effect-msmq/core/MessageProperties"
import * as EventLoopTurn from "@effect-msmq/core/EventLoopTurn"
import type { MqrtFailure, MqrtFunctions, QueueHandle } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import type { Bindings } from "./bindings.ts"
import { isError } from "./calls.ts"
import { onOtherThread } from "./offMainThread.ts"
import { ownMessages, ownOptions } from "./ownMessages.ts"
import type { Pace } from "./Pace.ts"
import { QueueSends } from "./QueueSends.ts"
import type { SendWatch } from "./SendBlock.ts"
import { SendBlock, unwatched } from "./SendBlock.ts"
import { SendBlocks } from "./SendBlocks.ts"
import { SendTurn } from "./SendTurn.ts"

type Sending = Pick<MqrtFunctions, "sendMessages"> & {
  /** Closes a queue by the effect given, and forgets how long its sends took. */
  readonly closing: (queue: QueueHandle, close: Effect.Effect<void, MqrtFailure>) => Effect.Effect<void, MqrtFailure>
  /** Frees what all sends share. */
  readonly close: () => void
}

/** Messages that are not all sent within one turn of the event loop. Nobody else has their memory. */
interface Slice {
  readonly queue: QueueHandle
  readonly messages: ReadonlyArray<OutgoingProperties>
  readonly options: SendOptions
  readonly pace: Pace
  /** Number of the first messages that were accepted. */
  accepted: number
  readonly messageIds: Array<string> | null
  failure: MqrtFailure | null
}

const goesOn = ({ accepted, failure, messages }: Slice): boolean => failure === null && accepted < messages.length

/** Returns true for a fiber that runs to its end before the event loop goes on: it cannot wait for anything. */
const isSynchronous = (fiber: Fiber.Fiber<unknown, unknown>): boolean => fiber.cache.scheduler.executionMode === "sync"

/**
 * Sending: on the main thread as long as the calls on a queue are quick, and off it, one call after the other, when they
 * turn out slow.
 *
 * Messages that are sent within the turn of the event loop in which their slice begins are read from the program's own
 * memory. All others are copied in that turn. So it does not matter what the program does with its buffers afterwards.
 */
export const sending = (
  { calls, functions }: Bindings,
  transactionPointer: (transaction: TransactionArgument) => bigint
): Sending => {
  /** The block of all sends on the main thread, which follow each other. */
  const shared = new SendBlock()
  const blocks = new SendBlocks()
  const queues = new Map<QueueHandle, QueueSends>()

  /** The queue of the last send, which is that of the next one nearly always. */
  let last: { readonly queue: QueueHandle; readonly sends: QueueSends } | undefined

  const sendsOn = (queue: QueueHandle): QueueSends => {
    if (last?.queue === queue) return last.sends
    let sends = queues.get(queue)
    if (sends === undefined) queues.set(queue, (sends = new QueueSends()))
    last = { queue, sends }
    return sends
  }

  /** Sends in this turn, until it is over or the calls turn out slow. `watch`: of a fiber that can wait for the next one. */
  const sendHere = (
    queue: QueueHandle,
    messages: ReadonlyArray<OutgoingProperties>,
    options: SendOptions,
    watch: SendWatch
  ): SendOutcome =>
    shared.send(functions.MQSendMessage, queue, messages, options, transactionPointer(options.transaction), watch)

  const goOnHere = (slice: Slice, watch: SendWatch): void => {
    const { accepted, messageIds, options, queue } = slice
    const outcome = sendHere(queue, accepted === 0 ? slice.messages : slice.messages.slice(accepted), options, watch)
    slice.accepted += outcome.accepted
    slice.failure = outcome.failure
    if (outcome.messageIds !== null) messageIds?.push(...outcome.messageIds)
  }

  const goOnElsewhere = (slice: Slice): Effect.Effect<void> =>
    calls.call(
      "MQSendMessage",
      Effect.suspend(() => {
        const { options, pace, queue } = slice
        const block = blocks.take()
        const address = block.write(slice.messages[slice.accepted]!, options)
        const end = pace.beginElsewhere()
        const take = (hresult: number): void => {
          end()
          if (isError(hresult)) slice.failure = block.failure(hresult)
          else {
            slice.accepted++
            slice.messageIds?.push(block.messageId())
          }
        }
        return Effect.ensuring(
          onOtherThread(take, functions.MQSendMessage, queue, address, transactionPointer(options.transaction)),
          Effect.sync(() => blocks.giveBack(block))
        )
      })
    )

  /** Sends what remains of a slice, when it is its turn. */
  const goOn = (slice: Slice): Effect.Effect<void> =>
    Effect.whileLoop({
      while: () => goesOn(slice),
      body: () =>
        Effect.withFiber((fiber) => {
          if (isSynchronous(fiber)) return Effect.sync(() => goOnHere(slice, unwatched))
          if (slice.pace.isSlow) return goOnElsewhere(slice)
          const here = Effect.sync(() => goOnHere(slice, new SendTurn(slice.pace)))
          return EventLoopTurn.isOver() ? Effect.andThen(EventLoopTurn.next, here) : here
        }),
      step: constVoid
    })

  const sendMessages: MqrtFunctions["sendMessages"] = (queue, messages, options) =>
    Effect.uninterruptible(
      Effect.withFiber((fiber) => {
        calls.assertOpen("MQSendMessage")
        const sends = sendsOn(queue)
        const pace = sends.paceOf(options)
        const watches = !isSynchronous(fiber)
        let begun: SendOutcome | undefined
        if (!sends.isBusy && !(watches && pace.isSlow)) {
          begun = sendHere(queue, messages, options, watches ? new SendTurn(pace) : unwatched)
          if (begun.failure !== null || begun.accepted === messages.length) return Effect.succeed(begun)
        }
        const accepted = begun?.accepted ?? 0
        const slice: Slice = {
          queue,
          messages: ownMessages(messages, accepted),
          options: ownOptions(options),
          pace,
          accepted: 0,
          messageIds: begun?.messageIds ? [...begun.messageIds] : options.messageIds ? [] : null,
          failure: null
        }
        const place = sends.enter()
        return calls.begun("MQSendMessage", Effect.andThen(sends.first(place), goOn(slice))).pipe(
          Effect.ensuring(Effect.sync(() => sends.leave(place))),
          Effect.map(() => ({
            accepted: accepted + slice.accepted,
            messageIds: slice.messageIds,
            failure: slice.failure
          }))
        )
      })
    )

  return {
    sendMessages,

    closing: (queue, close) =>
      Effect.suspend(() => {
        // At once: as soon as the queue is closed another may have the same handle.
        queues.delete(queue)
        if (last?.queue === queue) last = undefined
        return close
      }),

    close: () => {
      shared.close()
      blocks.close()
    }
  }
}
