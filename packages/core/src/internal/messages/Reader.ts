import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ReceivedMessage } from "../../Message.ts"
import type { MessageBody } from "../bodies/Codec.ts"
import type {
  LookupAction,
  ReadProperties,
  ReceiveAction,
  ReceivedProperties,
  ReceiveParameters,
  TransactionArgument
} from "../../mqrt/MessageProperties.ts"
import { leastRead, usualRead } from "../../mqrt/MessagePropertyTable.ts"
import type { CursorHandle, Mqrt, QueueHandle } from "../../Mqrt.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { Reason } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import type * as Transaction from "../../Transaction.ts"
import { decodeWith } from "../bodies/Codec.ts"
import { handOverIn } from "./handOver.ts"
import { ReceivedMessages } from "./incoming.ts"
import type { Lease, Read, ReadCall, ReadQueue, Results } from "./Reading.ts"
import { placeOf, Reading } from "./Reading.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { Observer } from "../telemetry/telemetry.ts"
import { duration } from "../options/durations.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf, readArgument } from "../options/illegalOption.ts"
import { checkParticipation } from "../options/owned.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Longest finite wait, in milliseconds: one more would mean for ever. */
const longestTimeout = 0xfffffffe

/** Returns the time to wait in milliseconds, `null` for ever, or the error for a value that is no duration. */
export const timeoutOf = (call: Call, given: Duration.Input): number | null | MsmqError => {
  const read = readArgument(call, "duration", duration, given)
  if (read instanceof MsmqError) return read
  const milliseconds = Duration.toMillis(read)
  return milliseconds === Infinity ? null : Math.min(Math.ceil(milliseconds), longestTimeout)
}

/** Backend, handle and codec that a receiver works with, and the name and kind of its queue. */
export interface ReceiverState<Body> {
  /** Backend of the receiver. */
  readonly mqrt: Mqrt["Service"]
  /** Handle of the queue. */
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  /** Name that the queue was opened with. */
  readonly queue: string
  /** `true` for a transactional queue; `undefined` where that is unknown. */
  readonly transactional: boolean | undefined
  /** `true` if no other handle can receive from the queue while it is open (behaviour C-24). */
  readonly exclusive: boolean
  /** `true` where a call whose handle was lost is made again at once, on the reopened queue. */
  readonly reopens: boolean
  /** Codec of the bodies; `undefined` where they are bytes. */
  readonly codec: MessageBody<Body> | undefined
  /** Groups of properties that its messages have. */
  readonly read: ReadProperties
}

/** Arguments of a receive or peek. */
interface Take {
  readonly operation: Operation
  readonly action: ReceiveAction
  /** Time to wait in milliseconds; `null` for ever. */
  readonly timeout: number | null
  readonly cursor: OwnedHandle.OwnedHandle<CursorHandle> | null
  /** Transaction that a receive takes part in; by default that of the effect. */
  readonly transaction?: Transaction.Participation
}

/** Arguments of a peek by a cursor. */
interface Place extends Omit<Take, "cursor"> {
  readonly cursor: OwnedHandle.OwnedHandle<CursorHandle>
}

type Failable<A> = Effect.Effect<A, MsmqError>

const plainResults = { found: identity, failed: Effect.fail }

/** Returns the results of a read that returns its message. */
export const itself = <Received>(): Results<Received, Received> => plainResults

const arrayResults = { found: Arr.of, failed: Effect.fail }

/** Returns the results of a read that returns its message in an array, as a stream takes it. */
const inArray = <Received>(): Results<Received, Arr.NonEmptyArray<Received>> => arrayResults

/** Returns the results of a read that returns `None` for a failure with one of the reasons, such as that there is no message. */
export const optionally = <Received>(
  ...absent: ReadonlyArray<Reason["_tag"]>
): Results<Received, Option.Option<Received>> => ({
  found: Option.some,
  failed: (error) => (absent.includes(error.reason._tag) ? Effect.succeedNone : Effect.fail(error))
})

/**
 * Reader of one queue. It uses the handles of the queue, the cursor and the transaction, and makes messages of what the backend
 * returns. `Received` is the type of its messages, which depends on the groups that it reads.
 */
