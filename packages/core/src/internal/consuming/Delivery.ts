/** Delivery of one message to its handler, attempt by attempt, until it is handled, moved as poison or abandoned. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CurrentLogAnnotations } from "effect/References"
import type { ConsumeEvent, ConsumeProgress, Poison } from "../../Consumer.ts"
import { HandlerDefect, HandlerTimeout, Unrecoverable } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { CallSite } from "../../mqrt/CallSite.ts"
import type { PoisonMessage, Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import type { Reader } from "../receiving/Reader.ts"
import { attemptSpan } from "../telemetry/processSpan.ts"
import type { ConsumeEvents } from "./ConsumeEvents.ts"
import type { PoisonTarget } from "./PoisonSender.ts"
import type { Intake } from "./Intake.ts"
import type { Parking } from "./Parking.ts"
import type { BackOff } from "./RetryPolicy.ts"
import { Attempts, isTransient, mayNeedReopen, serviceFailure } from "./RetryPolicy.ts"
import type { CurrentName } from "../queues/opening.ts"
import type { Shutdown } from "./Shutdown.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/** Queue of one `consume`, with all that deliveries from it share. */
export interface ConsumedQueue {
  /** Reader of bodies as bytes, since a message whose body cannot be decoded is delivered as well. */
  readonly reader: Reader<Uint8Array>
  readonly name: CurrentName
  readonly poison: PoisonTarget
  /** Subqueue that messages wait in between two attempts; `undefined` where they are held. */
  readonly parking: Parking | undefined
  /** Returns the number of failed attempts at a message before its delivery, and forgets those that only this consumer knows. */
  readonly attemptsBefore: (message: ReceivedMessage) => number
  /** Returns the failure of the program's function for keys at a message, which is then poison. */
  readonly keyFailureAt: (lookupId: bigint) => Cause.Cause<unknown> | undefined
  readonly intake: Intake<ConsumeProgress>
  readonly shutdown: Shutdown
  /** Returns `true` while one worker alone receives from it. */
  readonly isAlone: () => boolean
  /** Emits the event of a consumer that has nothing to do. */
  readonly emitIdle: Effect.Effect<void>
  /** Wait of a worker that has no message. */
  readonly wait: Wait
  /** Place that consumes, where its transactions begin and end. */
  readonly consumedAt: CallSite
}

/** Runs a wait for a message; returns `None` where something else has ended it. */
export type Wait = <A, E>(wait: Effect.Effect<A, E>) => Effect.Effect<Option.Option<A>, E>

/** Effect that holds the next message; where there is none, it waits until one may be there, and succeeds with `undefined`. */
export type NextMessage = Effect.Effect<HeldMessage | undefined, MsmqError>

/** Message that one handler holds, as a receive mode gives it. */
export interface HeldMessage {
  readonly message: ReceivedMessage
  /** Transaction that an attempt takes part in. */
  readonly participation: Transaction.Participation
  /** Holds the next message, too, in the same transaction where there is one, or waits until one may be there. */
  readonly more: (wait: Wait) => NextMessage
  /**
   * Removes the handled message; `undefined` where it has left the queue already. Fails with `TransactionAborted` if the handler
   * aborted the transaction.
   */
  readonly complete: Effect.Effect<void, MsmqError> | undefined
  /** `true` if the handler committed the transaction itself. */
  readonly isCompleted: Effect.Effect<boolean>
  /**
   * Rolls back the attempt and holds the message for the next one; returns `undefined` if the message is no longer in the
   * queue. Can be run again if it fails.
   */
  readonly retry: Effect.Effect<HeldMessage | undefined, MsmqError>
  /** Rolls back the attempt and moves the message to a subqueue. Returns `false` if it was no longer in the queue. */
  readonly park: (subqueue: string) => Effect.Effect<boolean, MsmqError>
  /** Rolls back the attempt and moves the message where the policy says. */
  readonly movePoison: (poison: Poison, move: Move) => Effect.Effect<Moved, MsmqError>
  /** Rolls back the attempt and releases the message, which is not handled. */
  readonly abandon: (poison: Poison) => Effect.Effect<void, MsmqError>
  /** Ends the hold on the message, handled or not; returns `undefined` where nothing is left to do. */
  readonly close: () => Effect.Effect<void> | undefined
}

/** Manner in which a poison message is moved. */
export interface Move {
  /** `true` moves it also where a failure of the service rolled the attempt back before; otherwise the outcome is `RolledBack`. */
  readonly insists: boolean
  /** `true` rejects it instead, where a message can be rejected. */
  readonly rejects: boolean
}

