/** Batches of messages, which are collected, given to a handler together, and split where it fails. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { CurrentLogAnnotations } from "effect/References"
import type { ReceivedMessage } from "../../Message.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { batchSpan } from "../telemetry/processSpan.ts"
import * as operations from "../telemetry/Operation.ts"
import type { Handler, HeldMessage, NextMessage, Wait } from "./Delivery.ts"
import { handleMessage, maximumRecoveries, within } from "./Delivery.ts"
import { isTransient, mayNeedReopen, serviceFailure } from "./RetryPolicy.ts"

const operation = operations.Receiver.consume

/** Largest number of messages whose rollbacks are remembered; the oldest are forgotten. */
const maximumRemembered = 10_000

/** Largest number of messages of a batch, and the time in which they have to arrive. */
export interface BatchLimits {
  /** Largest number of messages. */
  readonly size: number
  /** Time from the first message on that further messages have to arrive in. */
  readonly within: Duration.Duration
}

/** Messages that one handler holds together, at least one of them. */
type HeldBatch = readonly [HeldMessage, ...ReadonlyArray<HeldMessage>]

/**
 * Numbers of batches that were rolled back with a message, by its message id. Message Queuing counts those rollbacks as those of
 * single attempts (behaviour E-66), though they may be the fault of another message.
 */
export class BatchRollbacks {
  readonly #counts = new Map<string, number>()

  /** Counts the rollback of a batch. */
  add(batch: HeldBatch): void {
    for (const { message, participation } of batch) {
      if (participation === "none") continue
      this.#counts.set(message.messageId, (this.#counts.get(message.messageId) ?? 0) + 1)
    }
    for (const messageId of this.#counts.keys()) {
      if (this.#counts.size <= maximumRemembered) break
      this.#counts.delete(messageId)
    }
  }

  /** Returns the number of a message, and forgets it. */
  take(messageId: string): number {
    const count = this.#counts.get(messageId) ?? 0
    this.#counts.delete(messageId)
    return count
  }
}

/** Handler of batches, with what its deliveries share. */
export interface BatchHandler<Body, E, R> extends Handler<Body, E, R> {
  readonly handleAll: (messages: ReadonlyArray<ReceivedMessage<Body>>) => Effect.Effect<unknown, E, R>
  readonly limits: BatchLimits
  readonly rollbacks: BatchRollbacks
}

const noWait: Wait = () => Effect.succeedNone

/** Closes the hold on all messages: rolls back what is not completed. */
const release = (batch: HeldBatch): Effect.Effect<void> =>
  Effect.forEach(batch, (held) => held.close() ?? Effect.void, { discard: true })

/**
 * Batches of one worker. One that fails is rolled back, and the next one has half its size, so that it has the first half of the
 * messages; after each success the size doubles, up to the limit. A batch of one message is delivered as every message is,
 * with retries and a place for poison. So a message at fault is alone after a few batches, and no other message becomes poison.
 */
export class Batching<Body, E, R> {
  readonly #handler: BatchHandler<Body, E, R>
  #size: number
  #recoveries = 0
  /** Number of messages of the latest batch that have been removed from a plain queue, and so are handled. */
  #removed = 0

  constructor(handler: BatchHandler<Body, E, R>) {
    this.#handler = handler
    this.#size = handler.limits.size
  }