export class Reader<Body, Received = ReceivedMessage<Body>> implements ReadQueue<Received> {
  readonly state: ReceiverState<Body>
  readonly observer: Observer
  readonly #received: ReceivedMessages

  constructor(state: ReceiverState<Body>) {
    this.state = state
    this.observer = new Observer(state.queue)
    this.#received = new ReceivedMessages(state.read)
  }

  get handle(): OwnedHandle.OwnedHandle<QueueHandle> {
    return this.state.handle
  }

  /** Reader for a consumer, whose handler gets the messages that this one makes. */
  get forConsumer(): Reader<Body> {
    return new Reader(this.state)
  }

  /** Receives without end, each message as {@link inOneGo} does. */
  each(take: Take): Stream.Stream<Received, MsmqError> {
    return Stream.fromPull(
      Effect.map(this.observer.observeEach(take.operation, this.reads(take, inArray())), handOverIn)
    )
  }

  /** Runs a read in its span, and hands out its message before anything else can happen. */
  inOneGo<A>(operation: Operation, read: Read<A>): Failable<A> {
    return handOverIn(this.observer.observeReceive(operation, read))
  }

  /** Receives or peeks, in the transaction that the effect runs in. */
  take(take: Take): Failable<Received> {
    return handOverIn(this.reads(take, itself()))
  }

  /** Returns a read that receives or peeks, in the transaction that its fiber runs in. */
  reads<A>(take: Take, results: Results<Received, A>): Read<A> {
    return take.cursor === null
      ? this.#readFirst(take, results, this.state.reopens)
      : this.#readAt(take, results, take.cursor)
  }

  /** Receives or peeks by lookup id, which never waits. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Failable<Received> {
    return handOverIn(this.looksUp(operation, action, lookupId, itself()))
  }

  /** Returns a read that receives or peeks by lookup id, which never waits. */
  looksUp<A>(operation: Operation, action: LookupAction, lookupId: bigint, results: Results<Received, A>): Read<A> {
    return this.#readById(operation, action, lookupId, results, this.state.reopens)
  }

  /** Waits until a message is in the queue, and leaves it there. It reads as little of the message as it can. */
  awaitMessage(operation: Operation): Failable<void> {
    const { handle, mqrt } = this.state
    const peek = OwnedHandle.leaseWaiting(handle, operation, (queue) =>
      Effect.mapBoth(mqrt.receiveMessage(queue, waitingPeek), {
        onFailure: (failure) => this.noteFailure(operation, queue, failure),
        onSuccess: () => {
          handle.node.hasServed = true
        }
      })
    )
    return this.retryIfLost(EventLoopTurn.within(() => peek))
  }

