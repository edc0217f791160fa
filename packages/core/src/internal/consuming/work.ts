import * as Effect from "effect/Effect"
import type { MsmqError } from "../../MsmqError.ts"
import type { ConsumedQueue } from "./Delivery.ts"
import type { BackOff } from "./RetryPolicy.ts"
import type { InTurn } from "./Turn.ts"

/** Worker of a consumer. `Held`: a message, or a batch of them. */
export interface Worker<Held, R> {
  /** Number of the worker, from 0. */
  readonly index: number
  readonly queue: Pick<ConsumedQueue, "emitIdle" | "intake" | "shutdown">
  readonly backOff: BackOff
  /** Runs a part in turn with the other workers. */
  readonly inTurn: InTurn
  /** Holds what comes next; where there is nothing, it waits until something may be there, and succeeds with `undefined`. */
  readonly next: Effect.Effect<Held | undefined, MsmqError>
  readonly deliver: (held: Held) => Effect.Effect<void, MsmqError, R>
  /** Returns the number of messages. */
  readonly countOf: (held: Held) => number
}

/** Receives and delivers, again and again, until the shutdown begins. */
export const work = <Held, R>(worker: Worker<Held, R>): Effect.Effect<void, MsmqError, R> => {
  const { backOff, countOf, deliver, inTurn, index, queue } = worker
  const { emitIdle, intake, shutdown } = queue
  let isLooking = false
  let messages = 0
  const stopLooking = () => {
    if (isLooking) intake.leave()
    isLooking = false
  }
  const look = Effect.catch(worker.next, (error) => {
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
    if (messages > 0) intake.release(messages)
    messages = 0
  }
  const goOn = () => {
    release()
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
      messages = countOf(held)
      intake.take(messages)
      return Effect.flatMap(deliver(held), goOn)
    })
  }
  return Effect.onExit(Effect.suspend(next), () =>
    Effect.sync(() => {
      release()
      stopLooking()
    })
  )
}
