/**
 * Ends layers in the middle of calls, on the test double: `node ending.ts LIBRARY HOW`. Prints what happened, in order.
 */
import { Mqrt } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect, Exit } from "effect"
import koffi from "koffi"
import { setTimeout as sleep } from "node:timers/promises"
import { plainQueue } from "../../../testing/src/contract/plainRecords.ts"

const [library = "", how = ""] = process.argv.slice(2)
const layer = NativeMqrt.layerWith({ library })
const orders = ".\\private$\\orders"

/** Loads the double only for as long as the call takes, so that nothing but the layer keeps it loaded. */
const ask = (prototype: string, ...args: ReadonlyArray<unknown>): void => {
  const double = koffi.load(library)
  double.func(prototype)(...args)
  double.unload()
}

/** Holds the calls of a function until they are released. */
const hold = (name: string): void => ask("int Double_Hold(const char *function)", name)

const release = (name: string): void => ask("int Double_SetDelay(const char *function, double milliseconds)", name, 0)

/** Room for so many asynchronous calls of koffi, as another user of koffi in the process may have it set. */
const limitKoffi = (calls: number): void => {
  koffi.config({ resident_async_pools: 0, max_async_calls: calls })
  koffi.load(library)
}

const create = (name: string) =>
  Effect.flatMap(Mqrt.Mqrt, (mqrt) => mqrt.createQueue({ ...plainQueue, pathName: `.\\private$\\${name}` }, null))

const commit = Effect.gen(function* () {
  const mqrt = yield* Mqrt.Mqrt
  const transaction = yield* mqrt.beginTransaction
  yield* mqrt.commitTransaction(transaction)
  yield* mqrt.releaseTransaction(transaction)
})

const manyCalls = Effect.gen(function* () {
  const names = Array.from({ length: 20 }, (_, index) => `queue${index}`)
  const created = yield* Effect.forEach(names, create, { concurrency: "unbounded" })
  yield* Effect.forEach(names, () => commit, { concurrency: "unbounded" })
  console.log(`${created.length} created`)
})

const endings: Readonly<Record<string, () => Promise<void>>> = {
  race: async () => {
    {
      await using msmq = await connect(layer)
      hold("MQCreateQueue")
      const creation = msmq.createQueue(orders).then(() => console.log("created"))
      await Promise.race([creation, sleep(20)])
      console.log("leaving")
      setTimeout(() => release("MQCreateQueue"), 200)
    }
    console.log("closed")
  },
  line: async () => {
    const results: Array<string> = []
    const creations: Array<Promise<unknown>> = []
    {
      await using msmq = await connect(layer)
      hold("MQCreateQueue")
      for (const name of ["a", "b", "c", "d"]) {
        const creation = msmq.createQueue(`.\\private$\\${name}`)
        creations.push(
          creation.then(
            () => results.push(`${name} created`),
            (error: { readonly code: string }) => results.push(`${name} ${error.code}`)
          )
        )
      }
      await sleep(20)
      setTimeout(() => release("MQCreateQueue"), 200)
    }
    await Promise.all(creations)
    console.log(results.toSorted().join(", "))
  },
  twoLayers: async () => {
    const first = await connect(layer)
    const second = await connect(layer)
    hold("MQCreateQueue")
    const creation = first.createQueue(orders).then(() => console.log("created"))
    await second.close()
    console.log("second closed")
    setTimeout(() => release("MQCreateQueue"), 200)
    await first.close()
    await creation
    console.log("first closed")
  },
  manyLayers: async () => {
    const build = (count: number) =>
      Effect.runPromise(
        Effect.forEach(Array.from({ length: count }), () => Effect.provide(commit, layer, { local: true }), {
          discard: true
        })
      )
    const grown = async () => {
      globalThis.gc?.()
      await sleep(50)
      globalThis.gc?.()
      return process.memoryUsage().rss
    }
    // The heap of a new process grows for a while before it is as large as this work makes it.
    await build(3000)
    const before = await grown()
    await build(2000)
    const megabytes = Math.round((await grown()) / 2 ** 20 - before / 2 ** 20)
    console.log(megabytes <= 16 ? "flat" : `${megabytes} MB more`)
  },
  limitOfOne: async () => {
    limitKoffi(1)
    await Effect.runPromise(Effect.provide(manyCalls, layer))
  },
  limitOfTwo: async () => {
    limitKoffi(2)
    await Effect.runPromise(Effect.provide(manyCalls, layer))
  },
  limitOfNone: async () => {
    limitKoffi(0)
    const exit = await Effect.runPromiseExit(Effect.provide(manyCalls, layer))
    console.log(Exit.isFailure(exit) ? String(exit.cause.reasons[0]) : "built")
  },
  noRoomForAWhile: async () => {
    limitKoffi(2)
    hold("MQDeleteQueue")
    const other = koffi.load(library).func("uint32_t __stdcall MQDeleteQueue(str16 name)")
    for (const name of ["a", "b"]) other.async(name, () => console.log("other call ended"))
    setTimeout(() => release("MQDeleteQueue"), 200)
    await Effect.runPromise(Effect.provide(manyCalls, layer))
  }
}

const ending = endings[how]
if (ending === undefined) throw new Error(`no such ending: ${how}`)
await ending()
