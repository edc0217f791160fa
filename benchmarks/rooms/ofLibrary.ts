/**
 * Figures of whatever Message Queuing a library gives access to, such as that of a Windows machine: only what the documented
 * functions can do. They are reported, and have no limits.
 */
import { Mqrt, MessageQueue, SecurityContext, type Sender, Transaction } from "@effect-msmq/core"
import { Effect, type Scope } from "effect"
import * as Seam from "../floors/seam.ts"
import { seamLoops } from "../floors/seamLoops.ts"
import type { Backend, Opened } from "../harness/backends.ts"
import type { Measurement } from "../harness/Figure.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { interleaved, ratios, speedUps, type Way } from "../harness/rounds.ts"
import { quantile } from "../harness/statistics.ts"
import { fullQueueLoops } from "./fullQueueLoops.ts"
import { createQueue, type Kind } from "./ownQueues.ts"
import { outgoing } from "./queueToFill.ts"

type Queue = Opened<undefined> & {
  readonly pathName: string
  readonly formatName: string
  readonly sender: Sender.Sender
  readonly purge: () => Promise<void>
}

type Send = Effect.Effect<unknown, unknown, Mqrt.Mqrt | Scope.Scope>

/** Messages that a way sends in a run, where the number is not what is measured. */
const several = 100

/** Sizes of batches. */
const batches = [1, 10, 100, 1000, 10_000]

/** Returns the room of a backend. `run` names the queues that it creates, and deletes again. */
export const ofLibrary = (backend: Backend<undefined>, run: string): Room => {
  const openQueue = (kind: Kind): Effect.Effect<Queue, unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const opened = yield* backend.open
      const { mqrt, provide, run: runOn } = opened
      const pathName = yield* provide(createQueue(run, kind))
      const formatName = yield* mqrt.pathNameToFormatName(pathName)
      const sender = yield* provide(MessageQueue.openSender(pathName))
      // Opened for each purge: while it is open no loop can deny others to receive.
      const purge = Effect.scoped(Effect.flatMap(Seam.openQueue(mqrt, formatName, "receive"), mqrt.purgeQueue))
      return { ...opened, formatName, pathName, sender, purge: () => runOn(purge) }
    })

  /** Sends on an open queue, which is emptied after each run. */
  const wayOf = ({ purge, run: runOn }: Queue, send: Send, operations: number): Way => ({
    run: () => runOn(Effect.asVoid(send)),
    tidy: purge,
    operations
  })

  /** Plans the comparison of two ways of sending the same messages. */
  const compared = (
    name: string,
    against: string,
    kind: Kind,
    sends: (queue: Queue) => Effect.Effect<readonly [send: Send, other: Send], unknown, Scope.Scope>,
    measurementOf: typeof ratios = ratios
  ): Plan => ({
    name,
    against,
    unit: "ratio",
    clock: "wall",
    measure: (settings) =>
      Effect.gen(function* () {
        const queue = yield* openQueue(kind)
        const [send, other] = yield* sends(queue)
        const ways = [wayOf(queue, send, several), wayOf(queue, other, several)] as const
        return measurementOf(yield* Effect.promise(() => interleaved(...ways, settings, "wall")))
      })
  })

  const messages = outgoing(several)

  /** Sends the messages one by one, with a context that is there or one for each. */
  const cachedContext = compared(
    "send, one security context, times as fast",
    "a context for each message",
    "plain",
    ({ provide, sender }) =>
      Effect.map(provide(SecurityContext.acquire()), (securityContext) => {
        const sendWith = (securityContext: SecurityContext.SecurityContext) =>
          sender.send({ label: "order" }, { securityContext })
        return [
          Seam.times(several, sendWith(securityContext)),
          Seam.times(several, Effect.scoped(Effect.flatMap(SecurityContext.acquire(), sendWith)))
        ] as const
      }),
    speedUps
  )

  const recoverable = compared(`sendAll of ${several}, recoverable`, "express messages", "plain", ({ sender }) => {
    const kept = messages.map((message) => ({ ...message, delivery: "recoverable" as const }))
    return Effect.succeed([sender.sendAll(kept), sender.sendAll(messages)] as const)
  })

  const transactions = compared(
    `sendAll of ${several}, a transaction each`,
    "one transaction",
    "transactional",
    ({ sender }) =>
      Effect.succeed([
        sender.sendAll(messages, { transaction: "singleMessage" }),
        Transaction.run(sender.sendAll(messages))
      ] as const)
  )

  /** Plans what a message of a large batch costs beside one that is sent alone. */
  const batched = (name: string, kind: Kind, send: (sender: Sender.Sender, batch: typeof messages) => Send): Plan => ({
    name: `${name}, in a batch of ${batches.at(-1)}`,
    against: "a batch of 1",
    unit: "ratio",
    clock: "wall",
    measure: (settings) =>
      Effect.gen(function* () {
        const queue = yield* openQueue(kind)
        const alone = wayOf(queue, send(queue.sender, outgoing(1)), 1)
        let measured: Measurement = { values: [] }
        const points: Array<{ readonly x: number; readonly y: number }> = []
        for (const size of batches) {
          const batch = wayOf(queue, send(queue.sender, outgoing(size)), size)
          const timing = { ...settings, iterations: Math.min(settings.iterations, Math.ceil(10_000 / size)) }
          const rounds = yield* Effect.promise(() => interleaved(batch, alone, timing, "wall"))
          points.push({ x: size, y: quantile(rounds.way, 0.5) / 1000 })
          measured = ratios(rounds)
        }
        return { ...measured, series: { x: "messages of a batch", y: "µs for each message", points } }
      })
  })

  /** Plans what each loop over a full queue costs beside its calls at the seam. */
  const loops = fullQueueLoops.map(({ face, name, open }): Plan => ({
    name: `${name}, ${face}`,
    against: "its calls at the seam",
    unit: "ratio",
    clock: "wall",
    measure: (settings) =>
      Effect.gen(function* () {
        const queue = yield* openQueue("plain")
        const { formatName, mqrt, pathName, provide, purge, run: runOn, sender } = queue
        const loop = provide(
          Effect.scoped(Effect.flatMap(open(queue, pathName, several), (run) => Effect.promise(run)))
        )
        const calls = Effect.scoped(
          Effect.gen(function* () {
            const reader = yield* Seam.openQueue(mqrt, formatName, "receive")
            yield* seamLoops[name]?.(mqrt, reader, several) ?? Effect.die(new Error(`the seam has no loop ${name}`))
          })
        )
        const prepare = () => runOn(Effect.asVoid(sender.sendAll(messages)))
        const ways = [loop, calls].map((way): Way => ({
          prepare,
          run: () => Effect.runPromise(Effect.asVoid(way)),
          tidy: purge,
          operations: several
        })) as [Way, Way]
        return ratios(yield* Effect.promise(() => interleaved(...ways, settings, "wall")))
      })
  }))

  return {
    name: "library",
    plans: [
      cachedContext,
      recoverable,
      transactions,
      batched("express", "plain", (sender, batch) => sender.sendAll(batch)),
      batched("recoverable", "plain", (sender, batch) =>
        sender.sendAll(batch.map((message) => ({ ...message, delivery: "recoverable" as const })))
      ),
      batched("in one transaction", "transactional", (sender, batch) => Transaction.run(sender.sendAll(batch))),
      ...loops
    ]
  }
}
