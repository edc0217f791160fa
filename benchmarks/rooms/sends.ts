/** Figures of sending: a batch and one message, native and in memory. */
import { MessageQueue, SecurityContext } from "@effect-msmq/core"
import { Effect } from "effect"
import { plainMessage, plainSend } from "../../packages/testing/src/contract/plainRecords.ts"
import { copies } from "../floors/copies.ts"
import { sendsInC } from "../floors/sendsInC.ts"
import { structSends } from "../floors/structSends.ts"
import { tightSends } from "../floors/tightSends.ts"
import { type Backend, backends, inMemory, native } from "../harness/backends.ts"
import { ratio, speedUp } from "../harness/comparison.ts"
import type { Room } from "../harness/Room.ts"
import { body, outgoing } from "./queueToFill.ts"
import type { Way } from "../harness/rounds.ts"
import * as Seam from "../floors/seam.ts"

const orders = ".\\private$\\orders"

/** Number of messages of a batch: more than a slice of core's. */
const batch = 2000
const messages = outgoing(batch)
const message = { body, label: "order", priority: 4 }

/** Opens a queue of the double, as batches are sent to it by the SDK and by hand: with a cached security context. */
const nativeBatches = Effect.gen(function* () {
  const { double, mqrt, provide, run } = yield* native.open
  const formatName = yield* provide(MessageQueue.create(orders))
  const sender = yield* provide(MessageQueue.openSender(orders))
  const securityContext = yield* provide(SecurityContext.acquire())
  const queue = yield* Seam.openQueue(mqrt, formatName, "send")
  const rawContext = yield* Effect.acquireRelease(
    mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null),
    mqrt.freeSecurityContext
  )
  double.setDiscard(true)
  const options = { securityContext, senderIdType: "none" as const }
  const way: Way = { run: () => run(Effect.asVoid(sender.sendAll(messages, options))), operations: batch }
  return {
    double,
    way,
    sent: {
      queue: Number(queue),
      securityContext: Number(rawContext),
      body,
      labels: messages.map(({ label }) => label)
    }
  }
})

type Batches = Effect.Success<typeof nativeBatches>

/** Compares a batch of the SDK with one by hand. */
const withFloor = (floor: (batches: Batches) => () => void) =>
  Effect.map(nativeBatches, (batches) => ({ way: batches.way, floor: { run: floor(batches), operations: batch } }))

/** Compares a batch in memory with copying the bodies. */
const copying = Effect.gen(function* () {
  const count = 10_000
  const { mqrt, provide, run } = yield* inMemory.open
  const formatName = yield* provide(MessageQueue.create(orders))
  const sender = yield* provide(MessageQueue.openSender(orders))
  const reader = yield* Seam.openQueue(mqrt, formatName, "receive")
  const messages = outgoing(count)
  const byHand = copies(messages)
  const way: Way = {
    run: () => run(Effect.asVoid(sender.sendAll(messages))),
    tidy: () => run(mqrt.purgeQueue(reader)),
    operations: count
  }
  return { way, floor: { ...byHand, operations: count } }
})

/** Number of messages that are sent one by one in a run. */
const singles = 200

/** Compares sends of one message each with those of the seam. */
const oneByOne = (backend: Backend) =>
  Effect.gen(function* () {
    const { double, mqrt, provide, run } = yield* backend.open
    const formatName = yield* provide(MessageQueue.create(orders))
    const sender = yield* provide(MessageQueue.openSender(orders))
    const queue = yield* Seam.openQueue(mqrt, formatName, "send")
    const reader = yield* Seam.openQueue(mqrt, formatName, "receive")
    double?.setDiscard(true)
    const records = [{ ...plainMessage, ...message }]
    const options = { ...plainSend, messageIds: true }
    const tidy = () => run(mqrt.purgeQueue(reader))
    const send = Seam.times(singles, sender.send(message))
    const sendAtSeam = Seam.times(singles, Seam.sendMessages(mqrt, queue, records, options))
    return {
      way: { run: () => run(send), tidy, operations: singles },
      floor: { run: () => run(sendAtSeam), tidy, operations: singles }
    }
  })

/** Room of sends. */
export const sends: Room = {
  name: "sends",
  plans: [
    ratio({
      name: "sendAll, native",
      against: "a tight loop by hand",
      ways: withFloor(({ double, sent }) => tightSends(double.library, sent))
    }),
    speedUp({
      name: "sendAll, native, times as fast",
      against: "struct objects by hand",
      ways: withFloor(({ double, sent }) => structSends(double.library, sent))
    }),
    // Its spread is the noise of the run.
    ratio({
      name: "a tight loop by hand, native",
      against: "itself",
      ways: Effect.map(nativeBatches, ({ double, sent }) => {
        const way: Way = { run: tightSends(double.library, sent), operations: batch }
        return { way, floor: way }
      })
    }),
    ratio({
      name: "sendAll, native, beside C",
      against: "a loop in C",
      ways: withFloor(({ double, sent }) => sendsInC(double.library, double.loops, sent))
    }),
    ratio({ name: "sendAll, in memory", against: "copying each body into an array", ways: copying }),
    ...backends.map((backend) => ratio({ name: `send, ${backend.name}`, against: "the seam", ways: oneByOne(backend) }))
  ]
}
