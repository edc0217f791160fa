/** Delivers from a transactional queue: each try is a transaction, which has the message, and what its handler sends. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Poison } from "../../ConsumePolicy.ts"
import type { ReceivedMessage } from "../../Message.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import type { Delivery, Held, Source } from "./Delivery.ts"
import { poisonError, waited } from "./Delivery.ts"
import { passes } from "./passingTrouble.ts"
import { optional } from "../messages/Reader.ts"
import { moveTo } from "../handles/subqueue.ts"

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
    return Transaction.within(effect, this.#transaction)
  }

  get finish(): Effect.Effect<void, MsmqError> {
    return Effect.ensuring(
      // One that the handler has ended by hand has ended as it should.
      Effect.suspend(() => (this.#transaction.isOpen ? this.#transaction.commit : Effect.void)),
      this.close
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

  get undone(): Effect.Effect<boolean> {
    return Effect.map(Effect.andThen(this.close, this.#transaction.exit), (exit) => {
      const error = Exit.findErrorOption(exit)
      return Option.isNone(error) || !passes(error.value)
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
      Effect.provideService(Mqrt, source.reader.inlet.mqrt),
      Effect.flatMap((transaction) =>
        Effect.map(Transaction.within(take, transaction), (found) =>
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
  const takenFor = (lookupId: bigint, end: Effect.Effect<void, MsmqError>): Effect.Effect<boolean, MsmqError> =>
    takenBack(source, lookupId).pipe(
      Effect.tap((found) => (Option.isSome(found) ? end : Effect.void)),
      Effect.map(Option.isSome),
      Transaction.run(),
      Effect.provideService(Mqrt, reader.inlet.mqrt)
    )

  /** Moves it with one call, of which no transaction knows (behaviour E-63). */
  const moved = (lookupId: bigint, subqueue: string): Effect.Effect<boolean, MsmqError> =>
    Effect.map(
      optional(
        moveTo(operation, reader, plan.formatName, lookupId, subqueue),
        "MessageNotFound",
        "MessageLockedUnderTransaction"
      ),
      Option.isSome
    )

  const sent = (poison: Poison): Effect.Effect<boolean, MsmqError> => {
    const { lookupId } = poison.message
    const to = plan.poison
    switch (to._tag) {
      case "fail":
        return Effect.fail(poisonError(source, poison, "queue"))
      case "subqueue":
        return moved(lookupId, to.subqueue)
      case "reject":
        return takenFor(lookupId, reader.reject(operation, lookupId))
      case "queue":
        // A queue that takes no part is sent to first: better twice than not at all.
        return takenFor(
          lookupId,
          to.outlet.send(reader.inlet.queue, poison, to.outlet.transactional ? undefined : "none")
        )
    }
  }

  return {
    next,
    discard: (held, poison) =>
      common.taking.withPermit(
        Effect.flatMap(held.undone, (undone) =>
          undone
            ? Effect.map(backOff.persist(sent(poison)), (there) => (there ? ("sent" as const) : ("gone" as const)))
            : Effect.succeed("lost" as const)
        )
      ),
    giveBack: (held) => held.close
  }
}
