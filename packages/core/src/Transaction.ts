/**
 * Internal transactions: what is sent and received in one becomes true as a whole, or not at all.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Scope from "effect/Scope"
import { CallSite } from "./CallSite.ts"
import * as OwnedHandle from "./internal/handles/OwnedHandle.ts"
import { Observer, spanOptions } from "./internal/observing/telemetry.ts"
import { limitsOf } from "./internal/messages/timeLimits.ts"
import type { MqrtFailure, TransactionHandle } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import { MsmqError, reasonOf } from "./MsmqError.ts"

const TypeId = "~@effect-msmq/core/Transaction"

/**
 * The time limits of a transaction's messages. Message Queuing gives all of them those of the first (behaviour D-42), so
 * they are set here and nowhere else: a message in a transaction that has its own is refused.
 *
 * - `timeToReachQueue`, `timeToBeReceived`: whole seconds, rounded up, from each send on
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly timeToReachQueue?: Duration.Input | undefined
  readonly timeToBeReceived?: Duration.Input | undefined
}

const errorOf = (operation: string, failure: MqrtFailure): MsmqError =>
  new MsmqError({ operation, reason: reasonOf(failure) })

const observer = new Observer(null)

/** How it is to end, and how it did. */
interface End {
  wanted: "commit" | "abort"
  exit: Exit.Exit<void, MsmqError> | undefined
}

/**
 * An open transaction, which belongs to the scope that began it and aborts with it unless it was committed.
 *
 * @category models
 * @since 0.1.0
 */
export class Transaction {
  readonly [TypeId] = TypeId
  readonly #handle: OwnedHandle.OwnedHandle<TransactionHandle>
  readonly #limits: TimeLimits
  readonly #end: End

