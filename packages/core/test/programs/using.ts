/**
 * Uses and closes each kind of handle that the program does not mention any more: `node --expose-gc using.ts [BACKEND]`.
 * Prints one line of JSON for each call and the next one: the handles that were reported after the end of the first while the
 * other was under way, and those that should have been, which are those of the first.
 */
import type { Receiver } from "@effect-msmq/core"
import { MessageQueue, Mqrt, SecurityContext, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { Effect, Exit, Layer, ManagedRuntime, Scope, Stream } from "effect"
import { backendOf } from "./backend.ts"
import { collect } from "./collect.ts"
import { inTurn } from "./inTurn.ts"

const orders = ".\\private$\\orders"
const payments = ".\\private$\\payments"
const poison = ".\\private$\\poison"

const backend = await backendOf(process.argv[2])
const runtime = ManagedRuntime.make(backend)
await runtime.runPromise(
  Effect.andThen(
    Effect.forEach([orders, poison], (queue) => MessageQueue.create(queue)),
    MessageQueue.create(payments, { transactional: true })
  )
)

/** Promise that slow calls wait for; `undefined` where they do not wait. */
let gate: Promise<void> | undefined
let open = () => {}
const shut = (): void => {
  gate = new Promise((resolve) => (open = resolve))
}

const slow = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() =>
    gate === undefined
      ? effect
      : Effect.andThen(
          Effect.promise(() => gate!),
          effect
        )
  )

/** Connections to the queues, whose calls are slow while the gate is shut. */
const connected = Layer.effect(
  Mqrt.Mqrt,
  Effect.flatMap(Mqrt.Mqrt, (mqrt) =>
    Mqrt.make({
      ...mqrt,
      openQueue: (...given) => slow(mqrt.openQueue(...given)),
      closeQueue: (handle) => slow(mqrt.closeQueue(handle)),
      closeCursor: (handle) => slow(mqrt.closeCursor(handle)),
      createQueue: (...given) => slow(mqrt.createQueue(...given)),
      getQueueProperties: (name) => slow(mqrt.getQueueProperties(name)),
      pathNameToFormatName: (name) => slow(mqrt.pathNameToFormatName(name)),
      purgeQueue: (handle) => slow(mqrt.purgeQueue(handle)),
      sendMessages: (...given) => slow(mqrt.sendMessages(...given)),
      commitTransaction: (handle) => slow(mqrt.commitTransaction(handle)),
      abortTransaction: (handle) => slow(mqrt.abortTransaction(handle))
    })
  )
).pipe(Layer.provide(Layer.succeedContext(await runtime.context())))

const msmq = await connect(connected)
const sender = await msmq.openSender(orders)
const receiver = await msmq.openReceiver(orders)
const kept = ManagedRuntime.make(connected)
await kept.runPromise(Effect.void)

const order = { label: "order" }

/** A call that is under way, and what lets it end. */
interface UnderWay {
  readonly ended: Promise<unknown>
  readonly end: () => unknown
}

/** A call that ends when the gate opens. */
const slowly = (call: () => Promise<unknown>): UnderWay => {
  shut()
  return { ended: call(), end: () => open() }
}

/** A call that ends when a message comes. */
const waiting = (ended: Promise<unknown>): UnderWay => ({ ended, end: () => sender.send(order) })

/** A call that never ends, since it waits for what nobody can bring about. */
const forever = (call: Promise<unknown>): UnderWay => {
  void call
  return { ended: Promise.resolve(), end: () => {} }
}

const never = () => new Promise<never>(() => {})

/** A function of the program that waits until it is let go. */
const held = (): { readonly until: Promise<void>; readonly letGo: () => void } => {
  let letGo = () => {}
  const until = new Promise<void>((resolve) => (letGo = resolve))
  return { until, letGo }
}

const loop = async <A>(iterable: AsyncIterable<A>, body: (one: A) => Promise<unknown>): Promise<void> => {
  for await (const one of iterable) {
    await body(one)
    break
  }
}

const inLoop = async <A>(iterable: AsyncIterable<A>): Promise<UnderWay> => {
  await sender.send(order)
  const { letGo, until } = held()
  const begun = held()
  const ended = loop(iterable, () => {
    begun.letGo()
    return until
  })
  await begun.until
  return { ended, end: letGo }
}

