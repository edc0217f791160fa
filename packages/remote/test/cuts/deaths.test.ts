/** Clients that die, are stopped, or are in a black hole: what they held is released, and others are served meanwhile. */
import { MessageQueue } from "@effect-msmq/core"
import { GatewayPolicy, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import * as HandleLedger from "@effect-msmq/testing/HandleLedger"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schedule } from "effect"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { ChildProcess } from "node:child_process"
import { slow } from "../../../core/test/support/slow.ts"
import { childProgram, kill } from "../support/childProgram.ts"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { withGateway } from "../support/gatewayOf.ts"

const heartbeat = 200
const quickly = Schedule.spaced("10 millis")

type Death = (client: ChildProcess, proxy: CuttingProxy) => Effect.Effect<void>

const deaths: Readonly<Record<string, Death>> = {
  "is killed": (client) => kill(client),
  "is stopped": (client) => Effect.sync(() => void client.kill("SIGSTOP")),
  "is cut off without a word, both ways": (_, proxy) => Effect.sync(() => proxy.silence("client", "gateway")),
  "is not heard any more": (_, proxy) => Effect.sync(() => proxy.silence("client")),
  "hears nothing any more": (_, proxy) => Effect.sync(() => proxy.silence("gateway"))
}

describe("a client that", slow("It starts a program, and waits for heartbeats."), () => {
  for (const [name, die] of Object.entries(deaths)) {
    it.live(`${name} holds nothing any more after three heartbeats, and others are served meanwhile`, () =>
      Effect.gen(function* () {
        const context = yield* Layer.build(HandleLedger.layer(InMemoryMqrt.layer))
        const ledger = Context.get(context, HandleLedger.HandleLedger)
        const backend = Layer.succeed(Mqrt.Mqrt, Context.get(context, Mqrt.Mqrt))
        yield* withGateway(
          { policy: GatewayPolicy.unprotected, heartbeat },
          (url) =>
            Effect.gen(function* () {
              const proxy = yield* CuttingProxy.make(url)
              yield* MessageQueue.create(".\\private$\\held", { transactional: true })
              yield* MessageQueue.create(".\\private$\\waited")
              const sender = yield* MessageQueue.openSender(".\\private$\\held")
              yield* sender.send({ label: "order 1" }, { transaction: "singleMessage" })
              const { child } = yield* childProgram("holder", { URL: proxy.url })
              const busy = yield* Effect.flip(Effect.scoped(MessageQueue.openReceiver(".\\private$\\held")))
              assert.strictEqual(busy.reason._tag, "SharingViolation")
              yield* die(child, proxy)
              const died = performance.now()

              // Others are served at once.
              const served = yield* MessageQueue.openSender(".\\private$\\waited")
              yield* served.send({ label: "for nobody" })
              const receiver = yield* MessageQueue.openReceiver(".\\private$\\held").pipe(
                Effect.retry({ while: ({ reason }) => reason._tag === "SharingViolation", schedule: quickly })
              )
              const { label } = yield* receiver.receive
              assert.strictEqual(label, "order 1")
              // The one that the dead client was given, or would have been.
              const waiting = yield* MessageQueue.openReceiver(".\\private$\\waited")
              assert.strictEqual((yield* waiting.receive).label, "for nobody")
              // Three heartbeats are 0.6 s; a busy machine may take longer.
              assert.isBelow(performance.now() - died, 8000)
            }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url }), { local: true })),
          backend
        )
        yield* ledger.expectNoLeaks
      }).pipe(Effect.scoped)
    )
  }
})
