/** Each way to open something and to close it again, in both faces. */
import type { Mqrt } from "@effect-msmq/core"
import { MessageQueue, Msmq, SecurityContext, SecurityContexts, Transaction } from "@effect-msmq/core"
import type { Layer } from "effect"
import { Effect, Schedule, Stream } from "effect"

export type Backend = Layer.Layer<Mqrt.Mqrt, unknown>

export const orders = ".\\private$\\orders"
export const payments = ".\\private$\\payments"
const aside = "DIRECT=OS:.\\private$\\orders;aside"

/** Creates a queue that holds one message, and an empty transactional one. */
export const prepare = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* MessageQueue.create(payments, { transactional: true })
  const sender = yield* MessageQueue.openSender(orders)
  yield* sender.send({ label: "one" })
}).pipe(Effect.scoped)

type OpenReceiver = Awaited<ReturnType<Msmq.Msmq["openReceiver"]>>

const only = <A>(value: A | undefined): A => {
  if (value === undefined) throw new Error("there is no message")
  return value
}

/** Opens one and closes it. `receiver` stays open meanwhile, and so does what it was opened through. */
type InPromises = (msmq: Msmq.Msmq, receiver: OpenReceiver, backend: Backend) => Promise<void>

/** One in the promise face. */
export const inPromises: Readonly<Record<string, InPromises>> = {
  sender: async (msmq) => {
    await using sender = await msmq.openSender(orders)
    void sender
  },
  receiver: async (msmq) => {
    await using receiver = await msmq.openReceiver(orders)
    void receiver
  },
  "cursor of a receiver that stays open": async (_, receiver) => {
    await using cursor = await receiver.cursor()
    await cursor.next()
  },
  "cursor of a receiver that closes with it": async (msmq) => {
    await using receiver = await msmq.openReceiver(orders)
    const cursor = await receiver.cursor()
    await cursor.next()
  },
  browse: async (_, receiver) => {
    for await (const message of receiver.browse()) void message
  },
  "messages of a queue, left after one": async (msmq) => {
    await using sender = await msmq.openSender(orders)
    for await (const message of msmq.messages(orders)) {
      await sender.send(message)
      break
    }
  },
  "messages of a receiver, left after one": async (msmq, receiver) => {
    await using sender = await msmq.openSender(orders)
    for await (const { label } of receiver) {
      await sender.send({ label })
      break
    }
  },
  "search for public queues": async (msmq) => {
    for await (const queue of msmq.locateQueues()) void queue
  },
  "move to a subqueue and back": async (msmq, receiver) => {
    await using other = await msmq.openReceiver(aside)
    await receiver.move(only(await receiver.pollPeek()), "aside")
    await other.move(only(await other.pollPeek()), null)
  },
  "security context": (msmq) => {
    using context = msmq.securityContext()
    void context
    return Promise.resolve()
  },
  "transaction that is aborted": async (msmq) => {
    await using transaction = await msmq.beginTransaction()
    void transaction
  },
  "transaction that is committed": async (msmq) => {
    const transaction = await msmq.beginTransaction()
    await transaction.commit()
  },
  "transaction of a function": (msmq) => msmq.transaction(() => Promise.resolve()),
  "wait that is aborted": async (_, receiver) => {
    const controller = new AbortController()
    const peek = receiver.cursor().then(async (cursor) => {
      await cursor.next()
      const waiting = cursor.nextWithin("1 hour", { signal: controller.signal })
      await Promise.resolve()
      controller.abort("given up")
      await waiting.catch(() => {})
      await cursor.close()
    })
    await peek
  },
  "opening that fails": (msmq) =>
    msmq.openSender(".\\private$\\nowhere").then(
      () => Promise.reject(new Error("it was opened")),
      () => {}
    ),
  connection: async (_, __, backend) => {
    await using msmq = await Msmq.connect(backend)
    await msmq.queueExists(orders)
  },
  "connection that closes what is open": async (_, __, backend) => {
    await using msmq = await Msmq.connect(backend)
    await msmq.createQueue(`${orders}2`).catch(() => {})
    await msmq.openSender(`${orders}2`)
    const receiver = await msmq.openReceiver(`${orders}2`)
    await receiver.cursor()
    msmq.securityContext()
    await msmq.beginTransaction()
  },
  "connection that cannot be made": (_, __, backend) => {
    void backend
    return Promise.resolve()
  }
}

/** One in the Effect face. */
export const inEffect: Readonly<Record<string, (backend: Backend) => Effect.Effect<unknown, unknown, Mqrt.Mqrt>>> = {
  sender: () => Effect.scoped(MessageQueue.openSender(orders)),
  receiver: () => Effect.scoped(MessageQueue.openReceiver(orders)),
  cursor: () =>
    Effect.scoped(
      Effect.gen(function* () {
        const receiver = yield* MessageQueue.openReceiver(orders)
        const cursor = yield* receiver.cursor
        return yield* cursor.next
      })
    ),
  "messages of a receiver, left after one": () =>
    Effect.scoped(
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* Stream.runForEach(Stream.take(receiver.messages, 1), (message) => sender.send(message))
      })
    ),
  browse: () =>
    Effect.scoped(
      Effect.flatMap(MessageQueue.openReceiver(orders), (receiver) => Stream.runDrain(receiver.browse))
    ),
  "search for public queues": () => Stream.runDrain(MessageQueue.locate()),
  "security context": () => Effect.scoped(SecurityContext.acquire()),
  "security contexts, cached": () =>
    SecurityContexts.SecurityContexts.use((contexts) => Effect.scoped(contexts.get())).pipe(
      Effect.provide(SecurityContexts.layer(), { local: true })
    ),
  "security contexts, not kept": () =>
    SecurityContexts.SecurityContexts.use((contexts) => Effect.scoped(contexts.get())).pipe(
      Effect.provide(SecurityContexts.layer({ idleTimeToLive: 0 }), { local: true })
    ),
  "transaction that is aborted": () => Effect.scoped(Transaction.begin()),
  "transaction of an effect": () => Transaction.run(Effect.void),
  consume: () =>
    Effect.scoped(
      Effect.gen(function* () {
        const sender = yield* MessageQueue.openSender(payments)
        yield* sender.send({ label: "payment" }, { transaction: "singleMessage" })
        const receiver = yield* MessageQueue.openReceiver(payments)
        yield* Effect.flip(receiver.consume(() => Effect.fail("no"), { retry: Schedule.recurs(0), poison: "fail" }))
        yield* Transaction.run(receiver.poll)
      })
    ),
  layer: (backend) =>
    MessageQueue.exists(orders).pipe(Effect.provide(backend, { local: true }))
}
