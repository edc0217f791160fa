/**
 * Transactions for programs that do not use Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Abortable } from "./Abortable.ts"
import { Described, facts } from "../internal/Described.ts"
import type { Facts } from "../internal/Described.ts"
import { abortable } from "../internal/options/signals.ts"
import { handOver } from "../internal/receiving/handOver.ts"
import { Runner } from "../internal/promises/Runner.ts"
import { checkMade } from "../internal/promises/construction.ts"
import type {
  Participation as EffectParticipation,
  Status,
  TimeLimits,
  Transaction as EffectTransaction
} from "../Transaction.ts"
import { Current } from "../Transaction.ts"
import * as operations from "../internal/telemetry/Operation.ts"

/**
 * Transaction and signal of a receive.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiveOptions extends Abortable {
  /**
   * Transaction that the call is part of. By default the one that runs, of `transaction` or of a handler of `consume`, if any.
   * `"none"` leaves it; `"singleMessage"` is a transaction of its own.
   */
  readonly transaction?: Participation | undefined
}

/**
 * Open transaction: see `transaction` and `beginTransaction` of a `Connection`. `await using` and {@link abort} abort it
 * unless it was committed. Sends and receives in the function of `transaction` take part in its transaction; in one of
 * `beginTransaction` by their option `transaction`.
 *
 * @example
 * ```ts import.meta.vitest
 * import { connect } from "@effect-msmq/core/promises"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 *
 * await using msmq = await connect(InMemoryMqrt.layer)
 * await msmq.createQueue(".\\private$\\orders", { transactional: true })
 * await using sender = await msmq.openSender(".\\private$\\orders")
 * await using transaction = await msmq.beginTransaction()
 * await sender.send({ label: "order 1" }, { transaction })
 * await transaction.commit()
 * transaction.status // => "committed"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Transaction extends Described implements AsyncDisposable {
  readonly #transaction: EffectTransaction
  readonly #runner: Runner

  private constructor(transaction: EffectTransaction, runner: Runner) {
    super()
    checkMade(runner instanceof Runner)
    this.#transaction = transaction
    this.#runner = runner
  }

  /** @internal */
  static make(transaction: EffectTransaction, runner: Runner): Transaction {
    return new Transaction(transaction, runner)
  }

  /** @internal */
  static effectOf(transaction: Transaction): EffectTransaction {
    return transaction.#transaction
  }

  /** @internal */
  get [facts](): Facts {
    return this.#transaction[facts]
  }

  /** `true` until it is committed or aborted. */
  get isOpen(): boolean {
    return this.#transaction.isOpen
  }

  /**
   * State of the transaction, and outcome once it has ended. `"unknown"` while it is committed or aborted, and where the service was
   * gone before it answered a commit.
   */
  get status(): Status {
    return this.#transaction.status
  }

  /** Time limits of the messages that are sent in it, in seconds; `null` for none of its own. */
  get timeLimits(): TimeLimits {
    return this.#transaction.timeLimits
  }

  /**
   * Commits the transaction, after the sends and receives that run in it. Rejects if it has ended already.
   * `ITransaction::Commit`.
   *
   * A commit that has begun cannot be undone: a later abort of the signal has no effect, and the promise has the outcome of the
   * commit.
   */
  commit(options?: Abortable): Promise<void> {
    return this.#runner.run({ operation: operations.Transaction.commit }, abortable, options, () =>
      this.#transaction.commit()
    )
  }

  /**
   * Aborts the transaction: received messages are back at their places, and sent messages are not sent. Does nothing if it
   * has ended. `ITransaction::Abort`.
   */
  abort(): Promise<void> {
    return this.#runner.promise(this.#transaction.abort(), undefined)
  }

  /** Waits until it has ended, and returns its outcome. */
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
 * Transaction that a send or a receive takes part in: one that was begun; `"singleMessage"` for one of its own, committed
 * with the call; or `"none"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Participation = Transaction | "singleMessage" | "none"

/** @internal */
export const participationOf = (participation: Participation): EffectParticipation =>
  typeof participation === "string" ? participation : Transaction.effectOf(participation)

/** @internal */
export const participating = <A, E>(
  effect: Effect.Effect<A, E>,
  { transaction }: { readonly transaction?: Participation | undefined }
): Effect.Effect<A, E> =>
  transaction === undefined ? effect : handOver(Effect.provideService(effect, Current, participationOf(transaction)))
