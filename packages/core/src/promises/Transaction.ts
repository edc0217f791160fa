/**
 * Transactions for programs that do not write Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Abortable } from "./Abortable.ts"
import { Described, facts } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import { abortable } from "../internal/options/signals.ts"
import { handOver } from "../internal/messages/handOver.ts"
import type { Runner } from "../internal/promises/Runner.ts"
import * as Transaction from "../Transaction.ts"
import * as operations from "../internal/telemetry/operations.ts"

/**
 * An open transaction: {@link Transaction.Transaction} in promises. `await using` and `abort()` abort it unless it
 * was committed. Sends and receives take part in it by their option `transaction`.
 *
 * @category models
 * @since 0.1.0
 */
export class MsmqTransaction extends Described implements AsyncDisposable {
  readonly #transaction: Transaction.Transaction
  readonly #runner: Runner

  /** Use `transaction` or `beginTransaction` of {@link Msmq}. */
  constructor(transaction: Transaction.Transaction, runner: Runner) {
    super()
    this.#transaction = transaction
    this.#runner = runner
  }

  /** @internal */
  static effectOf(transaction: MsmqTransaction): Transaction.Transaction {
    return transaction.#transaction
  }

  /** @internal */
  get [facts](): Facts {
    return { ...this.#transaction[facts], kind: "MsmqTransaction" }
  }

  /** Whether it has not ended. */
  get isOpen(): boolean {
    return this.#transaction.isOpen
  }

  /**
   * Commits, after the sends and receives in it that run. Rejects if it has ended already. `ITransaction::Commit`.
   *
   * A commit that has begun cannot be taken back: an abort of the signal then comes too late, and the promise tells how
   * the commit ended.
   */
  commit(options?: Abortable): Promise<void> {
    return this.#runner.run(
      { operation: operations.Transaction.commit },
      abortable,
      options,
      () => this.#transaction.commit
    )
  }

  /** Aborts: what was received is back, what was sent was never sent. One that has ended stays as it is. */
  abort(): Promise<void> {
    return this.#runner.promise(this.#transaction.abort, undefined)
  }
  /** Waits until it has ended, and tells how. */
  outcome(options?: Abortable): Promise<"committed" | "aborted"> {
    return this.#runner.run(
      { operation: operations.Transaction.outcome },
      abortable,
      options,
      () => this.#transaction.outcome
    )
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.abort()
  }
}

/**
 * What a receive can be told.
 *
 * - `transaction`: what the message is part of: a transaction, `"singleMessage"` for one of its own, or `"none"`, as by
 *   default
 *
 * @category models
 * @since 0.1.0
 */
export interface Participating {
  readonly transaction?: MsmqTransaction | "singleMessage" | "none" | undefined
}

/**
 * What a receive, or whatever else takes part in a transaction and may wait, can be told.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiveOptions extends Participating, Abortable {}

/** @internal */
export const participation = ({ transaction = "none" }: Participating): Transaction.Participation =>
  typeof transaction === "string" ? transaction : MsmqTransaction.effectOf(transaction)

/** @internal */
export const participating = <A, E>(effect: Effect.Effect<A, E>, options: Participating): Effect.Effect<A, E> => {
  const given = participation(options)
  return given === "none" ? effect : handOver(Effect.provideService(effect, Transaction.Current, given))
}
