/** A client that asks and does not read: the gateway keeps little for it, and serves others. */
import { MessageQueue } from "@effect-msmq/core"
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { GatewayPolicy, RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schedule } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { slow } from "../../../core/test/support/slow.ts"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { withGateway } from "../support/gatewayOf.ts"

const orders = ".\\private$\\orders"
const size = 100_000
const asked = 3000
const unreadBytes = 4 * 1024 * 1024

const policy: GatewayPolicy.GatewayPolicy = {
  clients: [],
  anybody: { name: "anybody", ...GatewayPolicy.everything, limits: { unreadBytes, waits: asked, calls: asked } }
}

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Returns the bytes in use, after all garbage is gone. */
const bytesInUse = (): number => {
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

describe("a client that reads nothing", slow("It asks for 300 MB."), () => {
  it.live("makes the gateway keep a few answers, not 3,000 of 100 KB", () =>
    withGateway({ policy, heartbeat: "1 minute" }, (url) =>
      Effect.gen(function* () {
        const others = yield* Mqrt
        const proxy = yield* CuttingProxy.make(url)
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ body: new Uint8Array(size) })
        yield* Effect.gen(function* () {
          const mqrt = yield* Mqrt
          const handle = yield* mqrt.openQueue(yield* mqrt.pathNameToFormatName(orders), "peek", "denyNone")
          const peek = mqrt.receiveMessage(handle, {
            action: "peekCurrent",
            timeout: 0,
            cursor: null,
            transaction: "none",
            read: usualRead
          })
          yield* peek
          proxy.silence("gateway")
          const before = bytesInUse()
          const asking = yield* Effect.forkChild(
            Effect.all(
              Array.from({ length: asked }, () => peek),
              { concurrency: "unbounded" }
            ),
            {
              startImmediately: true
            }
          )
          // Another client is served while they wait.
          const receiver = yield* Effect.provideService(MessageQueue.openReceiver(orders), Mqrt, others)
          let most = 0
          for (let look = 0; look < 20; look++) {
            assert.strictEqual((yield* receiver.peek).body.length, size)
            most = Math.max(most, bytesInUse() - before)
          }
          console.log(
            `a client that reads nothing: ${Math.round(most / 1e6)} MB more in use with 300 MB of answers to come`
          )
          // 300 MB of answers. The calls of the client are in it, too.
          assert.isBelow(most, 100_000_000)
          proxy.hear()
          const answers = yield* Fiber.join(asking)
          assert.lengthOf(answers, asked)
        }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url: proxy.url }), { local: true }))
      }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true }))
    )
  )

  it.live("and is not heard any more holds nothing any more, although answers to it wait", () =>
    withGateway({ policy, heartbeat: 200 }, (url) =>
      Effect.gen(function* () {
        const proxy = yield* CuttingProxy.make(url)
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        yield* sender.send({ body: new Uint8Array(size) })
        const asking = yield* Effect.forkScoped(
          Effect.gen(function* () {
            const mqrt = yield* Mqrt
            const name = yield* mqrt.pathNameToFormatName(orders)
            const handle = yield* mqrt.openQueue(name, "peek", "denyReceive")
            const options = {
              action: "peekCurrent",
              timeout: 0,
              cursor: null,
              transaction: "none",
              read: usualRead
            } as const
            const peek = mqrt.receiveMessage(handle, options)
            yield* peek
            proxy.silence("gateway")
            yield* Effect.all(
              Array.from({ length: 500 }, () => peek),
              { concurrency: "unbounded" }
            )
          }).pipe(Effect.ignore, Effect.provide(RemoteMqrt.layer({ url: proxy.url }), { local: true }))
        )
        // The other one has it alone until its session ends.
        const openAlone = Effect.scoped(MessageQueue.openReceiver(orders, { shareMode: "denyReceive" }))
        yield* Effect.repeat(Effect.exit(openAlone), { until: Exit.isFailure })
        proxy.silence("client")
        yield* Effect.retry(openAlone, { schedule: Schedule.spaced("50 millis"), times: 400 })
        proxy.cutAll()
        yield* Fiber.interrupt(asking)
      }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true }))
    )
  )
})
