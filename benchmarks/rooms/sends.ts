/** Figures of sending: a batch and one message, native and in memory. */
import { MessageQueue, Mqrt, SecurityContext } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Layer } from "effect"
import { sendsInC } from "../floors/sendsInC.ts"
import { structSends } from "../floors/structSends.ts"
import { tightSends } from "../floors/tightSends.ts"
import * as Double from "../harness/Double.ts"
import type { Plan, Room } from "../harness/Room.ts"
import { interleaved, ratios, speedUps, type Way } from "../harness/rounds.ts"

const orders = ".\\private$\\orders"
/** Number of messages of a batch: more than a slice of core's. */
const batch = 2000
const body = new Uint8Array(1024).fill(7)
const labels = Array.from({ length: batch }, (_, index) => `order ${index}`)
const outgoing = labels.map((label) => ({ body, label, priority: 4 }))

/** Opens the double and a queue with a cached security context, as batches are sent to it: by the SDK and by hand. */
const nativeSends = Effect.gen(function* () {
  const double = yield* Double.open
  const context = yield* Layer.build(NativeMqrt.layerWith({ library: double.path }))
  return yield* Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const formatName = yield* MessageQueue.create(orders)
    const sender = yield* MessageQueue.openSender(orders)
    const securityContext = yield* SecurityContext.acquire()
    const queue = yield* mqrt.openQueue(formatName, "send", "denyNone")
    const rawContext = yield* mqrt.getSecurityContext(null, "MQGetSecurityContextEx", null)
    yield* Effect.addFinalizer(() =>
      Effect.andThen(mqrt.freeSecurityContext(rawContext), Effect.ignore(mqrt.closeQueue(queue)))
    )
    double.setDiscard(true)
    const options = { securityContext, senderIdType: "none" as const }
    const run = Effect.runPromiseWith(yield* Effect.context<Mqrt.Mqrt>())
    const sendAll: Way = { run: async () => void (await run(sender.sendAll(outgoing, options))), operations: batch }
    return {
      double,
      mqrt,
      queue,
      run,
      sender,
      sendAll,
      sent: { queue: Number(queue), securityContext: Number(rawContext), body, labels }
    }
  }).pipe(Effect.provide(context))
})

const byHand = (run: () => void): Way => ({ run, operations: batch })

const sendAll: ReadonlyArray<Plan> = [
  {
    name: "sendAll, native",
    against: "a tight loop by hand",
    unit: "ratio",
    clock: "thread",
    measure: (settings) =>
      Effect.flatMap(nativeSends, ({ double, sendAll, sent }) =>
        Effect.promise(async () =>
          ratios(await interleaved(sendAll, byHand(tightSends(double.library, sent)), settings))
        )
      )
  },
  {
    name: "sendAll, native, how many times as fast",
    against: "struct objects by hand",
    unit: "ratio",
    clock: "thread",
    measure: (settings) =>
      Effect.flatMap(nativeSends, ({ double, sendAll, sent }) =>
        Effect.promise(async () =>
          speedUps(
            await interleaved(sendAll, byHand(structSends(double.library, sent)), { ...settings, iterations: 1 })
          )
        )
      )
  },
  {
    name: "sendAll, native, beside C",
    against: "a loop in C",
    unit: "ratio",
    clock: "thread",
    measure: (settings) =>
      Effect.flatMap(nativeSends, ({ double, sendAll, sent }) =>
        Effect.promise(async () =>
          ratios(await interleaved(sendAll, byHand(sendsInC(double.library, double.loops, sent)), settings))
        )
      )
  }
]

/** Room of sends. */
export const sends: Room = { name: "sends", plans: [...sendAll] }
