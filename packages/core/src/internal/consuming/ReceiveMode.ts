/** Ways in which a consumer receives messages, by the kind of its queue, and what becomes of those that it received. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Poison } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError, PoisonMessage, Reason } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { openCursor } from "../receiving/openCursor.ts"
import { optional } from "../receiving/Reader.ts"
import { moveTo } from "../queues/subqueue.ts"
import type { ConsumedQueue, HeldMessage, Move, Moved, NextMessage, Wait } from "./Delivery.ts"
import { poisonError } from "./Delivery.ts"
import type { Copy, PoisonSender, PoisonTarget } from "./PoisonSender.ts"
import type { BackOff } from "./RetryPolicy.ts"
import { mayNeedReopen } from "./RetryPolicy.ts"
import { type InTurn, turnOf } from "./Turn.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/** Receiver of a consumer, as its receive mode makes it; each worker has a `backOff` of its own. */
export interface MessageReceiver {
  readonly next: (backOff: BackOff) => NextMessage
  /** Holds a message by its lookup id; succeeds with `undefined` if it is gone, or another consumer holds it. */
  readonly holdAt: (lookupId: bigint, backOff: BackOff) => NextMessage
}

/** Way in which a consumer receives the messages of its queue. */
type ReceiveMode = (queue: ConsumedQueue) => MessageReceiver

const poisoned: Moved = { _tag: "Poisoned" }
const poisonSent: Moved = { _tag: "PoisonSent" }
const gone: Moved = { _tag: "Gone" }

const rejection: PoisonTarget = { _tag: "reject" }

/** Returns the outcome for a copy whose original is gone. */
const movedBy = (outcome: "arrived" | "unknown"): Moved => (outcome === "arrived" ? poisoned : poisonSent)

/** Number of attempts to move a poison message while the service runs. */
const maximumMoves = 10

/** Waits until a message may be in the queue, without receiving it. */
const arrival = ({ reader }: ConsumedQueue, backOff: BackOff, wait: Wait): Effect.Effect<undefined, MsmqError> =>
  Effect.map(wait(reader.awaitMessage(operation)), () => {
    backOff.reset()
    return undefined
  })

/** Time limits of the transactions that attempts take part in. */
const noLimits: Transaction.TimeLimits = { timeToReachQueue: null, timeToBeReceived: null }

/** Receives the first message, outside of any wait. */
const receiveFirst = (
  { reader }: ConsumedQueue,
  transaction: Transaction.Participation
): Effect.Effect<ReceivedMessage, MsmqError> =>
  reader.take({ operation, action: "receive", timeout: 0, cursor: null, transaction })

/** Reasons for which a message cannot be received again: it is gone, or another consumer holds it. */
const taken = ["MessageNotFound", "MessageLockedUnderTransaction"] as const

/** Message as it was received, and the number of times that its queue had been reopened by then. */
interface Found {
  readonly message: ReceivedMessage
  readonly reopenCount: number
}

/**
 * Makes calls that name a message by its lookup id. Where the queue has been deleted and created again since the message was
 * received, another message may have its lookup id: then the result is `None`, as where the message is gone or locked.
 */
const byLookupId = <A>(
  { reader }: ConsumedQueue,
  { message: { lookupId, messageId }, reopenCount }: Found,
  call: Effect.Effect<A, MsmqError>
): Effect.Effect<Option.Option<A>, MsmqError> => {
  const { node } = reader.state.handle
  const called = optional(call, ...taken)
  return Effect.suspend(() =>
    reopenCount === node.reopenCount && !node.needsReopen
      ? called
      : Effect.flatMap(optional(reader.lookUp(operation, "peekCurrent", lookupId), ...taken), (found) =>
          Option.isSome(found) && found.value.messageId === messageId ? called : Effect.succeedNone
        )
  )
}

/**
 * Moves a message to a subqueue by one call, outside any transaction (behaviour E-63). Returns `false` if it was no longer in the
 * queue.
 */
