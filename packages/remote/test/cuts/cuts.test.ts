/**
 * Connections that are cut after a random number of bytes, in the middle of frames too. `CUTS`: cuts of each row, 50 by default.
 * `SEED`: seed of the numbers, which is printed.
 */
import { MessageQueue } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Option, Random } from "effect"
import { slow } from "../../../core/test/support/slow.ts"
import { CuttingProxy } from "../support/CuttingProxy.ts"
import { ledgerGateway } from "../support/LedgerGateway.ts"
import { messageOf, numberOf, type Numbers, rows } from "./rows.ts"

const cuts = Number(process.env["CUTS"] ?? 50)
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9))

/** Messages of one batch. */
const perBatch = 20
/**
 * Fewest and most bytes that come from a side before it is cut: fewer than it takes to connect and to open a queue, and enough for some
 * batches. What a gateway says about a batch that it got is short.
 */
const bytesFrom = { client: [300, 25_000], gateway: [100, 5000] } as const

/** Time in which a batch is through on any machine, however often it is cut. */
const batchWithin = "2 minutes"

const output = ".\\private$\\output"
const input = ".\\private$\\input"

const report: Array<string> = []
afterAll(() => console.log([`cuts with SEED=${seed}:`, ...report].join("\n")))

/** Returns the numbers that are in a list more than once, each as often as it is too much. */
const repeated = (numbers: Numbers): Numbers => {
  const seen = new Set<number>()
  return numbers.filter((number) => seen.size === seen.add(number).size)
}

/** Takes what is in a queue. */
const remaining = (name: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(name)
      const numbers: Numbers = []
      for (;;) {
        const message = yield* receiver.poll
        if (Option.isNone(message)) return numbers
        numbers.push(numberOf(message.value))
      }
    })
  )

/** Builds the client again where its first connection was cut before it was one. */
const untilConnected =
  (isFirst: () => boolean) =>
  <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.retry(program, { while: isFirst })

describe("cuts", slow("It cuts connections many times."), () => {
  for (const row of rows) {
    const promise = `${row.lost === 0 ? "nothing is lost" : "a cut loses one message at most"}, ${row.again === 0 ? "and nothing comes twice" : "and a cut makes one message come again at most"}`
    it.live(`${row.name}: ${promise}, and nobody is in doubt`, () =>
      Effect.gen(function* () {
        const gateway = yield* ledgerGateway("in memory")
        const random = yield* Random.Random
        const proxy = yield* CuttingProxy.make(gateway.url, () => {
          const from = random.nextDoubleUnsafe() < 0.5 ? "client" : "gateway"
          const [fewest, most] = bytesFrom[from]
          return { from, bytes: fewest + Math.floor(random.nextDoubleUnsafe() ** 2 * (most - fewest)) }
        })
        const direct = RemoteMqrt.layer({ url: gateway.url })
        const cut = RemoteMqrt.layer({ url: proxy.url, ...row.options })
        const { transactional } = row
        const [sent, got]: [Numbers, Numbers] = [[], []]

        yield* Effect.gen(function* () {
          for (const name of [input, output]) yield* MessageQueue.create(name, { transactional })
          yield* MessageQueue.create(".\\private$\\poison")
          const source = yield* MessageQueue.openSender(input)
          const results = yield* MessageQueue.openReceiver(output)
          yield* Effect.gen(function* () {
            while (proxy.cuts < cuts) {
              const numbers = Array.from({ length: perBatch }, (_, index) => sent.length + index)
              sent.push(...numbers)
              if (row.receives) {
                yield* source.sendAll(numbers.map(messageOf), transactional ? { transaction: "singleMessage" } : {})
              }
              const had = yield* Effect.timeoutOrElse(Effect.scoped(row.use({ input, output, numbers })), {
                duration: batchWithin,
                orElse: () =>
                  Effect.die(`messages ${numbers[0]} to ${numbers.at(-1)} did not come within ${batchWithin}`)
              })
              if (had !== undefined) got.push(...had)
              for (;;) {
                const message = yield* results.poll
                if (Option.isNone(message)) break
                got.push(numberOf(message.value))
              }
            }
          }).pipe(
            Effect.provide(cut, { local: true }),
            untilConnected(() => sent.length === 0)
          )
        }).pipe(Effect.scoped, Effect.provide(direct, { local: true }))

        // What the cut connections held is back when nothing of them is open any more.
        yield* gateway.expectNoLeaks
        yield* Effect.gen(function* () {
          for (const name of [input, output]) got.push(...(yield* remaining(name)))
        }).pipe(Effect.provide(direct, { local: true }))

        yield* gateway.expectNothingHeld

        const known = new Set(got)
        const lost = sent.filter((number) => !known.has(number))
        const again = repeated(got)
        report.push(
          `  ${row.name}: ${proxy.cuts} cuts of ${proxy.connections} connections, ${sent.length} messages, ` +
            `${lost.length} lost, ${again.length} again`
        )
        assert.isAtLeast(proxy.cuts, cuts, "too few connections were cut")
        const foreign = got.filter((number) => !(number < sent.length))
        assert.deepStrictEqual(foreign, [], "messages that nobody sent")
        assert.isAtMost(lost.length, row.lost * proxy.cuts, `lost: ${lost.join(", ")}`)
        assert.isAtMost(again.length, row.again * proxy.cuts, `came again: ${again.join(", ")}`)
        yield* gateway.expectNoLeaks
      }).pipe(Effect.scoped, Random.withSeed(seed))
    )
  }
})
