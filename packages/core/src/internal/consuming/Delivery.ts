/** Delivery of one message to its handler, attempt by attempt, until it is handled, moved as poison or abandoned. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CurrentLogAnnotations } from "effect/References"
import type { ConsumeEvent, Poison } from "../../Consumer.ts"
import { HandlerDefect } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { CallSite } from "../../mqrt/CallSite.ts"
import type { PoisonMessage, Reason } from "../../MsmqError.ts"
import { MsmqError } from "../../MsmqError.ts"
import * as Transaction from "../../Transaction.ts"
import type { Reader } from "../messages/Reader.ts"
import { attemptSpan } from "../telemetry/processSpan.ts"
import type { ConsumeEvents } from "./ConsumeEvents.ts"
import type { PoisonTarget } from "./PoisonSender.ts"
import type { BackOff, RetryPolicy } from "./RetryPolicy.ts"
import { Attempts, isTransient, mayNeedReopen, serviceFailure } from "./RetryPolicy.ts"
import type { Shutdown } from "./Shutdown.ts"
import * as operations from "../telemetry/Operation.ts"

const operation = operations.Receiver.consume

/** Queue of one `consume`, with all that deliveries from it share. */
export interface ConsumedQueue {
  /** Reader of bodies as bytes, since a message whose body cannot be decoded is delivered as well. */
  readonly reader: Reader<Uint8Array>
  readonly formatName: string
  readonly poison: PoisonTarget
  readonly shutdown: Shutdown
  /** Number of workers that receive from it at once. */
  readonly workers: number
  /** Place that consumes, where its transactions begin and end. */
  readonly consumedAt: CallSite
}

/** Message that one handler holds, as a receive mode gives it. */
export interface HeldMessage {
  readonly message: ReceivedMessage
  /** Transaction that an attempt takes part in. */
  readonly participation: Transaction.Participation
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
  /**
   * Rolls back the attempt and moves the message where the policy says. Returns `RolledBack` instead for an attempt that a
   * failure of the service rolled back before, unless `insists`.
   */
  readonly movePoison: (poison: Poison, insists: boolean) => Effect.Effect<Moved, MsmqError>
  /** Rolls back the attempt and releases the message, which is not handled. */
  readonly abandon: (poison: Poison) => Effect.Effect<void, MsmqError>
  /** Ends the hold on the message, handled or not; returns `undefined` where nothing is left to do. */
  readonly close: () => Effect.Effect<void> | undefined
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
  readonly makeRetryPolicy: () => RetryPolicy<E | HandlerDefect>
  readonly events: ConsumeEvents
  readonly backOff: BackOff
  /** Context of an attempt that takes part in no transaction. */
  readonly attemptContext: Context.Context<R>
}

/** Number of failures of the service that do not count as attempts of a message. Later ones count, so that it comes to an end. */
const maximumRecoveries = 10

/** Step after an attempt: another attempt, or none. */
type Next = "retry" | "end"

/** Delivers a message to its handler until it is handled, moved as poison or abandoned. */
export const handleMessage = <Body, E, R>(
  handler: Handler<Body, E, R>,
  held: HeldMessage
): Effect.Effect<void, MsmqError, R> => new Delivery(handler, held).run

class Delivery<Body, E, R> {
  readonly #handler: Handler<Body, E, R>
  readonly #attempts: Attempts<E>
  #held: HeldMessage
  #recoveries = 0

  constructor(handler: Handler<Body, E, R>, held: HeldMessage) {
    this.#handler = handler
    this.#held = held
    this.#attempts = new Attempts(handler.makeRetryPolicy, held.message.abortCount)
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
    const { reader } = this.#handler
    const store = reader.storeOf(message)
    if (store !== undefined) {
      return Effect.matchCauseEffect(Effect.interruptible(reader.decodeStored(operation, message, store)), {
        onFailure: (cause) => this.#after(this.#bodyFailed(cause)),
        onSuccess: (decoded) => this.#handle(decoded)
      })
    }
    const decoded = reader.decode(operation, message)
    return decoded instanceof MsmqError ? this.#after(this.#undecodable(decoded)) : this.#handle(decoded)
  }

  /** Moves a message whose body cannot be decoded: it is not attempted. */
  #undecodable(error: MsmqError): Effect.Effect<Next, MsmqError> {
    return this.#movePoison(this.#poison(Cause.fail(error), this.#attempts.number - 1))
  }

  /** Goes on after the body did not come from its store, which counts as an attempt, or cannot be decoded. */
  #bodyFailed(cause: Cause.Cause<MsmqError>): Effect.Effect<Next, MsmqError> {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    return error?.reason._tag === "UndecodableBody"
      ? this.#undecodable(error)
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
    const { handle, reader } = this.#handler
    const held = this.#held
    const handled = Effect.suspend(() => handle(message))
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

  #handlerFailed(cause: Cause.Cause<E>): Effect.Effect<Next, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { message } = this.#held
      if (yield* this.#held.isCompleted) {
        yield* Effect.logError(`message ${message.messageId}: its handler failed after it had committed`, cause)
        return yield* this.#end({ _tag: "Handled", message, attempt: this.#attempts.number })
      }
      if (yield* this.#handler.queue.shutdown.check) return yield* this.#abandon(cause)
      const failure = serviceFailure(cause)
      if (failure !== undefined && this.#mayRecover()) return yield* this.#recover(failure, cause)
      const error = Option.getOrElse(Cause.findErrorOption(cause), () => new HandlerDefect({ cause }))
      return yield* this.#attemptFailed(cause, error)
    })
  }

  /** Goes on after an attempt that counts. `input` is the input of the retry policy. */
  #attemptFailed(cause: Cause.Cause<unknown>, input: E | HandlerDefect): Effect.Effect<Next, MsmqError> {
    return Effect.gen({ self: this }, function* () {
      const { events, queue } = this.#handler
      if (yield* queue.shutdown.check) return yield* this.#abandon(cause)
      const attempt = this.#attempts.number
      const delay = yield* this.#attempts.fail(input)
      if (delay === undefined) return yield* this.#movePoison(this.#poison(cause, attempt))
      yield* events.emit({ _tag: "Retrying", message: this.#held.message, attempt, cause, delay })
      return yield* this.#retry(delay, cause)
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

  #poison(cause: Cause.Cause<unknown>, attempts: number): Poison {
    return { message: this.#held.message, attempts, cause }
  }

  /**
   * Moves the message where the policy says. A failure is the message's own if it is still in the queue, unless the service
   * is at fault.
   */
  #movePoison(poison: Poison): Effect.Effect<Next, MsmqError> {
    const { queue } = this.#handler
    const { message } = poison
    return this.#held.movePoison(poison, this.#recoveries >= maximumRecoveries).pipe(
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
