/**
 * Measures what it costs to wait on 1, 100 and 10,000 queues at once: threads of the pool that are held, processor time
 * while nothing comes, memory, and the time from a send to the end of the receive that waits. `--json` prints an array of
 * `{ name, held, idle, memory, resident, median, p99, floor, floorP99, ratio, target }`.
 *
 * The floor is a call of koffi's on the pool that reads from an `eventfd`, to which this thread writes: no wait that ends
 * on another thread is quicker. Both are measured in turn, so that a change of the machine's speed hits them alike.
 */
import { MessageQueue } from "@effect-msmq/core"
import type { Receiver, Sender } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Table } from "console-table-printer"
import { Effect, Fiber } from "effect"
import koffi from "koffi"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { buildForLinux } from "../packages/native/test/double/buildDouble.ts"
import { median, percentile } from "./measure.ts"

const { json, queues } = parseArgs({
  options: { json: { type: "boolean", default: false }, queues: { type: "string", default: "1,100,10000" } }
}).values
const counts = queues.split(",").map(Number)

const double = buildForLinux()
if ("missing" in double) {
  // Not a failure: those of the in-memory MSMQ need none.
  console.error(`the figures of waiting need the test double of mqrt.dll: ${double.missing}`)
  process.exit()
}
const layer = NativeMqrt.layerWith({ library: double.mqrt })

const rounds = 1000
const warmUp = 50
/** Milliseconds between two messages. */
const pause = 2
/** Milliseconds that the processor time of waiting is measured for. */
const idleTime = 3000

const libc = koffi.load("libc.so.6")
const readAll = libc.func("long read(int file, void *buffer, unsigned long size)")
const writeAll = libc.func("long write(int file, void *buffer, unsigned long size)")
const file: number = libc.func("int eventfd(unsigned int value, int flags)")(0, 0)
const [readValue, one] = [new BigUint64Array(1), new BigUint64Array([1n])]
const sleepFor = libc.func("int usleep(uint32_t microseconds)")

/** Milliseconds until a call that waits on the pool has ended here, from the write that ends it. */
const floorOnce = async (): Promise<number> => {
  const ended = new Promise<number>((resolve) => {
    readAll.async(file, readValue, 8, () => resolve(performance.now()))
  })
  await sleep(pause)
  const began = performance.now()
  writeAll(file, one, 8)
  return (await ended) - began
}

/** Threads that libuv's pool has by default. */
const poolSize = 4

/** Milliseconds that a call takes later than others, where it had to wait for a thread. */
const later = 20

/**
 * Returns the number of threads of the pool that somebody holds: so many of four calls of the same length end later than
 * the first. The call that holds one ends at least each 200 ms and begins anew behind the others, which so is seen in most
 * of several attempts and not in all.
 */
const heldThreads = async (): Promise<number> => {
  let held = 0
  for (let attempt = 0; attempt < 5; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const ends = await Promise.all(Array.from({ length: poolSize }, sleepOnPool))
    const first = Math.min(...ends)
    held = Math.max(held, ends.filter((end) => end - first > later).length)
  }
  return held
}

/** Sleeps for a quarter of a second on a thread of the pool. */
const sleepOnPool = (): Promise<number> =>
  new Promise((resolve) => {
    sleepFor.async(250_000, () => resolve(performance.now()))
  })

interface Measured {
  readonly held: number
  /** Percent of a processor. */
  readonly idle: number
  /** Bytes of the heap and beside it for each receive that waits. */
  readonly memory: number
  /** Bytes of the whole process, with a sender and a receiver of each queue and a receive that waits. */
  readonly resident: number
  readonly times: ReadonlyArray<number>
  readonly floors: ReadonlyArray<number>
}

interface Channel {
  readonly receiver: Receiver.Receiver
  readonly sender: Sender.Sender
}

const openChannel = (name: string) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(name)
    const channel: Channel = {
      receiver: yield* MessageQueue.openReceiver(name),
      sender: yield* MessageQueue.openSender(name)
    }
    return channel
  })

const wait = ({ receiver }: Channel) =>
  Effect.forkScoped(
    Effect.map(receiver.receive, () => performance.now()),
    { startImmediately: true }
  )

/** Collects garbage, and waits until the SDK has written out the stacks of what was opened, as it does then. */
const settle = Effect.gen(function* () {
  for (let time = 0; time < 2; time++) {
    globalThis.gc?.()
    yield* Effect.sleep(1500)
  }
})

const measure = (count: number) =>
  Effect.gen(function* () {
    const names = Array.from({ length: count }, (_, index) => `.\\private$\\queue${index} of ${count}`)
    const channels = yield* Effect.forEach(names, openChannel)
    yield* settle
    const before = process.memoryUsage()
    const waits = yield* Effect.forEach(channels, wait)
    yield* settle
    const after = process.memoryUsage()
    const memory = (after.heapUsed + after.external - before.heapUsed - before.external) / count
    const held = yield* Effect.promise(heldThreads)

    const cpu = process.cpuUsage()
    yield* Effect.sleep(idleTime)
    const { system, user } = process.cpuUsage(cpu)
    const idle = (system + user) / (idleTime * 10)

    const [times, floors]: [Array<number>, Array<number>] = [[], []]
    for (let round = -warmUp; round < rounds; round++) {
      // Far from the last one.
      const at = ((round + warmUp) * 7919) % count
      const [channel, waiting] = [channels[at], waits[at]]
      if (channel === undefined || waiting === undefined) throw new Error(`there is no queue ${at}`)
      yield* Effect.sleep(pause)
      const began = performance.now()
      yield* channel.sender.send({ label: "order" })
      const time = (yield* Fiber.join(waiting)) - began
      waits[at] = yield* wait(channel)
      const floor = yield* Effect.promise(floorOnce)
      if (round < 0) continue
      times.push(time)
      floors.push(floor)
    }
    const measured: Measured = { held, idle, memory, resident: after.rss, times, floors }
    return measured
  }).pipe(Effect.scoped, Effect.provide(layer, { local: true }))

const figureOf = (count: number, { floors, held, idle, memory, resident, times }: Measured) => ({
  name: `a receive waits on each of ${count} queues`,
  held,
  idle,
  memory,
  resident,
  median: median(times),
  p99: percentile(times, 0.99),
  floor: median(floors),
  floorP99: percentile(floors, 0.99),
  ratio: median(times) / median(floors),
  target: "one thread; below 1 % of a processor; p50 at most 1 ms, goal 0.3"
})

const figures = await Effect.runPromise(
  Effect.forEach(counts, (count) => Effect.map(measure(count), (measured) => figureOf(count, measured)))
)

if (json) console.log(JSON.stringify(figures))
else {
  const table = new Table({ shouldDisableColors: !process.stdout.isTTY })
  for (const { floor, floorP99, held, idle, median: p50, memory, name, p99, resident, target } of figures) {
    table.addRow({
      waiting: name,
      "threads held": held,
      "idle, % of a processor": idle.toFixed(2),
      "bytes a wait": memory.toFixed(0),
      "process, MiB": (resident / 2 ** 20).toFixed(0),
      "p50, ms": p50.toFixed(3),
      "p99, ms": p99.toFixed(3),
      "floor p50": floor.toFixed(3),
      "floor p99": floorP99.toFixed(3),
      target
    })
  }
  table.printTable()
}
