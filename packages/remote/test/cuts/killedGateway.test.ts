/**
 * A gateway that is killed, and started again: the queues are behind another gateway, which lives on. `CUTS`: ten times the number of
 * kills, 50 by default.
 */
import { MessageQueue, Transaction } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Random, Scope } from "effect"
import { slow } from "../../../core/test/support/slow.ts"
import { childProgram, kill } from "../support/childProgram.ts"
import { ledgerGateway } from "../support/LedgerGateway.ts"
import { messageOf, numberOf, type Numbers } from "./rows.ts"

const kills = Math.ceil(Number(process.env["CUTS"] ?? 50) / 10)
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9))

const orders = ".\\private$\\orders"

describe("a gateway that is killed", slow("It starts a gateway after each kill."), () => {
  for (const way of ["a send", "a commit"] as const) {
    it.live(`leaves only ${way} in doubt that it had begun, says so, and all others had their effect once`, () =>
      Effect.gen(function* () {
        const store = yield* ledgerGateway("in memory")
        const start = (port: string) => childProgram("relay", { TARGET: store.url, PORT: port })
        const first = yield* Scope.make()
        const { child, said } = yield* Scope.provide(start("0"), first)
        const { url } = said as { readonly url: string }
        const { port } = new URL(url)

        const [accepted, doubtful]: [Numbers, Numbers] = [[], []]
        const state = { isOver: false }
        const sending = yield* Effect.gen(function* () {
          const sender = yield* MessageQueue.openSender(orders)
          for (let number = 0; !state.isOver; number++) {
            const send = sender.send(messageOf(number))
            const exit = yield* (way === "a send" ? Transaction.singleMessage(send) : Transaction.run(send)).pipe(
              Effect.retry({ while: ({ isRetryable }) => isRetryable }),
              Effect.exit
            )
            if (Exit.isSuccess(exit)) accepted.push(number)
            else {
              const error = Option.getOrThrow(Exit.findErrorOption(exit))
              assert.strictEqual(error.reason._tag, "GatewayOutcomeUnknown", error.message)
              assert.match(error.message, /Look for the effect, such as the messages in their queue/)
              doubtful.push(number)
            }
          }
        }).pipe(
          Effect.scoped,
          Effect.provide(RemoteMqrt.layer({ url, connectWithin: "20 seconds" }), { local: true }),
          (program) => Effect.andThen(createOrders(store.url), program),
          Effect.forkScoped({ startImmediately: true })
        )

        let running = child
        for (let count = 0; count < kills; count++) {
          const before = accepted.length
          yield* Effect.sleep("1 millis").pipe(Effect.repeat({ until: () => accepted.length > before }))
          yield* Effect.sleep(Math.floor((yield* Random.next) * 30))
          yield* kill(running)
          running = (yield* start(port)).child
        }
        state.isOver = true
        yield* Fiber.join(sending)

        const inQueue: Numbers = []
        yield* Effect.gen(function* () {
          const receiver = yield* MessageQueue.openReceiver(orders)
          for (;;) {
            const message = yield* receiver.poll
            if (Option.isNone(message)) return
            inQueue.push(numberOf(message.value))
          }
        }).pipe(Effect.scoped, Effect.provide(RemoteMqrt.layer({ url: store.url }), { local: true }))

        console.log(
          `${way}: ${kills} kills with SEED=${seed}, ${accepted.length} accepted, ${doubtful.length} in doubt, of which ` +
            `${doubtful.filter((number) => inQueue.includes(number)).length} had their effect`
        )
        assert.strictEqual(new Set(inQueue).size, inQueue.length, "a message was sent twice")
        assert.isAtMost(doubtful.length, kills)
        assert.deepStrictEqual(
          inQueue.filter((number) => !doubtful.includes(number)),
          accepted
        )
      }).pipe(Effect.scoped, Random.withSeed(seed))
    )
  }
})

const createOrders = (url: string) =>
  Effect.provide(MessageQueue.create(orders, { transactional: true }), RemoteMqrt.layer({ url }), { local: true })
