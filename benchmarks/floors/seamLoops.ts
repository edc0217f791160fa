/** Loops over the messages of a queue at the seam: for each loop of the SDK the calls that it makes, with nothing around them. */
import type { Mqrt } from "@effect-msmq/core"
import type { LookupParameters, ReceiveAction } from "@effect-msmq/core/mqrt/MessageProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { Effect } from "effect"
import { plainReceive } from "../../packages/testing/src/contract/plainRecords.ts"
import { times, transaction } from "./seam.ts"

type Service = Mqrt.Mqrt["Service"]
type Calls = Effect.Effect<unknown, Mqrt.MqrtFailure>

/** Reads so many messages of a queue. */
export type SeamLoop = (mqrt: Service, queue: Mqrt.QueueHandle, count: number) => Calls

/** Parameters of a lookup outside of any transaction. */
const plainLookup: LookupParameters = { transaction: "none", read: usualRead }

/** Makes the same calls for each message. */
const forEach =
  (calls: (mqrt: Service, queue: Mqrt.QueueHandle) => Calls): SeamLoop =>
  (mqrt, queue, count) =>
    times(count, calls(mqrt, queue))

/** Makes calls at the place of a cursor, which it creates and closes. */
const withCursor =
  (loop: (call: (action: ReceiveAction) => Calls, count: number) => Calls): SeamLoop =>
  (mqrt, queue, count) =>
    Effect.acquireUseRelease(
      mqrt.createCursor(queue),
      (cursor) => loop((action) => mqrt.receiveMessage(queue, { ...plainReceive, action, cursor }), count),
      (cursor) => Effect.ignore(mqrt.closeCursor(cursor))
    )

/** Receives each message. */
export const receives = forEach((mqrt, queue) => mqrt.receiveMessage(queue, plainReceive))

/** Peeks at each message and removes it by its lookup id. */
export const peeksAndRemoves = forEach((mqrt, queue) =>
  Effect.flatMap(mqrt.receiveMessage(queue, { ...plainReceive, action: "peekCurrent" }), ({ lookupId }) =>
    mqrt.receiveMessageByLookupId(queue, lookupId, "receiveCurrent", plainLookup)
  )
)

/** Receives each message in a transaction of its own. */
export const receivesInTransactions = forEach((mqrt, queue) =>
  transaction(mqrt, (transaction) => mqrt.receiveMessage(queue, { ...plainReceive, transaction }))
)

/** Loops of the seam by those of the SDK. */
export const seamLoops: Readonly<Record<string, SeamLoop>> = {
  receive: receives,
  receiveWithin: receives,
  poll: receives,
  messages: receives,
  "for await": receives,
  lookup: forEach((mqrt, queue) => mqrt.receiveMessageByLookupId(queue, 0n, "receiveFirst", plainLookup)),
  cursor: withCursor((call, count) => times(count, Effect.andThen(call("peekCurrent"), call("receive")))),
  browse: withCursor((call, count) => Effect.andThen(call("peekCurrent"), times(count - 1, call("peekNext")))),
  consume: peeksAndRemoves
}
