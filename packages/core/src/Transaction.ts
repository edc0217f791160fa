/**
 * Internal transactions: all sends and receives of one take effect, or none of them.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import { CurrentStackFrame } from "effect/References"
import type * as Scope from "effect/Scope"
import { CallSite } from "./mqrt/CallSite.ts"
import { Described, facts, stateOf } from "./internal/Described.ts"
import type { Facts } from "./internal/Described.ts"
import * as OwnedHandle from "./internal/ownership/OwnedHandle.ts"
import { checkParticipation, isTransaction, transaction, transactionId } from "./internal/options/owned.ts"
import { guarded } from "./internal/options/Rule.ts"
import { Observer, spanOf } from "./internal/telemetry/telemetry.ts"
import { limitsOf } from "./internal/messages/timeLimits.ts"
import { effect as effectRule } from "./internal/options/handlers.ts"
import * as Given from "./internal/options/illegalOption.ts"
import { transactionOptions } from "./internal/options/transactionOptions.ts"
import { irreversible } from "./internal/promises/AbortGate.ts"
import type { TransactionHandle } from "./Mqrt.ts"
import { Mqrt } from "./Mqrt.ts"
import type { TransactionAborted } from "./MsmqError.ts"
import { MsmqError } from "./MsmqError.ts"
import * as operations from "./internal/telemetry/Operation.ts"
import type { Operation } from "./internal/telemetry/Operation.ts"
import type { TimeLimits } from "./internal/messages/timeLimits.ts"

export type { TimeLimits } from "./internal/messages/timeLimits.ts"

/**
 * Time limits of a transaction's messages. Message Queuing applies those of the first message to all, so that they can
 * be set only here: a message in a transaction with limits of its own is refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Time in which each message must reach its queue: 0 to 4,294,967,293 whole seconds from its send on; a part of a second is
   * rounded up. The machine's default if left out or infinite.
   */
  readonly timeToReachQueue?: Duration.Input | undefined
  /**
   * Time in which each message must be received: 0 to 4,294,967,293 whole seconds from its send on; a part of a second is
   * rounded up. No limit if left out or infinite.
   */
  readonly timeToBeReceived?: Duration.Input | undefined
}

const observer = new Observer(null)

/** Way to end a transaction, and for an abort its origin. */
interface Ending {
  readonly end: "commit" | "abort"
  readonly by: TransactionAborted["by"]
}

/** End of a transaction. `exit` is the result of the commit or the abort. */
interface Ended extends Ending {
  readonly exit: Exit.Exit<void, MsmqError>
}

/** Returns the release that ends a transaction in a way. The first closing of its handle decides which of them runs. */
const releaseBy =
  (mqrt: Mqrt["Service"], ended: Deferred.Deferred<Ended>, ending: Ending): OwnedHandle.Release<TransactionHandle> =>
  (native) => {
    const commits = ending.end === "commit"
    return Effect.suspend(() => (commits ? mqrt.commitTransaction(native) : mqrt.abortTransaction(native))).pipe(
      Effect.exit,
      Effect.flatMap((exit) => {
        const { [ending.end]: operation } = operations.Transaction
        Deferred.doneUnsafe(ended, Exit.succeed({ ...ending, exit: Exit.mapError(exit, operation.lift()) }))
        // `commit` returns its own failure.
        return commits ? Effect.void : exit
      }),
      // The release aborts a transaction that was not committed (F-37).
      Effect.ensuring(mqrt.releaseTransaction(native))
    )
  }

/**
 * State of a transaction.
 *
 * - `"open"`: sends and receives can take part in it
 * - `"committed"`: all of them took effect
 * - `"aborted"`: none of them did
 * - `"unknown"`: it is being committed or aborted; or its commit failed because the service was gone, or with a code that Message
 *   Queuing does not document, so that it may be committed or aborted
 *
 * @category models
 * @since 0.1.0
 */
export type Status = "open" | "committed" | "aborted" | "unknown"

/** Returns the status after a commit that failed. Message Queuing aborts the transaction, if it answers at all. */
const statusAfter = (cause: Cause.Cause<MsmqError>): Status => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  const tag = error?.reason._tag
  return tag === undefined || tag === "StaleHandle" || tag === "ServiceNotAvailable" || tag === "UnknownCode"
    ? "unknown"
    : "aborted"
}

/**
 * Open transaction, which belongs to the scope that began it and aborts with it unless it was committed.
 *
 * See the example of {@link begin}.
 *
 * @category models
 * @since 0.1.0
 */
