import * as Duration from "effect/Duration"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
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
import * as Transaction from "../../Transaction.ts"
import { decodeWith } from "../bodies/Codec.ts"
import * as claimCheck from "../bodies/claimCheck.ts"
import { handOver } from "./handOver.ts"
import { ReceivedMessages } from "./incoming.ts"
import { everyMessage, Search } from "./Search.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { Observer } from "../telemetry/telemetry.ts"
import { duration } from "../options/durations.ts"
import type { Call } from "../options/illegalOption.ts"
import { errorOf, readArgument } from "../options/illegalOption.ts"
import { checkParticipation } from "../options/owned.ts"
import type { AbortGate } from "../promises/AbortGate.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
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

type AnyFiber = Fiber.Fiber<unknown, unknown>

type Failable<A> = Effect.Effect<A, MsmqError>

type Lease = typeof OwnedHandle.leaseOnce

/** Call of the backend that receives or peeks, with the handles that it uses. */
type ReceiveCall = (
  queue: QueueHandle,
  transaction: TransactionArgument
) => Effect.Effect<ReceivedProperties, MqrtFailure | MsmqError>

/** One run of a receive or a peek. */
interface ReadRun {
  readonly operation: Operation
  readonly fiber: AnyFiber
  /** `true` where the message leaves the queue. */
  readonly takes: boolean
  /** Transaction that it takes part in. */
  readonly transaction: Transaction.Participation
  /** Gate for an abort of the promise, where something is taken. */
  readonly gate: AbortGate | undefined
}

/**
 * Reader of one queue. It uses the handles of the queue, the cursor and the transaction, and makes messages of what the backend
 * returns. `Received` is the type of its messages, which depends on the groups that it reads.
 */
export class Reader<Body, Received = ReceivedMessage<Body>> {
  readonly state: ReceiverState<Body>
  readonly observer: Observer
  readonly #received: ReceivedMessages

  constructor(state: ReceiverState<Body>) {
    this.state = state
    this.observer = new Observer(state.queue)
    this.#received = new ReceivedMessages(state.read)
  }

  /** Reader for a consumer, whose handler gets the messages that this one makes. */
  get forConsumer(): Reader<Body> {
    return new Reader(this.state)
  }

  /** Receives without end, each message as {@link inOneGo} does. */
  each<A, E>(operation: Operation, receive: Effect.Effect<A, E>): Stream.Stream<A, E> {
    return Stream.unwrap(
      Effect.map(this.observer.observeEach(operation, receive), (one) => Stream.fromEffectRepeat(handOver(one)))
    )
  }

  /** Runs a receive in its span, and hands out its message before anything else can happen. */
  inOneGo<A, E>(operation: Operation, receive: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return handOver(this.observer.observeReceive(operation, receive))
  }

