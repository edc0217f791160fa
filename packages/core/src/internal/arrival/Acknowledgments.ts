/** Acknowledgments of messages: by them a sender knows whether an accepted message arrived. */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { ReceiveAction, ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import { leastRead } from "../../mqrt/MessagePropertyTable.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { textOf } from "../messages/messageIds.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { AdminQueue } from "./AdminQueue.ts"
import { openAdminQueue } from "./AdminQueue.ts"
import { arrived } from "./ArrivalClass.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Class of the acknowledgment that decides, or `"silent"` if none came in time. */
export type Outcome = number | "silent"

/** Message whose acknowledgment is awaited. */
interface Awaited {
  readonly outcome: Deferred.Deferred<Outcome>
  /** Number of queues that the message was sent to. */
  readonly destinations: number
  /** Number of queues that refused it so far. */
  refusals: number
}

/** Number of messages whose acknowledgments are kept when they come before they are awaited; the oldest are dropped. */
const maximumEarly = 1000

/** Time between two attempts to receive, after a failure such as a restart of the service. */
const pause = "1 second"

/** Acknowledgments of messages, received from an administration queue of this process. */
export class Acknowledgments {
  /** Format name for the `adminQueue` of a message. */
  readonly adminQueue: string
  readonly #mqrt: Mqrt["Service"]
  readonly #operation: Operation
  readonly #handle: AdminQueue["handle"]
  readonly #awaited = new Map<string, Awaited>()
  readonly #early = new Map<string, Array<number>>()
  /** Permit to receive: one waiting fiber receives for all of them. */
  readonly #receiving = Semaphore.makeUnsafe(1)

  private constructor(mqrt: Mqrt["Service"], operation: Operation, { formatName, handle }: AdminQueue) {
    this.#mqrt = mqrt
    this.#operation = operation
    this.#handle = handle
    this.adminQueue = formatName
  }

  /** Opens an administration queue until the scope closes. */
  static open(mqrt: Mqrt["Service"], operation: Operation): Effect.Effect<Acknowledgments, MsmqError, Scope.Scope> {
    return Effect.map(openAdminQueue(mqrt, operation), (queue) => new Acknowledgments(mqrt, operation, queue))
  }

  /**
   * Waits for the acknowledgment of a message that asked for `positiveArrival` and `negativeArrival`. The message has arrived
   * when one of its destinations took it, and is refused when all of them refused it. The wait cannot be interrupted; it ends
   * after `timeout`.
   */
  outcomeOf(messageId: string, destinations: number, timeout: Duration.Duration): Effect.Effect<Outcome> {
    return Effect.suspend(() => {
      const outcome = Deferred.makeUnsafe<Outcome>()
      this.#awaited.set(messageId, { outcome, destinations, refusals: 0 })
      for (const early of this.#early.get(messageId) ?? []) this.#record(messageId, early)
      this.#early.delete(messageId)
      const wait = Effect.raceFirst(
        Effect.interruptible(
          Effect.raceFirst(Deferred.await(outcome), this.#receiving.withPermit(this.#receiveForever))
        ),
        Effect.interruptible(Effect.as(Effect.sleep(timeout), "silent" as const))
      )
      // The acknowledgment of a queue of this machine has come already.
      return Effect.andThen(
        Effect.ignore(this.#drain),
        Effect.suspend(() => (Deferred.isDoneUnsafe(outcome) ? Deferred.await(outcome) : wait))
      ).pipe(Effect.ensuring(Effect.sync(() => this.#awaited.delete(messageId))), Effect.uninterruptible)
    })
  }

  /** Receives acknowledgments as they come, without end. */
  get #receiveForever(): Effect.Effect<never> {
    return Effect.forever(
      Effect.catch(Effect.andThen(this.#receive("peekCurrent", null), this.#drain), () => Effect.sleep(pause)),
      { disableYield: true }
    )
  }

  /** Receives the acknowledgments that have come. */
  get #drain(): Effect.Effect<void, MsmqError> {
    return Effect.uninterruptible(
      Effect.suspend(() => {
        let more = true
        return Effect.whileLoop({
          while: () => more,
          body: () =>
            Effect.catchIf(
              this.#receive("receive", 0),
              ({ reason }) => reason._tag === "IoTimeout",
              () => Effect.undefined
            ),
          step: (acknowledgment) => {
            if (acknowledgment === undefined) more = false
            else if (acknowledgment.correlationId !== null) {
              // Its correlation id is the id of the message (behaviours D-23, D-47).
              this.#record(textOf(acknowledgment.correlationId), acknowledgment.class)
            }
          }
        })
      })
    )
  }

  #receive(action: ReceiveAction, timeout: number | null): Effect.Effect<ReceivedProperties, MsmqError> {
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return lease(this.#handle, this.#operation, (queue) =>
      Effect.mapError(
        this.#mqrt.receiveMessage(queue, { action, timeout, cursor: null, transaction: "none", read: leastRead }),
        (failure) => {
          const error = this.#operation.lift({ queue: this.adminQueue })(failure)
          OwnedHandle.noteFailure(this.#handle, queue, error)
          return error
        }
      )
    )
  }

  #record(messageId: string, messageClass: number): void {
    const awaited = this.#awaited.get(messageId)
    if (awaited === undefined) return this.#recordEarly(messageId, messageClass)
    if (messageClass !== arrived && ++awaited.refusals < awaited.destinations) return
    Deferred.doneUnsafe(awaited.outcome, Exit.succeed(messageClass))
  }

  #recordEarly(messageId: string, messageClass: number): void {
    const classes = this.#early.get(messageId)
    if (classes !== undefined) return void classes.push(messageClass)
    this.#early.set(messageId, [messageClass])
    if (this.#early.size <= maximumEarly) return
    const [oldest] = this.#early.keys()
    if (oldest !== undefined) this.#early.delete(oldest)
  }
}