export class Transaction extends Described {
  /** @internal */
  readonly [transactionId] = transactionId
  readonly #mqrt: Mqrt["Service"]
  readonly #handle: OwnedHandle.OwnedHandle<TransactionHandle>
  readonly #limits: TimeLimits
  readonly #ended: Deferred.Deferred<Ended>

  private constructor(
    mqrt: Mqrt["Service"],
    handle: OwnedHandle.OwnedHandle<TransactionHandle>,
    limits: TimeLimits,
    ended: Deferred.Deferred<Ended>
  ) {
    super()
    this.#mqrt = mqrt
    this.#handle = handle
    this.#limits = limits
    this.#ended = ended
  }

  /** @internal */
  static make(
    mqrt: Mqrt["Service"],
    handle: OwnedHandle.OwnedHandle<TransactionHandle>,
    limits: TimeLimits,
    ended: Deferred.Deferred<Ended>
  ): Transaction {
    return new Transaction(mqrt, handle, limits, ended)
  }

  /** @internal */
  get [OwnedHandle.symbol](): OwnedHandle.OwnedHandle<TransactionHandle> {
    return this.#handle
  }

  /** @internal */
  get [facts](): Facts {
    return { kind: "Transaction", state: stateOf(this.#handle) }
  }

  /** `true` until it is committed or aborted. */
  get isOpen(): boolean {
    return this.#handle.state === "open"
  }

  /** @internal `true` once it is committed or aborted, and released. */
  get hasEnded(): boolean {
    return this.#handle.state === "released"
  }

  /**
   * State of the transaction, and outcome once it has ended. `"unknown"` while it is committed or aborted, and where the service was
   * gone before it answered a commit.
   */
  get status(): Status {
    if (this.isOpen) return "open"
    const ended = this.#ended.effect
    if (ended === undefined) return "unknown"
    const { end, exit } = Effect.runSync(ended)
    if (end === "abort") return "aborted"
    return Exit.match(exit, { onFailure: statusAfter, onSuccess: () => "committed" })
  }

  /** Time limits of its messages. */
  get timeLimits(): TimeLimits {
    return this.#limits
  }

  /**
   * Commits the transaction, after the sends and receives that run in it. It ends a receive that waits in it, and a batch that
   * waits for its source; the messages that the batch has sent are committed. `ITransaction::Commit`.
   *
   * Fails with `Released` if the transaction has ended already; with the reasons of Message Queuing's codes, after which it is
   * aborted; and with `TransactionAborted` if it is aborted at the same moment.
   *
   * **Gotchas**
   *
   * A commit that has begun cannot be undone: an interruption waits for it. A fiber that is interrupted meanwhile ends as
   * interrupted, though the transaction is committed; inside `Effect.uninterruptible` the commit returns its outcome.
   *
   * @since 0.1.0
   */
  commit(): Effect.Effect<void, MsmqError> {
    const at = new CallSite()
    return observer.observe(operations.Transaction.commit, () =>
      Effect.suspend(() =>
        this.isOpen
          ? this.#commit(operations.Transaction.commit, at)
          : Effect.fail(this.#handle.node.refusal(operations.Transaction.commit))
      )
    )
  }

  /**
   * Aborts the transaction: received messages are back at their places, and sent messages are not sent. Does nothing if it
   * has ended. `ITransaction::Abort`.
   *
   * @since 0.1.0
   */
  abort(): Effect.Effect<void> {
    return this.#abort(new CallSite())
  }

  /** @internal Aborts it as {@link abort} does. Its end has the place that began it. */
  get aborted(): Effect.Effect<void> {
    return Effect.suspend(() => this.#abort(this.#handle.node.openedAt))
  }

  /** @internal Commits unless it has ended, and fails unless it is committed then. Its end has the place that began it. */
  committedBy(operation: Operation): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() => {
      const commit = this.#commit(operation, this.#handle.node.openedAt)
      return this.isOpen ? observer.observe(operations.Transaction.commit, () => commit) : commit
    })
  }

  /** @internal Fails if it has ended and is not committed. */
  unlessAborted(operation: Operation): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() => (this.isOpen ? Effect.void : this.committedBy(operation)))
  }