const moveAside = (
  queue: ConsumedQueue,
  backOff: BackOff,
  found: Found,
  subqueue: string
): Effect.Effect<boolean, MsmqError> => {
  const move = moveTo(operation, queue.reader, queue.name, found.message.lookupId, subqueue)
  return Effect.map(backOff.retryTransient(byLookupId(queue, found, move), maximumMoves), Option.isSome)
}

/** Receives from a transactional queue: each attempt is a transaction, with the message and what its handler sends. */
const transactional: ReceiveMode = (queue) => new TransactionalReceiver(queue)

class TransactionalReceiver implements MessageReceiver {
  readonly queue: ConsumedQueue
  /** Turn to receive: no handler receives while the message of another one is back in the queue for a moment. */
  readonly inTurn: InTurn

  constructor(queue: ConsumedQueue) {
    this.queue = queue
    this.inTurn = turnOf(queue.isAlone)
  }

  next(backOff: BackOff): NextMessage {
    const receive = (transaction: Transaction.Transaction) => receiveFirst(this.queue, transaction)
    const hold = this.hold(receive, backOff, "IoTimeout")
    return Effect.suspend(() =>
      Effect.flatMap(this.inTurn(hold), (held) =>
        // No transaction is open during the wait.
        held === undefined ? arrival(this.queue, backOff, this.queue.wait) : Effect.succeed(held)
      )
    )
  }

  holdAt(lookupId: bigint, backOff: BackOff): NextMessage {
    return Effect.suspend(() => this.inTurn(this.holdAgain(lookupId, backOff)))
  }

  /** Receives a message by its lookup id, in a transaction of its own. */
  holdAgain(lookupId: bigint, backOff: BackOff): NextMessage {
    const receive = (transaction: Transaction.Transaction) =>
      Effect.provideService(this.receiveAgain(lookupId), Transaction.Current, transaction)
    return this.hold(receive, backOff, ...taken)
  }

  /** Receives one more message in a transaction that holds others. */
  more(transaction: Transaction.Transaction, backOff: BackOff, wait: Wait): NextMessage {
    return Effect.matchEffect(this.inTurn(receiveFirst(this.queue, transaction)), {
      onFailure: (error) =>
        error.reason._tag === "IoTimeout" ? arrival(this.queue, backOff, wait) : Effect.fail(error),
      onSuccess: (message) => Effect.succeed(new TransactionalMessage(this, backOff, message, transaction))
    })
  }

  /**
   * Receives a message in a transaction of its own, which it is held by; `absent`: reasons that there is none. Nothing interrupts
   * a worker here.
   */
  hold(
    receive: (transaction: Transaction.Transaction) => Effect.Effect<ReceivedMessage, MsmqError>,
    backOff: BackOff,
    ...absent: ReadonlyArray<Reason["_tag"]>
  ): NextMessage {
    const { consumedAt, reader } = this.queue
    return Effect.flatMap(Transaction.open(reader.state.mqrt, noLimits, consumedAt), (transaction) => {
      const held = Effect.matchEffect(receive(transaction), {
        onFailure: (error) => (absent.includes(error.reason._tag) ? Effect.undefined : Effect.fail(error)),
        onSuccess: (message) => Effect.succeed(new TransactionalMessage(this, backOff, message, transaction))
      })
      return Effect.onExitPrimitive(held, (exit) =>
        Exit.isSuccess(exit) && exit.value !== undefined ? undefined : transaction.endHere
      )
    })
  }

  /** Receives a message again, in the transaction of the effect. Fails with one of {@link taken} if another has it. */
  receiveAgain(lookupId: bigint): Effect.Effect<ReceivedMessage, MsmqError> {
    return this.queue.reader.lookUp(operation, "receiveCurrent", lookupId)
  }
}

/** Message that an open transaction holds. */
class TransactionalMessage implements HeldMessage {
  readonly message: ReceivedMessage
  readonly reopenCount: number
  readonly #receiver: TransactionalReceiver
  readonly #backOff: BackOff
  readonly #transaction: Transaction.Transaction

