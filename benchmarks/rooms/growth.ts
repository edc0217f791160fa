/**
 * Figures of growth: the exponent of what something costs as there is more of it. One is the exponent of a cost in proportion, and
 * zero that of a cost which stays the same.
 */
import { Certificate, MessageQueue, type Mqrt, SecurityContexts } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Fiber, Layer, ManagedRuntime, Scope } from "effect"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { names, workOn } from "../../packages/testing/test/support/operations.ts"
import { backends, native, type Opened } from "../harness/backends.ts"
import { clocks } from "../harness/clocks.ts"
import type { Measurement, Point } from "../harness/Figure.ts"
import type { Plan, Room, Settings } from "../harness/Room.ts"
import { exponentOf, quantile } from "../harness/statistics.ts"

const orders = ".\\private$\\orders"

/** Cost of something of a size, such as that of opening so many queues. */
interface Costs {
  readonly sizes: ReadonlyArray<number>
  /** Returns microseconds. */
  readonly cost: (size: number) => Promise<number>
}

/** Smallest size whose cost counts for the exponent, as a part of the largest one: what a beginning costs hides growth. */
const upper = 0.01

/** Number of rounds, each of which measures each size. */
const roundsOf = ({ rounds }: Settings): number => Math.max(2, Math.round(rounds / 8))

/** Measures each size in turn, and returns the exponent of each round. The series holds the medians. */
const growthOf = async ({ cost, sizes }: Costs, settings: Settings, x: string, y: string): Promise<Measurement> => {
  const rounds: Array<ReadonlyArray<Point>> = []
  // The first round compiles.
  for (let round = -1; round < roundsOf(settings); round++) {
    const points: Array<Point> = []
    for (const size of sizes) {
      globalThis.gc?.({ type: "minor" })
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      points.push({ x: size, y: Math.max(await cost(size), 0.001) })
    }
    if (round >= 0) rounds.push(points)
  }
  const from = Math.max(...sizes) * upper
  const points = sizes.map((size, at) => ({
    x: size,
    y: quantile(
      rounds.flatMap((round) => round[at]?.y ?? []),
      0.5
    )
  }))
  return {
    values: rounds.map((round) => exponentOf(round.filter(({ x }) => x >= from))),
    series: { x, y, points }
  }
}

/** Returns the microseconds that all threads work while something runs. */
const worked = async (run: () => Promise<unknown>): Promise<number> => {
  const began = clocks.process()
  await run()
  return (clocks.process() - began) * 1000
}

/** Plans the exponent of a cost as a whole. */
const growth = (
  name: string,
  x: string,
  open: (settings: Settings) => Effect.Effect<Costs, unknown, Scope.Scope>,
  y = "µs in all"
): Plan => ({
  name,
  against: "",
  unit: "exponent",
  clock: "process",
  measure: (settings) =>
    Effect.flatMap(open(settings), (costs) => Effect.promise(() => growthOf(costs, settings, x, y)))
})

const queueName = (index: number): string => `.\\private$\\queue${index}`
const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)

const create = ({ provide }: Opened<unknown>, count: number) =>
  provide(Effect.forEach(indexes(count), (index) => MessageQueue.create(queueName(index)), { discard: true }))

/** Opens queues, and closes them again. */
const openings = growth("opening queues, native", "queues", () =>
  Effect.gen(function* () {
    const opened = yield* native.open
    yield* create(opened, 10_000)
    const open = (count: number) =>
      Effect.forEach(indexes(count), (index) => MessageQueue.openReceiver(queueName(index)), { discard: true })
    return {
      sizes: [1, 10, 100, 316, 1000, 3162, 10_000],
      cost: (count) => worked(() => opened.run(Effect.scoped(open(count))))
    }
  })
)

/** Waits on queues at once, and sends a message to each. */
const waits = growth("waiting, native", "queues", () =>
  Effect.gen(function* () {
    const opened = yield* native.open
    yield* create(opened, 10_000)
    const senders = yield* opened.provide(
      Effect.forEach(indexes(10_000), (index) => MessageQueue.openSender(queueName(index)))
    )
    const receivers = yield* opened.provide(
      Effect.forEach(indexes(10_000), (index) => MessageQueue.openReceiver(queueName(index)))
    )
    const wait = (count: number) =>
      Effect.gen(function* () {
        const waiting = yield* Effect.forEach(receivers.slice(0, count), ({ receive }) =>
          Effect.forkChild(receive, { startImmediately: true })
        )
        yield* Effect.forEach(senders.slice(0, count), (sender) => sender.send({}), { discard: true })
        yield* Fiber.joinAll(waiting)
      })
    return {
      sizes: [1, 10, 100, 316, 1000, 3162, 10_000],
      cost: (count) => worked(() => opened.run(wait(count)))
    }
  })
)

