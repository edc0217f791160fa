/** Delivers from a transactional queue: each try is a transaction, which has the message, and what its handler sends. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Poison } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import type { Delivery, Discarded, Held, Source } from "./Delivery.ts"
import { gone, mostDiscards, orKept, poisoned, poisonError, poisonSent, unsentError, waited } from "./Delivery.ts"
import { isLoss } from "./passingTrouble.ts"
import type { Copy, PoisonOutlet } from "./poisonQueue.ts"
import { optional } from "../messages/Reader.ts"
import { moveTo } from "../queues/subqueue.ts"

/** A message that an open transaction has. */
class Locked implements Held {
  readonly message: ReceivedMessage
  readonly #transaction: Transaction.Transaction
  readonly #scope: Scope.Closeable
  readonly #source: Source

  constructor(source: Source, message: ReceivedMessage, transaction: Transaction.Transaction, scope: Scope.Closeable) {
    this.#source = source
    this.message = message
    this.#transaction = transaction
    this.#scope = scope
  }

  within<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.provideService(effect, Transaction.Current, this.#transaction)
  }

  get finish(): Effect.Effect<void, MsmqError> {
    // One that the handler has committed by hand has ended as it should.
    return Effect.ensuring(this.#transaction.committedBy(this.#source.operation), this.close)
  }

  get isFinished(): Effect.Effect<boolean> {
    return Effect.suspend(() =>
      this.#transaction.isOpen
        ? Effect.succeed(false)
        : Effect.map(Effect.exit(this.#transaction.committedBy(this.#source.operation)), Exit.isSuccess)
    )
  }

  get again(): Effect.Effect<Held | undefined, MsmqError> {
    const { common } = this.#source
    const { lookupId } = this.message
    return common.taking.withPermit(Effect.andThen(this.close, locked(this.#source, takenBack(this.#source, lookupId))))
  }

  get close(): Effect.Effect<void> {
    return Scope.close(this.#scope, Exit.void)
  }

  get undone(): Effect.Effect<MsmqError | undefined> {
    return Effect.map(Effect.andThen(this.close, this.#transaction.exit), (exit) => {
      const error = Exit.findErrorOption(exit)
      return Option.isSome(error) && isLoss(error.value) ? error.value : undefined
    })
  }
}

type Found = Effect.Effect<Option.Option<ReceivedMessage>, MsmqError>

const first = ({ operation, reader }: Source): Found =>
  optional(reader.take({ operation, action: "receive", timeout: 0, cursor: null }), "IoTimeout")

/** The same message again; none if somebody else has it, or it is over. */
const takenBack = ({ operation, reader }: Source, lookupId: bigint): Found =>
  optional(reader.lookUp(operation, "receiveCurrent", lookupId), "MessageNotFound", "MessageLockedUnderTransaction")

/** Takes a message in a transaction of its own. */
const locked = (source: Source, take: Found): Effect.Effect<Locked | undefined, MsmqError> =>
  Effect.flatMap(Scope.make(), (scope) =>
    Transaction.begin().pipe(
      Effect.provideService(Scope.Scope, scope),
      Effect.provideService(Mqrt, source.reader.state.mqrt),
      Effect.flatMap((transaction) =>
        Effect.map(Effect.provideService(take, Transaction.Current, transaction), (found) =>
          Option.isNone(found) ? undefined : new Locked(source, found.value, transaction, scope)
        )
      ),
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) && exit.value !== undefined ? Effect.void : Scope.close(scope, Exit.void)
      )
    )
  )

export const lockedDelivery = (source: Source): Delivery => {
  const { backOff, common, operation, plan, reader } = source

  const next: Effect.Effect<Held | undefined, MsmqError> = Effect.filterOrElse(
    common.taking.withPermit(locked(source, first(source))),
    (held) => held !== undefined,
    // No transaction is open while it waits.
    () => Effect.flatMap(waited(source), (some) => (some ? next : Effect.undefined))
  )

  /** Takes the message once more, and does with it in that transaction what becomes true with its receiving. */
  const takenFor = <A>(
    lookupId: bigint,
    end: Effect.Effect<A, MsmqError>
  ): Effect.Effect<Option.Option<A>, MsmqError> =>
    Effect.flatMap(takenBack(source, lookupId), (found) =>
      Option.isSome(found) ? Effect.asSome(end) : Effect.succeedNone
    ).pipe(Transaction.run(), Effect.provideService(Mqrt, reader.state.mqrt))

  /** Moves it with one call, of which no transaction knows (behaviour E-63). */
  const moved = (lookupId: bigint, subqueue: string): Effect.Effect<Option.Option<void>, MsmqError> =>
    optional(
      moveTo(operation, reader, plan.formatName, lookupId, subqueue),
      "MessageNotFound",
      "MessageLockedUnderTransaction"
    )

  /** Sends a copy to a queue that takes no part: only when it has arrived is the message received for good. */
  const delivered = (outlet: PoisonOutlet, poison: Poison): Effect.Effect<void, MsmqError> => {
    let there = false
    return Effect.suspend(() =>
      there
        ? Effect.void
        : Effect.map(outlet.deliver(reader.state.queue, poison, { deadLetter: false, checksRoom: true }), () => {
            there = true
          })
    )
  }

  /** Sends a copy that becomes true with the receiving of the message. */
  const together = (outlet: PoisonOutlet, poison: Poison): Effect.Effect<Option.Option<Copy>, MsmqError> =>
    takenFor(
      poison.message.lookupId,
      outlet.send(reader.state.queue, poison, { transaction: undefined, deadLetter: true, checksRoom: true })
    )

  /** Tells what becomes of a copy, whose original is gone. */
  const known = (outlet: PoisonOutlet, poison: Poison, copy: Copy): Effect.Effect<Discarded, MsmqError> =>
    Effect.mapBoth(outlet.outcomeOf(copy), {
      onFailure: (error) => unsentError(source, poison, Cause.fail(error), "deadLetterQueue"),
      onSuccess: (outcome) => (outcome === "arrived" ? poisoned : poisonSent)
    })

  /** Sends it where the policy says; then tells what has become of it. */
  const sent = (poison: Poison): Effect.Effect<Effect.Effect<Discarded, MsmqError>, MsmqError> => {
    const { lookupId } = poison.message
    const to = plan.poison
    const ended = (end: Effect.Effect<Option.Option<unknown>, MsmqError>) =>
      Effect.map(backOff.persist(end, mostDiscards), (found) => Effect.succeed(Option.isSome(found) ? poisoned : gone))
    switch (to._tag) {
      case "fail":
        return Effect.fail(poisonError(source, poison, "queue"))
      case "subqueue":
        return ended(moved(lookupId, to.subqueue))
      case "reject":
        return ended(takenFor(lookupId, reader.reject(operation, lookupId)))
      case "queue":
        return to.outlet.transactional
          ? Effect.map(
              backOff.persist(together(to.outlet, poison), mostDiscards),
              Option.match({
                onNone: () => Effect.succeed(gone),
                onSome: (copy) => known(to.outlet, poison, copy)
              })
            )
          : ended(takenFor(lookupId, delivered(to.outlet, poison)))
    }
  }

  return {
    next,
    discard: (held, poison, insists) =>
      Effect.flatten(
        common.taking.withPermit(
          Effect.flatMap(held.undone, (error): Effect.Effect<Effect.Effect<Discarded, MsmqError>, MsmqError> =>
            error === undefined || insists
              ? orKept(source, poison)(sent(poison))
              : Effect.succeed(Effect.succeed({ _tag: "Lost", error }))
          )
        )
      ),
    giveBack: (held) => held.close
  }
}