/**
 * Outcome of moving a poison message.
 *
 * - `Poisoned`: it is where the policy says
 * - `PoisonSent`: its copy is on its way there, or a dead letter
 * - `Gone`: it was no longer in the queue
 * - `RolledBack`: it was not moved, since `error`, a failure of the service, had rolled back the attempt before it failed
 */
export type Moved =
  | { readonly _tag: "Poisoned" | "PoisonSent" | "Gone" }
  | { readonly _tag: "RolledBack"; readonly error: MsmqError }

/** Returns the error by which `consume` ends for a message that goes nowhere; `why` says why it could not be moved. */
export const poisonError = (
  { reader }: ConsumedQueue,
  poison: Poison,
  kept: PoisonMessage["kept"],
  why?: Cause.Cause<MsmqError>
): MsmqError => {
  const cause = why === undefined ? poison.cause : Cause.combine(poison.cause, why)
  const reason = { _tag: "PoisonMessage", ...poison, cause, kept } as const
  return operation.error(reason, { queue: reader.state.queue, cause: Cause.squash(cause) })
}

/** Reasons for which the message, its copy or the policy is at fault. */
const ownFaults: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>([
  "CopyNotArrived",
  "IllegalMessage",
  "IllegalPolicy",
  "SourceFailed"
])

/** Handler of messages, with what its deliveries share. */
export interface Handler<Body, E, R> {
  readonly queue: ConsumedQueue
  /** Reader that decodes the bodies. */
  readonly reader: Reader<Body>
  readonly handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>
  /** Time that an attempt has; `undefined` for no limit. */
  readonly timeout: Duration.Duration | undefined
  readonly makeDecide: ConstructorParameters<typeof Attempts<E>>[0]
  readonly events: ConsumeEvents
  readonly backOff: BackOff
  /** Context of an attempt that takes part in no transaction. */
  readonly attemptContext: Context.Context<R>
}

/** Number of failures of the service that do not count as attempts of a message. Later ones count, so that it comes to an end. */
export const maximumRecoveries = 10

/** Step after an attempt: another attempt, or none. */
type Next = "retry" | "end"

/** Interrupts an attempt that takes longer than a time. */
export const within = <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  timeout: Duration.Duration
): Effect.Effect<A, E | HandlerTimeout, R> =>
  Effect.timeoutOrElse(attempt, {
    duration: timeout,
    orElse: () => Effect.fail(new HandlerTimeout({ timeout: Duration.toMillis(timeout) }))
  })

/** Returns the decision of a handler that no further attempt can succeed, with its default. */
const unrecoverableIn = (cause: Cause.Cause<unknown>): { readonly action: "poison" | "reject" } | undefined => {
  for (const reason of cause.reasons) {
    const error = reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : undefined
    if (error instanceof Unrecoverable) return { action: error.action === "reject" ? "reject" : "poison" }
  }
  return undefined
}

/** Delivers a message to its handler until it is handled, moved as poison or abandoned. */
export const handleMessage = <Body, E, R>(
  handler: Handler<Body, E, R>,
  held: HeldMessage
): Effect.Effect<void, MsmqError, R> => new Delivery(handler, held).run

class Delivery<Body, E, R> {
  readonly #handler: Handler<Body, E, R>
  readonly #attempts: Attempts<E>
  /** Failed attempts before this delivery. */
  readonly #earlier: number
  #held: HeldMessage
  #recoveries = 0

  constructor(handler: Handler<Body, E, R>, held: HeldMessage) {
    this.#handler = handler
    this.#held = held
    this.#earlier = handler.queue.attemptsBefore(held.message)
    this.#attempts = new Attempts(handler.makeDecide, this.#earlier)
  }

  get run(): Effect.Effect<void, MsmqError, R> {
    return Effect.onExitPrimitive(
      Effect.catchCause(
        Effect.suspend(() => this.#begin()),
        (cause) => this.#abandonAfter(cause)
      ),
      () => this.#held.close()
    )
  }

  #begin(): Effect.Effect<void, MsmqError, R> {
    const { events, queue } = this.#handler
    const { message } = this.#held
    const loop = queue.poison._tag === "queue" ? queue.poison.sender.loopError(message.messageId) : undefined
    return loop === undefined
      ? events.emitThen({ _tag: "Received", message }, () => this.#attempt())
      : Effect.fail(loop)
  }

  /** Makes one attempt, and all that follow it. */
  #attempt(): Effect.Effect<void, MsmqError, R> {
    const { message } = this.#held
    const { queue, reader } = this.#handler
    const keyFailure = queue.keyFailureAt(message.lookupId)
    if (keyFailure !== undefined) return this.#after(this.#unattempted(keyFailure))
    const store = reader.storeOf(message)
    if (store !== undefined) {
      return Effect.matchCauseEffect(Effect.interruptible(reader.decodeStored(operation, message, store)), {
        onFailure: (cause) => this.#after(this.#bodyFailed(cause)),
        onSuccess: (decoded) => this.#handle(decoded)
      })
    }
    const decoded = reader.decode(operation, message)
    return decoded instanceof MsmqError ? this.#after(this.#unattempted(Cause.fail(decoded))) : this.#handle(decoded)
  }

