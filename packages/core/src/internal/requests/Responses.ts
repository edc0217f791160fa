/** Responses to requests, received from a queue of this process and given to the requests that wait for them. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { ReceivedMessage } from "../../Message.ts"
import { numbers } from "../../MessageClass.ts"
import type { ReadProperties } from "../../mqrt/MessageProperties.ts"
import { leastRead, usualRead } from "../../mqrt/MessagePropertyTable.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import type { OwnQueue } from "../arrival/OwnQueue.ts"
import type { MessageBody } from "../bodies/Codec.ts"
import { textOf } from "../messages/messageIds.ts"
import { effectOf } from "../options/handlers.ts"
import { Reader } from "../receiving/Reader.ts"
import { moveTo } from "../queues/subqueue.ts"
import * as operations from "../telemetry/Operation.ts"

/**
 * Message that came to the response queue of a requester and answers none of its requests under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnexpectedMessage {
  /** Message as it was received; its body is bytes. */
  readonly message: ReceivedMessage
  /**
   * `true` for a response to one of the last 10,000 requests of this requester that have ended: by a response, their time limit, an
   * interruption or a failure. `false` for any other message.
   */
  readonly isLate: boolean
}

/**
 * Way to treat a message that answers no request under way.
 *
 * - `"remove"`: it is received, and given to `onUnexpected`
 * - `"reject"`: it is rejected, so that it becomes a dead letter of its sender if that asked for it; for a transactional response queue
 * - `{ subqueue }`: it is moved to a subqueue of the response queue, which must be given
 *
 * A message that cannot be rejected or moved is removed.
 *
 * @category models
 * @since 0.1.0
 */
export type UnexpectedPolicy =
  | "remove"
  | "reject"
  | {
      /** Name of the subqueue, 1 to 32 characters. */
      readonly subqueue: string
    }

const operation = operations.Requester.request

/** Number of requests whose ids are remembered after their end; the oldest are forgotten. */
const maximumEnded = 10_000

/** Time between two attempts to receive, after a failure such as a restart of the service. */
const pause = "1 second"

/** Treatment of messages that answer no request under way. */
interface Unexpected {
  readonly policy: UnexpectedPolicy
  /** Function that is called for each of them; `undefined` logs them. */
  readonly onUnexpected: ((unexpected: UnexpectedMessage) => Effect.Effect<unknown, unknown>) | undefined
}

/** Responses to the requests of one requester. */
export class Responses<Answer> {
  readonly #mqrt: Mqrt["Service"]
  readonly #queue: OwnQueue
  readonly #unexpected: Unexpected
  readonly #answers: Reader<Answer>
  readonly #bytes: Reader<Uint8Array>
  readonly #least: Reader<Uint8Array>
  readonly #awaited = new Map<string, Deferred.Deferred<ReceivedMessage>>()
  /** Responses that were received, and whose requests have not ended yet. */
  readonly #delivered = new Map<string, ReceivedMessage>()
  /** Sends that run. Their ids are not known yet, and their responses may be there already. */
  readonly #sends = new Set<Deferred.Deferred<void>>()
  readonly #ended = new Set<string>()
  /** Permit to receive: one waiting request receives for all of them. */
  readonly #receiving = Semaphore.makeUnsafe(1)
  /** Number of messages that answered no request under way. */
  unexpected = 0

  constructor(
    mqrt: Mqrt["Service"],
    queue: OwnQueue,
    codec: MessageBody<never, Answer> | undefined,
    unexpected: Unexpected
  ) {
    const state = (read: ReadProperties) => ({
      mqrt,
      handle: queue.handle,
      queue: queue.name,
      kind: { transactional: queue.properties.transactional },
      exclusive: true,
      reopens: true,
      read
    })
    this.#mqrt = mqrt
    this.#queue = queue
    this.#unexpected = unexpected
    const answerRead = codec?.reads?.includes("rare") === true ? { ...usualRead, rare: true } : usualRead
    this.#answers = new Reader<Answer>({ ...state(answerRead), codec })
    this.#bytes = new Reader<Uint8Array>({ ...state(usualRead), codec: undefined })
    this.#least = new Reader<Uint8Array>({ ...state(leastRead), codec: undefined })
  }

