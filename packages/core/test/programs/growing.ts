/**
 * Opens and closes each kind of thing many times: `node --expose-gc growing.ts COUNT [BACKEND]`. Prints one line of JSON for
 * each: by how many bytes memory is larger for each opening, in the best of some rounds of `COUNT` openings.
 *
 * What is kept is kept in every round. What a round adds once, such as code that was compiled, is not in the best one.
 */
import { Mqrt } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { HandleLedger } from "@effect-msmq/testing"
import { Effect, Layer, ManagedRuntime } from "effect"
import { backendOf } from "./backend.ts"
import { collect } from "./collect.ts"
import { inTurn, times } from "./inTurn.ts"
import { inEffect, inPromises, prepare } from "./openings.ts"

const [count = "", file, only = ""] = process.argv.slice(2)

const rounds = 10
/** Bytes for each opening: a round with less is good enough. */
const limit = 64

const used = async (): Promise<Growth> => {
  await collect()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, external, rss }
}

/** Returns the distance of a round from flat: one that shrinks tells no more than one that grows. */
const distance = ({ external, heap }: Growth): number => Math.abs(heap) + Math.abs(external)

interface Growth {
  readonly heap: number
  readonly external: number
  readonly rss: number
}

const measure = async (name: string, open: () => Promise<unknown>): Promise<void> => {
  if (!name.includes(only)) return
  const openings = Number(count)
  await times(openings / 2, open)
  // The end of a round is the beginning of the next.
  let before = await used()
  const round = async (): Promise<Growth> => {
    const start = before
    await times(openings, open)
    before = await used()
    const each = (key: keyof Growth) => Math.round((before[key] - start[key]) / openings)
    return { heap: each("heap"), external: each("external"), rss: each("rss") }
  }
  let best: Growth = { heap: Infinity, external: 0, rss: 0 }
  await times(rounds, async () => {
    if (distance(best) <= limit) return
    const grown = await round()
    if (distance(grown) < distance(best)) best = grown
  })
  console.log(JSON.stringify({ name, openings, ...best }))
}

const backend = await backendOf(file)
const runtime = ManagedRuntime.make(backend)
await runtime.runPromise(prepare)
// Connections to the queues that were prepared.
const connected = Layer.effect(Mqrt.Mqrt, Effect.flatMap(Mqrt.Mqrt, Mqrt.make)).pipe(
  Layer.provide(Layer.succeedContext(await runtime.context()))
)
{
  await using msmq = await connect(connected)
  await using counted = await connect(HandleLedger.layer(connected))
  await using receiver = await msmq.openReceiver(".\\private$\\orders")
  await inTurn(Object.entries(inPromises), ([name, open]) =>
    measure(`promise: ${name}`, () => open({ msmq, counted, receiver, backend }))
  )
}
await inTurn(Object.entries(inEffect), ([name, open]) =>
  measure(`effect: ${name}`, () => runtime.runPromise(open(backend)))
)
await runtime.dispose()