const alice = new URL("../../packages/core/test/certificates/alice.pem", import.meta.url)

/** Returns so many certificates that differ in their serial numbers. */
const certificates = (count: number) =>
  Effect.gen(function* () {
    const { der } = yield* Certificate.fromPem(readFileSync(alice, "utf8"))
    // The serial number is the first integer after the version.
    const version = Buffer.from(der).indexOf(Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02, 0x02]))
    return yield* Effect.forEach(indexes(count), (index) => {
      const copy = Buffer.from(der)
      copy.writeUInt16BE(index, version + 7 + (copy[version + 6] ?? 0) - 2)
      return Certificate.fromDer(copy)
    })
  })

/** Gets a context for each certificate from a cache, twice. */
const contexts = growth("contexts of certificates, native", "certificates", () =>
  Effect.gen(function* () {
    const opened = yield* native.open
    const all = yield* certificates(1000)
    const get = (count: number) =>
      SecurityContexts.SecurityContexts.use((contexts) =>
        Effect.forEach([...all.slice(0, count), ...all.slice(0, count)], (one) => contexts.get(one), { discard: true })
      ).pipe(Effect.scoped, Effect.provide(SecurityContexts.layer(), { local: true }))
    return {
      sizes: [1, 3, 10, 32, 100, 316, 1000],
      cost: (count) => worked(() => opened.run(get(count)))
    }
  })
)

const kibibyte = 1024

/** Bodies from 1 KiB to the largest that MSMQ takes, of almost 4 MiB. */
const bodySizes = [1, 4, 16, 64, 256, 1024, 4000].map((size) => size * kibibyte)

/** Sends of a body and receives of one, on each backend. */
const bodies = backends.flatMap((backend) =>
  (["send", "receive"] as const).map((direction) =>
    growth(`body, ${direction}, ${backend.name}`, "bytes of the body", () =>
      Effect.gen(function* () {
        const { provide, run } = yield* backend.open
        yield* provide(MessageQueue.create(orders))
        const sender = yield* provide(MessageQueue.openSender(orders))
        const receiver = yield* provide(MessageQueue.openReceiver(orders))
        return {
          sizes: bodySizes,
          cost: async (size) => {
            const message = { body: new Uint8Array(size).fill(7) }
            const steps = {
              send: () => worked(() => run(sender.send(message))),
              receive: () => worked(() => run(receiver.receive))
            }
            const times: Array<number> = []
            for (let time = 0; time < 5; time++) {
              // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
              const [send, receive] = [await steps.send(), await steps.receive()]
              times.push(direction === "send" ? send : receive)
            }
            return quantile(times, 0.5)
          }
        }
      })
    )
  )
)

/** Does an operation in queues of several lengths, on a machine of their own where time stands still. */
const operation = (name: string): Plan =>
  growth(
    `${name}, in memory`,
    "messages in the queue",
    ({ scale }) =>
      Effect.gen(function* () {
        const layer = Layer.provideMerge(InMemoryMqrt.layer, TestClock.layer({ warningDelay: "1 hour" }))
        const ways = new Map<number, () => Promise<number>>()
        for (const length of scale < 1 ? [1000, 10_000] : [1000, 10_000, 100_000]) {
          const runtime = yield* Effect.acquireRelease(
            Effect.sync(() => ManagedRuntime.make(layer)),
            (runtime) => runtime.disposeEffect
          )
          const work = yield* Effect.promise(() => runtime.runPromise(workOn(name, length)))
          const run = (call: Effect.Effect<unknown, Mqrt.MqrtFailure>) => runtime.runPromise(call)
          ways.set(length, async () => {
            const times: Array<number> = []
            for (let time = 0; time < 3; time++) {
              // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
              await run(work.prepare)
              // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
              times.push((await worked(() => run(work.run))) / work.operations)
              // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
              await run(work.tidy)
            }
            return quantile(times, 0.5)
          })
        }
        return { sizes: [...ways.keys()], cost: (length) => ways.get(length)?.() ?? Promise.resolve(Number.NaN) }
      }),
    "µs each"
  )

/** Room of growth. */
export const growths: Room = {
  name: "growth",
  plans: [openings, waits, contexts, ...bodies, ...names.map(operation)]
}
