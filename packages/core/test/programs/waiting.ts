/**
 * Waits in every way that there is, one after the other, and then ends by itself with everything open that can be:
 * `node waiting.ts [BACKEND]`. Prints the name of each way when its wait is over.
 *
 * What it waits for is sent by a timer that does not keep the process alive: if the wait does not either, the process ends
 * before its turn is over.
 */
import { MessageQueue, Mqrt, SecurityContexts, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import type { Receiver } from "@effect-msmq/core"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import { backendOf } from "./backend.ts"
import { inTurn } from "./inTurn.ts"

const orders = ".\\private$\\orders"
const poison = ".\\private$\\poison"

const runtime = ManagedRuntime.make(await backendOf(process.argv[2]))
// Connections to the same queues.
const connected = Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make)).pipe(
  Layer.provide(Layer.succeedContext(await runtime.context()))
)
const msmq = await connect(connected)
await msmq.createQueue(orders)
await msmq.createQueue(poison)
const sender = await msmq.openSender(orders)
const receiver = await msmq.openReceiver(orders)
const cursor = await receiver.cursor()

/** Runs a fiber, as a program does that does not wait for it. */
const inEffect = (use: (receiver: Receiver.Receiver) => Effect.Effect<unknown, unknown>) => () =>
  new Promise<unknown>((resolve) => {
    const used = Effect.flatMap(MessageQueue.openReceiver(orders), use)
    runtime.runFork(Effect.scoped(used)).addObserver(resolve)
  })

const first = async <A>(iterable: AsyncIterable<A>): Promise<void> => {
  for await (const one of iterable) {
    if (one !== undefined) break
  }
}

/** Consumes until the handler has been called once. */
const consumeOne = async (handle: () => Promise<unknown>): Promise<void> => {
  const controller = new AbortController()
  const consumer = await msmq.openReceiver(orders, { shareMode: "denyReceive" })
  const handler = () => handle().then(() => controller.abort("enough"))
  await consumer.consume(handler, { signal: controller.signal }).done.catch(() => {})
  await consumer.close()
}

const soon = (then: () => void): NodeJS.Timeout => setTimeout(then, 50).unref()

/** Handles that stay open until the process ends. They are reachable until then, so that none is reported as dropped. */
const leftOpen: Array<unknown> = []
process.on("exit", () => leftOpen.splice(0))

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  "Promise: peek": () => receiver.peek(),
  "Promise: peekWithin": () => receiver.peekWithin("1 hour"),
  "Promise: nextWithin of a cursor": () => cursor.nextWithin("1 hour"),
  "Promise: receive": () => receiver.receive(),
  "Promise: receiveWithin": () => receiver.receiveWithin("1 hour"),
  "Promise: for await over a receiver": () => first(receiver),
  "Promise: for await over a queue": () => first(msmq.messages(orders)),
  "Promise: request": async () => {
    const requester = await msmq.openRequester(poison)
    const server = await msmq.openReceiver(poison)
    leftOpen.push(requester)
    soon(() => void server.poll().then((question) => question && msmq.reply(question, {})))
    await requester.request({}, { within: "1 hour" })
    await server.close()
  },
  "Promise: sendAwaiting": async () => {
    const asking = await msmq.openSender(poison)
    const server = await msmq.openReceiver(poison)
    leftOpen.push(asking)
    soon(() => void server.poll())
    await asking.sendAwaiting({}, { until: "received", within: "1 hour" })
    await server.close()
  },
  "Effect: peek": inEffect(({ peek }) => peek),
  "Effect: receive": inEffect(({ receive }) => receive),
  "Effect: receiveWithin": inEffect((queue) => queue.receiveWithin("1 hour")),
  "Effect: messages": inEffect(({ messages }) => Stream.runDrain(Stream.take(messages, 1))),
  "Effect: consume": inEffect((queue) =>
    queue
      .consume(() => Effect.void, { poison: { queue: poison } })
      .pipe(Effect.raceFirst(Effect.callback<void>((resume) => void soon(() => resume(Effect.void)))))
  ),
  "Promise: consume": async () => {
    await receiver.close()
    await consumeOne(() => Promise.resolve())
  },
  "Promise: consume whose handler waits for what keeps nothing alive": () =>
    consumeOne(() => new Promise<void>((resolve) => void soon(resolve)))
}

/** Opens everything that stays open when the process ends. */
const leaveOpen = async (): Promise<void> => {
  const queue = await msmq.openReceiver(orders)
  await sender.send({ label: "whose time is over in an hour", timeToBeReceived: "1 hour" })
  const elsewhere = await msmq.openSender("DIRECT=OS:elsewhere\\private$\\orders")
  await elsewhere.send({ label: "that waits for a machine which is not there" })
  await first(queue.browse())
  leftOpen.push(
    queue,
    elsewhere,
    await queue.cursor(),
    await msmq.beginTransaction(),
    await msmq.acquireSecurityContext()
  )
  const idle = SecurityContexts.SecurityContexts.use((contexts) => Effect.scoped(contexts.get()))
  const cache = ManagedRuntime.make(Layer.provide(SecurityContexts.layer({ idleTimeToLive: "1 hour" }), connected))
  await cache.runPromise(idle)
  await runtime.runPromise(Effect.flatMap(Effect.scope, () => Transaction.begin()).pipe(Effect.scoped))
  // One that was given up.
  const controller = new AbortController()
  const waiting = cursor.nextWithin("1 hour", { signal: controller.signal })
  controller.abort("enough")
  await waiting.catch(() => {})
}

const waitInTurn = inTurn(Object.entries(ways), async ([name, wait]) => {
  soon(() => void sender.send({ label: "order" }))
  await wait()
  console.log(name)
  await runtime.runPromise(MessageQueue.purge(orders)).catch(() => {})
})

void waitInTurn.then(leaveOpen).then(() => console.log("end"))
