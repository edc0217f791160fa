/** Each way to open something and to close it again, in both faces, over a backend that has the queues of {@link prepare}. */
import type { Mqrt } from "@effect-msmq/core"
import { MessageQueue, SecurityContext, SecurityContexts, Transaction } from "@effect-msmq/core"
import { connect, type Connection } from "@effect-msmq/core/promises"
import { HandleLedger } from "@effect-msmq/testing"
import { Effect, Schedule, Stream } from "effect"
import type { Backend } from "./backend.ts"

export const orders = ".\\private$\\orders"
const payments = ".\\private$\\payments"
const aside = "DIRECT=OS:.\\private$\\orders;aside"

/** Creates a queue that holds one message, and an empty transactional one. */
export const prepare = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* MessageQueue.create(payments, { transactional: true })
  const sender = yield* MessageQueue.openSender(orders)
  yield* sender.send({ label: "order" })
}).pipe(Effect.scoped)

const there = <A>(value: A | undefined): A => {
  if (value === undefined) throw new Error("there is no message")
  return value
}

/** Connections and a receiver that stay open while others are opened and closed. */
export interface Open {
  readonly msmq: Connection
  /** Another connection, whose handles a ledger counts. */
  readonly counted: Connection
  readonly receiver: Awaited<ReturnType<Connection["openReceiver"]>>
  readonly backend: Backend
}

/** In the promise face. */
export const inPromises: Readonly<Record<string, (open: Open) => Promise<unknown>>> = {
  sender: async ({ msmq }) => {
    await using sender = await msmq.openSender(orders)
    return sender.queue
  },
  receiver: async ({ msmq }) => {
    await using receiver = await msmq.openReceiver(orders)
    return receiver.queue
  },
  "cursor of a receiver that stays open": async ({ receiver }) => {
    await using cursor = await receiver.cursor()
    await cursor.next()
  },
  "cursor that is closed with its receiver": async ({ msmq }) => {
    await using receiver = await msmq.openReceiver(orders)
    const cursor = await receiver.cursor()
    await cursor.next()
  },
  browse: async ({ receiver }) => {
    for await (const message of receiver.browse()) there(message)
  },
  "messages of a queue, left after one": async ({ msmq }) => {
    await using sender = await msmq.openSender(orders)
    for await (const { label } of msmq.messages(orders)) {
      await sender.send({ label })
      break
    }
  },
  "messages of a receiver, left after one": async ({ msmq, receiver }) => {
    await using sender = await msmq.openSender(orders)
    for await (const { label } of receiver) {
      await sender.send({ label })
      break
    }
  },
  "search for public queues": async ({ msmq }) => {
    try {
      for await (const queue of msmq.locateQueues()) there(queue)
    } catch (error) {
      // A workgroup has no directory to search.
      if ((error as { readonly code?: string }).code !== "MQ_ERROR_NO_DS") throw error
    }
  },
  "move to a subqueue and back": async ({ msmq, receiver }) => {
    await using other = await msmq.openReceiver(aside)
    await receiver.move(there(await receiver.pollPeek()), "aside")
    await other.move(there(await other.pollPeek()), null)
  },
  "redriving from a subqueue": async ({ msmq, receiver }) => {
    await receiver.move(there(await receiver.pollPeek()), "aside")
    await msmq.redriveMessages(aside, orders)
  },
  "removing of no message": ({ msmq }) => msmq.removeMessages(orders, { where: () => false }),
  "list of queues, left after one": async ({ msmq }) => {
    for await (const queue of msmq.queueManager.queues({ kind: "private" })) {
      there(queue)
      break
    }
  },
  "health check": ({ msmq }) => msmq.checkHealth({ queues: [orders], maximumDepth: 1, maximumAge: "1 day" }),
  "security context": ({ msmq }) => {
    using context = msmq.securityContext()
    return Promise.resolve(context.isOpen)
  },
  "transaction that is aborted": async ({ msmq }) => {
    await using transaction = await msmq.beginTransaction()
    return transaction.isOpen
  },
  "transaction that is committed": async ({ msmq }) => {
    const transaction = await msmq.beginTransaction()
    await transaction.commit()
  },
  "transaction of a function": ({ msmq }) => msmq.transaction(() => Promise.resolve()),
  "wait that is aborted": async ({ receiver }) => {
    const controller = new AbortController()
    await using cursor = await receiver.cursor()
    await cursor.next()
    const waiting = cursor.nextWithin("1 hour", { signal: controller.signal })
    controller.abort("enough")
    await waiting.catch(() => {})
  },
  "opening that fails": ({ msmq }) => msmq.openSender(".\\private$\\nowhere").catch(() => {}),
  connection: async ({ backend }) => {
    await using msmq = await connect(backend)
    await msmq.queueExists(orders)
  },
  "connection that closes all that is open": async ({ backend }) => {
    await using msmq = await connect(backend)
    await msmq.createQueue(`${orders}2`).catch(() => {})
    const sender = await msmq.openSender(`${orders}2`)
    const receiver = await msmq.openReceiver(`${orders}2`)
    return [sender, receiver, await receiver.cursor(), msmq.securityContext(), await msmq.beginTransaction()]
  },
  "sender that a ledger counts": async ({ counted }) => {
    await using sender = await counted.openSender(orders)
    return sender.queue
  },
  "security context that a ledger counts": ({ counted }) => Promise.resolve(counted.securityContext().close()),
  "connection over a ledger": async ({ backend }) => {
    await using msmq = await connect(HandleLedger.layer(backend))
    msmq.securityContext().close()
  }
}