/** Runs an effect in a scope of its own, which nothing mentions any more. */
const inScope = async <A, E>(
  opening: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>,
  use: (opened: A, scope: Scope.Closeable) => Effect.Effect<unknown, unknown, Mqrt.Mqrt>
): Promise<UnderWay> => {
  const scope = Scope.makeUnsafe()
  const opened = await kept.runPromise(Scope.provide(opening, scope))
  return slowly(() => kept.runPromise(use(opened, scope)))
}

const receiverInScope = async (use: (queue: Receiver.Receiver) => Effect.Effect<unknown, unknown>) => {
  const scope = Scope.makeUnsafe()
  const queue = await kept.runPromise(Scope.provide(MessageQueue.openReceiver(orders), scope))
  return waiting(kept.runPromise(use(queue)))
}

const consumed = (ended: Promise<unknown>): Promise<unknown> => ended.catch(() => {})

const consumePolicy = { poison: { queue: poison } } as const

/** Each call, and the handles that are dropped when it has ended. */
const calls: Readonly<
  Record<string, readonly [start: () => Promise<UnderWay> | UnderWay, dropped: readonly string[]]>
> = {
  "Promise: close of a sender": [
    async () => {
      const queue = await msmq.openSender(orders)
      return slowly(() => queue.close())
    },
    []
  ],
  "Promise: close of a receiver": [
    async () => {
      const queue = await msmq.openReceiver(orders)
      return slowly(() => queue.close())
    },
    []
  ],
  "Promise: close of a receiver with a cursor": [
    async () => {
      const queue = await msmq.openReceiver(orders)
      await queue.cursor()
      return slowly(() => queue.close())
    },
    []
  ],
  "Promise: close of a cursor": [
    async () => {
      const cursor = await receiver.cursor()
      return slowly(() => cursor.close())
    },
    []
  ],
  "Promise: commit": [
    async () => {
      const transaction = await msmq.beginTransaction()
      return slowly(() => transaction.commit())
    },
    []
  ],
  "Promise: abort": [
    async () => {
      const transaction = await msmq.beginTransaction()
      return slowly(() => transaction.abort())
    },
    []
  ],
  "Promise: close of a connection": [
    async () => {
      const connection = await connect(connected)
      await connection.openSender(orders)
      await (await connection.openReceiver(orders)).cursor()
      await connection.beginTransaction()
      connection.securityContext()
      return slowly(() => connection.close())
    },
    []
  ],
  "Promise: close of a receiver that consumes": [
    async () => {
      const queue = await msmq.openReceiver(orders)
      const { letGo, until } = held()
      const begun = held()
      const consuming = queue.consume(() => {
        begun.letGo()
        return until
      }, consumePolicy)
      await sender.send(order)
      await begun.until
      const closing = queue.close()
      return { ended: Promise.all([consumed(consuming.done), closing]), end: letGo }
    },
    []
  ],
  "Promise: receive": [async () => waiting((await msmq.openReceiver(orders)).receive()), ["receiver"]],
  "Promise: receiveWithin": [
    async () => waiting((await msmq.openReceiver(orders)).receiveWithin("1 hour")),
    ["receiver"]
  ],
  "Promise: peek": [async () => waiting((await msmq.openReceiver(orders)).peek()), ["receiver"]],
  "Promise: receive through a connection of its own": [
    async () => waiting((await (await connect(connected)).openReceiver(orders)).receive()),
    ["connection", "receiver"]
  ],
  "Promise: nextWithin of a cursor": [async () => waiting((await receiver.cursor()).nextWithin("1 hour")), ["cursor"]],
  "Promise: nextWithin of a cursor of a receiver": [
    async () => waiting((await (await msmq.openReceiver(orders)).cursor()).nextWithin("1 hour")),
    ["cursor", "receiver"]
  ],
  "Promise: loop over a receiver that waits": [
    async () => waiting(loop(await msmq.openReceiver(orders), () => Promise.resolve())),
    ["receiver"]
  ],
  "Promise: loop over a receiver, in its body": [async () => inLoop(await msmq.openReceiver(orders)), ["receiver"]],
  "Promise: loop over the messages of a queue, in its body": [
    async () => inLoop((await connect(connected)).messages(orders)),
    ["connection"]
  ],
  "Promise: loop over a browse, in its body": [
    async () => inLoop((await msmq.openReceiver(orders)).browse()),
    ["receiver"]
  ],
  "Promise: loop over a cursor, in its body": [
    async () => inLoop(await (await msmq.openReceiver(orders)).cursor()),
    ["cursor", "receiver"]
  ],
  "Promise: send": [
    async () => {
      const queue = await msmq.openSender(orders)
      return slowly(() => queue.send(order))
    },
    ["sender"]
  ],
  "Promise: send, signed, in a transaction": [
    async () => {
      const queue = await msmq.openSender(payments)
      const transaction = await msmq.beginTransaction()
      const securityContext = msmq.securityContext()
      return slowly(() => queue.send(order, { transaction, securityContext }))
    },
    ["security context", "sender", "transaction"]
  ],
  "Promise: sendAll": [
    async () => {
      const queue = await msmq.openSender(orders)
      return slowly(() => queue.sendAll([order, order]))
    },
    ["sender"]
  ],
  "Promise: sendAll that waits for its source": [
    async () => {
      const queue = await msmq.openSender(payments)
      const transaction = await msmq.beginTransaction()
      const securityContext = msmq.securityContext()
      const { letGo, until } = held()
      const source = async function* () {
        yield order
        await until
      }
      return { ended: queue.sendAll(source(), { transaction, securityContext }), end: letGo }
    },
    ["security context", "sender", "transaction"]
  ],
  "Promise: sendAll that waits for its source without end": [
    async () => {
      const source = async function* () {
        yield order
        await never()
      }
      return forever((await msmq.openSender(orders)).sendAll(source()))
    },
    []
  ],
  "Effect: sendAll that waits for its source without end": [
    () =>
      inScope(MessageQueue.openSender(orders), (queue) =>
        Effect.as(Effect.forkDetach(queue.sendAll(Stream.never)), [])
      ),
    []
  ],
  "Promise: receive through a backend that nobody else uses": [
    async () => {
      const connection = await connect(Layer.fresh(backend))
      const name = `.\\private$\\${crypto.randomUUID()}`
      await connection.createQueue(name)
      return forever((await connection.openReceiver(name)).receive())
    },
    []
  ],
  "Promise: consume, in a handler that waits without end": [
    async () => {
      const begun = held()
      const queue = await msmq.openReceiver(orders)
      const handler = () => {
        begun.letGo()
        return never()
      }
      const underWay = forever(queue.consume(handler, consumePolicy).done)
      await sender.send(order)
      await begun.until
      return underWay
    },
    []
  ],
  "Promise: transaction of a function that waits without end": [
    async () => forever((await connect(connected)).transaction(never)),
    []
  ],
  "Promise: consume that waits": [
    async () => {
      const controller = new AbortController()
      const queue = await msmq.openReceiver(orders)
      const ended = consumed(
        queue.consume(() => Promise.resolve(), { ...consumePolicy, signal: controller.signal }).done
      )
      return { ended, end: () => controller.abort() }
    },
    ["receiver"]
  ],
  "Promise: consume, in its handler": [
    async () => {
      const controller = new AbortController()
      const { letGo, until } = held()
      const begun = held()
      const queue = await msmq.openReceiver(orders)
      const handler = () => {
        begun.letGo()
        return until
      }
      const ended = consumed(queue.consume(handler, { ...consumePolicy, signal: controller.signal }).done)
      await sender.send(order)
      await begun.until
      return {
        ended,
        end: () => {
          controller.abort()
          letGo()
        }
      }
    },
    ["receiver"]
  ],
  "Promise: transaction of a function": [
    async () => {
      const connection = await connect(connected)
      const { letGo, until } = held()
      return { ended: connection.transaction(() => until), end: letGo }
    },
    ["connection"]
  ],
  "Promise: creation of a queue": [
    async () => {
      const connection = await connect(connected)
      return slowly(() => connection.createQueue(`${orders}1`))
    },
    ["connection"]
  ],
  "Promise: properties of a queue": [
    async () => {
      const connection = await connect(connected)
      return slowly(() => connection.queueProperties(orders))
    },
    ["connection"]
  ],
  "Promise: purge of a queue": [
    async () => {
      const connection = await connect(connected)
      return slowly(() => connection.purgeQueue(orders))
    },
    ["connection"]
  ],
  "Promise: opening of a sender": [
    async () => {
      const connection = await connect(connected)
      return slowly(() => connection.openSender(orders).then(() => {}))
    },
    ["connection", "sender"]
  ],
  "Promise: call of the queue manager": [
    async () => {
      const { queueManager } = await connect(connected)
      return slowly(async () => {
        await gate
        await queueManager.machineProperties()
      })
    },
    ["connection"]
  ],
  "Effect: closing of the scope of a sender": [
    () => inScope(MessageQueue.openSender(orders), (_, scope) => Scope.close(scope, Exit.void)),
    []
  ],
  "Effect: closing of the scope of a receiver and a cursor": [
    () =>
      inScope(
        Effect.flatMap(MessageQueue.openReceiver(orders), ({ cursor }) => cursor),
        (_, scope) => Scope.close(scope, Exit.void)
      ),
    []
  ],
  "Effect: closing of the scope of two senders": [
    () =>
      inScope(Effect.all([MessageQueue.openSender(orders), MessageQueue.openSender(orders)]), (_, scope) =>
        Scope.close(scope, Exit.void)
      ),
    []
  ],
  "Effect: disposal of a runtime": [
    async () => {
      const other = ManagedRuntime.make(connected)
      const scope = Scope.makeUnsafe()
      await other.runPromise(Scope.provide(MessageQueue.openSender(orders), scope))
      return slowly(() => other.dispose())
    },
    []
  ],
  "Effect: commit": [() => inScope(Transaction.begin(), (transaction) => transaction.commit()), []],
  "Effect: abort": [() => inScope(Transaction.begin(), (transaction) => transaction.abort()), []],
  "Effect: send": [() => inScope(MessageQueue.openSender(orders), (queue) => queue.send(order)), ["sender"]],
  "Effect: send, signed": [
    () =>
      inScope(SecurityContext.acquire(), (securityContext) =>
        Effect.scoped(
          Effect.flatMap(MessageQueue.openSender(orders), (queue) => queue.send(order, { securityContext }))
        )
      ),
    ["security context"]
  ],
  "Effect: receive": [() => receiverInScope(({ receive }) => receive), ["receiver"]],
  "Effect: receiveWithin": [() => receiverInScope((queue) => queue.receiveWithin("1 hour")), ["receiver"]],
  "Effect: consume": [
    () => {
      const { letGo, until } = held()
      const handler = () => Effect.sync(letGo)
      return receiverInScope((queue) =>
        Effect.raceFirst(
          queue.consume(handler, consumePolicy),
          Effect.promise(() => until)
        )
      )
    },
    ["receiver"]
  ],
  "Effect: creation of a queue": [
    async () => {
      const other = ManagedRuntime.make(connected)
      await other.runPromise(Effect.void)
      return slowly(() => other.runPromise(MessageQueue.create(`${orders}2`)))
    },
    ["connection"]
  ]
}

