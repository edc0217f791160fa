/** Figures of receiving: the stream of messages beside loops by hand, and each loop in both faces beside the calls that it makes. */
import { MessageQueue } from "@effect-msmq/core"
import { Effect, Stream } from "effect"
import { receivesInC } from "../floors/receivesInC.ts"
import * as Seam from "../floors/seam.ts"
import { seamLoops } from "../floors/seamLoops.ts"
import { tightReceives } from "../floors/tightReceives.ts"
import { type Backend, backends, native } from "../harness/backends.ts"
import { ratio, type Ways } from "../harness/comparison.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { fullQueueLoops } from "./fullQueueLoops.ts"
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

type Fill = () => Promise<void>

const always = (fill: Fill): Fill => fill

/** Fills a queue once, for a loop that leaves its messages there. */
const once = (fill: Fill): Fill => {
  let filled: Promise<void> | undefined
  return () => (filled ??= fill())
}

/** Compares a loop with its calls at the seam. */
const withSeam = (backend: Backend, { name, open }: (typeof fullQueueLoops)[number]) =>
  Effect.gen(function* () {
    const opened = yield* backend.open
    const { mqrt, provide, run } = opened
    const [ours, theirs] = [yield* queueToFill(opened, orders, messages), yield* queueToFill(opened, others, messages)]
    const seamLoop = seamLoops[name]
    if (seamLoop === undefined) return yield* Effect.die(new Error(`the seam has no loop ${name}`))
    const loop = yield* provide(open(opened, orders, batch))
    const calls = seamLoop(mqrt, yield* Seam.openQueue(mqrt, theirs.formatName, "receive"), batch)
    const prepare = name === "browse" ? once : always
    const ways: Ways = {
      way: { prepare: prepare(ours.fill), run: async () => void (await loop()), operations: batch },
      floor: { prepare: prepare(theirs.fill), run: async () => void (await run(calls)), operations: batch }
    }
    return ways
  })

const plansOfLoops = (backend: Backend): ReadonlyArray<Plan> =>
  fullQueueLoops.map((loop) =>
    ratio({
      name: `${loop.name}, ${loop.face}, ${backend.name}`,
      against: "its calls at the seam",
      ways: withSeam(backend, loop)
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