  /** Use {@link begin} or {@link run}. */
  constructor(handle: OwnedHandle.OwnedHandle<TransactionHandle>, limits: TimeLimits, end: End) {
    this.#handle = handle
    this.#limits = limits
    this.#end = end
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<TransactionHandle> {
    return this.#handle
  }

  /** @internal How it was ended; `undefined` before that. */
  get exit(): Exit.Exit<void, MsmqError> | undefined {
    return this.#end.exit
  }

  /** Whether it has not ended. */
  get isOpen(): boolean {
    return this.#handle.state === "open"
  }

  /** The time limits of its messages, in seconds; `null`: the machine's default, and for ever. */
  get timeLimits(): TimeLimits {
    return this.#limits
  }

  /**
   * Commits, after the sends and receives in it that run; a receive that waits in it ends. `ITransaction::Commit`.
   *
   * Fails with `Released` if it has ended already, and with the reasons of Message Queuing's codes, after which it is
   * aborted.
   *
   * @since 0.1.0
   */
  get commit(): Effect.Effect<void, MsmqError> {
    const at = new CallSite()
    return observer.observe("Transaction.commit", () =>
      Effect.suspend(() => {
        if (!this.isOpen) return Effect.fail(this.#handle.refusal("Transaction.commit"))
        this.#end.wanted = "commit"
        return Effect.andThen(
          OwnedHandle.close(this.#handle, at),
          Effect.suspend(() => this.#end.exit ?? Effect.void)
        )
      })
    )
  }

  /**
   * Aborts: what was received is back at its place, what was sent was never sent. One that has ended stays as it is.
   * `ITransaction::Abort`.
   *
   * @since 0.1.0
   */
  get abort(): Effect.Effect<void> {
    const at = new CallSite()
    return observer.observe("Transaction.abort", () => OwnedHandle.close(this.#handle, at))
  }
}

/**
 * The time limits of messages in seconds; `null`: none was given.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimeLimits {
  readonly timeToReachQueue: number | null
  readonly timeToBeReceived: number | null
}

/**
 * What a send or a receive takes part in.
 *
 * - `"none"`: nothing
 * - `"singleMessage"`: each message is a transaction of its own, committed with the call (behaviours F-02, F-03)
 * - a transaction that was begun
 *
 * @category models
 * @since 0.1.0
 */
export type Participation = "none" | "singleMessage" | Transaction

/**
 * The transaction that sends and receives of an effect take part in, unless they are told otherwise: see {@link run},
 * {@link within}, {@link singleMessage} and {@link outside}.
 *
 * @category references
 * @since 0.1.0
 */
export const Current: Context.Reference<Participation> = Context.Reference<Participation>(
  "@effect-msmq/core/Transaction/Current",
  { defaultValue: () => "none" }
)

/**
 * Begins a transaction for manual use; the scope aborts it unless it was committed. `MQBeginTransaction`.
 *
 * Sends and receives take part in it by {@link within}, or by their options.
 *
 * Fails with `InsufficientResources`, `TransactionEnlist` and `ServiceNotAvailable`, among Message Queuing's codes
 * (behaviour F-06), and with `IllegalMessage` for a limit that is no duration.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = Effect.fn(
  "Transaction.begin",
  spanOptions
)(function* (options: Options = {}): Effect.fn.Return<Transaction, MsmqError, Mqrt | Scope.Scope> {
  const operation = "Transaction.begin"
  const mqrt = yield* Mqrt
  const limits = yield* limitsOf(operation, options)
  const end: End = { wanted: "abort", exit: undefined }
  const handle = yield* OwnedHandle.scoped(mqrt.openHandles, operation, {
    kind: "transaction",
    name: null,
    acquire: mqrt.beginTransaction.pipe(Effect.mapError((failure) => errorOf(operation, failure))),
    release: (native) => {
      const commits = end.wanted === "commit"
      const ending = commits ? mqrt.commitTransaction(native) : mqrt.abortTransaction(native)
      return Effect.exit(ending).pipe(
        Effect.flatMap((exit) => {
          end.exit = Exit.mapError(exit, (failure) => errorOf(`Transaction.${end.wanted}`, failure))
          // Who commits is told of a failure by `commit`.
          return commits ? Effect.void : exit
        }),
        // What did not commit is aborted with its release (behaviour F-37).
        Effect.ensuring(mqrt.releaseTransaction(native))
      )
    }
  })
  return new Transaction(handle, limits, end)
})

const isOpen = (current: Participation): boolean => typeof current === "object" && current.isOpen

/**
 * Runs an effect in a transaction, which its sends and receives take part in without being told: committed when it
 * succeeds, aborted when it fails, dies or is interrupted, exactly once. Inside another one it is part of that.
 *
 * Fails with what the effect fails with, and as {@link begin} and `commit` do.
 *
 * **Gotchas**
 *
 * What an effect that it forks does after its end is no longer part of it, and fails with `Released`. Queues that are not
 * transactional take no part: a send or receive there is refused, unless it runs {@link outside}. The time limits of an
 * inner `run` do not count.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Transaction } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   yield* MessageQueue.create(".\\private$\\invoices", { transactional: true })
 *   const orders = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   const invoices = yield* MessageQueue.openSender(".\\private$\\invoices")
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   yield* Transaction.run(sender.send({ label: "order 1" }))
 *
 *   const handle = Effect.gen(function* () {
 *     const order = yield* orders.receive
 *     yield* invoices.send({ label: `invoice for ${order.label}` })
 *   })
 *   yield* Transaction.run(Effect.andThen(handle, Effect.fail("too late"))).pipe(Effect.ignore)
 *   yield* Transaction.run(handle)
 *   const received = yield* MessageQueue.openReceiver(".\\private$\\invoices")
 *   return (yield* received.receive).label
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "invoice for order 1"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run: {
  (options?: Options): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | MsmqError, R | Mqrt>
  <A, E, R>(effect: Effect.Effect<A, E, R>, options?: Options): Effect.Effect<A, E | MsmqError, R | Mqrt>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(effect: Effect.Effect<A, E, R>, options: Options = {}): Effect.Effect<A, E | MsmqError, R | Mqrt> =>
    Effect.flatMap(Current, (current) => (isOpen(current) ? effect : runNew(effect, options)))
)

const runNew = <A, E, R>(effect: Effect.Effect<A, E, R>, options: Options): Effect.Effect<A, E | MsmqError, R | Mqrt> =>
  Effect.acquireUseRelease(
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.map(Scope.provide(begin(options), scope), (transaction) => ({ scope, transaction }))
    ),
    ({ transaction }) => within(effect, transaction),
    ({ scope, transaction }, exit) =>
      Effect.ensuring(
        // One that was committed or aborted by hand has ended as it should.
        Exit.isSuccess(exit) && transaction.isOpen ? transaction.commit : transaction.abort,
        Scope.close(scope, Exit.void)
      )
  ).pipe(Effect.withSpan("Transaction.run", spanOptions))

/**
 * Runs an effect whose sends and receives take part in a transaction that was begun by hand. It neither commits nor
 * aborts.
 *
 * @category running
 * @since 0.1.0
 */
export const within: {
  (transaction: Transaction): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, transaction: Transaction): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, transaction: Transaction) =>
  Effect.provideService(effect, Current, transaction)
)

/**
 * Runs an effect each of whose sends and receives is a transaction of its own: `MQ_SINGLE_MESSAGE` (behaviours F-02,
 * F-03).
 *
 * @category running
 * @since 0.1.0
 */
export const singleMessage = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Current, "singleMessage")

/**
 * Runs an effect whose sends and receives take part in no transaction, though it is inside one.
 *
 * @category running
 * @since 0.1.0
 */
export const outside = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Current, "none")
