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
import type { BodyUnavailable, Reason } from "../../MsmqError.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import { decodeWith } from "../bodies/Codec.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import { handOver, handOverIn } from "./handOver.ts"
import { ReceivedMessages } from "./incoming.ts"
import type { Finish, Lease, Read, ReadCall, ReadQueue, Results } from "./Reading.ts"
import { placeOf, Reading } from "./Reading.ts"
import { everyMessage, Search } from "./Search.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { Observer } from "../telemetry/telemetry.ts"
import { duration } from "../options/durations.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf, readArgument } from "../options/illegalOption.ts"
import { checkParticipation } from "../options/owned.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import type { CurrentKind } from "../queues/opening.ts"
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
  /** Kind of the queue that is open now. */
  readonly kind: CurrentKind
  /** `true` if no other handle can receive from the queue while it is open (behaviour C-24). */
  readonly exclusive: boolean
  /** `true` where a call whose handle was lost is made again at once, on the reopened queue. */
  readonly reopens: boolean
  /** Codec of the bodies; `undefined` where they are bytes. */
  readonly codec: MessageBody<never, Body> | undefined
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

/** Returns the results of a read for what an effect returns. */
const withResults = <Received, A>(effect: Failable<Received>, { failed, found }: Results<Received, A>): Failable<A> =>
  Effect.matchEffect(effect, { onFailure: failed, onSuccess: (received) => Effect.succeed(found(received)) })

/**
 * Reader of one queue. It uses the handles of the queue, the cursor and the transaction, and makes messages of what the backend
 * returns. `Received` is the type of its messages, which depends on the groups that it reads.
 */
