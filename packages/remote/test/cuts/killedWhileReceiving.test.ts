/**
 * A gateway that is killed while messages are received through it, and started again: the queues are behind another gateway, which
 * lives on. `CUTS`: ten times the number of kills, 50 by default.
 */
import { MessageQueue, Transaction } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Random } from "effect"
import { slow } from "../../../core/test/support/slow.ts"
import { childProgram, kill } from "../support/childProgram.ts"
import { ledgerGateway } from "../support/LedgerGateway.ts"
import { messageOf, numberOf, type Numbers } from "./rows.ts"

const kills = Math.ceil(Number(process.env["CUTS"] ?? 50) / 10)
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9))
const [input, output] = [".\\private$\\input", ".\\private$\\output"]
const perBatch = 50

/** Takes what is in a queue. */
const remaining = Effect.fnUntraced(function* (name: string) {
  const receiver = yield* MessageQueue.openReceiver(name)
  const numbers: Numbers = []
  for (;;) {
    const message = yield* receiver.poll
    if (Option.isNone(message)) return numbers
    numbers.push(numberOf(message.value))
  }
}, Effect.scoped)

interface Kind {
  readonly name: string
  readonly transactional: boolean
  /** `true` where the messages are sent on, in the transaction that receives them. */
  readonly moves: boolean
}

const kinds: ReadonlyArray<Kind> = [
  {
    name: "from a plain queue loses none, and a kill makes one come again at most",
    transactional: false,
    moves: false
  },
  {
    name: "from a transactional queue loses none, and a kill makes one come again at most",
    transactional: true,
    moves: false
  },
  {
    name: "in transactions that send on has each message once, and only commits in doubt",
    transactional: true,
    moves: true
  }
]

describe("receiving through a gateway that is killed", slow("It starts a gateway after each kill."), () => {
  for (const { moves, name, transactional } of kinds) {
    it.live(name, () =>
      Effect.gen(function* () {
        const store = yield* ledgerGateway("in memory")
        const direct = RemoteMqrt.layer({ url: store.url })
        const start = (port: string) => childProgram("relay", { TARGET: store.url, PORT: port })
        const { child, said } = yield* start("0")
        const { url } = said as { readonly url: string }
        const [sent, got]: [Numbers, Numbers] = [[], []]
        const state = { isOver: false, handled: 0, inDoubt: 0 }
        const client = yield* Layer.build(RemoteMqrt.layer({ url, connectWithin: "20 seconds" }))

        const through = Effect.gen(function* () {
          const receiver = yield* MessageQueue.openReceiver(input)
          const sender = yield* MessageQueue.openSender(output)
          const move = Effect.gen(function* () {
            const message = yield* receiver.poll
            if (Option.isSome(message)) yield* sender.send({ body: message.value.body })
            return message
          })
          for (;;) {
            const message = yield* (moves ? Transaction.run(move) : receiver.poll).pipe(
              Effect.retry({ while: ({ isRetryable }) => isRetryable }),
              Effect.catchIf(
                ({ reason }) => moves && reason._tag === "GatewayOutcomeUnknown",
                () =>
                  Effect.as(
                    Effect.sync(() => state.inDoubt++),
                    undefined
                  )
              )
            )
            if (message === undefined) continue
            if (Option.isNone(message)) return
            state.handled++
            if (!moves) got.push(numberOf(message.value))
          }
        }).pipe(Effect.scoped, Effect.retry({ while: ({ isRetryable }) => isRetryable }), Effect.provideContext(client))

        const killing = Effect.gen(function* () {
          let running = child
          for (let count = 0; count < kills; count++) {
            const before = state.handled
            yield* Effect.sleep("1 millis").pipe(Effect.repeat({ until: () => state.handled > before }))
            yield* Effect.sleep(Math.floor((yield* Random.next) * 30))
            yield* kill(running)
            running = (yield* start(new URL(url).port)).child
          }
          state.isOver = true
        })

        yield* Effect.gen(function* () {
          for (const queue of [input, output]) yield* MessageQueue.create(queue, { transactional })
          const source = yield* MessageQueue.openSender(input)
          const feeding = Effect.gen(function* () {
            while (!state.isOver) {
              const numbers = Array.from({ length: perBatch }, (_, index) => sent.length + index)
              yield* source.sendAll(numbers.map(messageOf), transactional ? { transaction: "singleMessage" } : {})
              sent.push(...numbers)
              yield* through
            }
          })
          yield* Effect.all([feeding, killing], { concurrency: "unbounded" })
        }).pipe(Effect.scoped, Effect.provide(direct, { local: true }))

        // A gateway puts back what the one before it held.
        yield* start("0")
        yield* Effect.gen(function* () {
          for (const queue of [input, output]) got.push(...(yield* remaining(queue)))
          assert.deepStrictEqual(yield* remaining(`${input};relay`), [])
        }).pipe(Effect.provide(direct, { local: true }))

        yield* store.expectNothingHeld

        const known = new Set(got)
        const again = got.length - known.size
        console.log(
          `${name}: ${kills} kills with SEED=${seed}, ${sent.length} messages, ${again} again, ${state.inDoubt} in doubt`
        )
        assert.deepStrictEqual(
          sent.filter((number) => !known.has(number)),
          [],
          "lost"
        )
        assert.isAtMost(again, moves ? 0 : kills)
        assert.isAtMost(state.inDoubt, kills)
      }).pipe(Effect.scoped, Random.withSeed(seed))
    )
  }
})
