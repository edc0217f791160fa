/**
 * A gateway whose queues are lost with it when it is killed, and that is started again without any. `CUTS`: ten times the number of
 * kills, 50 by default.
 */
import { MessageQueue, type MsmqError } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Random } from "effect"
import { slow } from "../../../core/test/support/slow.ts"
import { childProgram, kill } from "../support/childProgram.ts"

const kills = Math.ceil(Number(process.env["CUTS"] ?? 50) / 10)
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9))
const orders = ".\\private$\\orders"

/** Names of reasons that a client may get: nobody knows, nobody is there yet, or the queue is not there. */
const expected = new Set(["GatewayOutcomeUnknown", "GatewayUnavailable", "MQ_ERROR_QUEUE_NOT_FOUND"])

const nameOf = ({ reason }: MsmqError.MsmqError): string => ("name" in reason ? reason.name : reason._tag)

describe("a client whose gateway is killed with all queues", slow("It starts a gateway after each kill."), () => {
  it.live("is told so by each call, waits for nothing that cannot come, and goes on with the next gateway", () =>
    Effect.gen(function* () {
      const start = (port: string) => childProgram("ledgerGateway", { PORT: port })
      const { child, said } = yield* start("0")
      const { url } = said as { readonly url: string }
      const reasons = new Map<string, number>()
      const counts = { sent: 0, received: 0 }
      const client = yield* Layer.build(RemoteMqrt.layer({ url, connectWithin: "20 seconds" }))

      /** Runs for ever, and notes what it fails with. `recover`: step before it runs again. */
      const forever = <R>(
        program: Effect.Effect<unknown, MsmqError.MsmqError, R>,
        recover: Effect.Effect<unknown, MsmqError.MsmqError, R>
      ) =>
        Effect.forever(
          Effect.catch(program, (error) =>
            Effect.andThen(
              Effect.sync(() => reasons.set(nameOf(error), (reasons.get(nameOf(error)) ?? 0) + 1)),
              Effect.ignore(recover)
            )
          )
        )
      const create = MessageQueue.create(orders)
      yield* create.pipe(Effect.provideContext(client))
      const sending = Effect.scoped(
        Effect.flatMap(MessageQueue.openSender(orders), (sender) =>
          Effect.forever(
            Effect.andThen(
              sender.send({ label: "order" }),
              Effect.sync(() => counts.sent++)
            )
          )
        )
      )
      const receiving = Effect.scoped(
        Effect.flatMap(MessageQueue.openReceiver(orders), (receiver) =>
          Effect.forever(
            Effect.andThen(
              receiver.receive,
              Effect.sync(() => counts.received++)
            )
          )
        )
      )
      const loops = [forever(sending, create), forever(receiving, Effect.sleep("5 millis"))]
      const running = yield* Effect.forEach(loops, (loop) => Effect.forkChild(Effect.provideContext(loop, client)))

      let gateway = child
      for (let count = 0; count <= kills; count++) {
        // Both go on after each kill.
        const before = { ...counts }
        yield* Effect.sleep("1 millis").pipe(
          Effect.repeat({ until: () => counts.sent > before.sent && counts.received > before.received + 1 })
        )
        if (count === kills) break
        yield* Effect.sleep(Math.floor((yield* Random.next) * 30))
        yield* kill(gateway)
        gateway = (yield* start(new URL(url).port)).child
      }
      // A send that is interrupted waits for its outcome, which a gateway that runs can tell.
      yield* Fiber.interruptAll(running)
      console.log(`${kills} kills with SEED=${seed}:`, counts, Object.fromEntries(reasons))
      assert.deepStrictEqual(
        [...reasons.keys()].filter((name) => !expected.has(name)),
        []
      )
      assert.isAtMost(reasons.get("GatewayOutcomeUnknown") ?? 0, 2 * kills)
      assert.isAtLeast(counts.sent, kills)
    }).pipe(Effect.scoped, Random.withSeed(seed))
  )
})
