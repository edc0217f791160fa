import * as Effect from "effect/Effect"
import type { MsmqError } from "../../MsmqError.ts"
import type { Handler } from "./Delivery.ts"
import { handleMessage } from "./Delivery.ts"
import type { NextMessage } from "./ReceiveMode.ts"
import type { InTurn } from "./Turn.ts"

/**
 * Receives one message after the other, each in turn with the other workers, and delivers it, until the shutdown begins. `index`:
 * number of the worker, from 0.
 */
export const work = <Body, E, R>(
  index: number,
  inTurn: InTurn,
  nextMessage: NextMessage,
  handler: Handler<Body, E, R>
): Effect.Effect<void, MsmqError, R> => {
  const { backOff, queue } = handler
  const { emitIdle, intake, shutdown } = queue
  let isLooking = false
  let hasMessage = false
  const stopLooking = () => {
    if (isLooking) intake.leave()
    isLooking = false
  }
  const look = Effect.catch(nextMessage, (error) => {
    stopLooking()
    return Effect.fail(error)
  })
  const received = backOff.retryTransient(
    Effect.suspend(() => {
      if (!intake.admits(index)) return Effect.undefined
      intake.enter()
      isLooking = true
      return look
    })
  )
  const release = () => {
    intake.release()
    hasMessage = false
    return intake.becomesIdle() ? Effect.flatMap(emitIdle, next) : next()
  }
  const next = (): Effect.Effect<void, MsmqError, R> => {
    if (shutdown.hasBegun) return Effect.void
    if (!intake.admits(index)) return Effect.flatMap(intake.change, next)
    return Effect.flatMap(inTurn(received), (held) => {
      if (held === undefined) {
        stopLooking()
        return next()
      }
      isLooking = false
      hasMessage = true
      intake.take()
      return Effect.flatMap(handleMessage(handler, held), release)
    })
  }
  return Effect.onExit(Effect.suspend(next), () =>
    Effect.sync(() => {
      if (hasMessage) intake.release()
      stopLooking()
    })
  )
}
