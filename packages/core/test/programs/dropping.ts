/**
 * Opens twenty of each kind, twice: `node --expose-gc dropping.ts [BACKEND]`. The first are closed before they are dropped, the
 * others are dropped as they are. Prints one line of JSON for each kind of each: how many warnings there were, and how many of
 * them are reports of that kind which name this file as where it was opened.
 */
import { MessageQueue, Mqrt, SecurityContext, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { HandleLedger } from "@effect-msmq/testing"
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect"
import { backendOf } from "./backend.ts"
import { collect } from "./collect.ts"
import { inTurn, times } from "./inTurn.ts"
import { orders, prepare } from "./openings.ts"

const count = 20

const backend = await backendOf(process.argv[2])
const runtime = ManagedRuntime.make(backend)
await runtime.runPromise(prepare)
/** Connections to the queues that were prepared. */
const connected = Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make)).pipe(
  Layer.provide(Layer.succeedContext(await runtime.context()))
)
const msmq = await connect(connected)
const counted = await connect(HandleLedger.layer(connected))
const receiver = await msmq.openReceiver(orders)
const sender = await msmq.openSender(orders)

/** Something open in the hands of a program, and its closing. */
interface Held {
  readonly held: unknown
  readonly close: () => unknown
}

const closable = async (opened: Promise<{ readonly close: () => unknown }>): Promise<Held> => {
  const held = await opened
  return { held, close: () => held.close() }
}

const iterated = async <A>(iterable: AsyncIterable<A>): Promise<Held> => {
  const iterator = iterable[Symbol.asyncIterator]()
  await iterator.next()
  return { held: iterator, close: () => iterator.return?.() }
}

const scoped = async <A, E>(open: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>): Promise<Held> => {
  const scope = Scope.makeUnsafe()
  await runtime.runPromise(Scope.provide(open, scope))
  return { held: scope, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const openReceiver = MessageQueue.openReceiver(orders)
const keptScope = Scope.makeUnsafe()
const keptReceiver = await runtime.runPromise(Scope.provide(openReceiver, keptScope))

/** The name of each in a report, and its opening. */
const kinds: Readonly<Record<string, readonly [reported: string, open: () => Promise<Held>]>> = {
  sender: ["sender", () => closable(msmq.openSender(orders))],
  receiver: ["receiver", () => closable(msmq.openReceiver(orders))],
  cursor: ["cursor", () => closable(receiver.cursor())],
  "security context": ["security context", () => closable(Promise.resolve(msmq.securityContext()))],
  transaction: [
    "transaction",
    async () => {
      const transaction = await msmq.beginTransaction()
      return { held: transaction, close: () => transaction.abort() }
    }
  ],
  "transaction that is committed": [
    "transaction",
    async () => {
      const transaction = await msmq.beginTransaction()
      return { held: transaction, close: () => transaction.commit() }
    }
  ],
  connection: ["connection", () => closable(connect(connected))],
  "connection with a backend of its own": ["connection", () => closable(connect(backend))],
  "connection over decorations": ["connection", () => closable(connect(HandleLedger.layer(backend)))],
  "sender that a ledger counts": ["sender", () => closable(counted.openSender(orders))],
  "iterator over the messages of a queue": [
    "receiver",
    async () => {
      await sender.send({ label: "order" })
      return iterated(msmq.messages(orders))
    }
  ],
  "iterator of a browse": ["cursor", () => iterated(receiver.browse())],
  "scope of a sender": ["sender", () => scoped(MessageQueue.openSender(orders))],
  "scope of a receiver": ["receiver", () => scoped(openReceiver)],
  "scope of a cursor": ["cursor", () => scoped(keptReceiver.cursor)],
  "scope of a security context": ["security context", () => scoped(SecurityContext.acquire())],
  "scope of a transaction": ["transaction", () => scoped(Transaction.begin())],
  "scope of a layer": [
    "connection",
    () => scoped(Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(Layer.fresh(backend), scope)))
  ],
  "runtime of a layer": [
    "connection",
    async () => {
      const other = ManagedRuntime.make(backend)
      await other.runPromise(MessageQueue.exists(orders))
      return { held: other, close: () => other.dispose() }
    }
  ]
}

interface Report extends Error {
  readonly detail?: string
}

let reports: Array<Report> = []
process.on("warning", (warning) => reports.push(warning))

/** Lets sends of {@link slow} go on. */
const sent = Promise.withResolvers<void>()

/** Connections whose sends take long. */
const slow = Layer.effect(
  Mqrt.Mqrt,
  Effect.flatMap(Mqrt.Mqrt, (mqrt) =>
    Mqrt.make({
      ...mqrt,
      sendMessages: (...given) =>
        Effect.andThen(
          Effect.promise(() => sent.promise),
          mqrt.sendMessages(...given)
        )
    })
  )
).pipe(Layer.provide(connected))
const slowMsmq = await connect(slow)
const closings: Array<Promise<void>> = []

/** Kinds whose closing waits. */
const closedLater: typeof kinds = {
  "sender whose closing waits": [
    "sender",
    async () => {
      const held = await slowMsmq.openSender(orders)
      void held.send({ label: "order" })
      return { held, close: () => void closings.push(held.close()) }
    }
  ]
}

/** Kinds that are closed by another. */
const closedByAnother: typeof kinds = {
  "what is closed with its connection": [
    "sender",
    async () => {
      const other = await connect(connected)
      const held = [await other.openSender(orders), await other.openReceiver(orders), other.securityContext()]
      return { held, close: () => other.close() }
    }
  ],
  "cursor that is closed with its receiver": [
    "cursor",
    async () => {
      const other = await msmq.openReceiver(orders)
      return { held: await other.cursor(), close: () => other.close() }
    }
  ]
}

type Kind = readonly [name: string, kind: (typeof kinds)[string]]

const openAll = async (these: ReadonlyArray<Kind>): Promise<Map<Kind, ReadonlyArray<Held>>> => {
  const opened = new Map<Kind, ReadonlyArray<Held>>()
  await inTurn(these, async (kind) => {
    const all: Array<Held> = []
    await times(count, async () => all.push(await kind[1][1]()))
    opened.set(kind, all)
  })
  return opened
}

const print = (fate: string, [name, [reported]]: Kind): void => {
  const ofKind = reports.filter(
    (report) => report.name === "MsmqHandleDropped" && report.message.startsWith(`the ${reported} `)
  )
  const named = ofKind.filter(({ detail }) => detail?.includes("/dropping.ts:"))
  console.log(JSON.stringify({ fate, name, reports: reports.length, named: named.length }))
  reports = []
}

/** Collects garbage until all are reported, if they ever are. */
const collectUntilReported = async (attempts = 5): Promise<void> => {
  await collect()
  if (reports.length < count && attempts > 0) await collectUntilReported(attempts - 1)
}

// Collections of garbage take nearly all of the time. There is one while all of a fate are open.
const closed = await openAll(Object.entries({ ...kinds, ...closedByAnother, ...closedLater }))
await collect()
await inTurn([...closed], async ([kind, all]) => {
  await inTurn(all, ({ close }) => close())
  closed.delete(kind)
  await collect()
  print("closed", kind)
})
const dropped = await openAll(Object.entries(kinds))
await collect()
await inTurn([...dropped.keys()], async (kind) => {
  dropped.delete(kind)
  await collectUntilReported()
  print("dropped", kind)
})
sent.resolve()
await Promise.all(closings)
// In good order, and with what the program still holds.
await Effect.runPromise(Scope.close(keptScope, Exit.void))
await counted.close()
await slowMsmq.close()
await msmq.close()
await runtime.dispose()