export class Reader<Body, Received = ReceivedMessage<Body>> implements ReadQueue {
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
    return this.#storedTake(take) ?? Effect.withFiber(this.#reads(take, itself(), OwnedHandle.lease))
  }

  /** Returns a read that receives or peeks in the transaction of its fiber, for {@link inOneGo}. */
  reads<A>(take: Take, results: Results<Received, A>): Read<A> {
    const stored = this.#storedTake(take)
    return stored === undefined ? this.#reads(take, results, OwnedHandle.leaseOnce) : () => withResults(stored, results)
  }

  /** Receives or peeks by lookup id, which never waits. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Failable<Received> {
    return action.startsWith("receive") && this.#hasStore
      ? this.#lookUpWithBody(operation, action, lookupId)
      : this.#lookUp(operation, action, lookupId, this.#deliver)
  }

  /** Returns a read that receives or peeks by lookup id, for {@link inOneGo}. */
  looksUp<A>(operation: Operation, action: LookupAction, lookupId: bigint, results: Results<Received, A>): Read<A> {
    return action.startsWith("receive") && this.#hasStore
      ? () => withResults(this.#lookUpWithBody(operation, action, lookupId), results)
      : this.#readById(operation, action, lookupId, this.#finish(results), results.failed, OwnedHandle.leaseOnce)
  }

  /** Returns a receive of a message whose body may be in the store; `undefined` where there is none, and for a peek. */
  #storedTake(take: Take): Failable<Received> | undefined {
    const { action, cursor, operation, timeout, transaction } = take
    if (action !== "receive" || !this.#hasStore) return undefined
    if (cursor === null) {
      const found = new Search(this, everyMessage).find(operation, true, timeout)
      return transaction === undefined ? found : Effect.provideService(found, Transaction.Current, transaction)
    }
    const peek = this.#takeAt({ ...take, action: "peekCurrent" }, cursor, this.#fetch)
    return Effect.flatMap(peek, ({ outcome }) =>
      handOver(Effect.andThen(this.#takeAt(take, cursor, ignore, leastRead), outcome))
    )
  }

  #reads<A>(take: Take, results: Results<Received, A>, lease: Lease): Read<A> {
    const finish = this.#finish(results)
    return take.cursor === null
      ? this.#readFirst(take, finish, results.failed, lease, this.state.reopens)
      : this.#readAt(take, take.cursor, finish, results.failed)
  }

  /** Returns how a read continues with its message. */
  #finish<A>({ found }: Results<Received, A>): Finish<A> {
    return this.state.codec === undefined
      ? { found: (message) => found(this.#withoutCodec(message)) }
      : { effect: (operation, message) => Effect.map(this.#deliver(operation, message), found) }
  }

  /** `true` where bodies may be in a store: then a message leaves its queue only after its body has come. */
  get #hasStore(): boolean {
    return this.state.codec?.[claimCheck.bodyStore] !== undefined
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

  /** Store that the body of a message is in; `undefined` for a body that is in the message. */
  storeOf({ body }: ReceivedMessage): claimCheck.BodyStore | undefined {
    const store = this.state.codec?.[claimCheck.bodyStore]
    return store !== undefined && claimCheck.isMarked(body) ? store : undefined
  }

  /**
   * Decodes a message as {@link decode} does, with its body from the store. Fails with `BodyUnavailable`, too. `kept`: place of the
   * message meanwhile.
   */
  decodeStored(
    operation: Operation,
    message: ReceivedMessage,
    store: claimCheck.BodyStore,
    kept: BodyUnavailable["kept"] = "queue"
  ): Failable<Received> {
    return this.#decodeFrom(store, operation, message, this.#received.copyOf(message), kept)
  }

  error(operation: Operation, reason: Reason): MsmqError {
    const cause = reason._tag === "BodyUnavailable" ? { cause: reason.cause } : undefined
    return operation.error(reason, { queue: this.state.queue, ...cause })
  }

  /** Returns the error for a failed call with a handle of the queue, and notes where the handle has become useless. */
  noteFailure(operation: Operation, queue: QueueHandle, failure: MqrtFailure): MsmqError {
    const error = this.error(operation, reasonOf(failure))
    OwnedHandle.noteFailure(this.state.handle, queue, error)
    return error
  }

  /** Makes and runs an effect in the transaction of the fiber; `takes`: `false` for a peek, which takes part in none (F-16). */
  #inTransaction<A>(takes: boolean, make: (transaction: Transaction.Participation) => Failable<A>): Failable<A> {
    return EventLoopTurn.within(({ context }) => make(takes ? placeOf(context).transaction : "none"))
  }

  /** Returns a read of the first message. A message that is there already is received without a fiber of its own. */
  #readFirst<A>(
    take: Take,
    finish: Finish<A>,
    failed: (error: MsmqError) => Failable<A>,
    lease: Lease,
    retries: boolean
  ): Read<A> {
    const { action, operation, timeout, transaction } = take
    const otherwise = (error: MsmqError): Failable<A> =>
      retries && this.#mayRetry(error)
        ? runRead(this.#readFirst(take, finish, failed, lease, false), lease)
        : failed(error)
    const call = { operation, takes: action === "receive", transaction, lease, make: this.#receive(action, 0) }
    return new Reading(this, call, finish, (error) =>
      timeout !== 0 && error.reason._tag === "IoTimeout"
        ? Effect.catch(this.#waitFor(take, finish), otherwise)
        : otherwise(error)
    ).read
  }

  #lookUp<A>(
    operation: Operation,
    action: LookupAction,
    lookupId: bigint,
    effect: Deliver<A>,
    read = this.state.read
  ): Failable<A> {
    return Effect.withFiber(
      this.#readById(operation, action, lookupId, { effect }, Effect.fail, OwnedHandle.lease, read)
    )
  }

  #readById<A>(
    operation: Operation,
    action: LookupAction,
    lookupId: bigint,
    finish: Finish<A>,
    failed: (error: MsmqError) => Failable<A>,
    lease: Lease,
    read = this.state.read,
    retries = this.state.reopens
  ): Read<A> {
    const { mqrt } = this.state
    const call: ReadCall = {
      operation,
      takes: action.startsWith("receive"),
      lease,
      make: (queue, transaction) => mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction, read })
    }
    return new Reading(this, call, finish, (error) =>
      retries && this.#mayRetry(error)
        ? runRead(this.#readById(operation, action, lookupId, finish, failed, lease, read, false), lease)
        : failed(error)
    ).read
  }

  /**
   * Receives by lookup id a message whose body may be in the store. If another has taken it, or holds it, since its body was
   * asked for, the next message that the action means is received instead.
   */
  #lookUpWithBody(operation: Operation, action: LookupAction, lookupId: bigint): Failable<Received> {
    const { next, peek } = peeks[action] ?? peekAtCurrent
    const remove = action === "receiveAllowPeek" ? action : "receiveCurrent"
    return Effect.flatMap(this.#lookUp(operation, peek, lookupId, this.#fetch), (peeked) => {
      const removed = this.#lookUp(operation, remove, peeked.lookupId, ignore, leastRead)
      return Effect.matchEffect(handOver(removed), {
        onFailure: (error) => {
          const { _tag } = error.reason
          const isLocked = _tag === "MessageLockedUnderTransaction"
          if (next === undefined || (_tag !== "MessageNotFound" && !isLocked)) return Effect.fail(error)
          return Effect.withFiber((fiber) => {
            // Nothing was taken, so that an abort ends the search again.
            fiber.getRef(CurrentAbortGate)?.open()
            return isLocked
              ? this.#lookUpWithBody(operation, next, peeked.lookupId)
              : this.#lookUpWithBody(operation, action, lookupId)
          })
        },
        onSuccess: () => peeked.outcome
      })
    })
  }

  #takeAt<A>(
    take: Take,
    cursor: OwnedHandle.OwnedHandle<CursorHandle>,
    effect: Deliver<A>,
    read = this.state.read
  ): Failable<A> {
    return Effect.withFiber(this.#readAt(take, cursor, { effect }, Effect.fail, read))
  }

  /** Returns a read at the place of a cursor, which each attempt would move, and a reopening of the queue would close. */
  #readAt<A>(
    { action, operation, timeout }: Take,
    cursor: OwnedHandle.OwnedHandle<CursorHandle>,
    finish: Finish<A>,
    failed: (error: MsmqError) => Failable<A>,
    read = this.state.read
  ): Read<A> {
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    const call: ReadCall = {
      operation,
      takes: action === "receive",
      lease,
      make: (queue, transaction) =>
        lease(cursor, operation, (place) => this.#receive(action, timeout, place, read)(queue, transaction))
    }
    return new Reading(this, call, finish, failed).read
  }

  /** Waits for a message. An abort ends the wait, and comes too late once there is a message. */
  #waitFor<A>({ action, operation, timeout, transaction }: Take, finish: Finish<A>): Failable<A> {
    const takes = action === "receive"
    const call = { operation, takes, lease: OwnedHandle.leaseWaiting, make: this.#receive(action, timeout) }
    const waiting = new Reading(this, call, finish, Effect.fail)
    return Effect.withFiber((fiber) => {
      if (!takes) return waiting.readIn("none", fiber)
      const { gate, transaction: current } = placeOf(fiber.context)
      const waited = waiting.readIn(transaction ?? current, fiber)
      if (gate === undefined) return waited
      gate.open()
      return Effect.tap(waited, () => {
        gate.close()
        return Effect.void
      })
    })
  }

  #receive(
    action: ReceiveAction,
    timeout: number | null,
    cursor: CursorHandle | null = null,
    read = this.state.read
  ): ReadCall["make"] {
    const { mqrt } = this.state
    return (queue, transaction) => mqrt.receiveMessage(queue, { action, timeout, cursor, transaction, read })
  }

  #mayRetry(error: MsmqError): boolean {
    return OwnedHandle.mayRetry(this.state.handle, error)
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
      if (this.state.kind.transactional === false) {
        return Effect.fail(this.error(operation, { _tag: "TransactionMismatch", queueIsTransactional: false }))
      }
      const illegal = checkParticipation(transaction, this.state.handle)
      if (illegal !== undefined) return Effect.fail(errorOf({ operation, queue: this.state.queue }, illegal))
      return typeof transaction === "string"
        ? use(queue, transaction)
        : lease(transaction[OwnedHandle.symbol], operation, (argument) => use(queue, argument))
    })
  }

  /** Counts a message that a call returned, and returns it with all its fields. */
  messageOf(properties: ReceivedProperties, takes: boolean): ReceivedMessage {
    this.state.handle.node.hasServed = true
    this.observer.received(properties, takes)
    return this.#received.messageOf(properties)
  }

  /** Returns a message with the fields that are read, and its body as bytes. */
  #withoutCodec(message: ReceivedMessage): Received {
    this.#received.leaveOut(message)
    return message as Received
  }

  /** Hands out a message with its body decoded. */
  readonly #deliver: Deliver<Received> = (operation, message) => {
    const store = this.storeOf(message)
    if (store !== undefined) {
      return OwnedHandle.leaseWaiting(this.state.handle, operation, () =>
        this.#decodeFrom(store, operation, message, message, "queue")
      )
    }
    const decoded = this.#decode(operation, message, message)
    return decoded instanceof MsmqError ? Effect.fail(decoded) : Effect.succeed(decoded)
  }

  /** Decodes the body of a message that is still in the queue. Fails where the body does not come from its store. */
  readonly #fetch: Deliver<Peeked<Received>> = (operation, message) => {
    const { lookupId } = message
    return Effect.matchEffect(this.#deliver(operation, message), {
      onFailure: (error) =>
        error.reason._tag === "UndecodableBody"
          ? Effect.succeed({ lookupId, outcome: Effect.fail(error) })
          : Effect.fail(error),
      onSuccess: (received) => Effect.succeed({ lookupId, outcome: Effect.succeed(received) })
    })
  }

  /** Gets the body of a message from the store, and decodes it. */
  #decodeFrom(
    store: claimCheck.BodyStore,
    operation: Operation,
    message: ReceivedMessage,
    into: ReceivedMessage,
    kept: BodyUnavailable["kept"]
  ): Failable<Received> {
    const check = claimCheck.read(message.body)
    if (Result.isFailure(check)) {
      this.#received.leaveOut(into)
      return Effect.fail(this.#undecodable(operation, message, check.failure))
    }
    const { reference } = check.success
    return Effect.matchEffect(claimCheck.get(store, check.success), {
      onFailure: ({ cause }) => {
        const codec = this.#codecName
        this.#received.leaveOut(into)
        return Effect.fail(this.error(operation, { _tag: "BodyUnavailable", codec, reference, message, kept, cause }))
      },
      onSuccess: (body) => {
        const decoded = this.#decode(operation, message, into, { ...message, body })
        return decoded instanceof MsmqError ? Effect.fail(decoded) : Effect.succeed(decoded)
      }
    })
  }

  #undecodable(operation: Operation, message: ReceivedMessage, rule: string): MsmqError {
    return this.error(operation, { _tag: "UndecodableBody", codec: this.#codecName, rule, message })
  }

  get #codecName(): string {
    return this.state.codec?.name ?? "bytes"
  }

  /** Decodes a message. `into`: the message that is handed out, with the fields that are read. `encoded`: it with its whole body. */
  #decode(
    operation: Operation,
    message: ReceivedMessage,
    into: ReceivedMessage,
    encoded: ReceivedMessage = message
  ): Received | MsmqError {
    const { codec } = this.state
    const decoded = codec === undefined ? undefined : decodeWith(codec, encoded)
    this.#received.leaveOut(into)
    if (decoded === undefined) return into as Received
    return Result.isSuccess(decoded)
      ? (Object.assign(into, { body: decoded.success }) as Received)
      : this.#undecodable(operation, message, decoded.failure)
  }
}

