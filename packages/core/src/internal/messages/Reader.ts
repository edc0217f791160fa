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
  ReceiveAction,
  ReceivedProperties,
  TransactionArgument
} from "../../mqrt/MessageProperties.ts"
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
}

/** Arguments of a receive or peek. */
interface Take {
  readonly operation: Operation
  readonly action: ReceiveAction
  /** Time to wait in milliseconds; `null` for ever. */
  readonly timeout: number | null
  readonly cursor: OwnedHandle.OwnedHandle<CursorHandle> | null
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

type Taken<Body> = Effect.Effect<ReceivedMessage<Body>, MsmqError>

/**
 * Reader of one queue. It uses the handles of the queue, the cursor and the transaction, and makes messages of what the backend
 * returns.
 */
export class Reader<Body> {
  readonly state: ReceiverState<Body>
  readonly observer: Observer
  readonly #received = new ReceivedMessages()

  constructor(state: ReceiverState<Body>) {
    this.state = state
    this.observer = new Observer(state.queue)
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
  take(take: Take): Taken<Body> {
    return take.cursor === null ? this.#takeFirst(take, this.state.reopens) : this.#takeAt(take, take.cursor)
  }

  /** Receives or peeks by lookup id, which never waits. */
  lookUp(operation: Operation, action: LookupAction, lookupId: bigint): Taken<Body> {
    const takes = action.startsWith("receive")
    return this.retryIfLost(
      this.#participate(takes, (transaction, gate, fiber) => {
        gate?.close()
        return this.#read(fiber, operation, takes, transaction, OwnedHandle.lease, (queue, argument) =>
          this.state.mqrt.receiveMessageByLookupId(queue, lookupId, action, { transaction: argument, rare: false })
        )
      })
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
  ): Effect.Effect<void, MsmqError> {
    return this.#participate(true, (transaction) =>
      this.#use(OwnedHandle.lease, operation, transaction, (queue, argument) =>
        Effect.mapError(use(queue, argument), (failure) =>
          failure._tag === "MsmqError" ? failure : this.noteFailure(operation, queue, failure)
        )
      )
    )
  }

  /** Rejects a message that was received in the transaction that runs. */
  reject(operation: Operation, lookupId: bigint): Effect.Effect<void, MsmqError> {
    return this.retryIfLost(this.act(operation, (queue) => this.state.mqrt.markMessageRejected(queue, lookupId)))
  }

  /** Decodes a message into a copy. Fails with `UndecodableBody`. */
  decode(operation: Operation, message: ReceivedMessage): Taken<Body> {
    if (this.state.codec === undefined) return this.#decode(operation, message, message)
    // Properties that are only read on demand stay so in the copy.
    const copy = Object.create(
      Object.getPrototypeOf(message) as object,
      Object.getOwnPropertyDescriptors(message)
    ) as ReceivedMessage
    return this.#decode(operation, message, copy)
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

  /**
   * Runs something with the transaction of the effect; a peek takes part in none (behaviour F-16). `gate`: the gate for an
   * abort of the promise, where something is taken.
   */
  #participate<A>(
    takes: boolean,
    use: (
      transaction: Transaction.Participation,
      gate: AbortGate | undefined,
      fiber: AnyFiber
    ) => Effect.Effect<A, MsmqError>
  ): Effect.Effect<A, MsmqError> {
    return Effect.withFiber((fiber) => {
      if (EventLoopTurn.isOverFor(fiber)) return Effect.andThen(EventLoopTurn.next, this.#participate(takes, use))
      return takes
        ? use(Context.get(fiber.context, Transaction.Current), fiber.getRef(CurrentAbortGate), fiber)
        : use("none", undefined, fiber)
    })
  }

  /** Receives or peeks at the first message. A message that is there already is received without a fiber of its own. */
  #takeFirst(take: Take, retries: boolean): Taken<Body> {
    const { action, operation, timeout } = take
    const takes = action === "receive"
    return this.#participate(takes, (transaction, gate, fiber) => {
      gate?.close()
      const wait = (): Taken<Body> => this.#waitFor(take, transaction, gate, fiber)
      const otherwise = (error: MsmqError): Taken<Body> => {
        if (timeout !== 0 && error.reason._tag === "IoTimeout") {
          return retries
            ? Effect.catchIf(
                wait(),
                (lost) => this.#mayRetry(lost),
                () => this.#takeFirst(take, false)
              )
            : wait()
        }
        return retries && this.#mayRetry(error) ? this.#takeFirst(take, false) : Effect.fail(error)
      }
      return this.#read(
        fiber,
        operation,
        takes,
        transaction,
        OwnedHandle.lease,
        (queue, argument) => this.#receive(take, queue, 0, null, argument),
        otherwise
      )
    })
  }

  /** Receives or peeks at the place of a cursor, which each attempt would move, and a reopening of the queue would close. */
  #takeAt(take: Take, cursor: OwnedHandle.OwnedHandle<CursorHandle>): Taken<Body> {
    const { action, operation, timeout } = take
    const takes = action === "receive"
    const lease = timeout === 0 ? OwnedHandle.lease : OwnedHandle.leaseWaiting
    return this.#participate(takes, (transaction, gate, fiber) => {
      gate?.close()
      return this.#read(fiber, operation, takes, transaction, lease, (queue, argument) =>
        lease(cursor, operation, (place) => this.#receive(take, queue, timeout, place, argument))
      )
    })
  }

  /** Waits for a message. An abort ends the wait, and comes too late once there is a message. */
  #waitFor(
    take: Take,
    transaction: Transaction.Participation,
    gate: AbortGate | undefined,
    fiber: AnyFiber
  ): Taken<Body> {
    const { action, operation, timeout } = take
    const taken = this.#read(
      fiber,
      operation,
      action === "receive",
      transaction,
      OwnedHandle.leaseWaiting,
      (queue, argument) => this.#receive(take, queue, timeout, null, argument)
    )
    if (gate === undefined) return taken
    gate.open()
    return Effect.tap(taken, () => {
      gate.close()
      return Effect.void
    })
  }

  #receive(
    { action }: Take,
    queue: QueueHandle,
    timeout: number | null,
    cursor: CursorHandle | null,
    transaction: TransactionArgument
  ): Effect.Effect<ReceivedProperties, MqrtFailure> {
    return this.state.mqrt.receiveMessage(queue, { action, timeout, cursor, transaction, rare: false })
  }

  #mayRetry(error: MsmqError): boolean {
    return OwnedHandle.mayRetry(this.state.handle, error)
  }

  /** Uses the queue in a transaction. `hold`: the way in which it is used, and the transaction. */
  #use<A, E>(
    hold: typeof OwnedHandle.lease,
    operation: Operation,
    transaction: Transaction.Participation,
    use: (queue: QueueHandle, transaction: TransactionArgument) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | MsmqError> {
    return hold(this.state.handle, operation, (queue): Effect.Effect<A, E | MsmqError> => {
      if (transaction === "none") return use(queue, transaction)
      // A receive without a transaction from a transactional queue is allowed (behaviour F-14), the reverse is not (F-15).
      if (this.state.transactional === false) {
        return Effect.fail(this.error(operation, { _tag: "TransactionMismatch", queueIsTransactional: false }))
      }
      const illegal = checkParticipation(transaction, this.state.handle)
      if (illegal !== undefined) return Effect.fail(errorOf({ operation, queue: this.state.queue }, illegal))
      return typeof transaction === "string"
        ? use(queue, transaction)
        : hold(transaction[OwnedHandle.symbol], operation, (argument) => use(queue, argument))
    })
  }

  /**
   * Makes one call that receives or peeks, and a message of what it returns. The handles are in use only during the call.
   * `otherwise`: continues after a failure.
   */
  #read(
    fiber: AnyFiber,
    operation: Operation,
    takes: boolean,
    transaction: Transaction.Participation,
    hold: typeof OwnedHandle.lease,
    call: (
      queue: QueueHandle,
      transaction: TransactionArgument
    ) => Effect.Effect<ReceivedProperties, MqrtFailure | MsmqError>,
    otherwise: (error: MsmqError) => Taken<Body> = Effect.fail
  ): Taken<Body> {
    let used = this.state.handle.native
    const receive = this.#use(hold, operation, transaction, (queue, argument) => call((used = queue), argument))
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

  #decode(operation: Operation, message: ReceivedMessage, into: Omit<ReceivedMessage, "body">): Taken<Body> {
    const { codec } = this.state
    if (codec === undefined) return Effect.succeed(message as ReceivedMessage<Body>)
    const decoded = decodeWith(codec, message)
    return Result.isSuccess(decoded)
      ? Effect.succeed(Object.assign(into, { body: decoded.success }))
      : Effect.fail(
          this.error(operation, { _tag: "UndecodableBody", codec: codec.name, rule: decoded.failure, message })
        )
  }
}

/** Returns `None` for a failure with one of the reasons, such as that there is no such message. */
export const optional = <A>(
  receive: Effect.Effect<A, MsmqError>,
  ...absent: ReadonlyArray<Reason["_tag"]>
): Effect.Effect<Option.Option<A>, MsmqError> =>
  Effect.catchIf(
    Effect.asSome(receive),
    (error) => absent.includes(error.reason._tag),
    () => Effect.succeedNone
  )