/** In the Effect face. */
export const inEffect: Readonly<Record<string, (backend: Backend) => Effect.Effect<unknown, unknown, Mqrt.Mqrt>>> = {
  sender: () => Effect.scoped(MessageQueue.openSender(orders)),
  receiver: () => Effect.scoped(MessageQueue.openReceiver(orders)),
  cursor: () =>
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(orders)
      const cursor = yield* receiver.cursor
      return yield* cursor.next
    }).pipe(Effect.scoped),
  "messages, left after one": () =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender(orders)
      const receiver = yield* MessageQueue.openReceiver(orders)
      yield* Stream.runForEach(Stream.take(receiver.messages, 1), ({ label }) => sender.send({ label }))
    }).pipe(Effect.scoped),
  browse: () =>
    Effect.scoped(Effect.flatMap(MessageQueue.openReceiver(orders), ({ browse }) => Stream.runDrain(browse))),
  "search for public queues": () =>
    Effect.catchReason(Stream.runDrain(MessageQueue.locate()), "MsmqError", "NoDs", () => Effect.void),
  "security context": () => Effect.scoped(SecurityContext.acquire()),
  "security contexts": () =>
    SecurityContexts.SecurityContexts.use((contexts) => Effect.scoped(contexts.get())).pipe(
      Effect.provide(SecurityContexts.layer(), { local: true })
    ),
  "security contexts that are not kept": () =>
    SecurityContexts.SecurityContexts.use((contexts) => Effect.scoped(contexts.get())).pipe(
      Effect.provide(SecurityContexts.layer({ idleTimeToLive: 0 }), { local: true })
    ),
  "transaction that is aborted": () => Effect.scoped(Transaction.begin()),
  "transaction of an effect": () => Transaction.run(Effect.void),
  consume: () =>
    Effect.gen(function* () {
      const sender = yield* MessageQueue.openSender(payments)
      yield* sender.send({ label: "payment" }, { transaction: "singleMessage" })
      const receiver = yield* MessageQueue.openReceiver(payments)
      yield* Effect.flip(receiver.consume(() => Effect.fail("no"), { retry: Schedule.recurs(0) }))
      yield* Transaction.run(receiver.poll)
    }).pipe(Effect.scoped),
  layer: (backend) => MessageQueue.exists(orders).pipe(Effect.provide(backend, { local: true }))
}
