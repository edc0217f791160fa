import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ConsumeEvent, HandlerDied, Poison } from "../../ConsumePolicy.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { Attempts } from "./Attempts.ts"
import type { ConsumeJournal } from "./ConsumeJournal.ts"
import type { Delivery, Held, Source } from "./Delivery.ts"
import { IsOwnWork } from "../handles/OwnedHandle.ts"
import { serviceFailure } from "./passingTrouble.ts"
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

/** Whether it is tried again, or has come to its end. */
type Fate = "again" | "ended"

/** Sees one message from its receiving to its end: it is handled, poison, or back where it was. */
export const handling = <Body, E, R>(
  handler: Handler<Body, E, R>,
  received: Held
): Effect.Effect<void, MsmqError, R> => {
  const { delivery, journal, reader, retry, source } = handler
  const { backOff, course, operation } = source
  const attempts = new Attempts(retry(), received.message.abortCount)
  let held = received

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

  /** Holds it for another try, which begins after the delay. */
  const heldAgain = (delay: Duration.Duration, cause: Cause.Cause<unknown>): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(backOff.persist(held.again), (again) => {
      if (again === undefined) return told({ _tag: "Passed", message: held.message })
      held = again
      return Duration.isZero(delay)
        ? Effect.succeed("again")
        : Effect.flatMap(course.untilStopped(Effect.sleep(delay)), (slept) =>
            Option.isSome(slept) ? Effect.succeed("again") : returned(cause)
          )
    })

  /** Sends it where poison goes, unless a failure of the service was at fault. */
  const discarded = (poison: Poison): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(delivery.discard(held, poison), (end) => {
      if (end === "lost") return heldAgain(Duration.zero, poison.cause)
      const { message } = poison
      return told(end === "gone" ? { _tag: "Passed", message } : { _tag: "Poisoned", ...poison })
    })

  /** After what is not the message's fault. */
  const recovered = (error: MsmqError, cause: Cause.Cause<unknown>): Effect.Effect<Fate, MsmqError> =>
    Effect.flatMap(backOff.after(error), (again) => (again ? heldAgain(Duration.zero, cause) : returned(cause)))

  const failed = Effect.fnUntraced(function* (cause: Cause.Cause<E>): Effect.fn.Return<Fate, MsmqError> {
    if (yield* course.isStopping) return yield* returned(cause)
    const failure = serviceFailure(cause)
    if (failure !== undefined) return yield* recovered(failure, cause)
    const attempt = attempts.number
    const delay = yield* attempts.failed(cause)
    if (delay === undefined) return yield* discarded(poisonBy(cause, attempt))
    yield* journal.tell({ _tag: "Retrying", message: held.message, attempt, cause, delay })
    return yield* heldAgain(delay, cause)
  })

  const finished: Effect.Effect<Fate, MsmqError> = Effect.suspend(() =>
    Effect.matchEffect(held.finish, {
      onFailure: (error) => recovered(error, Cause.fail(error)),
      onSuccess: () => {
        backOff.reset()
        return told({ _tag: "Handled", message: held.message, attempt: attempts.number })
      }
    })
  )

  const tried = (message: ReceivedMessage<Body>): Effect.Effect<Fate, MsmqError, R> =>
    Effect.suspend(() => handler.handle(message)).pipe(
      (handle) => processing(handle, reader.inlet.queue, held.message, attempts.number),
      (handle) => held.within(handle),
      Effect.provideService(IsOwnWork, false),
      Effect.interruptible,
      Effect.exit,
      Effect.flatMap((exit) => (Exit.isSuccess(exit) ? finished : failed(exit.cause)))
    )

  const loop: Effect.Effect<void, MsmqError, R> = Effect.suspend(() => reader.decoded(operation, held.message)).pipe(
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

  return Effect.andThen(journal.tell({ _tag: "Received", message: received.message }), loop).pipe(
    Effect.catchCause(failedWith),
    Effect.ensuring(Effect.suspend(() => held.close))
  )
}
