/** Queues that messages are redriven to, and the functions that redrive one message. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as ScopedRef from "effect/ScopedRef"
import type { Message, ReceivedMessage } from "../../Message.ts"
import { copyOf } from "../../Message.ts"
import { leastRead } from "../../mqrt/MessagePropertyTable.ts"
import { Mqrt } from "../../Mqrt.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { Acknowledgments } from "../arrival/Acknowledgments.ts"
import { CopySender, mayBeTooLarge } from "../arrival/CopySender.ts"
import type { Destination } from "../arrival/Destination.ts"
import { destinationOf, isSameQueue, kindOf } from "../arrival/Destination.ts"
import type { ReceiverState } from "../receiving/Reader.ts"
import { optional, Reader } from "../receiving/Reader.ts"
import { nameOf, type QueueName } from "../names/queueName.ts"
import { errorOf } from "../options/illegalOption.ts"
import { Violation } from "../options/Violation.ts"
import type { CurrentName } from "../queues/opening.ts"
import { moveTo } from "../queues/subqueue.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { taken } from "./eachMessage.ts"
import { destinationQueue } from "./MessageCallbacks.ts"
import type { RedriveOptions, RedriveTarget } from "./RedriveOptions.ts"

/** Queue that messages are redriven from. */
export interface RedriveSource {
  readonly state: ReceiverState<Uint8Array>
  readonly name: CurrentName
}

/** Function that redrives a message, and returns `false` for one that another receiver has. */
type Redrive = (message: ReceivedMessage) => Effect.Effect<boolean, MsmqError>

interface OpenTarget {
  readonly name: string
  readonly redrive: Redrive
}

/** Queues that messages of one queue go to. The latest one stays open, since the next message usually goes there too. */
export class RedriveTargets {
  readonly #operation: Operation
  readonly #source: RedriveSource
  /** Kind of the queues where it cannot be read. */
  readonly #unknownKind: boolean | undefined
  readonly #givenKind: boolean | undefined
  readonly #acknowledgments: Effect.Effect<Acknowledgments, MsmqError>
  readonly #latest: ScopedRef.ScopedRef<OpenTarget | undefined>
  /** Reads as little as it can of the messages that it takes. */
  readonly #taker: Reader<Uint8Array>

  private constructor(
    operation: Operation,
    source: RedriveSource,
    to: RedriveTarget,
    { transactional }: RedriveOptions,
    acknowledgments: Effect.Effect<Acknowledgments, MsmqError>,
    latest: ScopedRef.ScopedRef<OpenTarget | undefined>
  ) {
    this.#operation = operation
    this.#source = source
    this.#givenKind = transactional
    this.#unknownKind = to === destinationQueue ? source.state.kind.transactional : undefined
    this.#acknowledgments = acknowledgments
    this.#latest = latest
    this.#taker = new Reader<Uint8Array>({ ...source.state, read: leastRead })
  }

  /** Makes the queues of one run; the scope closes those that are open. */
  static readonly make = Effect.fnUntraced(function* (
    operation: Operation,
    source: RedriveSource,
    to: RedriveTarget,
    options: RedriveOptions
  ): Effect.fn.Return<RedriveTargets, never, Scope.Scope> {
    const scope = yield* Effect.scope
    const opening = Scope.provide(Acknowledgments.open(source.state.mqrt, operation, source.state.queue), scope)
    const acknowledgments = yield* Effect.cached(Effect.uninterruptible(opening))
    const latest = yield* ScopedRef.make<OpenTarget | undefined>(() => undefined)
    return new RedriveTargets(operation, source, to, options, acknowledgments, latest)
  })