  /** Moves a message that is not attempted: its body cannot be decoded, or it has no key. */
  #unattempted(cause: Cause.Cause<unknown>): Effect.Effect<Next, MsmqError> {
    return this.#movePoison(this.#poison(cause, this.#attempts.number - 1), false)
  }

  /** Goes on after the body did not come from its store, which counts as an attempt, or cannot be decoded. */
  #bodyFailed(cause: Cause.Cause<MsmqError>): Effect.Effect<Next, MsmqError> {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    return error?.reason._tag === "UndecodableBody"
      ? this.#unattempted(Cause.fail(error))
      : this.#attemptFailed(cause, new HandlerDefect({ cause }))
  }

  /** Takes the step after an attempt that did not succeed. */
  #after(next: Effect.Effect<Next, MsmqError>): Effect.Effect<void, MsmqError, R> {
    return Effect.flatMap(next, (step) => (step === "end" ? Effect.void : this.#attempt()))
  }

  /** Returns the context of an attempt at a message. */
  #contextOf({ message, participation }: HeldMessage): Context.Context<R> {
    const { attemptContext, reader } = this.#handler
    const annotated = Context.add(attemptContext, CurrentLogAnnotations, {
      ...Context.get(attemptContext, CurrentLogAnnotations),
      "messaging.destination.name": reader.state.queue,
      "messaging.message.id": message.messageId
    })
    return participation === "none" ? annotated : Context.add(annotated, Transaction.Current, participation)
  }

  #handle(message: ReceivedMessage<Body>): Effect.Effect<void, MsmqError, R> {
    const { handle, reader, timeout } = this.#handler
    const held = this.#held
    const called = Effect.suspend(() => handle(message))
    const handled = timeout === undefined ? called : within(called, timeout)
    const attempt = attemptSpan(reader.observer, handled, held.message, this.#attempts.number)
    const contextOf: (outer: Context.Context<R>) => Context.Context<R> = () => this.#contextOf(held)
    const inContext = Effect.updateContext(attempt, contextOf)
    return Effect.matchCauseEffect(Effect.interruptible(inContext), {
      onFailure: (cause) => this.#after(this.#handlerFailed(cause)),
      onSuccess: () => this.#complete
    })
  }

  get #complete(): Effect.Effect<void, MsmqError, R> {
    const { complete } = this.#held
    return complete === undefined
      ? this.#handled()
      : Effect.matchEffect(complete, {
          onFailure: (error) => this.#after(this.#completionFailed(error)),
          onSuccess: () => this.#handled()
        })
  }

  #handled(): Effect.Effect<void> {
    const { backOff, events } = this.#handler
    backOff.reset()
    return events.emit({ _tag: "Handled", message: this.#held.message, attempt: this.#attempts.number })
  }

  #completionFailed(error: MsmqError): Effect.Effect<Next, MsmqError> {
    const cause = Cause.fail(error)
    if (error.reason._tag !== "TransactionAborted") {
      if (!isTransient(error)) return Effect.fail(error)
      if (mayNeedReopen(error) && this.#mayRecover()) return this.#recover(error, cause)
    }
    return this.#attemptFailed(cause, new HandlerDefect({ cause }))
  }

  #handlerFailed(cause: Cause.Cause<E | HandlerTimeout>): Effect.Effect<Next, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { message } = this.#held
      if (yield* this.#held.isCompleted) {
        yield* Effect.logError(`message ${message.messageId}: its handler failed after it had committed`, cause)
        return yield* this.#end({ _tag: "Handled", message, attempt: this.#attempts.number })
      }
      if (yield* this.#handler.queue.shutdown.check) return yield* this.#abandon(cause)
      const failure = serviceFailure(cause)
      if (failure !== undefined && this.#mayRecover()) return yield* this.#recover(failure, cause)
      const error = Option.getOrUndefined(Cause.findErrorOption(cause))
      const isDefect = error === undefined || error instanceof HandlerTimeout
      return yield* this.#attemptFailed(cause, isDefect ? new HandlerDefect({ cause }) : error)
    })
  }

  /** Goes on after an attempt that counts. `input` is the input of the retry policy. */
  #attemptFailed(cause: Cause.Cause<unknown>, input: E | HandlerDefect): Effect.Effect<Next, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { events, queue } = this.#handler
      if (yield* queue.shutdown.check) return yield* this.#abandon(cause)
      const attempt = this.#attempts.number
      const decision = unrecoverableIn(cause)?.action ?? (yield* this.#attempts.fail(input))
      if (decision === "poison" || decision === "reject") {
        return yield* this.#movePoison(this.#poison(cause, attempt), decision === "reject")
      }
      if (queue.parking !== undefined) return yield* this.#park(queue.parking, attempt, cause, decision)
      yield* events.emit({ _tag: "Retrying", message: this.#held.message, attempt, cause, delay: decision })
      return yield* this.#retry(decision, cause)
    })
  }

  /** Counts a failure of the service; returns `true` if it does not count as an attempt. */
  #mayRecover(): boolean {
    return this.#recoveries++ < maximumRecoveries
  }

  /** Waits after a failure of the service and retries. */
  #recover(error: MsmqError, cause: Cause.Cause<unknown>): Effect.Effect<Next, MsmqError> {
    return Effect.flatMap(this.#handler.backOff.after(error), (retries) =>
      retries ? this.#retry(Duration.zero, cause) : this.#abandon(cause)
    )
  }

  /** Holds the message again and waits for the delay; without a delay, other fibers get their turn. */
  #retry(delay: Duration.Duration, cause: Cause.Cause<unknown>): Effect.Effect<Next, MsmqError> {
    const { backOff, queue } = this.#handler
    return Effect.flatMap(backOff.retryTransient(this.#held.retry), (held) => {
      if (held === undefined) return this.#end({ _tag: "Passed", message: this.#held.message })
      this.#held = held
      const wait = Duration.isZero(delay) ? Effect.yieldNow : queue.shutdown.interrupts(Effect.sleep(delay))
      return Effect.flatMap(Effect.andThen(wait, queue.shutdown.check), (hasBegun) =>
        hasBegun ? this.#abandon(cause) : Effect.succeed("retry")
      )
    })
  }

  /** Moves the message aside for the delay. */
  #park(
    parking: Parking,
    attempt: number,
    cause: Cause.Cause<unknown>,
    delay: Duration.Duration
  ): Effect.Effect<Next, MsmqError> {
    const { message } = this.#held
    return Effect.flatMap(this.#held.park(parking.subqueue), (isParked) =>
      isParked
        ? Effect.andThen(
            parking.add(message, attempt, delay),
            this.#end({ _tag: "Parked", message, attempt, cause, delay })
          )
        : this.#end({ _tag: "Passed", message })
    )
  }

  #poison(cause: Cause.Cause<unknown>, attempts: number): Poison {
    return { message: this.#held.message, attempts, cause }
  }

  /**
   * Moves the message where the policy says. A failure is the message's own if it is still in the queue, unless the service
   * is at fault.
   */
  #movePoison(poison: Poison, rejects: boolean): Effect.Effect<Next, MsmqError> {
    const { queue } = this.#handler
    const { message } = poison
    return this.#held.movePoison(poison, { insists: this.#recoveries >= maximumRecoveries, rejects }).pipe(
      Effect.catchIf(
        (error) =>
          ownFaults.has(error.reason._tag) || (!queue.shutdown.hasBegun && isTransient(error) && !mayNeedReopen(error)),
        (error) => Effect.fail(poisonError(queue, poison, "queue", Cause.fail(error)))
      ),
      Effect.flatMap((moved) => {
        if (moved._tag === "Gone") return this.#end({ _tag: "Passed", message })
        if (moved._tag !== "RolledBack") return this.#end({ _tag: moved._tag, ...poison })
        this.#recoveries++
        return this.#recover(moved.error, poison.cause)
      })
    )
  }

  #abandon(cause: Cause.Cause<unknown>): Effect.Effect<Next, MsmqError> {
    return Effect.andThen(
      this.#held.abandon(this.#poison(cause, this.#attempts.number)),
      this.#end({ _tag: "Returned", message: this.#held.message })
    )
  }

  /** Abandons the message after a failure, unless the failure has it, and fails with all causes. */
  #abandonAfter(cause: Cause.Cause<MsmqError>): Effect.Effect<never, MsmqError> {
    return Option.exists(Cause.findErrorOption(cause), ({ reason }) => reason._tag === "PoisonMessage")
      ? Effect.failCause(cause)
      : Effect.matchCauseEffect(this.#abandon(cause), {
          onFailure: (other) => Effect.failCause(Cause.combine(cause, other)),
          onSuccess: () => Effect.failCause(cause)
        })
  }

  #end(event: ConsumeEvent): Effect.Effect<Next> {
    return Effect.as(this.#handler.events.emit(event), "end")
  }
}
