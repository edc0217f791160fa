/**
 * Measures how long each loop over 200,000 queued messages keeps the event loop, and what it costs for a message, against
 * a loop at the seam that never yields; and the same of sends that take 0, 0.05, 0.5 and 5 milliseconds, against sends at
 * the seam. `--messages` names another number, to which those of the sends are in proportion. `--json` prints an array of `{ name, gap, busy, median, floor, ratio, target }`.
 *
 * `gap` is the longest time between two rounds of the event loop in milliseconds, and `busy` the longest that this thread
 * worked between two: on a machine that does other things as well, a gap holds their time too.
 */
import { MessageQueue, Mqrt, type Sender } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Table } from "console-table-printer"
import { Deferred, Effect, Exit, type Layer, ManagedRuntime, Scope } from "effect"
import koffi from "koffi"
import { parseArgs } from "node:util"
import { buildForLinux } from "../packages/native/test/double/buildDouble.ts"
import * as Effects from "../packages/testing/src/contract/loops.ts"
import { cpuTime } from "../packages/core/test/support/cpuTime.ts"
import * as Promises from "../packages/core/test/support/promiseLoops.ts"
import { plainMessage, plainReceive, plainSend } from "../packages/testing/src/contract/plainRecords.ts"

const { json, messages } = parseArgs({
  options: { json: { type: "boolean", default: false }, messages: { type: "string", default: "200000" } }
}).values
const count = Number(messages)

const orders = ".\\private$\\orders"
const outgoing = Array.from({ length: count }, (_, index) => ({ label: `order ${index}` }))

interface Measured {
  /** In milliseconds. */
  readonly gap: number
  /** In milliseconds. */
  readonly busy: number
  /** The work of this thread for all messages, in nanoseconds. */
  readonly time: number
}

/** The cost of a loop or a way of sending: of all messages `gap` and `busy`, of one the others, in nanoseconds. */
interface Figure extends Omit<Measured, "time"> {
  readonly name: string
  readonly median: number
  readonly floor: number
  readonly ratio: number
  readonly target: string
}

/** Returns the figure of so many messages, beside that of the same number at the seam. */
const figureOf = (
  name: string,
  { busy, gap, time }: Measured,
  floor: Measured,
  messages: number,
  target: string
): Figure => ({
  name,
  gap,
  busy,
  median: time / messages,
  floor: floor.time / messages,
  ratio: time / floor.time,
  target
})

/** Runs a loop, and looks at the clock each time that the event loop goes round. */
const measure = async (loop: () => Promise<void>): Promise<Measured> => {
  globalThis.gc?.()
  let [gap, busy, last, lastWorked] = [0, 0, performance.now(), cpuTime()]
  const look = () => {
    const [now, nowWorked] = [performance.now(), cpuTime()]
    gap = Math.max(gap, now - last)
    busy = Math.max(busy, nowWorked - lastWorked)
    ;[last, lastWorked] = [now, nowWorked]
  }
  const timer = setInterval(look, 1)
  const began = cpuTime()
  await loop()
  const time = (cpuTime() - began) * 1e6
  look()
  clearInterval(timer)
  return { gap, busy, time }
}

type Backend = Layer.Layer<Mqrt.Mqrt, unknown>

/** Fills a queue for an effect that reads it. */
const onFullQueue = <A, E>(read: (formatName: string) => Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>) =>
  Effect.gen(function* () {
    yield* Effect.ignore(MessageQueue.delete(orders))
    const formatName = yield* MessageQueue.create(orders)
    const sender = yield* MessageQueue.openSender(orders)
    yield* sender.sendAll(outgoing)
    return yield* read(formatName)
  }).pipe(Effect.scoped)

/** Measures an effect on a full queue of a backend. */
const effect = async <E>(
  backend: Backend,
  read: (formatName: string) => Effect.Effect<Effect.Effect<unknown, E>, E, Mqrt.Mqrt | Scope.Scope>
): Promise<Measured> => {
  await using runtime = ManagedRuntime.make(backend)
  return await runtime.runPromise(
    onFullQueue((formatName) =>
      Effect.flatMap(read(formatName), (loop) =>
        Effect.promise(() => measure(async () => void (await Effect.runPromise(loop))))
      )
    )
  )
}

/** Receives as fast as the backend can, without a turn for anybody else. */
const atSeam = (backend: Backend): Promise<Measured> =>
  effect(backend, (formatName) =>
    Mqrt.Mqrt.use((mqrt) =>
      Effect.map(
        Effect.acquireRelease(mqrt.openQueue(formatName, "receive", "denyNone"), (queue) =>
          Effect.ignore(mqrt.closeQueue(queue))
        ),
        (queue) => {
          const one = mqrt.receiveMessage(queue, plainReceive)
          let left = count
          return Effect.whileLoop({ while: () => left-- > 0, body: () => one, step: () => {} })
        }
      )
    )
  )

const open = MessageQueue.openReceiver(orders, { shareMode: "denyReceive" })

const inEffect = (backend: Backend, loop: Effects.Loop): Promise<Measured> =>
  effect(backend, () =>
    Effect.map(open, (receiver) =>
      Effect.suspend(() => {
        const end = Deferred.makeUnsafe<void>()
        let left = count
        const handle = Effect.suspend(() =>
          --left === 0 ? Effect.asVoid(Deferred.succeed(end, undefined)) : Effect.void
        )
        return Effect.raceFirst(loop(receiver, handle), Deferred.await(end))
      })
    )
  )

