/**
 * Delivers from a queue that is not transactional and that others receive from too: a message is gone from it before it is
 * handled, and if it cannot be, is sent to the queue for poison.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Poison } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Delivery, Discarded, Held, Source } from "./Delivery.ts"
import { mostDiscards, poisoned, poisonError, poisonSent, unsentError, waited } from "./Delivery.ts"
import { optional } from "../messages/Reader.ts"

const held = (message: ReceivedMessage): Held => ({
  message,
  within: (effect) => effect,
  finish: Effect.void,
  isFinished: Effect.succeed(false),
  again: Effect.sync(() => held(message)),
  undone: Effect.undefined,
  close: Effect.void
})

export const takenDelivery = (source: Source): Delivery => {
  const { backOff, operation, plan, reader } = source

  // The wait takes nothing, so that giving it up loses nothing.
  const next: Effect.Effect<Held | undefined, MsmqError> = Effect.flatMap(
    optional(reader.take({ operation, action: "receive", timeout: 0, cursor: null }), "IoTimeout"),
    Option.match({
      onNone: () => Effect.flatMap(waited(source), (some) => (some ? next : Effect.undefined)),
      onSome: (message) => Effect.succeed(held(message))
    })
  )

  /** Sends it on; what is not known to have arrived is in the error. */
  const sent = (poison: Poison): Effect.Effect<Discarded, MsmqError> => {
    const to = plan.poison
    if (to._tag !== "queue") return Effect.fail(poisonError(source, poison, "nowhere"))
    const deliver = to.outlet.deliver(reader.state.queue, poison, { deadLetter: true, checksRoom: false })
    return backOff.persist(deliver, mostDiscards).pipe(
      Effect.map((outcome) => (outcome === "arrived" ? poisoned : poisonSent)),
      Effect.catchCause((cause) => Effect.fail(unsentError(source, poison, cause, placeOf(cause))))
    )
  }

  return {
    next,
    discard: (_, poison) => sent(poison),
    giveBack: (_, poison) => Effect.asVoid(sent(poison))
  }
}

const placeOf = (cause: Cause.Cause<MsmqError>): "deadLetterQueue" | "nowhere" => {
  const reason = Option.getOrUndefined(Cause.findErrorOption(cause))?.reason
  return reason?._tag === "CopyNotArrived" && reason.copy === "deadLetterQueue" ? "deadLetterQueue" : "nowhere"
}
