/** Messages that promises tell apart by their labels. */
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Sends recoverable messages with labels to a queue of either kind. `bodySize`: bytes of each body. */
export const sendLabels = Effect.fnUntraced(function* (queue: string, labels: ReadonlyArray<string>, bodySize = 10) {
  const sender = yield* MessageQueue.openSender(queue)
  const transaction = sender.transactional === true ? "singleMessage" : "none"
  const messages = labels.map((label) => ({ label, body: new Uint8Array(bodySize), delivery: "recoverable" as const }))
  yield* sender.sendAll(messages, { transaction })
}, Effect.scoped)

/** Peeks at all messages of a queue, and returns their labels. */
export const labelsIn = Effect.fnUntraced(function* (queue: string) {
  const receiver = yield* MessageQueue.openReceiver(queue, { access: "peek" })
  return yield* Effect.map(Stream.runCollect(receiver.browse), (messages) => messages.map(({ label }) => label))
}, Effect.scoped)