  /**
   * Returns the function that redrives messages to a queue, after opening it. `restore` makes the opening interruptible.
   */
  redriveTo(queue: QueueName, restore: typeof Effect.interruptible): Effect.Effect<Redrive, MsmqError> {
    const name = nameOf(queue)
    const latest = ScopedRef.getUnsafe(this.#latest)
    if (latest?.name === name) return Effect.succeed(latest.redrive)
    const opening = Effect.map(this.#open(queue), (redrive) => ({ name, redrive }))
    return Effect.andThen(
      ScopedRef.set(this.#latest, restore(opening)),
      Effect.map(ScopedRef.get(this.#latest), (opened) => opened?.redrive ?? (() => Effect.succeed(false)))
    )
  }

  #open(queue: QueueName): Effect.Effect<Redrive, MsmqError, Scope.Scope> {
    const { name, state } = this.#source
    const { formatName } = name
    return Effect.gen({ self: this }, function* () {
      const part = yield* destinationOf(state.mqrt, { operation: this.#operation, queue: state.queue }, formatName)
      const whole = subqueueName.test(formatName) ? { ...part, formatName: formatName.replace(subqueueName, "") } : part
      const isBack = (destinations: ReadonlyArray<Destination>): boolean =>
        whole !== part && destinations.length === 1 && destinations.every((one) => isSameQueue(whole, one))
      const copies = yield* CopySender.open(state.mqrt, this.#operation, queue, (destinations) =>
        this.#kindOf(queue, destinations, isBack(destinations))
      )
      yield* this.#checkTransaction(queue, copies.transactional)
      if (isBack(copies.destinations)) return this.#move
      if (state.kind.transactional !== true) return this.#sendThenTake(copies)
      return copies.transactional ? this.#inOneTransaction(copies) : this.#sendWhileHeld(copies)
    })
  }

  #kindOf(
    queue: QueueName,
    destinations: ReadonlyArray<Destination>,
    isBack: boolean
  ): Effect.Effect<boolean, MsmqError> {
    const kind = this.#givenKind ?? kindOf(destinations) ?? this.#unknownKind ?? (isBack ? false : undefined)
    return kind === undefined
      ? Effect.fail(
          errorOf(
            { operation: this.#operation, queue: nameOf(queue) },
            new Violation("transactional", mustSayKind, "not given")
          )
        )
      : Effect.succeed(kind)
  }

  /** Fails in a transaction that was begun outside, which a plain queue cannot take part in. */
  #checkTransaction(queue: QueueName, transactional: boolean): Effect.Effect<void, MsmqError> {
    return Effect.flatMap(Transaction.Current, (current) =>
      typeof current === "string" || transactional
        ? Effect.void
        : Effect.fail(
            this.#operation.error(
              { _tag: "TransactionMismatch", queueIsTransactional: false },
              { queue: nameOf(queue) }
            )
          )
    )
  }

  /** Moves a message from a subqueue back to its queue by one call. It keeps its ids, and needs no copy, also in a plain queue. */
  readonly #move: Redrive = ({ lookupId }) =>
    Effect.map(
      optional(moveTo(this.#operation, this.#taker, this.#source.name, lookupId, null), ...taken),
      Option.isSome
    )

  /** Takes a message and sends its copy in one transaction. */
  #inOneTransaction(copies: CopySender): Redrive {
    return (message) => {
      const { copy, limits } = copyFor(message)
      const send = copies.send(copy, {
        transaction: undefined,
        deadLetter: true,
        checksRoom: true,
        acknowledgments: undefined
      })
      return this.#holding(message, send, limits)
    }
  }

  /** Holds a message in a transaction while its copy is sent to a plain queue. */
  #sendWhileHeld(copies: CopySender): Redrive {
    return (message) => this.#holding(message, this.#deliver(copies, message), {})
  }

  /** Sends the copy of a message in a plain queue, and then takes the message. */
  #sendThenTake(copies: CopySender): Redrive {
    return (message) =>
      Effect.andThen(
        this.#deliver(copies, message),
        // Another receiver may have taken it first.
        Effect.as(Effect.provideService(this.#take(message), Transaction.Current, "none"), true)
      )
  }

  /** Takes a message in a transaction that commits when `send` has succeeded. */
  #holding(
    message: ReceivedMessage,
    send: Effect.Effect<unknown, MsmqError>,
    limits: Transaction.Options
  ): Effect.Effect<boolean, MsmqError> {
    const move = Effect.flatMap(this.#take(message), (isTaken) =>
      isTaken ? Effect.as(send, true) : Effect.succeed(false)
    )
    return Effect.provideService(Transaction.run(move, limits), Mqrt, this.#source.state.mqrt)
  }

  /** Takes a message out of its queue. Returns `false` if another receiver has it. */
  #take({ lookupId }: ReceivedMessage): Effect.Effect<boolean, MsmqError> {
    return Effect.map(
      optional(this.#taker.lookUp(this.#operation, "receiveCurrent", lookupId), ...taken),
      Option.isSome
    )
  }

  /**
   * Sends a copy outside the transaction of its original, and makes sure that it is not lost: it has arrived, or it becomes a dead
   * letter if it does not arrive.
   */
  #deliver(copies: CopySender, message: ReceivedMessage): Effect.Effect<void, MsmqError> {
    const { copy } = copyFor(message)
    const transaction = copies.transactional ? "singleMessage" : "none"
    const certainly = Effect.asVoid(
      copies.send(copy, { transaction, deadLetter: true, checksRoom: true, acknowledgments: undefined })
    )
    // A transactional copy is a dead letter if it does not arrive. The sender of another one may await its acknowledgments itself.
    if (copies.transactional || message.adminQueue !== undefined) return certainly
    return Effect.flatMap(this.#acknowledgments, (acknowledgments) =>
      Effect.matchEffect(copies.send(copy, { transaction, deadLetter: false, checksRoom: true, acknowledgments }), {
        // It may have no room for the name of the queue for acknowledgments.
        onFailure: (error) => (mayBeTooLarge(error) ? certainly : Effect.fail(error)),
        onSuccess: (messageId) =>
          Effect.flatMap(copies.outcomeOf(messageId, false, acknowledgments), (outcome) =>
            outcome === "arrived" ? Effect.void : Effect.fail(copies.silent)
          )
      })
    )
  }
}

/** End of the name of a subqueue, which is no journal. */
const subqueueName = /;(?!journal$).+$/i

/** Copy of a message, and the time limits that its transaction gives it. */
interface Redriven {
  readonly copy: Message
  readonly limits: Transaction.Options
}

/** Returns what the sender of a message set. A time limit that has run out would lose the copy, so it is left out. */
const copyFor = (message: ReceivedMessage): Redriven => {
  const limits = {
    timeToReachQueue: unlessOver(message.timeToReachQueue),
    timeToBeReceived: unlessOver(message.timeToBeReceived)
  }
  return { copy: { ...copyOf(message), ...limits }, limits }
}

const unlessOver = (left: number | undefined): number | undefined => (left === 0 ? undefined : left)

const mustSayKind =
  "the kind of the queue cannot be read from here, and Message Queuing drops messages of the wrong kind: it must be true or false"
