/** Figures of memory: what a million sends and receives leave behind, and what a message that waits in memory needs. */
import { MessageQueue } from "@effect-msmq/core"
import { Effect, type Scope, Stream } from "effect"
import { type Backend, backends, inMemory, type Opened } from "../harness/backends.ts"
import type { Double } from "../harness/Double.ts"
import { connection } from "../harness/connection.ts"
import type { Plan, Room, Settings } from "../harness/Room.ts"
import * as Seam from "../floors/seam.ts"
import { outgoing } from "./queueToFill.ts"

const orders = ".\\private$\\orders"
const mebibyte = 2 ** 20

/** Number of messages that are sent, or sent and received, before the memory is looked at again. */
const batch = 1000

/** Messages after which memory is no longer that of a beginning. A quick run has half of them. */
const beginningOf = ({ scale }: Settings): number => (scale < 1 ? 50_000 : 100_000)

/** Messages that are sent, or sent and received, in all. */
const million = 1_000_000

/** Sends one batch, or sends and receives it. */
type Step = () => Promise<unknown>

/** Opens what moves the messages. */
type Open = (opened: Opened<Double | undefined>) => Effect.Effect<Step, unknown, Scope.Scope>

const messages = outgoing(batch)

/** Opens a queue that is emptied after each batch, where nothing else empties it. */
const openQueue = ({ double, mqrt, provide, run }: Opened<Double | undefined>) =>
  Effect.gen(function* () {
    const formatName = yield* provide(MessageQueue.create(orders))
    const reader = yield* Seam.openQueue(mqrt, formatName, "receive")
    double?.setDiscard(true)
    return { purge: () => run(mqrt.purgeQueue(reader)) }
  })

const sendAll: Open = (opened) =>
  Effect.gen(function* () {
    const { purge } = yield* openQueue(opened)
    const sender = yield* opened.provide(MessageQueue.openSender(orders))
    return async () => {
      await opened.run(sender.sendAll(messages))
      await purge()
    }
  })

const send: Open = (opened) =>
  Effect.gen(function* () {
    const { purge } = yield* openQueue(opened)
    const msmq = yield* connection(opened)
    const sender = yield* Effect.promise(() => msmq.openSender(orders))
    return async () => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      for (const message of messages) await sender.send(message)
      await purge()
    }
  })

const receiveInEffect: Open = ({ provide, run }) =>
  Effect.gen(function* () {
    yield* provide(MessageQueue.create(orders))
    const sender = yield* provide(MessageQueue.openSender(orders))
    const receiver = yield* provide(MessageQueue.openReceiver(orders))
    const step = Effect.andThen(sender.sendAll(messages), Stream.runDrain(Stream.take(receiver.messages, batch)))
    return () => run(step)
  })

const receiveInPromises: Open = (opened) =>
  Effect.gen(function* () {
    yield* opened.provide(MessageQueue.create(orders))
    const msmq = yield* connection(opened)
    const sender = yield* Effect.promise(() => msmq.openSender(orders))
    const receiver = yield* Effect.promise(() => msmq.openReceiver(orders))
    return async () => {
      await sender.sendAll(messages)
      let left = batch
      for await (const _ of receiver) if (--left === 0) break
    }
  })

const ways: Readonly<Record<string, Open>> = {
  "sendAll, Effect": sendAll,
  "send, promises": send,
  "messages, Effect": receiveInEffect,
  "for await, promises": receiveInPromises
}

/** Moves so many messages. */
const move = async (step: Step, count: number): Promise<void> => {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  for (let moved = 0; moved < count; moved += batch) await step()
}

/** Collects all that is not in use, twice: what the first collection finalizes is free in the second. */
const collect = (): void => {
  globalThis.gc?.()
  globalThis.gc?.()
}

/** Returns the bytes in use by objects, and beside the heap. */
const collected = (): number => {
  collect()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** Returns the resident bytes. Garbage does not count: how much of it there is depends on what else the machine does. */
const resident = (): number => {
  collect()
  return process.memoryUsage.rss()
}

/** Returns how much larger the process grows after its beginning, at most, as seen each so many messages. */
const residentGrowth = async (step: Step, settings: Settings) => {
  const beginning = beginningOf(settings)
  await move(step, beginning)
  const before = resident()
  let most = before
  for (let left = (million - beginning) * settings.scale; left > 0; left -= beginning / 2) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await move(step, beginning / 2)
    most = Math.max(most, resident())
  }
  return { values: [(most - before) / mebibyte], details: { "MiB before": before / mebibyte } }
}

/** Returns by how many bytes the collected heap grows for each message, in rounds one after the other. */
const heapGrowth = async (step: Step, settings: Settings) => {
  await move(step, beginningOf(settings))
  const values: Array<number> = []
  // In fewer messages a few kilobytes that a round adds once look like growth.
  const count = Math.max((million / 4) * settings.scale, 100_000)
  for (let round = 0; round < 3; round++) {
    const before = collected()
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await move(step, count)
    values.push((collected() - before) / count)
  }
  return { values }
}

const plansOf = (backend: Backend, way: string, open: Open): ReadonlyArray<Plan> => {
  const plan = { against: "", clock: "none" } as const
  const measured = (measure: typeof residentGrowth | typeof heapGrowth) => (settings: Settings) =>
    Effect.flatMap(Effect.flatMap(backend.open, open), (step) => Effect.promise(() => measure(step, settings)))
  return [
    { ...plan, name: `resident, ${way}, ${backend.name}`, unit: "MiB", measure: measured(residentGrowth) },
    { ...plan, name: `heap, ${way}, ${backend.name}`, unit: "B", measure: measured(heapGrowth) }
  ]
}

/** Bytes of a queued message in memory beyond those of its body, of 1 KiB, and of its label. */
const ofQueuedMessage: Plan = {
  name: "a queued message, in memory",
  against: "",
  unit: "B",
  clock: "none",
  measure: () =>
    Effect.gen(function* () {
      const { provide, run } = yield* inMemory.open
      yield* provide(MessageQueue.create(orders))
      const sender = yield* provide(MessageQueue.openSender(orders))
      const values: Array<number> = []
      for (let round = 0; round < 3; round++) {
        const before = collected()
        yield* Effect.promise(() => run(sender.sendAll(messages)))
        values.push((collected() - before) / batch - 1024)
      }
      return { values }
    })
}

/** Room of memory. Each figure has a process of its own: what one leaves behind is not that of the next one. */
export const footprint: Room = {
  name: "footprint",
  areAlone: true,
  // V8 may double the space for new objects at any time, by up to 64 MiB, however little is kept.
  flags: ["--max-semi-space-size=16"],
  plans: [
    ...backends.flatMap((backend) => Object.entries(ways).flatMap(([way, open]) => plansOf(backend, way, open))),
    ofQueuedMessage
  ]
}
