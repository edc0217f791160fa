/** Acknowledgments of messages: what a sender can know of a message that was accepted. */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { ReceiveAction, ReceivedProperties } from "../../mqrt/MessageProperties.ts"
import type { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Guid from "../../mqrt/Guid.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import type { AdminQueue } from "./AdminQueue.ts"
import { openAdminQueue } from "./AdminQueue.ts"
import { arrived } from "./arrivalClasses.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** The class of the acknowledgment that decides, or `"silent"`: none came in time. */
export type Outcome = number | "silent"

/** A message whose acknowledgment is awaited: from so many queues, so many of which refused it so far. */
interface Awaited {
  readonly outcome: Deferred.Deferred<Outcome>
  readonly destinations: number
  refusals: number
}

/** Acknowledgments that came before anybody awaited them are kept, the latest. */
const mostEarly = 1000

/** After a failure of receiving, such as a restart of the service, it is tried again. */
const pause = "1 second"

/** The acknowledgments that messages ask for, in a queue of this process's own. */
export class Acknowledgments {
  /** The format name that a message's `adminQueue` is. */
  readonly adminQueue: string
  readonly #mqrt: Mqrt["Service"]
  readonly #operation: Operation
  readonly #handle: AdminQueue["handle"]
  readonly #awaited = new Map<string, Awaited>()
  readonly #early = new Map<string, Array<number>>()
  /** One of those who wait reads for all. */
  readonly #reading = Semaphore.makeUnsafe(1)

  private constructor(mqrt: Mqrt["Service"], operation: Operation, { formatName, handle }: AdminQueue) {
    this.#mqrt = mqrt
    this.#operation = operation
    this.#handle = handle
    this.adminQueue = formatName
  }

  /** Opens a queue for acknowledgments until the scope closes. */
  static open(mqrt: Mqrt["Service"], operation: Operation): Effect.Effect<Acknowledgments, MsmqError, Scope.Scope> {
    return Effect.map(openAdminQueue(mqrt, operation), (queue) => new Acknowledgments(mqrt, operation, queue))
  }

  /**
   * Waits for the acknowledgment of a message that asked for `positiveArrival` and `negativeArrival`. One queue that it
   * arrived in is enough; it is refused when all of them refused it. An interruption does not end the wait, which ends
   * after so long by itself.
   */
  outcomeOf(messageId: string, destinations: number, within: Duration.Duration): Effect.Effect<Outcome> {
    return Effect.suspend(() => {
      const outcome = Deferred.makeUnsafe<Outcome>()
      this.#awaited.set(messageId, { outcome, destinations, refusals: 0 })
      for (const early of this.#early.get(messageId) ?? []) this.#record(messageId, early)
      this.#early.delete(messageId)
      const waited = Effect.raceFirst(
        Effect.interruptible(Effect.raceFirst(Deferred.await(outcome), this.#reading.withPermit(this.#readOn))),
        Effect.interruptible(Effect.as(Effect.sleep(within), "silent" as const))
      )
      // On this machine it is there already.
      return Effect.andThen(
        Effect.ignore(this.#drain),
        Effect.suspend(() => (Deferred.isDoneUnsafe(outcome) ? Deferred.await(outcome) : waited))
      ).pipe(Effect.ensuring(Effect.sync(() => this.#awaited.delete(messageId))), Effect.uninterruptible)
    })
  }

  /** Reads without end. */
  get #readOn(): Effect.Effect<never> {
    return Effect.forever(
      Effect.catch(Effect.andThen(this.#take("peekCurrent", null), this.#drain), () => Effect.sleep(pause)),
      { disableYield: true }
    )
  }

  /** Takes what is there. */
  get #drain(): Effect.Effect<void, MsmqError> {
    return Effect.uninterruptible(
      Effect.suspend(() => {
        let more = true
        return Effect.whileLoop({
          while: () => more,
          body: () =>
            Effect.catchIf(
              this.#take("receive", 0),
              ({ reason }) => reason._tag === "IoTimeout",
              () => Effect.undefined
            ),
          step: (acknowledgment) => {
            if (acknowledgment === undefined) more = false
            else if (acknowledgment.correlationId !== null) {
              this.#record(messageIdOf(acknowledgment.correlationId), acknowledgment.class)
            }
          }
        })
      })
    )
  }

  #take(action: ReceiveAction, timeout: number | null): Effect.Effect<ReceivedProperties, MsmqError> {
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return lease(this.#handle, this.#operation, (queue) =>
      Effect.mapError(
        this.#mqrt.receiveMessage(queue, { action, timeout, cursor: null, transaction: "none", rare: false }),
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
    if (awaited === undefined) return this.#keep(messageId, messageClass)
    if (messageClass !== arrived && ++awaited.refusals < awaited.destinations) return
    Deferred.doneUnsafe(awaited.outcome, Exit.succeed(messageClass))
  }

  #keep(messageId: string, messageClass: number): void {
    const classes = this.#early.get(messageId)
    if (classes !== undefined) return void classes.push(messageClass)
    this.#early.set(messageId, [messageClass])
    if (this.#early.size <= mostEarly) return
    const [oldest] = this.#early.keys()
    if (oldest !== undefined) this.#early.delete(oldest)
  }
}

/** A correlation id as the message id that it is (behaviours D-23, D-47). */
const messageIdOf = (correlationId: Uint8Array): string => {
  const number = new DataView(correlationId.buffer, correlationId.byteOffset, correlationId.byteLength)
  return `{${Guid.fromBytes(correlationId)}}\\${number.getUint32(16, true)}`
}