  /** Receives or peeks, in the transaction that the effect runs in. */
  take(take: Take): Failable<Received> {
    const { action, cursor, operation, timeout, transaction } = take
    if (action !== "receive" || !this.#hasStore) {
      return cursor === null ? this.#takeFirst(take, this.state.reopens) : this.#takeAt(take, cursor, this.#deliver)
    }
    if (cursor === null) {
      const found = new Search(this, everyMessage).find(operation, true, timeout)
      return transaction === undefined ? found : Effect.provideService(found, Transaction.Current, transaction)
    }
    const peek = this.#takeAt({ ...take, action: "peekCurrent" }, cursor, this.#fetch)
    return Effect.flatMap(peek, ({ outcome }) =>
      handOver(Effect.andThen(this.#takeAt(take, cursor, ignore, leastRead), outcome))
    )
  }

  /** Receives or peeks by lookup id, which never waits. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Failable<Received> {
    return action.startsWith("receive") && this.#hasStore
      ? this.#lookUpWithBody(operation, action, lookupId)
      : this.#lookUp(operation, action, lookupId, this.#deliver)
  }

  /** `true` where bodies may be in a store: then a message leaves its queue only when its body is here. */
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
    return this.retryIfLost(this.#participate(operation, false, () => peek))
  }

  /**
   * Peeks at a message by a cursor, and reads as little of it as it can. `takes`: `true` where the peek is part of a receive,
   * so that it fails in a transaction as the receive would.
   */
  peekAt({ action, cursor, operation, timeout }: Place, takes: boolean): Failable<ReceivedProperties> {
    const { handle, mqrt } = this.state
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return this.#participate(operation, takes, (run) =>
      this.#use(run, lease, (queue) =>
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
    return this.#participate(operation, true, (run) =>
      this.#use(run, OwnedHandle.leaseOnce, (queue, argument) =>
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

  /** Decodes a message as {@link decode} does, with its body from the store. Fails with `BodyUnavailable`, too. */
  decodeStored(operation: Operation, message: ReceivedMessage, store: claimCheck.BodyStore): Failable<Received> {
    return this.#decodeFrom(store, operation, message, this.#received.copyOf(message))
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

  /** Runs something with the transaction of the effect; a peek takes part in none (behaviour F-16). */
  #participate<A>(
    operation: Operation,
    takes: boolean,
    use: (run: ReadRun) => Failable<A>,
    given?: Transaction.Participation
  ): Failable<A> {
    return Effect.withFiber((fiber) => {
      if (EventLoopTurn.isOverFor(fiber)) {
        return Effect.andThen(EventLoopTurn.next, this.#participate(operation, takes, use, given))
      }
      if (!takes) return use({ operation, fiber, takes, transaction: "none", gate: undefined })
      const gate = fiber.getRef(CurrentAbortGate)
      const transaction = given ?? Context.get(fiber.context, Transaction.Current)
      return use({ operation, fiber, takes, transaction, gate })
    })
  }

  /** Receives or peeks at the first message. A message that is there already is received without a fiber of its own. */
  #takeFirst(take: Take, retries: boolean): Failable<Received> {
    const { action, operation, timeout } = take
    const use = (run: ReadRun): Failable<Received> =>
      this.#read(
        run,
        OwnedHandle.leaseOnce,
        (queue, transaction) => this.#receive(action, queue, 0, null, transaction),
        this.#deliver,
        (error) => {
          if (timeout !== 0 && error.reason._tag === "IoTimeout") {
            const waited = this.#waitFor(take, run)
            return retries
              ? Effect.catchIf(
                  waited,
                  (lost) => this.#mayRetry(lost),
                  () => this.#takeFirst(take, false)
                )
              : waited
          }
          return retries && this.#mayRetry(error) ? this.#takeFirst(take, false) : Effect.fail(error)
        }
      )
    return this.#participate(operation, action === "receive", use, take.transaction)
  }

  #lookUp<A>(
    operation: Operation,
    action: LookupAction,
    lookupId: bigint,
    finish: Finish<A>,
    read = this.state.read,
    retries = this.state.reopens
  ): Failable<A> {
    const { mqrt } = this.state
    return this.#participate(operation, action.startsWith("receive"), (run) =>
      this.#read(
        run,
        OwnedHandle.leaseOnce,
        (queue, transaction) => mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction, read }),
        finish,
        (error) =>
          retries && this.#mayRetry(error)
            ? this.#lookUp(operation, action, lookupId, finish, read, false)
            : Effect.fail(error)
      )
    )
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

  /** Receives or peeks at the place of a cursor, which each attempt would move, and a reopening of the queue would close. */
  #takeAt<A>(
    { action, operation, timeout }: Take,
    cursor: OwnedHandle.OwnedHandle<CursorHandle>,
    finish: Finish<A>,
    read = this.state.read
  ): Failable<A> {
    const lease = timeout === 0 ? OwnedHandle.leaseOnce : OwnedHandle.leaseWaiting
    return this.#participate(operation, action === "receive", (run) =>
      this.#read(
        run,
        lease,
        (queue, transaction) =>
          lease(cursor, operation, (place) => this.#receive(action, queue, timeout, place, transaction, read)),
        finish
      )
    )
  }

  /** Waits for a message. An abort ends the wait, and comes too late once there is a message. */
  #waitFor({ action, timeout }: Take, run: ReadRun): Failable<Received> {
    const { gate } = run
    const waited = this.#read(
      run,
      OwnedHandle.leaseWaiting,
      (queue, transaction) => this.#receive(action, queue, timeout, null, transaction),
      this.#deliver
    )
    if (gate === undefined) return waited
    gate.open()
    return Effect.tap(waited, () => {
      gate.close()
      return Effect.void
    })
  }

  #receive(
    action: ReceiveAction,
    queue: QueueHandle,
    timeout: number | null,
    cursor: CursorHandle | null,
    transaction: TransactionArgument,
    read = this.state.read
  ): Effect.Effect<ReceivedProperties, MqrtFailure> {
    const { mqrt } = this.state
    return mqrt.receiveMessage(queue, { action, timeout, cursor, transaction, read })
  }

  #mayRetry(error: MsmqError): boolean {
    return OwnedHandle.mayRetry(this.state.handle, error)
  }

  /** Uses the queue and the transaction. */
  #use<A, E>(
    { operation, transaction }: ReadRun,
    lease: Lease,
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

  /**
   * Makes one call that receives or peeks, and a message of what it returns. The handles are in use only during the call. `finish`:
   * continues with the message, which has all its fields. `otherwise`: continues after a failure.
   */
  #read<A>(
    run: ReadRun,
    lease: Lease,
    call: ReceiveCall,
    finish: Finish<A>,
    otherwise: (error: MsmqError) => Failable<A> = Effect.fail
  ): Failable<A> {
    const { fiber, gate, operation, takes } = run
    gate?.close()
    let used = this.state.handle.native
    const receive = this.#use(run, lease, (queue, argument) => call((used = queue), argument))
    return Effect.matchEffect(receive, {
      onFailure: (failure) =>
        otherwise(failure._tag === "MsmqError" ? failure : this.noteFailure(operation, used, failure)),
      onSuccess: (properties) => {
        this.state.handle.node.hasServed = true
        this.observer.received(fiber, properties, takes)
        return finish(operation, this.#received.messageOf(properties))
      }
    })
  }

  /** Hands out a message with its body decoded. */
  readonly #deliver: Finish<Received> = (operation, message) => {
    const store = this.storeOf(message)
    if (store !== undefined) {
      return OwnedHandle.leaseWaiting(this.state.handle, operation, () =>
        this.#decodeFrom(store, operation, message, message)
      )
    }
    const decoded = this.#decode(operation, message, message)
    return decoded instanceof MsmqError ? Effect.fail(decoded) : Effect.succeed(decoded)
  }

  /** Decodes the body of a message that is still in the queue. Fails where the body is not to be had. */
  readonly #fetch: Finish<Peeked<Received>> = (operation, message) => {
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
    into: ReceivedMessage
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
        return Effect.fail(this.error(operation, { _tag: "BodyUnavailable", codec, reference, message, cause }))
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
type Finish<A> = (operation: Operation, message: ReceivedMessage) => Failable<A>

/** Continues with nothing, where the message was read before. */
const ignore: Finish<void> = () => Effect.void

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

/** Returns `None` for a failure with one of the reasons, such as that there is no such message. */
export const optional = <A>(
  receive: Effect.Effect<A, MsmqError>,
  ...absent: ReadonlyArray<Reason["_tag"]>
): Effect.Effect<Option.Option<A>, MsmqError> =>
  Effect.matchEffect(receive, {
    onFailure: (error) => (absent.includes(error.reason._tag) ? Effect.succeedNone : Effect.fail(error)),
    onSuccess: Effect.succeedSome
  })
