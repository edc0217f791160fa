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
import { handOver } from "./handOver.ts"
import { ReceivedMessages } from "./incoming.ts"
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
}

/** Arguments of a peek by a cursor. */
interface Place extends Omit<Take, "cursor"> {
  readonly cursor: OwnedHandle.OwnedHandle<CursorHandle>
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

type Failable<A> = Effect.Effect<A, MsmqError>

type Lease = typeof OwnedHandle.lease

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
    return take.cursor === null ? this.#takeFirst(take, this.state.reopens) : this.#takeAt(take, take.cursor)
  }

  /** Receives or peeks by lookup id, which never waits. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Failable<Received> {
    return this.#lookUp(operation, action, lookupId, this.state.reopens)
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
      this.#use(run, OwnedHandle.lease, (queue, argument) =>
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
   * Decodes a message that has all fields into a copy with those that are read. Fails with `UndecodableBody`.
   */
  decode(operation: Operation, message: ReceivedMessage): Failable<Received> {
    const { codec, read } = this.state
    const into = codec === undefined && read === usualRead ? message : this.#received.copyOf(message)
    return this.#decode(operation, message, into)
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

  /** Runs something with the transaction of the effect; a peek takes part in none (behaviour F-16). */
  #participate<A>(operation: Operation, takes: boolean, use: (run: ReadRun) => Failable<A>): Failable<A> {
    return Effect.withFiber((fiber) => {
      if (EventLoopTurn.isOverFor(fiber)) {
        return Effect.andThen(EventLoopTurn.next, this.#participate(operation, takes, use))
      }
      if (!takes) return use({ operation, fiber, takes, transaction: "none", gate: undefined })
      const gate = fiber.getRef(CurrentAbortGate)
      const transaction = Context.get(fiber.context, Transaction.Current)
      return use({ operation, fiber, takes, transaction, gate })
    })
  }

  /** Receives or peeks at the first message. A message that is there already is received without a fiber of its own. */
  #takeFirst(take: Take, retries: boolean): Failable<Received> {
    const { action, operation, timeout } = take
    return this.#participate(operation, action === "receive", (run) =>
      this.#read(
        run,
        OwnedHandle.lease,
        (queue, transaction) => this.#receive(action, queue, 0, null, transaction),
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
    )
  }

  #lookUp(operation: Operation, action: LookupAction, lookupId: bigint, retries: boolean): Failable<Received> {
    const { mqrt, read } = this.state
    return this.#participate(operation, action.startsWith("receive"), (run) =>
      this.#read(
        run,
        OwnedHandle.lease,
        (queue, transaction) => mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction, read }),
        (error) =>
          retries && this.#mayRetry(error) ? this.#lookUp(operation, action, lookupId, false) : Effect.fail(error)
      )
    )
  }

  /** Receives or peeks at the place of a cursor, which each attempt would move, and a reopening of the queue would close. */
  #takeAt({ action, operation, timeout }: Take, cursor: OwnedHandle.OwnedHandle<CursorHandle>): Failable<Received> {
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return this.#participate(operation, action === "receive", (run) =>
      this.#read(run, lease, (queue, transaction) =>
        lease(cursor, operation, (place) => this.#receive(action, queue, timeout, place, transaction))
      )
    )
  }

  /** Waits for a message. An abort ends the wait, and comes too late once there is a message. */
  #waitFor({ action, timeout }: Take, run: ReadRun): Failable<Received> {
    const { gate } = run
    const waited = this.#read(run, OwnedHandle.leaseWaiting, (queue, transaction) =>
      this.#receive(action, queue, timeout, null, transaction)
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
    transaction: TransactionArgument
  ): Effect.Effect<ReceivedProperties, MqrtFailure> {
    const { mqrt, read } = this.state
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
   * Makes one call that receives or peeks, and a message of what it returns. The handles are in use only during the call.
   * `otherwise`: continues after a failure.
   */
  #read(
    run: ReadRun,
    lease: Lease,
    call: ReceiveCall,
    otherwise: (error: MsmqError) => Failable<Received> = Effect.fail
  ): Failable<Received> {
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
        const message = this.#received.messageOf(properties)
        return this.#decode(operation, message, message)
      }
    })
  }

  #decode(operation: Operation, message: ReceivedMessage, into: Omit<ReceivedMessage, "body">): Failable<Received> {
    const { codec } = this.state
    if (codec === undefined) return Effect.succeed(into as Received)
    const decoded = decodeWith(codec, message)
    return Result.isSuccess(decoded)
      ? Effect.succeed(Object.assign(into, { body: decoded.success }) as Received)
      : Effect.fail(
          this.error(operation, { _tag: "UndecodableBody", codec: codec.name, rule: decoded.failure, message })
        )
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

/** Returns `None` for a failure with one of the reasons, such as that there is no such message. */
export const optional = <A>(
  receive: Effect.Effect<A, MsmqError>,
  ...absent: ReadonlyArray<Reason["_tag"]>
): Effect.Effect<Option.Option<A>, MsmqError> =>
  Effect.matchEffect(receive, {
    onFailure: (error) => (absent.includes(error.reason._tag) ? Effect.succeedNone : Effect.fail(error)),
    onSuccess: Effect.succeedSome
  })