  constructor(
    receiver: TransactionalReceiver,
    backOff: BackOff,
    message: ReceivedMessage,
    transaction: Transaction.Transaction
  ) {
    this.message = message
    this.reopenCount = receiver.queue.reader.state.handle.node.reopenCount
    this.#receiver = receiver
    this.#backOff = backOff
    this.#transaction = transaction
  }

  get participation(): Transaction.Participation {
    return this.#transaction
  }

  more(wait: Wait): NextMessage {
    return this.#receiver.more(this.#transaction, this.#backOff, wait)
  }

  get complete(): Effect.Effect<void, MsmqError> {
    return this.#transaction.committedBy(operation)
  }

  get isCompleted(): Effect.Effect<boolean> {
    return Effect.suspend(() =>
      this.#transaction.isOpen
        ? Effect.succeed(false)
        : Effect.map(Effect.exit(this.#transaction.committedBy(operation)), Exit.isSuccess)
    )
  }

  get retry(): Effect.Effect<HeldMessage | undefined, MsmqError> {
    const receiver = this.#receiver
    const again = byLookupId(receiver.queue, this, receiver.holdAgain(this.message.lookupId, this.#backOff))
    return receiver.inTurn(Effect.andThen(this.#transaction.endHere, Effect.map(again, Option.getOrUndefined)))
  }

  park(subqueue: string): Effect.Effect<boolean, MsmqError> {
    const { inTurn, queue } = this.#receiver
    return inTurn(Effect.andThen(this.#transaction.endHere, moveAside(queue, this.#backOff, this, subqueue)))
  }

  movePoison(poison: Poison, { insists, rejects }: Move): Effect.Effect<Moved, MsmqError> {
    const { inTurn, queue } = this.#receiver
    const target = rejects ? rejection : queue.poison
    const move = Effect.flatMap(this.#rolledBack, (error): Effect.Effect<Moved | Copy, MsmqError> =>
      error === undefined || insists ? this.#move(poison, target) : Effect.succeed({ _tag: "RolledBack", error })
    )
    return Effect.filterOrElse(
      inTurn(move),
      (moved) => moved._tag !== "Copy",
      ({ outcome }) =>
        Effect.mapBoth(outcome, {
          onFailure: (error) => poisonError(queue, poison, "deadLetterQueue", Cause.fail(error)),
          onSuccess: movedBy
        })
    )
  }

  abandon(): Effect.Effect<void> {
    return this.#transaction.endHere
  }

  close(): Effect.Effect<void> | undefined {
    return this.#transaction.hasEnded ? undefined : this.#transaction.endHere
  }

  /** Rolls back the attempt; returns the failure of the service that had done so before, if there was one. */
  get #rolledBack(): Effect.Effect<MsmqError | undefined> {
    return Effect.map(Effect.andThen(this.#transaction.endHere, this.#transaction.exit), (exit) => {
      const error = Exit.findErrorOption(exit)
      return Option.isSome(error) && mayNeedReopen(error.value) ? error.value : undefined
    })
  }

  #move(poison: Poison, target: PoisonTarget): Effect.Effect<Moved | Copy, MsmqError> {
    const { queue } = this.#receiver
    const { lookupId } = this.message
    const moveOnce = (move: Effect.Effect<Option.Option<unknown>, MsmqError>) =>
      Effect.map(this.#backOff.retryTransient(move, maximumMoves), (found) => (Option.isSome(found) ? poisoned : gone))
    switch (target._tag) {
      case "fail":
        return Effect.fail(poisonError(queue, poison, "queue"))
      case "subqueue":
        return Effect.map(moveAside(queue, this.#backOff, this, target.subqueue), (moved) => (moved ? poisoned : gone))
      case "reject":
        return moveOnce(this.#receiveFor(queue.reader.reject(operation, lookupId)))
      case "queue":
        return target.sender.transactional
          ? Effect.map(
              this.#backOff.retryTransient(this.#receiveFor(copyInTransaction(poison, target.sender)), maximumMoves),
              Option.getOrElse((): Moved | Copy => gone)
            )
          : moveOnce(this.#receiveFor(deliverOnce(poison, target.sender)))
    }
  }

  /** Receives the message for good, in one transaction with `effect`. */
  #receiveFor<A>(effect: Effect.Effect<A, MsmqError>): Effect.Effect<Option.Option<A>, MsmqError> {
    const { queue } = this.#receiver
    const received = byLookupId(queue, this, this.#receiver.receiveAgain(this.message.lookupId))
    return Effect.flatMap(received, (found) =>
      Option.isSome(found) ? Effect.asSome(effect) : Effect.succeedNone
    ).pipe(Transaction.run(), Effect.provideService(Mqrt, queue.reader.state.mqrt))
  }
}

/** Sends a copy that is committed with the receiving of its original. */
const copyInTransaction = (poison: Poison, sender: PoisonSender): Effect.Effect<Copy, MsmqError> =>
  sender.send(poison, { transaction: undefined, deadLetter: true, checksRoom: true })

/** Delivers a copy to a queue that takes no part in the transaction; does not send it again when the effect is run again. */
const deliverOnce = (poison: Poison, sender: PoisonSender): Effect.Effect<void, MsmqError> => {
  let isDelivered = false
  return Effect.suspend(() =>
    isDelivered
      ? Effect.void
      : Effect.map(sender.deliver(poison, false), () => {
          isDelivered = true
        })
  )
}

/** Receives from a plain queue that is opened for this consumer alone: each message stays in the queue until it is handled. */
const peekLock: ReceiveMode = (queue) => new PeekLockReceiver(queue)

class PeekLockReceiver implements MessageReceiver {
  readonly queue: ConsumedQueue
  /** Lookup ids of the messages that are being handled. */
  readonly #locked = new Set<bigint>()
  /** Lookup ids that were unlocked since the last peek began, which may still find their messages. */
  readonly #unlocked = new Set<bigint>()

  constructor(queue: ConsumedQueue) {
    this.queue = queue
  }

  next(backOff: BackOff): NextMessage {
    return this.more(backOff, this.queue.wait)
  }

  /** Locks one more message. */
  more(backOff: BackOff, wait: Wait): NextMessage {
    return Effect.map(
      Effect.suspend(() => {
        for (const lookupId of this.#unlocked) this.#locked.delete(lookupId)
        this.#unlocked.clear()
        return this.#locked.size === 0 ? this.#peekFirst(backOff, wait) : this.#peekUnlocked(wait)
      }),
      (message) => {
        if (message === undefined) return undefined
        this.#locked.add(message.lookupId)
        backOff.reset()
        return new LockedMessage(this, backOff, message)
      }
    )
  }

  holdAt(lookupId: bigint, backOff: BackOff): NextMessage {
    return Effect.map(
      optional(this.queue.reader.lookUp(operation, "peekCurrent", lookupId), "MessageNotFound"),
      Option.match({ onNone: () => undefined, onSome: (message) => new LockedMessage(this, backOff, message) })
    )
  }

  unlock({ message: { lookupId }, reopenCount }: Found): void {
    if (!this.#locked.has(lookupId)) return
    this.#unlocked.add(lookupId)
    const { intake, reader } = this.queue
    // A worker that waits may have passed a message of another queue of the same name, with this lookup id.
    if (reopenCount !== reader.state.handle.node.reopenCount) intake.lookAgain()
  }

  /** Unlocks a message that was moved to a subqueue, from which it may be back before its delivery has ended. */
  unlockMoved(lookupId: bigint): void {
    this.#locked.delete(lookupId)
  }

  #peekFirst(backOff: BackOff, wait: Wait): Effect.Effect<ReceivedMessage | undefined, MsmqError> {
    const { reader, shutdown } = this.queue
    // Even a peek that does not wait takes long where the queue manager does, and a shutdown loses nothing by ending it.
    const peek = shutdown.interrupts(reader.take({ operation, action: "peekCurrent", timeout: 0, cursor: null }))
    return Effect.matchEffect(peek, {
      onFailure: (error) =>
        error.reason._tag === "IoTimeout" ? arrival(this.queue, backOff, wait) : Effect.fail(error),
      onSuccess: (found) => Effect.succeed(Option.getOrUndefined(found))
    })
  }

  /** Looks past the locked messages, of which it reads as little as it can. */
  #peekUnlocked(wait: Wait): Effect.Effect<ReceivedMessage | undefined, MsmqError> {
    const { intake, reader, shutdown } = this.queue
    // A parked message may come back to a place that the cursor has passed.
    const lookAgain = Effect.as(intake.change, Option.none())
    const unlocked = Effect.flatMap(openCursor(reader, operation), (cursor) => {
      const peek = (action: "peekCurrent" | "peekNext", timeout: number | null) =>
        reader.peekAt({ operation, action, timeout, cursor }, false)
      const waiting = Effect.raceFirst(Effect.asSome(peek("peekCurrent", null)), lookAgain)
      const arrived = Effect.map(wait(waiting), Option.flatten)
      const next = (action: "peekCurrent" | "peekNext"): Effect.Effect<bigint | undefined, MsmqError> =>
        shutdown.interrupts(peek(action, 0)).pipe(
          Effect.catchIf(
            ({ reason }) => reason._tag === "IoTimeout",
            () => arrived
          ),
          Effect.flatMap((found) =>
            Option.isNone(found) || !this.#locked.has(found.value.lookupId)
              ? Effect.succeed(Option.getOrUndefined(found)?.lookupId)
              : next("peekNext")
          )
        )
      return next("peekCurrent")
    })
    return Effect.flatMap(Effect.scoped(unlocked), (lookupId) =>
      lookupId === undefined
        ? Effect.undefined
        : Effect.map(
            optional(reader.lookUp(operation, "peekCurrent", lookupId), "MessageNotFound"),
            Option.getOrUndefined
          )
    )
  }
}

/** Message that stays in its queue, where no other worker takes it. */
class LockedMessage implements HeldMessage {
  readonly message: ReceivedMessage
  readonly reopenCount: number
  readonly participation = "none"
  readonly isCompleted = Effect.succeed(false)
  readonly #receiver: PeekLockReceiver
  readonly #backOff: BackOff
  #isMoved = false

  constructor(receiver: PeekLockReceiver, backOff: BackOff, message: ReceivedMessage) {
    this.#receiver = receiver
    this.#backOff = backOff
    this.message = message
    this.reopenCount = receiver.queue.reader.state.handle.node.reopenCount
  }

  get #queue(): ConsumedQueue {
    return this.#receiver.queue
  }

  more(wait: Wait): NextMessage {
    return this.#receiver.more(this.#backOff, wait)
  }

  get complete(): Effect.Effect<void, MsmqError> {
    return this.#backOff.retryTransient(this.#remove)
  }

  get retry(): Effect.Effect<HeldMessage | undefined, MsmqError> {
    const peek = this.#queue.reader.lookUp(operation, "peekCurrent", this.message.lookupId)
    return Effect.map(
      byLookupId(this.#queue, this, peek),
      Option.match({
        onNone: () => undefined,
        onSome: (message) => new LockedMessage(this.#receiver, this.#backOff, message)
      })
    )
  }

  park(subqueue: string): Effect.Effect<boolean, MsmqError> {
    return Effect.map(moveAside(this.#queue, this.#backOff, this, subqueue), (isMoved) => {
      this.#isMoved = isMoved
      if (isMoved) this.#receiver.unlockMoved(this.message.lookupId)
      return isMoved
    })
  }

  movePoison(poison: Poison): Effect.Effect<Moved, MsmqError> {
    const target = this.#queue.poison
    if (target._tag === "subqueue") {
      return Effect.map(this.park(target.subqueue), (moved) => (moved ? poisoned : gone))
    }
    if (target._tag !== "queue") return Effect.fail(poisonError(this.#queue, poison, "queue"))
    // In this order, a failure in between leaves the message twice rather than not at all.
    const deliver = this.#backOff.retryTransient(target.sender.deliver(poison, false), maximumMoves)
    return Effect.as(Effect.andThen(deliver, this.#backOff.retryTransient(this.#remove, maximumMoves)), poisoned)
  }

  abandon(): Effect.Effect<void> {
    return Effect.void
  }

  close(): undefined {
    if (!this.#isMoved) this.#receiver.unlock(this)
  }

  get #remove(): Effect.Effect<void, MsmqError> {
    const remove = this.#queue.reader.lookUp(operation, "receiveCurrent", this.message.lookupId)
    return Effect.asVoid(byLookupId(this.#queue, this, remove))
  }
}

/**
 * Receives from a plain queue that others receive from, too: each message leaves the queue before it is handled, and is sent
 * to the queue for poison if it cannot be.
 */
const receiveAndDelete: ReceiveMode = (queue) => new DeletingReceiver(queue)

class DeletingReceiver implements MessageReceiver {
  readonly queue: ConsumedQueue

  constructor(queue: ConsumedQueue) {
    this.queue = queue
  }

  next(backOff: BackOff): NextMessage {
    return this.more(backOff, this.queue.wait)
  }

  holdAt(lookupId: bigint, backOff: BackOff): NextMessage {
    return Effect.map(
      optional(this.queue.reader.lookUp(operation, "receiveCurrent", lookupId), ...taken),
      Option.match({ onNone: () => undefined, onSome: (message) => new DeletedMessage(this, backOff, message) })
    )
  }

  /** Receives one more message. */
  more(backOff: BackOff, wait: Wait): NextMessage {
    return Effect.matchEffect(receiveFirst(this.queue, "none"), {
      onFailure: (error) =>
        // The wait receives nothing, so that a shutdown during it loses nothing.
        error.reason._tag === "IoTimeout" ? arrival(this.queue, backOff, wait) : Effect.fail(error),
      onSuccess: (message) => Effect.succeed(new DeletedMessage(this, backOff, message))
    })
  }
}

/** Message that has left its queue. */
class DeletedMessage implements HeldMessage {
  readonly message: ReceivedMessage
  readonly participation = "none"
  readonly complete = undefined
  readonly isCompleted = Effect.succeed(false)
  readonly #receiver: DeletingReceiver
  readonly #backOff: BackOff

  constructor(receiver: DeletingReceiver, backOff: BackOff, message: ReceivedMessage) {
    this.#receiver = receiver
    this.#backOff = backOff
    this.message = message
  }

  more(wait: Wait): NextMessage {
    return this.#receiver.more(this.#backOff, wait)
  }

  get retry(): Effect.Effect<HeldMessage> {
    return Effect.succeed(this)
  }

  park(): Effect.Effect<boolean> {
    return Effect.succeed(false)
  }

  movePoison(poison: Poison): Effect.Effect<Moved, MsmqError> {
    const { queue } = this.#receiver
    if (queue.poison._tag !== "queue") return Effect.fail(poisonError(queue, poison, "nowhere"))
    return this.#backOff.retryTransient(queue.poison.sender.deliver(poison, true), maximumMoves).pipe(
      Effect.map(movedBy),
      Effect.catchCause((cause) => Effect.fail(poisonError(queue, poison, placeOf(cause), cause)))
    )
  }

  abandon(poison: Poison): Effect.Effect<void, MsmqError> {
    return Effect.asVoid(this.movePoison(poison))
  }

  close(): undefined {
    return undefined
  }
}

/** Returns where a message is that was received and could not be sent on. */
const placeOf = (cause: Cause.Cause<MsmqError>): PoisonMessage["kept"] => {
  const reason = Option.getOrUndefined(Cause.findErrorOption(cause))?.reason
  return reason?._tag === "CopyNotArrived" && reason.copy === "deadLetterQueue" ? "deadLetterQueue" : "nowhere"
}

/** Receive modes, named as in Azure Service Bus. */
export const receiveModes = { transactional, peekLock, receiveAndDelete }
