import { errors } from "@effect-msmq/core/ErrorCode"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import type { SharedQueue, SharedQueues } from "./SharedQueue.ts"

/** Messages of one transaction that would be lost without it. */
interface Receives {
  /** Messages that calls received in it after their callers had left. */
  readonly unclaimed: Array<{ readonly queue: SharedQueue; readonly message: ReceivedProperties }>
  /** Kept messages that were handed out in it. */
  readonly handedOut: Array<{ readonly queue: SharedQueue; readonly message: ReceivedProperties }>
}

/** Transactions with messages whose callers had left, or with kept messages. */
export class TransactionReceives {
  readonly #transactions = new Map<bigint, Receives>()
  readonly #queues: SharedQueues

  constructor(queues: SharedQueues) {
    this.#queues = queues
  }

  /** Adds a message that a call received in a transaction after its caller had left. */
  addUnclaimed(transaction: bigint, queue: SharedQueue, message: ReceivedProperties): void {
    this.#of(transaction).unclaimed.push({ queue, message })
  }

  /** Takes out the first such message of a queue that is accepted. */
  claim(
    transaction: bigint,
    queue: SharedQueue,
    accepts: (message: ReceivedProperties) => boolean
  ): ReceivedProperties | undefined {
    const unclaimed = this.#transactions.get(transaction)?.unclaimed
    const at = unclaimed?.findIndex((one) => one.queue === queue && accepts(one.message)) ?? -1
    return at < 0 ? undefined : unclaimed?.splice(at, 1)[0]?.message
  }

  /** Adds a kept message that was handed out in a transaction. It is kept again where the transaction does not commit. */
  addKept(transaction: bigint, queue: SharedQueue, message: ReceivedProperties): void {
    this.#of(transaction).handedOut.push({ queue, message })
    queue.users++
  }

  /**
   * Runs the commit of a transaction. Refuses it where a message's caller had left: the commit would lose the message.
   */
  commit(transaction: bigint, commit: Effect.Effect<void, MqrtFailure>): Effect.Effect<void, MqrtFailure> {
    return Effect.suspend(() => {
      const receives = this.#transactions.get(transaction)
      if (receives === undefined) return commit
      const { unclaimed } = receives
      if (unclaimed.length === 0) {
        return Effect.tap(commit, () => this.#forget(transaction))
      }
      const names = unclaimed.map(({ message }) => `${message.messageId} (lookup id ${message.lookupId})`)
      const failure = new MqrtFailure({
        function: "ITransaction::Commit",
        code: errors.MQ_ERROR_OPERATION_CANCELLED,
        properties: []
      })
      return Effect.andThen(
        Effect.logError(
          `A transaction is not committed, since a receive in it was given up while its call ran, and the message would ` +
            `be lost: ${names.join(", ")}. The message is in its queue again when the transaction has aborted. Use ` +
            `receiveWithin instead of a timeout around a receive, or receive again in the same transaction.`
        ),
        Effect.fail(failure)
      )
    })
  }

  /** Runs the end of a transaction without a commit, after which its kept messages are kept again. */
  abort<E>(transaction: bigint, abort: Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.onExitPrimitive(abort, () => {
      const handedOut = this.#transactions.get(transaction)?.handedOut
      if (handedOut === undefined) return undefined
      // Message Queuing counts the same for the messages that it has (F-26).
      for (const { message, queue } of handedOut) queue.kept.keep({ ...message, abortCount: message.abortCount + 1 })
      for (const { queue } of handedOut) queue.waiting.wake()
      return this.#forget(transaction)
    })
  }

  /** Removes a transaction that has ended. */
  #forget(transaction: bigint): Effect.Effect<void> {
    const handedOut = this.#transactions.get(transaction)?.handedOut ?? []
    this.#transactions.delete(transaction)
    return Effect.forEach(handedOut, ({ queue }) => this.#queues.release(queue), { discard: true })
  }

  #of(transaction: bigint): Receives {
    const known = this.#transactions.get(transaction) ?? { unclaimed: [], handedOut: [] }
    this.#transactions.set(transaction, known)
    return known
  }
}