  /** Holds the next messages; succeeds with `undefined` where the wait for the first one has ended without it. */
  next(first: NextMessage): Effect.Effect<HeldBatch | undefined, MsmqError> {
    return Effect.flatMap(first, (held) => (held === undefined ? Effect.undefined : this.#collect(held)))
  }

  /** Delivers a batch until it is handled or rolled back. */
  deliver(batch: HeldBatch): Effect.Effect<void, MsmqError, R> {
    const [first, ...others] = batch
    if (others.length > 0) return this.#deliverAll(batch)
    return Effect.map(handleMessage(this.#handler, first), () => this.#grow())
  }

  #collect(first: HeldMessage): Effect.Effect<HeldBatch, MsmqError> {
    const { limits, queue } = this.#handler
    const { intake, shutdown } = queue
    const batch: [HeldMessage, ...Array<HeldMessage>] = [first]
    const collect = Effect.gen({ self: this }, function* () {
      const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(limits.within)
      while (batch.length < this.#size && intake.isOpen) {
        const left = deadline - (yield* Clock.currentTimeMillis)
        const { change } = intake
        const wait: Wait =
          left <= 0
            ? noWait
            : (wait) => Effect.map(shutdown.interruptsOr(change, Effect.timeoutOption(wait, left)), Option.flatten)
        const held = yield* (batch.at(-1) ?? first).more(wait)
        if (held !== undefined) batch.push(held)
        else if (left <= 0) break
      }
      return batch
    })
    return Effect.onExitPrimitive(collect, (exit) => {
      if (Exit.isSuccess(exit)) return undefined
      this.#handler.rollbacks.add(batch)
      return release(batch)
    })
  }

  #deliverAll(batch: HeldBatch): Effect.Effect<void, MsmqError, R> {
    const { events, queue } = this.#handler
    let isReleased = false
    const releaseOnce = Effect.suspend(() => {
      if (isReleased) return Effect.void
      isReleased = true
      return release(batch)
    })
    const delivered = Effect.suspend(() => {
      this.#removed = 0
      if (queue.shutdown.hasBegun) return Effect.void
      const received = Effect.forEach(batch, ({ message }) => events.emit({ _tag: "Received", message }), {
        discard: true
      })
      return Effect.andThen(
        received,
        Effect.suspend(() => this.#attempt(batch, releaseOnce))
      )
    })
    return Effect.onExitPrimitive(delivered, (exit) =>
      Exit.isSuccess(exit) ? releaseOnce : Effect.andThen(releaseOnce, this.#emitReturned(batch))
    )
  }

  #emitReturned(batch: HeldBatch): Effect.Effect<void> {
    return Effect.forEach(
      batch.slice(this.#removed),
      ({ message }) => this.#handler.events.emit({ _tag: "Returned", message }),
      {
        discard: true
      }
    )
  }

  #attempt(batch: HeldBatch, rollBack: Effect.Effect<void>): Effect.Effect<void, MsmqError, R> {
    const { reader } = this.#handler
    const decode = ({ message }: HeldMessage): Effect.Effect<ReceivedMessage<Body>, MsmqError> => {
      const store = reader.storeOf(message)
      if (store !== undefined) return Effect.interruptible(reader.decodeStored(operation, message, store))
      const decoded = reader.decode(operation, message)
      return decoded instanceof MsmqError ? Effect.fail(decoded) : Effect.succeed(decoded)
    }
    return Effect.matchCauseEffect(Effect.forEach(batch, decode), {
      onFailure: (cause) => this.#handlerFailed(batch, cause, rollBack),
      onSuccess: (messages) => this.#handle(batch, messages, rollBack)
    })
  }

  #handle(
    batch: HeldBatch,
    messages: ReadonlyArray<ReceivedMessage<Body>>,
    rollBack: Effect.Effect<void>
  ): Effect.Effect<void, MsmqError, R> {
    const { handleAll, reader, timeout } = this.#handler
    const called = Effect.suspend(() => handleAll(messages))
    const handled = timeout === undefined ? called : within(called, timeout)
    const spanned = batchSpan(
      reader.observer,
      handled,
      batch.map(({ message }) => message)
    )
    const contextOf: (outer: Context.Context<R>) => Context.Context<R> = () => this.#contextOf(batch)
    return Effect.matchCauseEffect(Effect.interruptible(Effect.updateContext(spanned, contextOf)), {
      onFailure: (cause) => this.#handlerFailed(batch, cause, rollBack),
      onSuccess: () =>
        Effect.matchEffect(this.#complete(batch), {
          onFailure: (error) =>
            Effect.andThen(
              this.#emitHandled(batch.slice(0, this.#removed)),
              this.#completionFailed(batch, error, rollBack)
            ),
          onSuccess: () => this.#handled(batch)
        })
    })
  }

  #contextOf([{ participation }]: HeldBatch): Context.Context<R> {
    const { attemptContext, reader } = this.#handler
    const annotated = Context.add(attemptContext, CurrentLogAnnotations, {
      ...Context.get(attemptContext, CurrentLogAnnotations),
      "messaging.destination.name": reader.state.queue
    })
    return participation === "none" ? annotated : Context.add(annotated, Transaction.Current, participation)
  }

