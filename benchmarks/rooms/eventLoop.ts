/** Figures of the event loop: the longest time that a loop over a full queue, or a way of sending, keeps it. */
import { MessageQueue, type Sender } from "@effect-msmq/core"
import type { Connection } from "@effect-msmq/core/promises"
import { Effect, type Scope } from "effect"
import { type Backend, backends, inMemory, native, type Opened } from "../harness/backends.ts"
import type { Double } from "../harness/Double.ts"
import { connection } from "../harness/connection.ts"
import { loopDelayOf } from "../harness/loopDelay.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { fullQueueLoops } from "./fullQueueLoops.ts"

const orders = ".\\private$\\orders"

/** Number of messages in the queue, or that are sent in memory. */
const many = 200_000

const labelled = (count: number) => Array.from({ length: count }, (_, index) => ({ label: `order ${index}` }))

/** Opens what keeps the loop, and returns it. */
type Open = (
  opened: Opened<Double | undefined>,
  count: number
) => Effect.Effect<() => Promise<unknown>, unknown, Scope.Scope>

/**
 * Plans the longest time that something keeps the loop. The double spends the part of a delay below a millisecond at work, which
 * the clock of the thread counts, and only waits for whole ones.
 */
const delay = (name: string, backend: Backend, total: number, milliseconds: number, open: Open): Plan => ({
  name: `${name}, ${backend.name}`,
  against: "",
  unit: "ms",
  clock: "thread",
  measure: ({ scale }) =>
    Effect.gen(function* () {
      const count = total * scale
      const opened = yield* backend.open
      const { double } = opened
      const run = yield* open(opened, count)
      double?.setDelay("MQSendMessage", milliseconds)
      double?.watchThread()
      const waited = milliseconds >= 1 ? double?.watchedDelay : undefined
      const { busy, gap } = yield* Effect.promise(() => loopDelayOf(run, waited))
      double?.setDelay("MQSendMessage", 0)
      return { values: [busy], details: { "gap, ms": gap, messages: count } }
    })
})

/** Fills a queue. */
const fill = ({ provide }: Opened<Double | undefined>, count: number) =>
  provide(
    Effect.gen(function* () {
      yield* MessageQueue.create(orders)
      const sender = yield* MessageQueue.openSender(orders)
      yield* sender.sendAll(labelled(count))
    })
  )

const loops = fullQueueLoops.map(({ face, name, open }) => {
  const openFull: Open = (opened, count) =>
    Effect.andThen(fill(opened, count), opened.provide(open(opened, orders, count)))
  return [`${name}, ${face}`, openFull] as const
})

type Messages = ReturnType<typeof labelled>

const sendInEffect =
  (send: (sender: Sender.Sender, messages: Messages) => Effect.Effect<unknown, unknown>): Open =>
  ({ double, provide, run }, count) =>
    Effect.gen(function* () {
      yield* provide(MessageQueue.create(orders))
      double?.setDiscard(true)
      const [sender, messages] = [yield* provide(MessageQueue.openSender(orders)), labelled(count)]
      return () => run(send(sender, messages))
    })

type PromiseSender = Awaited<ReturnType<Connection["openSender"]>>

const sendInPromises =
  (send: (sender: PromiseSender, messages: Messages) => Promise<unknown>): Open =>
  (opened, count) =>
    Effect.gen(function* () {
      yield* opened.provide(MessageQueue.create(orders))
      opened.double?.setDiscard(true)
      const msmq = yield* connection(opened)
      const [sender, messages] = [yield* Effect.promise(() => msmq.openSender(orders)), labelled(count)]
      return () => send(sender, messages)
    })

const sends: ReadonlyArray<readonly [name: string, open: Open]> = [
  ["sendAll, Effect", sendInEffect((sender, messages) => sender.sendAll(messages))],
  [
    "send, Effect",
    sendInEffect((sender, messages) => Effect.forEach(messages, (message) => sender.send(message), { discard: true }))
  ],
  ["sendAll, promises", sendInPromises((sender, messages) => sender.sendAll(messages))],
  [
    "send, promises",
    sendInPromises(async (sender, messages) => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      for (const message of messages) await sender.send(message)
    })
  ]
]

/** Milliseconds that a send takes, and the number of sends. */
const slowSends = [
  [0, 5 * many],
  [0.05, many],
  [0.5, many / 10],
  [5, many / 100]
] as const

/** Room of the event loop. */
export const eventLoop: Room = {
  name: "eventLoop",
  plans: [
    ...backends.flatMap((backend) => loops.map(([name, open]) => delay(name, backend, many, 0, open))),
    ...sends.map(([name, open]) => delay(name, inMemory, many, 0, open)),
    ...slowSends.flatMap(([milliseconds, count]) =>
      sends.map(([name, open]) => delay(`${name}, ${milliseconds} ms each`, native, count, milliseconds, open))
    )
  ]
}
