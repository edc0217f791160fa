/** Places where a poison message can be. */
import { MessageQueue, type MsmqError } from "@effect-msmq/core"
import type { ShareMode } from "@effect-msmq/core/Mqrt"
import { Effect } from "effect"
import { labelsIn, orders, poison } from "./consuming.ts"

export const deadLetters = ["DIRECT=OS:.\\SYSTEM$;DEADLETTER", "DIRECT=OS:.\\SYSTEM$;DEADXACT"]
export const acknowledgments = ".\\private$\\effect-msmq-acknowledgments-1"

/** Returns the labels of the messages in a queue, none if it was deleted. */
export const labels = (queue: string) =>
  labelsIn(queue).pipe(Effect.catchReason("MsmqError", "QueueNotFound", () => Effect.succeed([])))

/** Returns the places where a message is, by its label; a place counts for each time that the message is there. */
export const placesOf = Effect.fnUntraced(function* (label: string, error: MsmqError.MsmqError | undefined) {
  const there = (found: ReadonlyArray<string>, place: string) => found.filter((one) => one === label).map(() => place)
  const dead = (yield* Effect.forEach(deadLetters, labels)).flat()
  const isInError = error?.reason._tag === "PoisonMessage" && error.reason.kept === "nowhere"
  return [
    ...there(yield* labels(orders), "source"),
    ...there(yield* labels(poison), "poison"),
    ...there(dead, "dead letter"),
    ...(isInError ? ["error"] : [])
  ]
})

/** Kinds of the consumed queue. */
export const sources: Readonly<Record<string, { readonly transactional: boolean; readonly shareMode: ShareMode }>> = {
  "a transactional queue": { transactional: true, shareMode: "denyNone" },
  "a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" },
  "a plain queue that is shared": { transactional: false, shareMode: "denyNone" }
}

/** Changes the properties of the queue for poison. */
export const change = (changes: Parameters<typeof MessageQueue.setProperties>[1]) =>
  MessageQueue.setProperties(poison, changes)

/** Fills the queue for poison up to its quota. */
export const fill = Effect.fnUntraced(function* (transactional: boolean) {
  const sender = yield* MessageQueue.openSender(poison)
  yield* sender.send(
    { label: "filling", body: new Uint8Array(900) },
    { transaction: transactional ? "singleMessage" : "none" }
  )
  yield* change({ quota: 1 })
}, Effect.scoped)