const reported: Array<string> = []
process.on("warning", ({ message, name }) => {
  if (name === "MsmqHandleDropped") reported.push(/^the (\w+(?: context)?)/.exec(message)?.[1] ?? message)
})

/** Returns what was reported since the last time, after collections of garbage: some more where too little was reported. */
const collected = async (expected: number, attempts = 5): Promise<ReadonlyArray<string>> => {
  await collect()
  if (reported.length < expected && attempts > 0) return collected(expected, attempts - 1)
  return reported.splice(0).toSorted()
}

/** The call that has ended, and the handles that are dropped with it. */
let last: { readonly name: string; readonly dropped: readonly string[] } = { name: "none", dropped: [] }

// One collection serves two calls, as it takes nearly all of the time: it comes while a call is under way, and shows what
// was dropped with the one before.
const report = async (underWay: string): Promise<void> => {
  const reported = await collected(last.dropped.length)
  console.log(JSON.stringify({ ended: last.name, underWay, reported, dropped: last.dropped }))
}

await inTurn(Object.entries(calls), async ([name, [start, dropped]]) => {
  const { end, ended } = await start()
  await report(name)
  gate = undefined
  await end()
  open()
  await ended
  await kept.runPromise(MessageQueue.purge(orders))
  last = { name, dropped }
})
await report("none")
// What waits without end would keep it alive.
process.exit(0)