  /** @internal Fails if it has ended. */
  unlessEnded(operation: Operation): Effect.Effect<void, MsmqError> {
    return Effect.suspend(() => (this.isOpen ? Effect.void : Effect.fail(this.#handle.node.refusal(operation))))
  }

  /**
   * Waits until it has ended, and returns its outcome, even if the fiber that ended it was interrupted or failed afterwards.
   *
   * @since 0.1.0
   */
  get outcome(): Effect.Effect<"committed" | "aborted"> {
    return Effect.map(Deferred.await(this.#ended), ({ end, exit }) =>
      end === "commit" && Exit.isSuccess(exit) ? "committed" : "aborted"
    )
  }

  /** @internal Aborts it with the scope that it was begun in, unless it has ended. */
  get endWithScope(): Effect.Effect<void> {
    return Effect.suspend(() => this.#endBy("scope", this.isOpen ? new CallSite() : this.#handle.node.openedAt))
  }

  /** @internal Aborts it as its scope would, unless it has ended. Its end has the place that began it. */
  get endHere(): Effect.Effect<void> {
    return Effect.suspend(() => (this.hasEnded ? Effect.void : this.#endBy("scope", this.#handle.node.openedAt)))
  }

  /** @internal Waits until it has ended, and succeeds with the result of its commit or its abort. */
  get exit(): Effect.Effect<Exit.Exit<void, MsmqError>> {
    return Effect.map(Deferred.await(this.#ended), ({ exit }) => exit)
  }

  #abort(at: CallSite): Effect.Effect<void> {
    return observer.observe(operations.Transaction.abort, () => this.#endBy("abort", at))
  }

  #endBy(by: Ending["by"], at: CallSite): Effect.Effect<void> {
    return Effect.asVoid(this.#end({ end: "abort", by }, at))
  }

  #commit(operation: Operation, at: CallSite): Effect.Effect<void, MsmqError> {
    return Effect.flatMap(irreversible(this.#end({ end: "commit", by: "abort" }, at)), (ended) =>
      ended.end === "commit" ? ended.exit : Effect.fail(this.#aborted(operation, ended))
    )
  }

  /** Ends it, or waits until another fiber has ended it, and returns its end. */
  #end(ending: Ending, at: CallSite): Effect.Effect<Ended> {
    const release = releaseBy(this.#mqrt, this.#ended, ending)
    const ended = this.#ended
    // It mostly has ended by then, and nothing has to wait.
    return Effect.flatMap(OwnedHandle.closeBy(this.#handle, release, at), () => ended.effect ?? Deferred.await(ended))
  }

  #aborted(operation: Operation, { by }: Ended): MsmqError {
    const { closing, openedAt } = this.#handle.node
    return operation.error({
      _tag: "TransactionAborted",
      by,
      beganAt: openedAt.toString(),
      abortedAt: String(closing.at)
    })
  }
}

/**
 * Transaction that a send or a receive takes part in.
 *
 * - `"none"`: no transaction
 * - `"singleMessage"`: a transaction of its own for each message, committed with the call
 * - a transaction that was begun
 *
 * @category models
 * @since 0.1.0
 */
export type Participation = "none" | "singleMessage" | Transaction

/**
 * Transaction that the sends and receives of an effect take part in by default: see {@link run}, {@link within},
 * {@link singleMessage} and {@link outside}.
 *
 * See the example of {@link begin}.
 *
 * @category references
 * @since 0.1.0
 */
export const Current: Context.Reference<Participation> = Context.Reference<Participation>(
  "@effect-msmq/core/Transaction/Current",
  { defaultValue: () => "none" }
)

/**
 * Begins a transaction, which the caller must end. Nothing may interrupt it before that is sure. `here`: the place that begins it.
 *
 * @internal
 */
export const open = (
  mqrt: Mqrt["Service"],
  limits: TimeLimits,
  here: CallSite
): Effect.Effect<Transaction, MsmqError> =>
  spanOf(
    operations.Transaction.begin,
    Effect.suspend(() => openUnseen(mqrt, limits, here))
  )

/** Begins one transaction as {@link open} does, without a span. */
const openUnseen = (
  mqrt: Mqrt["Service"],
  limits: TimeLimits,
  here: CallSite
): Effect.Effect<Transaction, MsmqError> => {
  const operation = operations.Transaction.begin
  const ended = Deferred.makeUnsafe<Ended>()
  const resource = {
    kind: "transaction",
    name: null,
    acquire: Effect.mapError(mqrt.beginTransaction, operation.lift()),
    release: releaseBy(mqrt, ended, { end: "abort", by: "connection" })
  }
  return Effect.map(OwnedHandle.open(mqrt.openHandles, operation, resource, here), (handle) =>
    Transaction.make(mqrt, handle, limits, ended)
  )
}

/** Begins a transaction as {@link open} does, with the time limits that its options give. */
const openWith = (mqrt: Mqrt["Service"], options: Options, here: CallSite): Effect.Effect<Transaction, MsmqError> => {
  const operation = operations.Transaction.begin
  const begin = Effect.flatMap(limitsOf(operation, options), (limits) => openUnseen(mqrt, limits, here))
  return spanOf(operation, begin)
}

/**
 * Begins a transaction for manual use; the scope aborts it unless it was committed.
 * [`MQBeginTransaction`](https://learn.microsoft.com/en-us/previous-versions/windows/desktop/msmq/ms703243(v=vs.85)).
 *
 * Sends and receives take part in it by {@link within}, or by their options.
 *
 * Fails with `InsufficientResources`, `TransactionEnlist` and `ServiceNotAvailable`, among Message Queuing's codes, and
 * with `IllegalMessage` for a limit that is not a duration.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Transaction } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders", { transactional: true })
 *   const sender = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const transaction = yield* Transaction.begin()
 *   yield* sender.send({ label: "order 1" }).pipe(Transaction.within(transaction))
 *   yield* Transaction.singleMessage(sender.send({ label: "order 2" }))
 *   yield* transaction.commit()
 *   return transaction.status
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "committed"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = (options: Options = {}): Effect.Effect<Transaction, MsmqError, Mqrt | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(Mqrt, (mqrt) => {
      const here = OwnedHandle.openerWith()
      const given = Given.readOptions({ operation: operations.Transaction.begin }, transactionOptions, options)
      return given instanceof MsmqError ? Effect.fail(given) : openWith(mqrt, given, here)
    }),
    (transaction) => transaction.endWithScope
  )

/**
 * Runs an effect in a transaction, which its sends and receives take part in by default. The transaction commits when the effect
 * succeeds, and aborts when it fails, dies or is interrupted. Inside another transaction the effect is part of that one. In a pipe it
 * is `effect.pipe(Transaction.run)`, or `Transaction.run(options)`.
 *
 * Succeeds only if the transaction was committed, here or by the effect itself. Fails as the effect does; as {@link begin} and
 * `commit` do; with `IllegalOption` inside a transaction of another connection; and with `TransactionAborted` if the effect succeeds but the transaction was aborted meanwhile: by the effect, or
 * because its connection or the backend's layer closed.
 *
 * **Gotchas**
 *
 * Sends and receives of a forked fiber after the end of the transaction fail with `Released`, and so does an inner `run`. A send
 * to or receive from a queue that is not transactional is refused, unless it runs {@link outside}. The time limits of an inner
 * `run` are ignored.
 *
 * A commit by the effect is final: if the effect fails or is interrupted afterwards, `run` does too, and the transaction stays
 * committed. An interruption while `run` commits waits for the commit, and the fiber then ends as interrupted, though the
 * transaction is committed. `outcome` of the transaction returns the result in both cases. Or make only the effect
 * interruptible, so that `run` returns the result: `Effect.uninterruptibleMask((restore) => Transaction.run(restore(effect)))`.
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
export const run: <Given extends Effect.Effect<unknown, unknown, unknown> | Options | undefined = Options>(
  effect?: [Given] extends [Effect.Effect<unknown, unknown, unknown>] ? Given : Options,
  options?: Options
) => [Given] extends [Effect.Effect<infer A, infer E, infer R>]
  ? Effect.Effect<A, E | MsmqError, R | Mqrt>
  : <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | MsmqError, R | Mqrt> = dual(
  (args) => args.length > 1 || Effect.isEffect(args[0]) || (typeof args[0] !== "object" && args[0] !== undefined),
  <A, E, R>(given: Effect.Effect<A, E, R>, options: Options = {}): Effect.Effect<A, E | MsmqError, R | Mqrt> => {
    const call = { operation: operations.Transaction.run }
    const stack = OwnedHandle.stackHere()
    return Effect.withFiber((fiber) => {
      const effect = Given.readArgument(call, "effect", effectRule<A, E, R>(), given)
      if (effect instanceof MsmqError) return Effect.fail(effect)
      const read = Given.readOptions(call, transactionOptions, options)
      if (read instanceof MsmqError) return Effect.fail(read)
      const current = fiber.getRef(Current)
      if (current === "none" || current === "singleMessage") {
        return runNew(effect, read, OwnedHandle.openerWith(stack))
      }
      return Effect.flatMap(Mqrt, (mqrt) => {
        const illegal = checkParticipation(current, mqrt.openHandles)
        return illegal === undefined ? runWithin(effect, current) : Effect.fail(Given.errorOf(call, illegal))
      })
    })
  }
)

/** Runs an effect inside an outer transaction, which commits later. Fails if the outer transaction was aborted meanwhile. */
const runWithin = <A, E, R>(effect: Effect.Effect<A, E, R>, outer: Transaction): Effect.Effect<A, E | MsmqError, R> =>
  outer.unlessEnded(operations.Transaction.run).pipe(
    Effect.andThen(effect),
    Effect.tap(() => outer.unlessAborted(operations.Transaction.run))
  )

const runNew = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: Options,
  here: CallSite
): Effect.Effect<A, E | MsmqError, R | Mqrt> => {
  const operation = operations.Transaction.run
  return spanOf(
    operation,
    Effect.acquireUseRelease(
      Effect.flatMap(Mqrt, (mqrt) => openWith(mqrt, options, here)),
      (transaction) =>
        Effect.updateContext(effect, (context: Context.Context<R>) =>
          Context.add(context, Current, transaction).pipe(
            Context.add(CurrentStackFrame, here.frame(operation.name, Context.get(context, CurrentStackFrame)))
          )
        ),
      (transaction, exit) => (Exit.isSuccess(exit) ? transaction.committedBy(operation) : transaction.aborted)
    )
  )
}

const transactionRule = guarded(transaction.allowed, (value): value is Transaction => isTransaction(value))

/**
 * Runs an effect whose sends and receives take part in a transaction of {@link begin}. It neither commits nor aborts it.
 *
 * Fails as the effect does, and with `IllegalOption` for a value that is not a transaction.
 *
 * See the example of {@link begin}.
 *
 * @category running
 * @since 0.1.0
 */
export const within: {
  (transaction: Transaction): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | MsmqError, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, transaction: Transaction): Effect.Effect<A, E | MsmqError, R>
} = dual(2, <A, E, R>(given: Effect.Effect<A, E, R>, transaction: Transaction): Effect.Effect<A, E | MsmqError, R> => {
  const call = { operation: operations.Transaction.within }
  return Effect.flatMap(Given.argument(call, "effect", effectRule<A, E, R>(), given), (effect) =>
    Effect.flatMap(Given.argument(call, "transaction", transactionRule, transaction), (transaction) =>
      Effect.provideService(effect, Current, transaction)
    )
  )
})

/**
 * Runs an effect in which each send and receive is a transaction of its own: `MQ_SINGLE_MESSAGE`.
 *
 * Fails as the effect does, and with `IllegalOption` for a value that is not an effect.
 *
 * See the example of {@link begin}.
 *
 * @category running
 * @since 0.1.0
 */
export const singleMessage = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | MsmqError, R> =>
  taking(operations.Transaction.singleMessage, effect, "singleMessage")

/**
 * Runs an effect whose sends and receives take part in no transaction, even inside one.
 *
 * Fails as the effect does, and with `IllegalOption` for a value that is not an effect.
 *
 * @example
 * ```ts import.meta.vitest
 * import { MessageQueue, Transaction } from "@effect-msmq/core"
 * import { InMemoryMqrt } from "@effect-msmq/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* MessageQueue.create(".\\private$\\orders")
 *   const audit = yield* MessageQueue.openSender(".\\private$\\orders")
 *   const failing = Effect.andThen(Transaction.outside(audit.send({ label: "tried" })), Effect.fail("no stock"))
 *   yield* Effect.ignore(Transaction.run(failing))
 *   const receiver = yield* MessageQueue.openReceiver(".\\private$\\orders")
 *   return (yield* receiver.receive).label
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program.pipe(Effect.provide(InMemoryMqrt.layer))) // => "tried"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const outside = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | MsmqError, R> =>
  taking(operations.Transaction.outside, effect, "none")

const taking = <A, E, R>(
  operation: Operation,
  given: Effect.Effect<A, E, R>,
  current: Participation
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.flatMap(Given.argument({ operation }, "effect", effectRule<A, E, R>(), given), (effect) =>
    Effect.provideService(effect, Current, current)
  )