  /** Commits the transaction, or removes the messages one after the other. */
  #complete(batch: HeldBatch): Effect.Effect<void, MsmqError> {
    const [first] = batch
    return first.participation === "none"
      ? Effect.forEach(batch, (held) => Effect.map(held.complete ?? Effect.void, () => this.#removed++), {
          discard: true
        })
      : (first.complete ?? Effect.void)
  }

  #handled(batch: HeldBatch): Effect.Effect<void> {
    this.#handler.backOff.reset()
    this.#recoveries = 0
    this.#grow()
    return this.#emitHandled(batch)
  }

  #emitHandled(batch: ReadonlyArray<HeldMessage>): Effect.Effect<void> {
    const { events, queue } = this.#handler
    return Effect.forEach(
      batch,
      ({ message }) => events.emit({ _tag: "Handled", message, attempt: queue.attemptsBefore(message) + 1 }),
      { discard: true }
    )
  }

  #completionFailed(batch: HeldBatch, error: MsmqError, rollBack: Effect.Effect<void>): Effect.Effect<void, MsmqError> {
    if (error.reason._tag !== "TransactionAborted") {
      if (!isTransient(error)) return Effect.fail(error)
      if (mayNeedReopen(error) && this.#mayRecover()) return this.#recover(batch, error, rollBack)
    }
    return this.#split(batch, Cause.fail(error), rollBack)
  }

  #handlerFailed(
    batch: HeldBatch,
    cause: Cause.Cause<unknown>,
    rollBack: Effect.Effect<void>
  ): Effect.Effect<void, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const [first] = batch
      const { queue } = this.#handler
      if (yield* first.isCompleted) {
        yield* Effect.logError(`the handler of ${batch.length} messages failed after it had committed`, cause)
        return yield* this.#handled(batch)
      }
      if (yield* queue.shutdown.check) {
        yield* rollBack
        return yield* this.#emitReturned(batch)
      }
      const failure = serviceFailure(cause)
      if (failure !== undefined && this.#mayRecover()) return yield* this.#recover(batch, failure, rollBack)
      return yield* this.#split(batch, cause, rollBack)
    })
  }

  #mayRecover(): boolean {
    return this.#recoveries++ < maximumRecoveries
  }

  /** Rolls back after a failure of the service, and waits. The messages are received again. */
  #recover(batch: HeldBatch, error: MsmqError, rollBack: Effect.Effect<void>): Effect.Effect<void, MsmqError> {
    this.#handler.rollbacks.add(batch)
    return Effect.flatMap(Effect.andThen(rollBack, this.#handler.backOff.after(error)), (retries) =>
      retries ? Effect.void : this.#emitReturned(batch)
    )
  }

  /** Rolls back, and makes the next batch half as large. */
  #split(batch: HeldBatch, cause: Cause.Cause<unknown>, rollBack: Effect.Effect<void>): Effect.Effect<void> {
    const { events, rollbacks } = this.#handler
    rollbacks.add(batch)
    this.#size = Math.ceil(batch.length / 2)
    const messages = batch.slice(this.#removed).map(({ message }) => message)
    return rollBack.pipe(
      Effect.andThen(Effect.suspend(() => events.emit({ _tag: "BatchFailed", messages, cause }))),
      // Without a wait in the handler, other fibers get their turn.
      Effect.andThen(Effect.yieldNow)
    )
  }

  #grow(): void {
    this.#size = Math.min(2 * this.#size, this.#handler.limits.size)
  }
}