/** Message that was peeked at, and what is returned when it has left the queue. */
interface Peeked<Received> {
  readonly lookupId: bigint
  readonly outcome: Failable<Received>
}

/** Continues with a message that was read. */
type Deliver<A> = (operation: Operation, message: ReceivedMessage) => Failable<A>

/** Continues with nothing, where the message was read before. */
const ignore: Deliver<void> = () => Effect.void

/** Peek at the message that a receive by lookup id means, and the receive of the next one. */
interface PeekOf {
  readonly peek: LookupAction
  readonly next?: LookupAction
}

const peekAtCurrent: PeekOf = { peek: "peekCurrent" }

const peeks: { readonly [Action in LookupAction]?: PeekOf } = {
  receiveFirst: { peek: "peekFirst", next: "receiveNext" },
  receiveNext: { peek: "peekNext", next: "receiveNext" },
  receivePrevious: { peek: "peekPrevious", next: "receivePrevious" },
  receiveLast: { peek: "peekLast", next: "receivePrevious" }
}

/** Peek that only waits. */
const waitingPeek: ReceiveParameters = {
  action: "peekCurrent",
  timeout: null,
  cursor: null,
  transaction: "none",
  read: leastRead
}

/** Runs a read again: one that begins its lease itself must not yield before. */
const runRead = <A>(read: Read<A>, lease: Lease): Failable<A> =>
  lease === OwnedHandle.leaseOnce ? handOverIn(read) : Effect.withFiber(read)

/** Returns `None` for a failure with one of the reasons. */
export const optional = <A>(
  receive: Effect.Effect<A, MsmqError>,
  ...absent: ReadonlyArray<Reason["_tag"]>
): Effect.Effect<Option.Option<A>, MsmqError> => withResults(receive, optionally(...absent))
