/** Acknowledgments, which tell a sender that an accepted message has arrived or was received, or why not. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as MessageClass from "../../MessageClass.ts"
import type { ReceiveAction, ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import { leastRead } from "../../mqrt/MessagePropertyTable.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { textOf } from "../messages/messageIds.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { OwnQueue } from "./OwnQueue.ts"
import { openOwnQueue } from "./OwnQueue.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Acknowledgment that came for a message. */
export interface Received {
  /** Class of the acknowledgment. */
  readonly class: number
  /** Time when it was sent, in seconds since 1970. */
  readonly sentTime: number
}

/** Acknowledgment that decides, or `"silent"` if none came in time. */
export type Outcome = Received | "silent"

/** Message whose acknowledgment is awaited. */
interface Awaited {
  readonly outcome: Deferred.Deferred<Received>
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
  readonly #queue: OwnQueue
  readonly #awaited = new Map<string, Awaited>()
  readonly #early = new Map<string, Array<Received>>()
  /** Permit to receive: one waiting fiber receives for all of them. */
  readonly #receiving = Semaphore.makeUnsafe(1)

  private constructor(mqrt: Mqrt["Service"], operation: Operation, queue: OwnQueue) {
    this.#mqrt = mqrt
    this.#operation = operation
    this.#queue = queue
    this.adminQueue = queue.address
  }

  /** Opens an administration queue until the scope closes. `queue`: the queue whose messages are acknowledged, for errors. */
  static open(
    mqrt: Mqrt["Service"],
    operation: Operation,
    queue: string
  ): Effect.Effect<Acknowledgments, MsmqError, Scope.Scope> {
    const purpose = {
      owner: { kind: "administration queue", name: `of ${queue}`, queue },
      prefix: "effect-msmq-acknowledgments-",
      label: "effect-msmq: acknowledgments",
      transactional: false
    }
    return Effect.map(openOwnQueue(mqrt, operation, purpose), (own) => new Acknowledgments(mqrt, operation, own))
  }

  /**
   * Waits for the acknowledgment of a message, for at most `timeout`: a positive one of one of its destinations, or the last of the
   * negative ones of all of them. The wait cannot be interrupted.
   */
  outcomeOf(messageId: string, destinations: number, timeout: Duration.Duration): Effect.Effect<Outcome> {
    return Effect.uninterruptible(this.#await(messageId, destinations, timeout))
  }

  /**
   * Waits as {@link outcomeOf} does, in a wait that can be interrupted, and that a closing ends with `Released`. An infinite
   * `timeout` waits for ever.
   */
  waitFor(
    operation: Operation,
    messageId: string,
    destinations: number,
    timeout: Duration.Duration
  ): Effect.Effect<Outcome, MsmqError> {
    return OwnedHandle.leaseWaiting(this.#queue.owner, operation, () => this.#await(messageId, destinations, timeout))
  }

  #await(messageId: string, destinations: number, timeout: Duration.Duration): Effect.Effect<Outcome> {
    return Effect.suspend(() => {
      const outcome = Deferred.makeUnsafe<Received>()
      this.#awaited.set(messageId, { outcome, destinations, refusals: 0 })
      for (const early of this.#early.get(messageId) ?? []) this.#record(messageId, early)
      this.#early.delete(messageId)
      const received = Effect.interruptible(
        Effect.raceFirst(Deferred.await(outcome), this.#receiving.withPermit(this.#receiveForever))
      )
      const timedOut = Effect.interruptible(Effect.as(Effect.sleep(timeout), "silent" as const))
      const wait: Effect.Effect<Outcome> = Duration.isFinite(timeout) ? Effect.raceFirst(received, timedOut) : received
      // The acknowledgment of a queue of this machine has come already.
      return Effect.andThen(
        Effect.ignore(this.#drain),
        Effect.suspend(() => (Deferred.isDoneUnsafe(outcome) ? Deferred.await(outcome) : wait))
      ).pipe(Effect.ensuring(Effect.sync(() => this.#awaited.delete(messageId))))
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
              this.#record(textOf(acknowledgment.correlationId), acknowledgment)
            }
          }
        })
      })
    )
  }

  #receive(action: ReceiveAction, timeout: number | null): Effect.Effect<ReceivedProperties, MsmqError> {
    const { handle, name } = this.#queue
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return lease(handle, this.#operation, (queue) =>
      Effect.mapError(
        this.#mqrt.receiveMessage(queue, { action, timeout, cursor: null, transaction: "none", read: leastRead }),
        (failure) => {
          const error = this.#operation.lift({ queue: name })(failure)
          OwnedHandle.noteFailure(handle, queue, error)
          return error
        }
      )
    )
  }

  #record(messageId: string, { class: messageClass, sentTime }: Received): void {
    const received = { class: messageClass, sentTime }
    const awaited = this.#awaited.get(messageId)
    if (awaited === undefined) return this.#recordEarly(messageId, received)
    if (!MessageClass.isPositive(messageClass) && ++awaited.refusals < awaited.destinations) return
    Deferred.doneUnsafe(awaited.outcome, Exit.succeed(received))
  }

  #recordEarly(messageId: string, received: Received): void {
    const all = this.#early.get(messageId)
    if (all !== undefined) return void all.push(received)
    this.#early.set(messageId, [received])
    if (this.#early.size <= maximumEarly) return
    const [oldest] = this.#early.keys()
    if (oldest !== undefined) this.#early.delete(oldest)
  }
}