const inPromises = async (backend: Backend, loop: Promises.Loop): Promise<Measured> => {
  await using msmq = await connect(backend)
  if (await msmq.queueExists(orders)) await msmq.deleteQueue(orders)
  await msmq.createQueue(orders)
  const sender = await msmq.openSender(orders)
  await sender.sendAll(outgoing)
  const receiver = await msmq.openReceiver(orders, { shareMode: "denyReceive" })
  return await measure(() => loop(receiver, count, () => {}))
}

const figuresOf = async (name: string, backend: Backend): Promise<ReadonlyArray<Figure>> => {
  const floor = await atSeam(backend)
  const runs = [
    ...Object.entries(Effects.reading).map(
      ([loop, read]) => [`${name}, Effect, ${loop}`, () => inEffect(backend, read)] as const
    ),
    ...Object.entries(Promises.reading).map(
      ([loop, read]) => [`${name}, promises, ${loop}`, () => inPromises(backend, read)] as const
    )
  ]
  const figures: Array<Figure> = []
  for (const [name, run] of runs) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const measured = await run()
    figures.push(figureOf(name, measured, floor, count, "gap at most 20 ms, goal 10; ratio reported, goal 3"))
  }
  return figures
}

/** Sends by their milliseconds, and how many of them. */
const sends = [
  [0, 5 * count],
  [0.05, count],
  [0.5, count / 10],
  [5, count / 100]
] as const

const measureSends = async (
  backend: Backend,
  send: (sender: Sender.Sender, mqrt: Mqrt.Mqrt["Service"]) => Effect.Effect<unknown, unknown>
): Promise<Measured> => {
  await using runtime = ManagedRuntime.make(backend)
  const scope = Scope.makeUnsafe()
  const mqrt = await runtime.runPromise(Mqrt.Mqrt)
  const sender = await runtime.runPromise(Scope.provide(MessageQueue.openSender(orders), scope))
  const measured = await measure(async () => void (await Effect.runPromise(send(sender, mqrt))))
  await Effect.runPromise(Scope.close(scope, Exit.void))
  return measured
}

const measurePromises = async (
  backend: Backend,
  send: (sender: Awaited<ReturnType<Connection["openSender"]>>) => Promise<unknown>
): Promise<Measured> => {
  await using msmq = await connect(backend)
  await using sender = await msmq.openSender(orders)
  return await measure(async () => void (await send(sender)))
}

/** Figures of sends that take so long, on the double. */
const figuresOfSends = async (library: string): Promise<ReadonlyArray<Figure>> => {
  const backend = NativeMqrt.layerWith({ library })
  const double = koffi.load(library)
  const setDelay = double.func("int Double_SetDelay(const char *function, double milliseconds)")
  double.func("void Double_SetDiscard(uint32_t on)")(1)
  double.func("void Double_SetRecording(uint32_t on)")(0)
  const figures: Array<Figure> = []
  for (const [milliseconds, count] of sends) {
    const messages = outgoing.length >= count ? outgoing.slice(0, count) : Array.from({ length: count }, () => ({}))
    const ways = {
      "Effect, sendAll": () => measureSends(backend, (sender) => sender.sendAll(messages)),
      "Effect, send": () =>
        measureSends(backend, (sender) =>
          Effect.forEach(messages, (message) => sender.send(message), { discard: true })
        ),
      "promises, sendAll": () => measurePromises(backend, (sender) => sender.sendAll(messages)),
      "promises, send": () =>
        measurePromises(backend, async (sender) => {
          // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
          for (const message of messages) await sender.send(message)
        })
    }
    setDelay("MQSendMessage", milliseconds)
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    const floor = await measureSends(backend, (_, mqrt) => sendAtSeam(mqrt, count))
    for (const [way, run] of Object.entries(ways)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      const measured = await run()
      const name = `native, ${way} of ${milliseconds} ms`
      figures.push(figureOf(name, measured, floor, count, "gap at most 20 ms, goal 10; ratio reported"))
    }
    setDelay("MQSendMessage", 0)
  }
  return figures
}

/** Sends in slices, as core does. */
const sendAtSeam = (mqrt: Mqrt.Mqrt["Service"], count: number) =>
  Effect.gen(function* () {
    const slice = Array.from({ length: 256 }, () => plainMessage)
    const queue = yield* mqrt.openQueue(yield* mqrt.pathNameToFormatName(orders), "send", "denyNone")
    for (let left = count; left > 0; left -= slice.length) {
      yield* mqrt.sendMessages(queue, slice.slice(0, left), plainSend)
    }
    yield* mqrt.closeQueue(queue)
  })

const figures = [...(await figuresOf("in memory", InMemoryMqrt.layer))]
const double = buildForLinux()
// Not a failure: those of the in-memory MSMQ need none.
if ("missing" in double) console.error(`the native figures need the test double of mqrt.dll: ${double.missing}`)
else {
  figures.push(...(await figuresOf("native", NativeMqrt.layerWith({ library: double.mqrt }))))
  figures.push(...(await figuresOfSends(double.mqrt)))
}

if (json) console.log(JSON.stringify(figures))
else {
  const table = new Table({ shouldDisableColors: !process.stdout.isTTY })
  for (const { busy, floor, gap, median, name, ratio, target } of figures) {
    table.addRow({
      "loop over a full queue, or sends": name,
      "longest gap, ms": gap.toFixed(1),
      "of it at work, ms": busy.toFixed(1),
      "ns a message": median.toFixed(0),
      "at the seam, ns": floor.toFixed(0),
      ratio: ratio.toFixed(2),
      target
    })
  }
  table.printTable()
}
