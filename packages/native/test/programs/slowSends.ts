/**
 * Sends in every way while each send takes so many milliseconds on the test double: `node slowSends.ts LIBRARY MILLISECONDS
 * COUNT`. Prints for each way a line of JSON: how long the event loop was kept between two of its rounds.
 *
 * - `longest`: most milliseconds of sends on the main thread between two rounds
 * - `total`: those of all rounds
 * - `worked`: most milliseconds of processor time between two rounds, which some systems count in steps of several
 *
 * The first two are counted by the double, as the delays of its calls add up: it does not matter what else the machine does.
 */
import { MessageQueue, Mqrt, SecurityContext, type Sender, Transaction } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Exit, ManagedRuntime, Scope, Stream } from "effect"
import koffi from "koffi"

const [library = "", milliseconds = "0", messages = "1000"] = process.argv.slice(2)
const delay = Number(milliseconds)
const count = Number(messages)
const layer = NativeMqrt.layerWith({ library })
const double = koffi.load(library)
const setDelay = double.func("int Double_SetDelay(const char *function, double milliseconds)")
const setDiscard = double.func("void Double_SetDiscard(uint32_t on)")
const watchThread = double.func("void Double_WatchThread()")
const watchedDelay = double.func("double Double_WatchedDelay()")

/** Milliseconds that this thread has worked. */
const worked = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

interface Measured {
  readonly longest: number
  readonly total: number
  readonly worked: number
}

/** Runs a way of sending, and looks at each round of the event loop how long it was kept since the last one. */
const measure = async (way: () => Promise<unknown>): Promise<Measured> => {
  globalThis.gc?.()
  watchThread()
  let [longest, mostWorked, last, lastWorked] = [0, 0, watchedDelay(), worked()]
  const look = () => {
    const [now, nowWorked] = [watchedDelay(), worked()]
    longest = Math.max(longest, now - last)
    mostWorked = Math.max(mostWorked, nowWorked - lastWorked)
    ;[last, lastWorked] = [now, nowWorked]
  }
  const timer = setInterval(look, 1)
  setDelay("MQSendMessage", delay)
  await way()
  setDelay("MQSendMessage", 0)
  look()
  clearInterval(timer)
  return { longest, total: last, worked: mostWorked }
}

const outgoing = Array.from({ length: count }, (_, index) => ({ label: `order ${index}`, body: new Uint8Array(100) }))
const recoverable = outgoing.map((message) => ({ ...message, delivery: "recoverable" as const }))
const orders = ".\\private$\\orders"
const single = { transaction: "singleMessage" } as const

const runtime = ManagedRuntime.make(layer)
const scope = Scope.makeUnsafe()
const run = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>): Promise<A> =>
  runtime.runPromise(Scope.provide(effect, scope))

/** The part that each of ten sends. */
const tenth = outgoing.slice(0, Math.ceil(count / 10))

type Way = (sender: Sender.Sender) => Effect.Effect<unknown, unknown, Mqrt.Mqrt | Scope.Scope>

/** The ways of programs that write Effect. */
const ways: Readonly<Record<string, Way>> = {
  send: (sender) => Effect.forEach(outgoing, (message) => sender.send(message, single), { discard: true }),
  sendAll: (sender) => sender.sendAll(outgoing, single),
  recoverable: (sender) => sender.sendAll(recoverable, single),
  sink: (sender) => Stream.run(Stream.fromIterable(outgoing), sender.sink(single)),
  "inside of a transaction": (sender) =>
    Transaction.run(Effect.forEach(outgoing, (message) => sender.send(message), { discard: true })),
  "with a security context": (sender) =>
    Effect.flatMap(SecurityContext.acquire(), (securityContext) =>
      sender.sendAll(outgoing, { ...single, securityContext })
    ),
  "ten batches at once": (sender) =>
    Effect.forEach(Array.from({ length: 10 }), () => sender.sendAll(tenth, single), { concurrency: "unbounded" }),
  "all sends at once": (sender) =>
    Effect.forEach(outgoing, (message) => sender.send(message, single), { concurrency: "unbounded", discard: true }),
  "ten senders at once": () =>
    Effect.forEach(
      Array.from({ length: 10 }),
      () => Effect.flatMap(MessageQueue.openSender(orders), (sender) => sender.sendAll(tenth, single)),
      { concurrency: "unbounded" }
    )
}

const promises: Readonly<Record<string, (sender: Awaited<ReturnType<Connection["openSender"]>>) => Promise<unknown>>> =
  {
    "promises, send": async (sender) => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      for (const message of outgoing) await sender.send(message, single)
    },
    "promises, sendAll": (sender) => sender.sendAll(outgoing, single),
    "promises, all sends at once": (sender) => Promise.all(outgoing.map((message) => sender.send(message, single)))
  }

const print = (way: string, measured: Measured) => console.log(JSON.stringify({ way, ...measured }))

await using msmq = await connect(layer)
await msmq.createQueue(orders, { transactional: true })
setDiscard(1)
for (const [name, way] of Object.entries(ways)) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  const sender = await run(MessageQueue.openSender(orders))
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  print(name, await measure(() => run(way(sender))))
}
await Effect.runPromise(Scope.close(scope, Exit.void))
await runtime.dispose()
for (const [name, way] of Object.entries(promises)) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  await using sender = await msmq.openSender(orders)
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  print(name, await measure(() => way(sender)))
}