  /** Number of requests that wait for their response. */
  get pending(): number {
    return this.#awaited.size
  }

  /** Sends a request, and expects its response from then on. Only the send itself may be interrupted. `onSent` gets the id. */
  expectAfter<E>(send: Effect.Effect<string, E>, onSent: (messageId: string) => void): Effect.Effect<string, E> {
    return Effect.suspend(() => {
      const sent = Deferred.makeUnsafe<void>()
      this.#sends.add(sent)
      return Effect.map(send, (messageId) => {
        this.#awaited.set(messageId, Deferred.makeUnsafe())
        onSent(messageId)
        return messageId
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            this.#sends.delete(sent)
            Deferred.doneUnsafe(sent, Exit.void)
          })
        )
      )
    })
  }

  /** Waits for the response to a request, and receives those to others meanwhile. */
  responseTo(messageId: string): Effect.Effect<ReceivedMessage<Answer>, MsmqError> {
    return Effect.suspend(() => {
      const awaited = this.#awaited.get(messageId)
      if (awaited === undefined) return Effect.interrupt
      return Effect.raceFirst(Deferred.await(awaited), this.#receiving.withPermit(this.#receiveForever))
    }).pipe(Effect.flatMap((message) => this.#decode(message)))
  }

  #decode(message: ReceivedMessage): Effect.Effect<ReceivedMessage<Answer>, MsmqError> {
    const store = this.#answers.storeOf(message)
    if (store !== undefined) return this.#answers.decodeStored(operation, message, store, "nowhere")
    const decoded = this.#answers.decode(operation, message)
    return decoded instanceof MsmqError ? Effect.fail(decoded) : Effect.succeed(decoded)
  }

  /**
   * Ends a request. A response that was received for it, and that the program does not get, by the result or in the error, answers no
   * request under way.
   */
  end(messageId: string, exit: Exit.Exit<unknown, MsmqError>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const delivered = this.#delivered.get(messageId)
      this.#delivered.delete(messageId)
      this.#awaited.delete(messageId)
      this.#remember(messageId)
      return delivered === undefined || isGiven(exit) ? Effect.void : this.#report(delivered)
    })
  }

  #remember(messageId: string): void {
    this.#ended.add(messageId)
    if (this.#ended.size <= maximumEnded) return
    for (const oldest of this.#ended) {
      this.#ended.delete(oldest)
      return
    }
  }

  /** Receives the messages that are left, which answer no request under way. */
  get drain(): Effect.Effect<void> {
    const poll = this.#bytes.take({ operation, action: "receive", timeout: 0, cursor: null, transaction: "none" })
    const next: Effect.Effect<void, MsmqError> = Effect.flatMap(poll, (message) =>
      Effect.andThen(this.#report(message), next)
    )
    return Effect.ignore(next)
  }

  get #receiveForever(): Effect.Effect<never, MsmqError> {
    return Effect.forever(
      Effect.catchIf(
        this.#next,
        ({ isRetryable, reason }) => isRetryable && reason._tag !== "QueueDeleted",
        () => Effect.sleep(pause)
      ),
      { disableYield: true }
    )
  }

  /** Waits for a message, and then hands it out. A message is removed only when its request is known. */
  get #next(): Effect.Effect<void, MsmqError> {
    const peek = this.#least.take({ operation, action: "peekCurrent", timeout: null, cursor: null })
    return Effect.flatMap(peek, (peeked) => {
      const { class: messageClass, correlationId, lookupId } = peeked
      const id =
        correlationId === undefined || messageClass !== numbers.MQMSG_CLASS_NORMAL ? undefined : textOf(correlationId)
      const handOut = Effect.suspend(() => Effect.uninterruptible(this.#handOut(id, lookupId)))
      return id === undefined || this.#awaited.has(id) ? handOut : Effect.andThen(this.#runningSends, handOut)
    })
  }

  /** Waits for the sends that run now, one of which may have sent the request of a response that came already. */
  get #runningSends(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach([...this.#sends], Deferred.await, { discard: true }))
  }

  #handOut(id: string | undefined, lookupId: bigint): Effect.Effect<void, MsmqError> {
    if (id === undefined || !this.#awaited.has(id)) return this.#setAside(lookupId)
    return Effect.matchEffect(this.#bytes.lookUp(operation, "receiveCurrent", lookupId), {
      onFailure: (error) => (error.reason._tag === "MessageNotFound" ? Effect.void : Effect.fail(error)),
      onSuccess: (message) => this.#deliver(id, message)
    })
  }

  /** Gives a response to its request, which may have ended while it was received. */
  #deliver(id: string, message: ReceivedMessage): Effect.Effect<void> {
    return Effect.suspend(() => {
      const awaited = this.#awaited.get(id)
      if (awaited === undefined) return this.#report(message)
      this.#awaited.delete(id)
      this.#delivered.set(id, message)
      this.#remember(id)
      Deferred.doneUnsafe(awaited, Exit.succeed(message))
      return Effect.void
    })
  }

  /** Treats a message that answers no request as the policy says. Removes it where that fails, so that others behind it are received. */
  #setAside(lookupId: bigint): Effect.Effect<void, MsmqError> {
    const { policy } = this.#unexpected
    const remove = this.#bytes.lookUp(operation, "receiveCurrent", lookupId)
    const set =
      policy === "remove" ? remove : policy === "reject" ? this.#reject(lookupId) : this.#move(policy, lookupId)
    return set.pipe(
      Effect.catchIf(
        ({ isRetryable, reason }) => policy !== "remove" && !isRetryable && reason._tag !== "MessageNotFound",
        (error) => Effect.andThen(Effect.logWarning(`an unexpected message is removed: ${error.message}`), remove)
      ),
      Effect.flatMap((message) => this.#report(message)),
      Effect.catchIf(
        ({ reason }) => reason._tag === "MessageNotFound",
        () => Effect.void
      )
    )
  }

  #move({ subqueue }: { readonly subqueue: string }, lookupId: bigint): Effect.Effect<ReceivedMessage, MsmqError> {
    return Effect.tap(this.#bytes.lookUp(operation, "peekCurrent", lookupId), () =>
      moveTo(operation, this.#bytes, this.#queue, lookupId, subqueue)
    )
  }

  #reject(lookupId: bigint): Effect.Effect<ReceivedMessage, MsmqError> {
    const received = Effect.tap(this.#bytes.lookUp(operation, "receiveCurrent", lookupId), () =>
      this.#bytes.reject(operation, lookupId)
    )
    return Effect.provideService(Transaction.run(received), Mqrt, this.#mqrt)
  }

  /** Counts a message that answers no request under way, and calls the function of the program, without waiting for it. */
  #report(message: ReceivedMessage): Effect.Effect<void> {
    this.unexpected++
    const { onUnexpected } = this.#unexpected
    const isLate = message.correlationId !== undefined && this.#ended.has(textOf(message.correlationId))
    if (onUnexpected === undefined) {
      return Effect.logWarning(
        `message ${message.messageId} in ${this.#queue.name} answers no request under way${isLate ? ": it is late" : ""}`
      )
    }
    const call = { operation, queue: this.#queue.name }
    return Effect.suspend(() => effectOf(call, onUnexpected({ message, isLate }), "onUnexpected")).pipe(
      Effect.catchCause((cause) => Effect.logError("onUnexpected failed", cause)),
      Effect.forkDetach({ startImmediately: true }),
      Effect.asVoid
    )
  }
}

/** Returns `true` where the program gets the response: as the result, or in the error. */
const isGiven = (exit: Exit.Exit<unknown, MsmqError>): boolean =>
  Exit.isSuccess(exit) || Option.exists(Exit.findErrorOption(exit), ({ reason }) => withMessage.has(reason._tag))

/** Reasons that have the response. */
const withMessage: ReadonlySet<Reason["_tag"]> = new Set(["UndecodableBody", "BodyUnavailable"])
