/** Messages that wait for their next attempt in a subqueue, so that the messages behind them are handled meanwhile. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { lookupIdsIn } from "../receiving/lookupIds.ts"
import { Reader } from "../receiving/Reader.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { CurrentName } from "../queues/opening.ts"
import { openSubqueue } from "../queues/subqueue.ts"
import * as operations from "../telemetry/Operation.ts"
import type { BackOff } from "./RetryPolicy.ts"
import type { Shutdown } from "./Shutdown.ts"

const operation = operations.Receiver.consume

/** Number of messages whose attempts are remembered; the oldest are forgotten. */
const maximumRemembered = 10_000

/** Milliseconds until the next attempt to move a message that another receiver holds in a transaction. */
const lockedDelay = 1000

/** Queue that messages are parked for. */
interface Parked {
  /** Reader of the consumed queue. */
  readonly reader: Reader<Uint8Array>
  readonly name: CurrentName
  /** Subqueue that is consumed; `null` where the whole queue is. */
  readonly consumed: string | null
  /** Subqueue that messages are parked in. */
  readonly subqueue: string
  readonly shutdown: Shutdown
  /** Callback for each message that was moved back, or that is no longer there. */
  readonly onReturned: (lookupId: bigint) => void
}

/**
 * Subqueue of a consumer in which messages wait for their next attempt. Lookup ids stay the same through a move (behaviour D-29),
 * and a message that comes back takes the place that its priority and its arrival give it (E-64).
 */
export class Parking {
  /** Name of the subqueue. */
  readonly subqueue: string
  readonly #parked: Parked
  /** Times at which the messages come back, in milliseconds, by lookup id. */
  readonly #due = new Map<bigint, number>()
  /** Failed attempts at messages that were parked, by message id. */
  readonly #attempts = new Map<string, number>()
  /** Time at which {@link run} goes on by itself, and the signal that makes it go on before. */
  #wakeTime = -Infinity
  #woken = Deferred.makeUnsafe<void>()

  constructor(parked: Parked) {
    this.subqueue = parked.subqueue
    this.#parked = parked
  }

  /**
   * Returns the number of failed attempts at a message before this one. `rollbacks`: those since its last move. To park a message and to
   * move it back are two moves, which set the count of rollbacks to zero (E-64, E-68), so that another process can tell the number. A
   * queue that is not transactional has no such counts (E-66): only the attempts of this consumer are known then.
   */
  attemptsBefore({ messageId, moveCount }: ReceivedMessage, rollbacks: number): number {
    const here = this.#attempts.get(messageId) ?? 0
    this.#attempts.delete(messageId)
    const { transactional } = this.#parked.reader.state.kind
    return transactional === true ? Math.max(here, rollbacks + Math.floor(moveCount / 2)) : here
  }

  /** Returns `true` for a message that waits in the subqueue. */
  isParked(lookupId: bigint): boolean {
    return this.#due.has(lookupId)
  }

  /** Notes that a message was moved to the subqueue, for a time. */
  add({ lookupId, messageId }: ReceivedMessage, attempts: number, delay: Duration.Duration): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      this.#attempts.set(messageId, attempts)
      if (this.#attempts.size > maximumRemembered) {
        const [oldest] = this.#attempts.keys()
        if (oldest !== undefined) this.#attempts.delete(oldest)
      }
      const due = now + Duration.toMillis(delay)
      this.#due.set(lookupId, due)
      if (due >= this.#wakeTime) return
      const woken = this.#woken
      this.#woken = Deferred.makeUnsafe()
      Deferred.doneUnsafe(woken, Exit.void)
    })
  }

  /** Moves back all messages of the subqueue, which an earlier run has left there. Creates the subqueue. */
  get returnAll(): Effect.Effect<void, MsmqError> {
    const { name, reader } = this.#parked
    const opened = Effect.andThen(
      openSubqueue(operation, reader.state, name, this.subqueue),
      Effect.flatMap(this.#openSource, (source) =>
        Effect.flatMap(lookupIdsIn(operation, source), (lookupIds) => this.#moveBack(source, lookupIds))
      )
    )
    return Effect.scoped(opened)
  }

  /** Moves messages back when their time has come, until the shutdown begins. */
  run(backOff: BackOff): Effect.Effect<void, MsmqError> {
    const { shutdown } = this.#parked
    const next: Effect.Effect<void, MsmqError> = Effect.suspend(() => {
      if (shutdown.hasBegun) return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const due: Array<bigint> = []
        this.#wakeTime = Infinity
        for (const [lookupId, time] of this.#due) {
          if (time <= now) due.push(lookupId)
          else this.#wakeTime = Math.min(this.#wakeTime, time)
        }
        if (due.length > 0) return Effect.andThen(backOff.retryTransient(this.#returnDue(due)), next)
        const woken = Deferred.await(this.#woken)
        const wait = this.#wakeTime === Infinity ? woken : Effect.raceFirst(woken, Effect.sleep(this.#wakeTime - now))
        return Effect.andThen(shutdown.interrupts(wait), next)
      })
    })
    return next
  }

  #returnDue(lookupIds: ReadonlyArray<bigint>): Effect.Effect<void, MsmqError> {
    return Effect.scoped(Effect.flatMap(this.#openSource, (source) => this.#moveBack(source, lookupIds)))
  }

  get #openSource() {
    const { name, reader } = this.#parked
    const { state } = reader
    return Effect.map(
      openSubqueue(operation, state, name, this.subqueue, "receive"),
      (handle) => new Reader<Uint8Array>({ ...state, handle })
    )
  }

  /** Moves messages back, one after the other, until the shutdown begins. */
  #moveBack(source: Reader<Uint8Array>, lookupIds: ReadonlyArray<bigint>) {
    const { consumed, name, shutdown } = this.#parked
    return Effect.flatMap(openSubqueue(operation, source.state, name, consumed), (destination) =>
      Effect.forEach(
        lookupIds,
        (lookupId) =>
          Effect.flatMap(shutdown.check, (hasBegun) =>
            hasBegun ? Effect.void : this.#moveBackOne(source, destination, lookupId)
          ),
        { discard: true }
      )
    )
  }

  #moveBackOne(
    source: Reader<Uint8Array>,
    destination: Effect.Success<ReturnType<typeof openSubqueue>>,
    lookupId: bigint
  ): Effect.Effect<void, MsmqError> {
    const move = source.act(operation, (queue, transaction) =>
      OwnedHandle.lease(destination, operation, (native) =>
        source.state.mqrt.moveMessage(queue, native, lookupId, transaction)
      )
    )
    return Effect.matchEffect(move, {
      onFailure: (error) => {
        const { _tag } = error.reason
        if (_tag === "MessageLockedUnderTransaction") {
          return Effect.map(Clock.currentTimeMillis, (now) => {
            this.#due.set(lookupId, now + lockedDelay)
          })
        }
        // It has expired, or another program has received it.
        return _tag === "MessageNotFound" ? this.#forget(lookupId) : Effect.fail(error)
      },
      onSuccess: () => this.#forget(lookupId)
    })
  }

  #forget(lookupId: bigint): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.#due.delete(lookupId)) this.#parked.onReturned(lookupId)
    })
  }
}
