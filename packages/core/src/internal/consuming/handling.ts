import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ConsumeEvent, Poison } from "../../Consumer.ts"
import { HandlerDied } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Attempts } from "./Attempts.ts"
import type { ConsumeJournal } from "./ConsumeJournal.ts"
import { sameQueue } from "./consumePlan.ts"
import type { Delivery, Held, Source } from "./Delivery.ts"
import { IsOwnWork } from "../ownership/OwnedHandle.ts"
import { isLoss, passes, serviceFailure } from "./passingTrouble.ts"
import { processing } from "./processing.ts"
import type { Reader } from "../messages/Reader.ts"
import type { ScheduleSteps } from "./ScheduleSteps.ts"

/** What a handler is, and what it is fed from. */
export interface Handler<Body, E, R> {
  readonly source: Source
  readonly delivery: Delivery
  /** Decodes the bodies. */
  readonly reader: Reader<Body>
  readonly handle: (message: ReceivedMessage<Body>) => Effect.Effect<unknown, E, R>
  /** When one message is tried again. */
  readonly retry: () => ScheduleSteps<E | HandlerDied>
  readonly journal: ConsumeJournal
}

/** Failures of the service that one message is not blamed for. A handler, or a commit, that fails so each time comes to an end. */
const mostRecoveries = 10

/** Whether it is tried again, or has come to its end. */
type Fate = "again" | "ended"

