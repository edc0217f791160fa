/**
 * Figures of waiting on many queues at once: threads that are held, processor time while nothing comes, what an interruption of
 * one wait does to the others, and the time from a send to the end of the receive that waits.
 */
import { MessageQueue, type Receiver, type Sender } from "@effect-msmq/core"
import { Effect, Exit, Fiber, Scope } from "effect"
import koffi from "koffi"
import { createHook } from "node:async_hooks"
import { native } from "../harness/backends.ts"
import { clocks } from "../harness/clocks.ts"
import type { Measurement, Unit } from "../harness/Figure.ts"
import type { Plan, Room, Settings } from "../harness/Room.ts"
import { quantile } from "../harness/statistics.ts"

/** Numbers of queues that are waited on at once. */
const counts = [1000, 10_000]

/** Milliseconds between two messages. */
const pause = 2

/** Queue, and the receive that waits on it. */
interface Waited {
  readonly receiver: Receiver.Receiver
  readonly sender: Sender.Sender
  waiting: Fiber.Fiber<number, unknown>
}

type Queues = ReadonlyArray<Waited>

/** Forks a receive that returns the time when it ended. */
const wait = (receiver: Receiver.Receiver) =>
  Effect.forkScoped(
    Effect.map(receiver.receive, () => clocks.wall()),
    { startImmediately: true }
  )

const openQueue = (name: string) =>
  Effect.gen(function* () {
    yield* MessageQueue.create(name)
    const receiver = yield* MessageQueue.openReceiver(name)
    const waited: Waited = {
      receiver,
      sender: yield* MessageQueue.openSender(name),
      waiting: yield* wait(receiver)
    }
    return waited
  })

/** Opens so many queues, and waits on each. */
const openQueues = (count: number) =>
  Effect.flatMap(native.open, ({ provide }) =>
    provide(
      Effect.forEach(
        Array.from({ length: count }, (_, index) => `.\\private$\\queue${index}`),
        openQueue
      )
    )
  )

/** Queues of the last figure, which the figures of the same number share: to open them takes longer than most figures. */
let last: { readonly count: number; readonly queues: Queues; readonly scope: Scope.Closeable } | undefined

/** Returns so many queues with a receive that waits on each. */
const queuesOf = (count: number): Effect.Effect<Queues, unknown> =>
  Effect.gen(function* () {
    if (last?.count === count) return last.queues
    if (last !== undefined) yield* Scope.close(last.scope, Exit.void)
    const scope = yield* Scope.make()
    const queues = yield* Scope.provide(openQueues(count), scope)
    last = { count, queues, scope }
    return queues
  })

/** Runs in the scope of the queues that are open, so that a receive which begins to wait does so until the queues are closed. */
const inLastScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
  Effect.suspend(() => (last === undefined ? Effect.scoped(effect) : Scope.provide(effect, last.scope)))

/** Collects garbage, and waits until the SDK has done what it does then. */
const settle = Effect.gen(function* () {
  globalThis.gc?.()
  yield* Effect.sleep("1 second")
  globalThis.gc?.()
  yield* Effect.sleep("100 millis")
})

/** Names of functions of Windows that may keep another thread waiting, which koffi gives to its calls. */
const waits = /^(MQ|GetQueued|WaitFor)/

/**
 * Returns the largest number of calls of Windows that were under way on other threads at once in a second, in which each is renewed
 * several times.
 */
const heldThreads = (): Effect.Effect<Measurement> =>
  Effect.gen(function* () {
    const running = new Set<number>()
    let most = 0
    const hook = createHook({
      init: (id, type) => {
        if (!waits.test(type)) return
        running.add(id)
        most = Math.max(most, running.size)
      },
      before: (id) => void running.delete(id)
    })
    hook.enable()
    yield* Effect.sleep("1 second")
    hook.disable()
    return { values: [most] }
  })

/** Returns percents of a processor that this process takes in half a second of waiting. */
const usage = Effect.gen(function* () {
  const [worked, began] = [clocks.process(), clocks.wall()]
  yield* Effect.sleep("500 millis")
  return ((clocks.process() - worked) / (clocks.wall() - began)) * 100
})

/** Most half seconds until the work that opening leaves behind is done, such as writing out stacks, on a busy machine. */
const patience = 40

/** Measures several half seconds, the first of which is one with nothing left to do from the opening. */
const idle = (_: Queues, { scale }: Settings): Effect.Effect<Measurement> =>
  Effect.gen(function* () {
    yield* settle
    for (let left = patience; left > 0 && (yield* usage) > 1; left--);
    const values: Array<number> = []
    for (let round = 0; round < (scale < 1 ? 5 : 15); round++) values.push(yield* usage)
    return { values }
  })

