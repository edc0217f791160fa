/**
 * Delivers from a queue that is not transactional and that nobody else receives from: a message stays there until it is
 * handled, so that none is lost with the process.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Cursor from "../../Cursor.ts"
import type { Poison } from "../../Consumer.ts"
import type { ReceivedMessage } from "../../Message.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Delivery, Discarded, Held, Source } from "./Delivery.ts"
import { gone, mostDiscards, orKept, poisoned, poisonError } from "./Delivery.ts"
import { optional } from "../messages/Reader.ts"
import { moveTo } from "../queues/subqueue.ts"

type Found = Effect.Effect<Option.Option<ReceivedMessage>, MsmqError>

/** The first message that no other handler has; waits for one. */
const first = (source: Source): Found =>
  Effect.suspend(() => {
    const { common, course, operation, reader } = source
    for (const lookupId of common.released) common.handled.delete(lookupId)
    common.released.clear()
    return common.handled.size === 0
      ? course.untilStopped(reader.take({ operation, action: "peekCurrent", timeout: null, cursor: null }))
      : Effect.scoped(Effect.flatMap(Cursor.make(reader), (cursor) => firstFree(source, cursor)))
  })

const firstFree = (source: Source, cursor: Cursor.Cursor): Found => {
  const { common, course } = source
  const wait = Effect.map(course.untilStopped(cursor.nextWithin("Infinity")), Option.flatten)
  return cursor.next.pipe(
    Effect.filterOrElse(Option.isSome, () => wait),
    Effect.filterOrElse(
      (found) => Option.isNone(found) || !common.handled.has(found.value.lookupId),
      () => firstFree(source, cursor)
    )
  )
}

export const peekedDelivery = (source: Source): Delivery => {
  const { backOff, common, operation, plan, reader } = source

  const held = (message: ReceivedMessage): Held => ({
    message,
    within: (effect) => effect,
    finish: Effect.suspend(() => backOff.persist(removed(message.lookupId))),
    isFinished: Effect.succeed(false),
    again: Effect.suspend(() =>
      Effect.map(
        optional(reader.lookUp(operation, "peekCurrent", message.lookupId), "MessageNotFound"),
        Option.match({ onNone: () => undefined, onSome: held })
      )
    ),
    undone: Effect.undefined,
    close: Effect.sync(() => common.released.add(message.lookupId))
  })

  const removed = (lookupId: bigint): Effect.Effect<void, MsmqError> =>
    Effect.asVoid(optional(reader.lookUp(operation, "receiveCurrent", lookupId), "MessageNotFound"))

  const sent = (poison: Poison): Effect.Effect<Discarded, MsmqError> => {
    const { lookupId } = poison.message
    const to = plan.poison
    if (to._tag === "subqueue") {
      const move = optional(moveTo(operation, reader, plan.formatName, lookupId, to.subqueue), "MessageNotFound")
      return Effect.map(backOff.persist(move, mostDiscards), (moved) => (Option.isSome(moved) ? poisoned : gone))
    }
    if (to._tag !== "queue") return Effect.fail(poisonError(source, poison, "queue"))
    const deliver = to.outlet.deliver(reader.state.queue, poison, { deadLetter: false, checksRoom: true })
    // In this order: better twice than not at all.
    return Effect.as(
      Effect.andThen(backOff.persist(deliver, mostDiscards), backOff.persist(removed(lookupId), mostDiscards)),
      poisoned
    )
  }

  return {
    next: Effect.map(
      first(source),
      Option.match({
        onNone: () => undefined,
        onSome: (message) => {
          common.handled.add(message.lookupId)
          backOff.reset()
          return held(message)
        }
      })
    ),
    discard: (_, poison) => orKept(source, poison)(sent(poison)),
    giveBack: () => Effect.void
  }
}
