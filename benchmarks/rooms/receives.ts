/** Figures of receiving: the stream of messages beside loops by hand, and each loop in both faces beside the calls that it makes. */
import { MessageQueue, type Receiver } from "@effect-msmq/core"
import { Deferred, Effect, type Scope, Stream } from "effect"
import * as PromiseLoops from "../../packages/core/test/support/promiseLoops.ts"
import * as EffectLoops from "../../packages/testing/src/contract/loops.ts"
import { receivesInC } from "../floors/receivesInC.ts"
import * as Seam from "../floors/seam.ts"
import { seamLoops } from "../floors/seamLoops.ts"
import { tightReceives } from "../floors/tightReceives.ts"
import { type Backend, backends, native, type Opened } from "../harness/backends.ts"
import { ratio, type Ways } from "../harness/comparison.ts"
import { connection } from "../harness/connection.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { outgoing, queueToFill } from "./queueToFill.ts"

const orders = ".\\private$\\orders"
/** Queue that the other way reads, as nobody else may receive from the first one. */
const others = ".\\private$\\others"

/** Number of messages that are received in a run. */
const batch = 1000
const messages = outgoing(batch)

/** Compares the stream of messages on the double with a loop by hand. */
const withFloor = (floor: (opened: Effect.Success<typeof native.open>, queue: number) => () => void) =>
  Effect.gen(function* () {
    const opened = yield* native.open
    const { fill, formatName } = yield* queueToFill(opened, orders, messages)
    const receiver = yield* opened.provide(MessageQueue.openReceiver(orders))
    const queue = yield* Seam.openQueue(opened.mqrt, formatName, "receive")
    const drain = Stream.runDrain(Stream.take(receiver.messages, batch))
    const ways: Ways = {
      way: { prepare: fill, run: () => opened.run(drain), operations: batch },
      floor: { prepare: fill, run: floor(opened, Number(queue)), operations: batch }
    }
    return ways
  })

/** Runs a loop of the Effect face until it has handled all messages. */
const untilHandled = (loop: EffectLoops.Loop, receiver: Receiver.Receiver): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    const end = Deferred.makeUnsafe<void>()
    let left = batch
    const handle = Effect.suspend(() => (--left === 0 ? Effect.asVoid(Deferred.succeed(end, undefined)) : Effect.void))
    return Effect.raceFirst(loop(receiver, handle), Deferred.await(end))
  })

/** Loop of the SDK over a full queue of an open backend. */
type OpenLoop = (opened: Opened<unknown>) => Effect.Effect<() => Promise<unknown>, unknown, Scope.Scope>

const inEffect =
  (loop: EffectLoops.Loop): OpenLoop =>
  ({ provide, run }) =>
    Effect.map(provide(MessageQueue.openReceiver(orders, { shareMode: "denyReceive" })), (receiver) => {
      const all = untilHandled(loop, receiver)
      return () => run(all)
    })

const inPromises =
  (loop: PromiseLoops.Loop): OpenLoop =>
  (opened) =>
    Effect.flatMap(connection(opened), (msmq) =>
      Effect.map(
        Effect.promise(() => msmq.openReceiver(orders, { shareMode: "denyReceive" })),
        (receiver) => () => loop(receiver, batch, () => {})
      )
    )

type Fill = () => Promise<void>

const always = (fill: Fill): Fill => fill

/** Fills a queue once, for a loop that leaves its messages there. */
const once = (fill: Fill): Fill => {
  let filled: Promise<void> | undefined
  return () => (filled ??= fill())
}

/** Compares a loop with its calls at the seam. */
const withSeam = (backend: Backend, name: string, open: OpenLoop) =>
  Effect.gen(function* () {
    const opened = yield* backend.open
    const { mqrt, run } = opened
    const [ours, theirs] = [yield* queueToFill(opened, orders, messages), yield* queueToFill(opened, others, messages)]
    const seamLoop = seamLoops[name]
    if (seamLoop === undefined) return yield* Effect.die(new Error(`the seam has no loop ${name}`))
    const loop = yield* open(opened)
    const calls = seamLoop(mqrt, yield* Seam.openQueue(mqrt, theirs.formatName, "receive"), batch)
    const prepare = name === "browse" ? once : always
    const ways: Ways = {
      way: { prepare: prepare(ours.fill), run: async () => void (await loop()), operations: batch },
      floor: { prepare: prepare(theirs.fill), run: async () => void (await run(calls)), operations: batch }
    }
    return ways
  })

const loops = [
  ...Object.entries(EffectLoops.reading).map(([name, loop]) => ({ name, face: "Effect", open: inEffect(loop) })),
  ...Object.entries(PromiseLoops.reading).map(([name, loop]) => ({ name, face: "promises", open: inPromises(loop) }))
]

const plansOfLoops = (backend: Backend): ReadonlyArray<Plan> =>
  loops.map(({ face, name, open }) =>
    ratio({
      name: `${name}, ${face}, ${backend.name}`,
      against: "its calls at the seam",
      ways: withSeam(backend, name, open)
    })
  )

/** Room of receives. */
export const receives: Room = {
  name: "receives",
  plans: [
    ratio({
      name: "messages, native",
      against: "a reused buffer by hand",
      ways: withFloor(({ double }, queue) => tightReceives(double.library, queue, batch))
    }),
    ratio({
      name: "messages, native, beside C",
      against: "a loop in C",
      ways: withFloor(({ double }, queue) => receivesInC(double.library, double.loops, queue, batch))
    }),
    ...backends.flatMap(plansOfLoops)
  ]
}