/** Interrupts one wait, and returns how many of the others have ended then, or get no message that is sent to them. */
const lost = (queues: Queues): Effect.Effect<Measurement, unknown> =>
  Effect.gen(function* () {
    const [first, ...others] = queues
    if (first !== undefined) yield* Fiber.interrupt(first.waiting)
    yield* Effect.sleep("100 millis")
    const left = others.filter(({ waiting }) => waiting.pollUnsafe() === undefined)
    yield* Effect.forEach(left, ({ sender }) => sender.send({ label: "order" }), { discard: true })
    const ended = yield* Effect.forEach(left, ({ waiting }) => Effect.timeoutOption(Fiber.await(waiting), "10 seconds"))
    return { values: [others.length - ended.filter(({ _tag }) => _tag === "Some").length] }
  })

/** Returns bytes on the heap and beside it for each receive that waits, after all receives were interrupted. */
const memory = (queues: Queues): Effect.Effect<Measurement, never, Scope.Scope> =>
  Effect.gen(function* () {
    const used = () => {
      const { external, heapUsed } = process.memoryUsage()
      return heapUsed + external
    }
    yield* settle
    const before = used()
    const resident = process.memoryUsage.rss()
    yield* Fiber.interruptAll(queues.map(({ waiting }) => waiting))
    yield* settle
    const value = (before - used()) / queues.length
    for (const queue of queues) queue.waiting = yield* wait(queue.receiver)
    return { values: [value], details: { "MiB of the process": resident / 2 ** 20 } }
  })

const libc = () => koffi.load("libc.so.6")

/**
 * Returns a wait of koffi's on another thread, for what this thread writes, which measures its time in milliseconds. No wait that ends
 * on another thread is quicker.
 */
const openFloor = () => {
  const readAll = libc().func("long read(int file, void *buffer, unsigned long size)")
  const writeAll = libc().func("long write(int file, void *buffer, unsigned long size)")
  const file: number = libc().func("int eventfd(unsigned int value, int flags)")(0, 0)
  const [readValue, one] = [new BigUint64Array(1), new BigUint64Array([1n])]
  return Effect.gen(function* () {
    const ended = new Promise<number>((resolve) => {
      readAll.async(file, readValue, 8, () => resolve(clocks.wall()))
    })
    yield* Effect.sleep(pause)
    const began = clocks.wall()
    writeAll(file, one, 8)
    return (yield* Effect.promise(() => ended)) - began
  })
}

/** Returns the milliseconds from a send to the end of the receive that waits, of each round. */
const latency = (queues: Queues, { scale }: Settings): Effect.Effect<Measurement, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const floor = openFloor()
    const [values, floors]: [Array<number>, Array<number>] = [[], []]
    const rounds = Math.max(200, 1000 * scale)
    for (let round = 0; round < rounds; round++) {
      // Far from the last one.
      const queue = queues[(round * 7919) % queues.length]
      if (queue === undefined) continue
      yield* Effect.sleep(pause)
      const began = clocks.wall()
      yield* queue.sender.send({ label: "order" })
      values.push((yield* Fiber.join(queue.waiting)) - began)
      queue.waiting = yield* wait(queue.receiver)
      floors.push(yield* floor)
    }
    const details = {
      p99: quantile(values, 0.99),
      "p50 of a wait by hand": quantile(floors, 0.5),
      "p99 of a wait by hand": quantile(floors, 0.99)
    }
    return { values, details }
  })

interface Asked {
  readonly name: string
  readonly unit: Unit
  readonly clock: Plan["clock"]
  readonly measure: (queues: Queues, settings: Settings) => Effect.Effect<Measurement, unknown, Scope.Scope>
}

const asked: ReadonlyArray<Asked> = [
  { name: "threads held", unit: "count", clock: "none", measure: heldThreads },
  { name: "processor while idle", unit: "%", clock: "process", measure: idle },
  { name: "latency", unit: "ms", clock: "wall", measure: latency },
  { name: "memory of a wait", unit: "B", clock: "none", measure: memory },
  // The last one: afterwards nobody waits.
  { name: "lost by an interruption", unit: "count", clock: "none", measure: lost }
]

/** Room of waiting. */
export const waiting: Room = {
  name: "waiting",
  plans: counts.flatMap((count) =>
    asked.map(({ clock, measure, name, unit }) => ({
      name: `${name}, ${count} queues`,
      against: "",
      unit,
      clock,
      measure: (settings) => Effect.flatMap(queuesOf(count), (queues) => inLastScope(measure(queues, settings)))
    }))
  )
}
