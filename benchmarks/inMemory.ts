/**
 * Measures the in-memory MSMQ: `sendAll` against copying the bodies into an array, and what each operation costs in queues
 * of 1,000, 10,000 and 100,000 messages. `--json` prints `{ sends, operations }`: medians in nanoseconds for a message or
 * an operation, and ratios; a target names the limit of the ratio.
 */
import { MessageQueue, Mqrt } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Table } from "console-table-printer"
import { Effect, Layer, ManagedRuntime } from "effect"
import { TestClock } from "effect/testing"
import { parseArgs } from "node:util"
import { names, workOn } from "../packages/testing/test/support/operations.ts"
import * as Figure from "./Figure.ts"
import { interleaved, median, ratio, type Way } from "./measure.ts"

const { json } = parseArgs({ options: { json: { type: "boolean", default: false } } }).values

const sendAll = async () => {
  const messages = 20_000
  const body = new Uint8Array(1024).fill(7)
  const outgoing = Array.from({ length: messages }, (_, index) => ({ body, label: `order ${index}`, priority: 4 }))
  await using runtime = ManagedRuntime.make(InMemoryMqrt.layer)
  const times = await runtime.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const formatName = yield* MessageQueue.create(".\\private$\\orders")
        const sender = yield* MessageQueue.openSender(formatName)
        const reader = yield* mqrt.openQueue(formatName, "receive", "denyNone")
        let copies: Array<Uint8Array> = []
        return yield* Effect.promise(() =>
          interleaved({
            sdk: {
              run: async () => void (await runtime.runPromise(sender.sendAll(outgoing))),
              tidy: () => runtime.runPromise(mqrt.purgeQueue(reader))
            },
            copies: {
              run: async () => {
                for (const message of outgoing) copies.push(new Uint8Array(message.body))
              },
              tidy: async () => {
                copies = []
              }
            }
          })
        )
      })
    )
  )
  const name = "sendAll, against copying the bodies into an array"
  return Figure.figureOf(messages, name, times.sdk, times.copies, "at most 8, goal 4")
}

const lengths = { thousand: 1000, tenThousand: 10_000, hundredThousand: 100_000 }

/** On a machine of its own, where time stands still but for what the operation says. */
const prepare = async (name: string, length: number) => {
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(InMemoryMqrt.layer, TestClock.layer({ warningDelay: "1 hour" }))
  )
  const work = await runtime.runPromise(workOn(name, length))
  const does = (call: typeof work.run) => () => runtime.runPromise(Effect.asVoid(call))
  const way: Way = { prepare: does(work.prepare), run: does(work.run), tidy: does(work.tidy) }
  return { way, operations: work.operations, end: () => runtime.dispose() }
}

const operation = async (name: string) => {
  const thousand = await prepare(name, lengths.thousand)
  const tenThousand = await prepare(name, lengths.tenThousand)
  const hundredThousand = await prepare(name, lengths.hundredThousand)
  const times = await interleaved(
    { thousand: thousand.way, tenThousand: tenThousand.way, hundredThousand: hundredThousand.way },
    { rounds: 15, warmUp: 5 }
  )
  await Promise.all([thousand, tenThousand, hundredThousand].map(({ end }) => end()))
  const each = {
    thousand: times.thousand.map((time) => time / thousand.operations),
    tenThousand: times.tenThousand.map((time) => time / tenThousand.operations),
    hundredThousand: times.hundredThousand.map((time) => time / hundredThousand.operations)
  }
  return {
    name,
    thousand: median(each.thousand),
    tenThousand: median(each.tenThousand),
    hundredThousand: median(each.hundredThousand),
    ratio: ratio(each.hundredThousand, each.thousand),
    target: "below 2.5"
  }
}

const sends = [await sendAll()]
const operations = []
// oxlint-disable-next-line no-await-in-loop -- one after the other is the point
for (const name of names) operations.push(await operation(name))

if (json) console.log(JSON.stringify({ sends, operations }))
else {
  Figure.print(sends)
  const growth = new Table({ shouldDisableColors: !process.stdout.isTTY })
  for (const { hundredThousand, name, ratio, target, tenThousand, thousand } of operations) {
    growth.addRow({
      "ns each, in memory, in a queue of": name,
      "1,000": thousand.toFixed(0),
      "10,000": tenThousand.toFixed(0),
      "100,000": hundredThousand.toFixed(0),
      ratio: ratio.toFixed(2),
      target
    })
  }
  growth.printTable()
}