/** Sees one message from its receiving to its end: it is handled, poison, or back where it was. */
export const handling = <Body, E, R>(
  handler: Handler<Body, E, R>,
  received: Held
): Effect.Effect<void, MsmqError, R> => {
  const { delivery, journal, reader, retry, source } = handler
  const { backOff, course, operation, plan } = source
  const attempts = new Attempts(retry(), received.message.abortCount)
  let held = received
  /** Number of failures that were blamed on the service. */
  let recoveries = 0

  const poisonBy = (cause: Cause.Cause<unknown>, tried: number): Poison => ({
    message: held.message,
    attempts: tried,
    cause
  })

  const told = (event: ConsumeEvent): Effect.Effect<Fate> => Effect.as(journal.tell(event), "ended")

  const returned = (cause: Cause.Cause<unknown>): Effect.Effect<Fate, MsmqError> =>
    Effect.andThen(
      delivery.giveBack(held, poisonBy(cause, attempts.number)),
      told({ _tag: "Returned", message: held.message })
    )

  /** Holds it for another try, which begins after the delay, and not before others had their turn. */
  const heldAgain = (delay: Duration.Duration, cause: Cause.Cause<unknown>): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(backOff.persist(held.again), (again) => {
      if (again === undefined) return told({ _tag: "Passed", message: held.message })
      held = again
      const wait = Duration.isZero(delay) ? Effect.yieldNow : course.untilStopped(Effect.sleep(delay))
      return Effect.flatMap(Effect.andThen(wait, course.isStopping), (stopping) =>
        stopping ? returned(cause) : Effect.succeed("again")
      )
    })

  /** Returns `true` as long as a failure of the service is blamed on the service and not on the message. */
  const isForgiven = (): boolean => recoveries++ < mostRecoveries

  /** Sends it where poison goes, unless a failure of the service was at fault. */
  const discarded = (poison: Poison): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(delivery.discard(held, poison, recoveries >= mostRecoveries), (end) => {
      const { message } = poison
      switch (end._tag) {
        case "Lost":
          recoveries++
          return recovered(end.error, poison.cause)
        case "Gone":
          return told({ _tag: "Passed", message })
        default:
          return told({ _tag: end._tag, ...poison })
      }
    })

  /** After what is not the message's fault. */
  const recovered = (error: MsmqError, cause: Cause.Cause<unknown>): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(backOff.after(error), (again) => (again ? heldAgain(Duration.zero, cause) : returned(cause)))

  /** Goes on after an attempt that counts. `input`: what the schedule is told of it. */
  const counted = (cause: Cause.Cause<unknown>, input: E | HandlerDied): Effect.Effect<Fate, MsmqError> =>
    Effect.gen(function* () {
      if (yield* course.isStopping) return yield* returned(cause)
      const attempt = attempts.number
      const delay = yield* attempts.failed(input)
      if (delay === undefined) return yield* discarded(poisonBy(cause, attempt))
      yield* journal.tell({ _tag: "Retrying", message: held.message, attempt, cause, delay })
      return yield* heldAgain(delay, cause)
    })

  const failed = (cause: Cause.Cause<E>): Effect.Effect<Fate, MsmqError> =>
    Effect.gen(function* () {
      if (yield* held.isFinished) {
        yield* Effect.logError(`message ${held.message.messageId}: its handler failed after it had committed`, cause)
        return yield* told({ _tag: "Handled", message: held.message, attempt: attempts.number })
      }
      if (yield* course.isStopping) return yield* returned(cause)
      const failure = serviceFailure(cause)
      return yield* failure !== undefined && isForgiven()
        ? recovered(failure, cause)
        : counted(
            cause,
            Option.getOrElse(Cause.findErrorOption(cause), () => new HandlerDied({ cause }))
          )
    })

  /** The handler has succeeded, but what it did is not done. */
  const unfinished = (error: MsmqError): Effect.Effect<Fate, MsmqError> => {
    const cause = Cause.fail(error)
    if (error.reason._tag !== "TransactionAborted") {
      if (!passes(error)) return Effect.fail(error)
      if (isLoss(error) && isForgiven()) return recovered(error, cause)
    }
    return counted(cause, new HandlerDied({ cause }))
  }

  const finished: Effect.Effect<Fate, MsmqError> = Effect.suspend(() =>
    Effect.matchEffect(held.finish, {
      onFailure: unfinished,
      onSuccess: () => {
        backOff.reset()
        return told({ _tag: "Handled", message: held.message, attempt: attempts.number })
      }
    })
  )

  const tried = (message: ReceivedMessage<Body>): Effect.Effect<Fate, MsmqError, R> =>
    Effect.suspend(() => handler.handle(message)).pipe(
      (handle) => processing(handle, reader.state.queue, held.message, attempts.number),
      (handle) => held.within(handle),
      Effect.provideService(IsOwnWork, false),
      Effect.interruptible,
      Effect.exit,
      Effect.flatMap((exit) => (Exit.isSuccess(exit) ? finished : failed(exit.cause)))
    )

  const isLooping = plan.poison._tag === "queue" && plan.poison.outlet.hasSent(received.message.messageId)

  const loop: Effect.Effect<void, MsmqError, R> = Effect.suspend(() => reader.decode(operation, held.message)).pipe(
    Effect.exit,
    Effect.flatMap((decoded): Effect.Effect<Fate, MsmqError, R> =>
      Exit.isSuccess(decoded) ? tried(decoded.value) : discarded(poisonBy(decoded.cause, held.message.abortCount))
    ),
    Effect.flatMap((fate) => (fate === "ended" ? Effect.void : loop))
  )

  /** Whatever it ends with, the message is somewhere. */
  const failedWith = (cause: Cause.Cause<MsmqError>): Effect.Effect<never, MsmqError> =>
    Option.exists(Cause.findErrorOption(cause), ({ reason }) => reason._tag === "PoisonMessage")
      ? Effect.failCause(cause)
      : Effect.matchCauseEffect(returned(cause), {
          onFailure: (other) => Effect.failCause(Cause.combine(cause, other)),
          onSuccess: () => Effect.failCause(cause)
        })

  const handled = Effect.andThen(journal.tell({ _tag: "Received", message: received.message }), loop)
  return (isLooping ? Effect.fail(looping(source)) : handled).pipe(
    Effect.catchCause(failedWith),
    Effect.ensuring(Effect.suspend(() => held.close))
  )
}

/** A copy came back that was sent to the queue for poison: no name could tell that the two are one queue. */
const looping = ({ operation, plan, reader }: Source): MsmqError =>
  reader.error(operation, {
    _tag: "IllegalPolicy",
    field: "poison",
    rule: sameQueue,
    actual: plan.poison._tag === "queue" ? `{ queue: ${JSON.stringify(plan.poison.outlet.name)} }` : plan.poison._tag
  })
