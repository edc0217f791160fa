/** Figures of beginning: a fresh MSMQ in memory with a message in it, and the import of the packages. */
import { MessageQueue } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import type { Plan, Room, Settings } from "../harness/Room.ts"
import { interleaved } from "../harness/rounds.ts"
import { quantile } from "../harness/statistics.ts"
import { layOutBuilt, sources } from "../harness/packages.ts"

const orders = ".\\private$\\orders"

/** Builds a machine, and sends and receives one message on it. */
const fresh = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  yield* sender.send({ label: "order" })
  return yield* receiver.receive
}).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer, { local: true }), Effect.asVoid)

const freshInMemory: Plan = {
  name: "create, send, receive, in memory",
  against: "",
  unit: "µs",
  clock: "thread",
  measure: (settings) =>
    Effect.map(
      Effect.promise(() =>
        interleaved(
          { run: () => Effect.runPromise(fresh), operations: 1 },
          { run: () => Promise.resolve(), operations: 1 },
          settings
        )
      ),
      ({ way }) => ({ values: way.map((nanoseconds) => nanoseconds / 1000) })
    )
}

/** Program that prints the milliseconds which its thread works while it imports modules. */
const importing = (modules: ReadonlyArray<string>): string => `
  const worked = () => { const { system, user } = process.threadCpuUsage(); return (system + user) / 1000 }
  const began = worked()
  for (const module of ${JSON.stringify(modules)}) await import(module)
  console.log(worked() - began)`

/** Imports modules in a process of its own, as they are found from a folder, and returns the milliseconds of work. */
const importOnce = (folder: string, modules: ReadonlyArray<string>): number => {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", importing(modules)],
    { cwd: folder, encoding: "utf8" }
  )
  if (status !== 0) throw new Error(stderr)
  return Number(stdout)
}

/** Compares imports, in turn. */
const compareImports = (folder: string, { rounds }: Settings) => {
  const [ours, theirs]: [Array<number>, Array<number>] = [[], []]
  const import_ = {
    ours: () => ours.push(importOnce(folder, ["effect", "@effect-msmq/core", "@effect-msmq/testing"])),
    theirs: () => theirs.push(importOnce(folder, ["effect"]))
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) import_[name]()
  }
  return {
    values: ours.map((time, round) => time / (theirs[round] ?? Number.NaN)),
    details: { "ms each": quantile(ours, 0.5), "ms each, against": quantile(theirs, 0.5) }
  }
}

const imports = (name: string, folder: Effect.Effect<string>): Plan => ({
  name: `import of core and testing, ${name}`,
  against: "import of effect alone",
  unit: "ratio",
  clock: "thread",
  measure: (settings) => Effect.map(folder, (path) => compareImports(path, settings))
})

/** Room of beginning. */
export const startUp: Room = {
  name: "startUp",
  plans: [freshInMemory, imports("built", layOutBuilt), imports("from source", Effect.succeed(sources))]
}