  /**
   * Peeks at a message by a cursor, and reads as little of it as it can. `takes`: `true` where the peek is part of a receive,
   * so that it fails in a transaction as the receive would.
   */
  peekAt({ action, cursor, operation, timeout }: Place, takes: boolean): Failable<ReceivedProperties> {
    const { handle, mqrt } = this.state
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return this.#inTransaction(takes, (transaction) =>
      this.use(operation, lease, transaction, (queue) =>
        lease(cursor, operation, (place) =>
          Effect.mapBoth(
            mqrt.receiveMessage(queue, { action, timeout, cursor: place, transaction: "none", read: leastRead }),
            {
              onFailure: (failure) => this.noteFailure(operation, queue, failure),
              onSuccess: (properties) => {
                handle.node.hasServed = true
                return properties
              }
            }
          )
        )
      )
    )
  }

  /** Makes a call again, once, if the queue's handle was lost (behaviours C-37, C-38). */
  retryIfLost<A, R>(call: Effect.Effect<A, MsmqError, R>): Effect.Effect<A, MsmqError, R> {
    return this.state.reopens ? OwnedHandle.retryIfLost(this.state.handle, call) : call
  }

  /** Uses the queue for something else, in the transaction that the effect runs in. */
  act(
    operation: Operation,
    use: (queue: QueueHandle, transaction: TransactionArgument) => Effect.Effect<void, MqrtFailure | MsmqError>
  ): Failable<void> {
    return this.#inTransaction(true, (transaction) =>
      this.use(operation, OwnedHandle.leaseOnce, transaction, (queue, argument) =>
        Effect.mapError(use(queue, argument), (failure) =>
          failure._tag === "MsmqError" ? failure : this.noteFailure(operation, queue, failure)
        )
      )
    )
  }

  /** Rejects a message that was received in the transaction that runs. */
  reject(operation: Operation, lookupId: bigint): Failable<void> {
    return this.retryIfLost(this.act(operation, (queue) => this.state.mqrt.markMessageRejected(queue, lookupId)))
  }

  /**
   * Decodes a message that has all fields into a copy with those that are read, or returns the error `UndecodableBody`.
   */
  decode(operation: Operation, message: ReceivedMessage): Received | MsmqError {
    const { codec, read } = this.state
    const into = codec === undefined && read === usualRead ? message : this.#received.copyOf(message)
    return this.#decode(operation, message, into)
  }

  /** Uses the handle of the queue, and that of a transaction, which must fit the queue. */
  use<A, E>(
    operation: Operation,
    lease: Lease,
    transaction: Transaction.Participation,
    use: (queue: QueueHandle, transaction: TransactionArgument) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | MsmqError> {
    return lease(this.state.handle, operation, (queue): Effect.Effect<A, E | MsmqError> => {
      if (transaction === "none") return use(queue, transaction)
      // A receive without a transaction from a transactional queue is allowed (behaviour F-14), the reverse is not (F-15).
      if (this.state.transactional === false) {
        return Effect.fail(this.error(operation, { _tag: "TransactionMismatch", queueIsTransactional: false }))
      }
      const illegal = checkParticipation(transaction, this.state.handle)
      if (illegal !== undefined) return Effect.fail(errorOf({ operation, queue: this.state.queue }, illegal))
      return typeof transaction === "string"
        ? use(queue, transaction)
        : lease(transaction[OwnedHandle.symbol], operation, (argument) => use(queue, argument))
    })
  }

  /** `true` where a codec decodes the bodies. */
  get decodes(): boolean {
    return this.state.codec !== undefined
  }

  /** Counts a message that a call returned, and returns it with its body as bytes. */
  messageOf(properties: ReceivedProperties, takes: boolean): Received {
    return this.#undecoded(properties, takes) as Received
  }

  /** Counts a message that a call returned, and decodes it. */
  decodedMessageOf(operation: Operation, properties: ReceivedProperties, takes: boolean): Received | MsmqError {
    const message = this.#undecoded(properties, takes)
    return this.#decode(operation, message, message)
  }

  #undecoded(properties: ReceivedProperties, takes: boolean): ReceivedMessage {
    this.handle.node.hasServed = true
    this.observer.received(properties, takes)
    return this.#received.messageOf(properties)
  }

  error(operation: Operation, reason: Reason): MsmqError {
    return operation.error(reason, { queue: this.state.queue })
  }

  /** Returns the error for a failed call with a handle of the queue, and notes where the handle has become useless. */
  noteFailure(operation: Operation, queue: QueueHandle, failure: MqrtFailure): MsmqError {
    const error = this.error(operation, reasonOf(failure))
    OwnedHandle.noteFailure(this.state.handle, queue, error)
    return error
  }

  /** Returns a read of the first message. A message that is there already is received without a fiber of its own. */
  #readFirst<A>(take: Take, results: Results<Received, A>, retries: boolean): Read<A> {
    const { action, operation, timeout, transaction } = take
    const failed = (error: MsmqError): Failable<A> =>
      retries && this.#mayRetry(error) ? handOverIn(this.#readFirst(take, results, false)) : results.failed(error)
    const call = {
      operation,
      takes: action === "receive",
      transaction,
      lease: OwnedHandle.leaseOnce,
      make: this.#receive(action, 0)
    }
    return new Reading(this, call, {
      found: results.found,
      failed: (error) =>
        timeout !== 0 && error.reason._tag === "IoTimeout"
          ? Effect.catch(this.#waitFor(take, results.found), failed)
          : failed(error)
    }).read
  }

  #readById<A>(
    operation: Operation,
    action: LookupAction,
    lookupId: bigint,
    results: Results<Received, A>,
    retries: boolean
  ): Read<A> {
    const { mqrt, read } = this.state
    const call: ReadCall = {
      operation,
      takes: action.startsWith("receive"),
      lease: OwnedHandle.leaseOnce,
      make: (queue, transaction) => mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction, read })
    }
    return new Reading(this, call, {
      found: results.found,
      failed: (error) =>
        retries && this.#mayRetry(error)
          ? handOverIn(this.#readById(operation, action, lookupId, results, false))
          : results.failed(error)
    }).read
  }

  /** Returns a read at the place of a cursor, which each attempt would move, and a reopening of the queue would close. */
  #readAt<A>(
    { action, operation, timeout }: Take,
    results: Results<Received, A>,
    cursor: OwnedHandle.OwnedHandle<CursorHandle>
  ): Read<A> {
    const lease = timeout === 0 ? OwnedHandle.leaseOnce : OwnedHandle.leaseWaiting
    const call: ReadCall = {
      operation,
      takes: action === "receive",
      lease,
      make: (queue, transaction) =>
        lease(cursor, operation, (place) => this.#receive(action, timeout, place)(queue, transaction))
    }
    return new Reading(this, call, results).read
  }

  /** Waits for a message. An abort ends the wait, and comes too late once there is a message. */
  #waitFor<A>({ action, operation, timeout, transaction }: Take, found: Results<Received, A>["found"]): Failable<A> {
    const takes = action === "receive"
    const call: ReadCall = {
      operation,
      takes,
      lease: OwnedHandle.leaseWaiting,
      make: this.#receive(action, timeout)
    }
    const waiting = new Reading(this, call, { found, failed: Effect.fail })
    return Effect.withFiber((fiber) => {
      if (!takes) return waiting.readIn("none")
      const { gate, transaction: current } = placeOf(fiber.context)
      const waited = waiting.readIn(transaction ?? current)
      if (gate === undefined) return waited
      gate.open()
      return Effect.tap(waited, () => {
        gate.close()
        return Effect.void
      })
    })
  }

  #receive(action: ReceiveAction, timeout: number | null, cursor: CursorHandle | null = null): ReadCall["make"] {
    const { mqrt, read } = this.state
    return (queue, transaction) => mqrt.receiveMessage(queue, { action, timeout, cursor, transaction, read })
  }

  /** Makes and runs an effect in the transaction of the fiber; `takes`: `false` for a peek, which takes part in none (F-16). */
  #inTransaction<A>(takes: boolean, make: (transaction: Transaction.Participation) => Failable<A>): Failable<A> {
    return EventLoopTurn.within(({ context }) => make(takes ? placeOf(context).transaction : "none"))
  }

  #mayRetry(error: MsmqError): boolean {
    return OwnedHandle.mayRetry(this.state.handle, error)
  }

  #decode(operation: Operation, message: ReceivedMessage, into: ReceivedMessage): Received | MsmqError {
    const { codec } = this.state
    if (codec === undefined) return into as Received
    const decoded = decodeWith(codec, message)
    return Result.isSuccess(decoded)
      ? (Object.assign(into, { body: decoded.success }) as Received)
      : this.error(operation, { _tag: "UndecodableBody", codec: codec.name, rule: decoded.failure, message })
  }
}

/** Peek that only waits. */
const waitingPeek: ReceiveParameters = {
  action: "peekCurrent",
  timeout: null,
  cursor: null,
  transaction: "none",
  read: leastRead
}

/** Returns `None` for a failure with one of the reasons. */
export const optional = <A>(
  receive: Effect.Effect<A, MsmqError>,
  ...absent: ReadonlyArray<Reason["_tag"]>
): Effect.Effect<Option.Option<A>, MsmqError> => {
  const { failed, found } = optionally<A>(...absent)
  return Effect.matchEffect(receive, { onFailure: failed, onSuccess: (value) => Effect.succeed(found(value)) })
}
