/**
 * The contract on the native backend, without a test runner: a line for each promise, and the sum. For Windows, for Wine,
 * where no runner starts, and for other runtimes than Node. The first argument says what to do:
 *
 * - `double LIBRARY IDENTITY`: runs the contract on the test double, and looks at its account
 * - `contract LIBRARY`: runs the contract on the machine's own Message Queuing
 * - `questions LIBRARY`: asks it what the documentation leaves open, and prints a table
 * - `sweep LIBRARY`: deletes the queues that a run left behind
 */
import { NativeMqrt } from "@effect-msmq/native"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { answerTo, probes, rowOf, tableHead } from "../probes.ts"
import { whatIsMissing } from "../support/capabilities.ts"
import { runContract, sumLine, type Sum } from "../support/contractRun.ts"
import { doubleLedger } from "../support/doubleLedger.ts"

const [mode = "no mode", library = "", identityLibrary = ""] = process.argv.slice(2)

const print = (line: string): void => console.log(line)

/** Files are read on threads of libuv, which would not be if receives waited there. */
const fileRead = Effect.asVoid(Effect.promise(() => readFile(fileURLToPath(import.meta.url))))

const machine = NativeMqrt.layerWith({ library })

const promises = [...MqrtContract.promises, MqrtContract.waitingReceives(1000, fileRead)]

const ended = (sum: Sum): void => {
  print(sumLine(sum))
  process.exitCode = sum.failed === 0 ? 0 : 1
}

const onTheDouble = Effect.gen(function* () {
  const layer = NativeMqrt.layerWith({ library, identityLibrary })
  const ledger = doubleLedger(library)
  const last: MqrtContract.ContractPromise = {
    name: "everything was given back, and nothing used as it may not be",
    needs: [],
    check: Effect.sync(() => ledger.assertClean())
  }
  ended(yield* runContract({ promises: [...promises, last], layer, missing: new Map(), print }))
})

const onTheMachine = Effect.gen(function* () {
  const missing = yield* Effect.provide(whatIsMissing(true), machine, { local: true })
  ended(yield* runContract({ promises, layer: machine, missing, print }))
})

const questions = Effect.gen(function* () {
  print(tableHead)
  for (const probe of probes) print(rowOf(probe, yield* answerTo(probe)))
}).pipe(Effect.provide(machine))

const swept = Effect.map(MqrtContract.sweep, (names) => {
  for (const name of names) print(`# deleted ${JSON.stringify(name)}, which a run left behind`)
}).pipe(Effect.provide(machine))

const modes = { double: onTheDouble, contract: onTheMachine, questions, sweep: swept }

const isMode = (name: string): name is keyof typeof modes => Object.hasOwn(modes, name)

if (!isMode(mode)) throw new Error(`${mode} is none of ${Object.keys(modes).join(", ")}`)
await Effect.runPromise(modes[mode]).catch((error: unknown) => {
  print(`not ok - ${mode}: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
