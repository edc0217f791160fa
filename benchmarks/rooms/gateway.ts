/**
 * Figures of a gateway in another process, whose backend is in memory: messages a second, the time of a receive, and the memory that a
 * connection and a wait take at the gateway.
 */
import { MessageQueue, type Mqrt, type MsmqError, type Receiver, type Sender } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { Context, Effect, Layer, Scope, Stream } from "effect"
import { clocks } from "../harness/clocks.ts"
import type { Measurement } from "../harness/Figure.ts"
import * as Gateway from "../harness/Gateway.ts"
import type { Plan, Room, Settings } from "../harness/Room.ts"
import { quantile } from "../harness/statistics.ts"
import { outgoing } from "./queueToFill.ts"

const orders = ".\\private$\\orders"

/** Queue behind a gateway, which a client has open. */
interface Opened {
  readonly gateway: Gateway.Gateway
  readonly sender: Sender.Sender
  readonly receiver: Receiver.Receiver
  readonly purge: Effect.Effect<void, MsmqError.MsmqError>
}

const connect = (url: string): Effect.Effect<Context.Context<Mqrt.Mqrt>, MsmqError.MsmqError, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(RemoteMqrt.layer({ url }), scope))

const opened: Effect.Effect<Opened, MsmqError.MsmqError, Scope.Scope> = Effect.gen(function* () {
  const gateway = yield* Gateway.open
  const client = yield* connect(gateway.url)
  const queue = Effect.gen(function* () {
    yield* MessageQueue.create(orders)
    const sender = yield* MessageQueue.openSender(orders)
    const receiver = yield* MessageQueue.openReceiver(orders)
    return { gateway, sender, receiver, purge: Effect.provideContext(MessageQueue.purge(orders), client) }
  })
  return yield* Effect.provide(queue, client)
})

/** Returns the number of rounds of a run. */
const roundsOf = ({ scale }: Settings): number => (scale < 1 ? 7 : 21)

/** Measures how many operations of a run are done in a second, in rounds. */
const perSecond = (operations: number, run: Effect.Effect<unknown, unknown>, tidy: Effect.Effect<unknown, unknown>) =>
  Effect.fnUntraced(function* (settings: Settings) {
    const values: Array<number> = []
    // The first rounds are those in which both sides compile.
    for (let round = -5; round < roundsOf(settings); round++) {
      const began = clocks.wall()
      yield* run
      const milliseconds = clocks.wall() - began
      yield* tidy
      if (round >= 0) values.push((operations / milliseconds) * 1000)
    }
    const measurement: Measurement = { values }
    return measurement
  })

/** Messages of a batch, with bodies of 1 KiB. */
const batch = outgoing(5000)

const sends: Plan["measure"] = (settings) =>
  Effect.flatMap(opened, ({ purge, sender }) => perSecond(batch.length, sender.sendAll(batch), purge)(settings))

/** Messages that are received one after the other in a round. */
const some = batch.slice(0, 500)

const receives =
  (receive: (receiver: Receiver.Receiver) => Effect.Effect<unknown, unknown>): Plan["measure"] =>
  (settings) =>
    Effect.flatMap(opened, ({ receiver, sender }) =>
      Effect.andThen(sender.sendAll(some), perSecond(some.length, receive(receiver), sender.sendAll(some))(settings))
    )

const streamed = receives(({ messages }) => Stream.runDrain(Stream.take(messages, some.length)))

/** Measures the milliseconds of receives of messages that are there. */
const receive: Plan["measure"] = ({ scale }) =>
  Effect.gen(function* () {
    const { receiver, sender } = yield* opened
    const count = Math.max(1000, 5000 * scale)
    yield* sender.sendAll(outgoing(count * 2))
    const values: Array<number> = []
    for (let index = 0; index < count * 2; index++) {
      const began = clocks.wall()
      yield* receiver.receive
      if (index >= count) values.push(clocks.wall() - began)
    }
    return { values, details: { p99: quantile(values, 0.99) } }
  })

/** Measures the bytes at the gateway for each of several, when so many have been opened. */
const bytesOfEach =
  (
    count: number,
    open: (opened: Opened, index: number) => Effect.Effect<unknown, unknown, Scope.Scope>
  ): Plan["measure"] =>
  () =>
    Effect.gen(function* () {
      const here = yield* opened
      const openMany = Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        (index) => open(here, index),
        {
          discard: true
        }
      )
      const settled = Effect.andThen(Effect.sleep("200 millis"), here.gateway.used)
      // What the first ones bring with them, such as compiled code, stays.
      yield* Effect.scoped(openMany)
      const values: Array<number> = []
      for (let round = 0; round < 3; round++) {
        const before = yield* settled
        const scope = yield* Scope.make()
        yield* Scope.provide(openMany, scope)
        values.push(((yield* settled) - before) / count)
        yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      }
      return { values }
    })

const connections = bytesOfEach(200, ({ gateway: { url } }) => connect(url))

const waits = bytesOfEach(1000, ({ receiver }) => Effect.forkScoped(receiver.receive, { startImmediately: true }))

const wall = { against: "", clock: "wall" } as const
const memory = { against: "", unit: "B", clock: "none" } as const

/** Room of a gateway. */
export const gateway: Room = {
  name: "gateway",
  plans: [
    { ...wall, name: "sendAll, messages a second", unit: "count", better: "higher", measure: sends },
    { ...wall, name: "receive", unit: "ms", measure: receive },
    { ...wall, name: "messages, messages a second", unit: "count", better: "higher", measure: streamed },
    { ...memory, name: "memory of a connection", measure: connections },
    { ...memory, name: "memory of a wait", measure: waits }
  ]
}
