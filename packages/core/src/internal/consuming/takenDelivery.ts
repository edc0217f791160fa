/**
 * Delivers from a queue that is not transactional and that others receive from too: a message is gone from it before it is
 * handled, and if it cannot be, is sent to the queue for poison.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Poison } from "../../ConsumePolicy.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Delivery, Held, Source } from "./Delivery.ts"
import { poisonError, waited } from "./Delivery.ts"
import { optional } from "../messages/Reader.ts"

const held = (message: ReceivedMessage): Held => ({
  message,
  within: (effect) => effect,
  finish: Effect.void,
  again: Effect.sync(() => held(message)),
  undone: Effect.succeed(true),
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

  /** Sends it on; what cannot be sent is in the error. */
  const sent = (poison: Poison): Effect.Effect<void, MsmqError> => {
    const to = plan.poison
    if (to._tag !== "queue") return Effect.fail(poisonError(source, poison, "nowhere"))
    const send = to.outlet.send(reader.inlet.queue, poison, to.outlet.transactional ? "singleMessage" : "none")
    return Effect.catchCause(backOff.persist(send), (cause) =>
      Effect.fail(poisonError(source, { ...poison, cause: Cause.combine(poison.cause, cause) }, "nowhere"))
    )
  }

  return {
    next,
    discard: (_, poison) => Effect.as(sent(poison), "sent"),
    giveBack: (_, poison) => sent(poison)
  }
}
