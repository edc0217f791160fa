import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ReceivedProperties, TransactionArgument } from "../../mqrt/MessageProperties.ts"
import * as AtOnce from "../../mqrt/AtOnce.ts"
import * as EventLoopTurn from "../../mqrt/EventLoopTurn.ts"
import type { QueueHandle } from "../../Mqrt.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import * as OwnedHandle from "../ownership/OwnedHandle.ts"
import { CurrentAbortGate } from "../promises/AbortGate.ts"
import type { Operation } from "../telemetry/Operation.ts"

type Failable<A> = Effect.Effect<A, MsmqError>

/** Makes the effect of a read, in the fiber that runs it. */
export type Read<A> = (fiber: Fiber.Fiber<unknown, unknown>) => Failable<A>

/** Way to use a handle. */
export type Lease = typeof OwnedHandle.leaseOnce

/** Receiver as a reading sees it: the handle, and what is made of an outcome. */
export interface ReadQueue {
  readonly handle: OwnedHandle.OwnedHandle<QueueHandle>
  /** Uses the handle of the queue, and that of a transaction. */
  readonly use: <A, E>(
    operation: Operation,
    lease: Lease,
    transaction: Transaction.Participation,
    use: (queue: QueueHandle, transaction: TransactionArgument) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | MsmqError>
  /** Returns the message of what a call returned, with all its fields. */
  readonly messageOf: (properties: ReceivedProperties, takes: boolean) => ReceivedMessage
  /** Returns the error for a failed call with a handle of the queue. */
  readonly noteFailure: (operation: Operation, queue: QueueHandle, failure: MqrtFailure) => MsmqError
}

/** Call that receives or peeks. */
export interface ReadCall {
  readonly operation: Operation
  /** `true` where the message leaves the queue. */
  readonly takes: boolean
  /** Transaction to take part in; by default that of the fiber. */
  readonly transaction?: Transaction.Participation | undefined
  readonly lease: Lease
  /** Makes the call of the backend. */
  readonly make: (
    queue: QueueHandle,
    transaction: TransactionArgument
  ) => Effect.Effect<ReceivedProperties, MqrtFailure | MsmqError>
}

/** Results of a read. */
export interface Results<Received, A> {
  /** Returns the result for a message. */
  readonly found: (message: Received) => A
  /** Continues after a failure. */
  readonly failed: (error: MsmqError) => Failable<A>
}

/** Continues with a message that has all its fields: at once where nothing can fail, or by an effect. */
export type Finish<A> =
  | { readonly found: (message: ReceivedMessage) => A }
  | { readonly effect: (operation: Operation, message: ReceivedMessage) => Failable<A> }

/** Returns the transaction and the gate of the fiber that takes a message. */
export const placeOf = EventLoopTurn.readOnce((context) => ({
  gate: Context.get(context, CurrentAbortGate),
  transaction: Context.get(context, Transaction.Current)
}))

/** Read outside of a transaction through a native handle that is leased. */
interface PlainRead<A> {
  readonly native: QueueHandle
  /** Read in a lease that has begun. */
  readonly read: Failable<A>
  /** Attempt of the backend's call; `undefined` where it has none. */
  readonly attempt: AtOnce.Attempt<ReceivedProperties, MqrtFailure | MsmqError> | undefined
}

/**
 * Read of one message, for an effect that may run any number of times. It has no state of a run, so that a receive outside of a
 * transaction makes nothing but its message: closures for each run took as long as the run.
 */
export class Reading<A> {
  readonly #queue: ReadQueue
  readonly #call: ReadCall
  readonly #finish: Finish<A>
  readonly #failed: (error: MsmqError) => Failable<A>
  #plain: PlainRead<A> | undefined

  constructor(queue: ReadQueue, call: ReadCall, finish: Finish<A>, failed: (error: MsmqError) => Failable<A>) {
    this.#queue = queue
    this.#call = call
    this.#finish = finish
    this.#failed = failed
  }

  /** Reads in the transaction of the fiber; a peek takes part in none (behaviour F-16). */
  readonly read: Read<A> = (fiber) => {
    if (EventLoopTurn.isOverFor(fiber)) return Effect.andThen(EventLoopTurn.next, Effect.withFiber(this.read))
    const { takes, transaction } = this.#call
    if (!takes) return this.readIn("none", fiber)
    const place = placeOf(fiber.context)
    place.gate?.close()
    return this.readIn(transaction ?? place.transaction, fiber)
  }

  /** Reads in a transaction. The fiber must not yield before it runs the effect. */
  readIn(transaction: Transaction.Participation, fiber: Fiber.Fiber<unknown, unknown>): Failable<A> {
    const { lease, make, operation } = this.#call
    const { handle } = this.#queue
    if (transaction === "none" && lease === OwnedHandle.leaseOnce) {
      const plain = this.#plainRead(handle.native)
      if (OwnedHandle.beginLeaseAtHand(handle)) return this.#readAtOnce(plain, fiber) ?? plain.read
    }
    let used = handle.native
    return this.#continue(
      this.#queue.use(operation, lease, transaction, (queue, argument) => make((used = queue), argument)),
      () => used
    )
  }

  #plainRead(native: QueueHandle): PlainRead<A> {
    if (this.#plain?.native === native) return this.#plain
    const call = this.#call.make(native, "none")
    const read = this.#continue(OwnedHandle.thenEndLease(this.#queue.handle, call), () => native)
    return (this.#plain = { native, read, attempt: AtOnce.attemptOf(call) })
  }

  /** Reads in a lease that has begun, without a step of the fiber, where the backend can. */
  #readAtOnce({ attempt, native }: PlainRead<A>, fiber: Fiber.Fiber<unknown, unknown>): Failable<A> | undefined {
    if (attempt === undefined) return undefined
    const outcome = OwnedHandle.attemptInLease(this.#queue.handle, attempt, fiber)
    if (outcome === undefined) return undefined
    if (!("messageId" in outcome)) return Effect.catch(outcome, (failure) => this.#fail(failure, native))
    const { operation, takes } = this.#call
    const message = this.#queue.messageOf(outcome, takes)
    const finish = this.#finish
    return "effect" in finish ? finish.effect(operation, message) : Effect.succeed(finish.found(message))
  }

  /** Continues after a call. `used`: returns the handle that was used. */
  #continue(call: Effect.Effect<ReceivedProperties, MqrtFailure | MsmqError>, used: () => QueueHandle): Failable<A> {
    const { operation, takes } = this.#call
    const queue = this.#queue
    const finish = this.#finish
    const failed = (failure: MqrtFailure | MsmqError): Failable<A> => this.#fail(failure, used())
    if ("effect" in finish) {
      const onSuccess = (properties: ReceivedProperties) => finish.effect(operation, queue.messageOf(properties, takes))
      return Effect.matchEffect(call, { onFailure: failed, onSuccess })
    }
    // `map` hands its result on without an exit, which would take another step.
    const found = Effect.map(call, (properties) => finish.found(queue.messageOf(properties, takes)))
    return Effect.catch(found, failed)
  }

  #fail(failure: MqrtFailure | MsmqError, used: QueueHandle): Failable<A> {
    return this.#failed(
      failure._tag === "MsmqError" ? failure : this.#queue.noteFailure(this.#call.operation, used, failure)
    )
  }
}
