/**
 * The contract on the native backend, without a test runner: one line for each promise, and the sum. On Windows, and
 * under Wine, where no runner starts. Arguments: the library, by default that of the
 * system, and the one that stands for Windows' logon functions; with it, the library has its own completion ports.
 */
import { NativeMqrt } from "@effect-msmq/native"
import { MqrtContract } from "@effect-msmq/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { doubleLedger } from "./support/doubleLedger.ts"

const [library, identityLibrary] = process.argv.slice(2)

/** A line for a promise, and whether it was kept. */
const report = (name: string, exit: Exit.Exit<unknown, unknown>): boolean => {
  if (Exit.isSuccess(exit)) {
    console.log(`ok - ${name}`)
    return true
  }
  const problem = Cause.squash(exit.cause)
  const text = problem instanceof Error ? problem.message : String(problem)
  console.log(`not ok - ${name}\n${text.replaceAll(/^/gm, "  ")}`)
  return false
}

/** Files are read on threads of libuv, which would not be if receives waited there. */
const fileRead = Effect.asVoid(Effect.promise(() => readFile(fileURLToPath(import.meta.url))))

const layer = library === undefined ? NativeMqrt.layer : NativeMqrt.layerWith({ library, identityLibrary })

const contract = [...MqrtContract.promises, MqrtContract.waitingReceives(1000, fileRead)].map(({ check, name }) => ({
  name,
  // With a backend of its own, which so is opened and closed as often.
  check: check.pipe(Effect.scoped, Effect.provide(layer, { local: true }))
}))

/** Only the test double keeps account. */
const ledger = library === undefined || identityLibrary === undefined ? undefined : doubleLedger(library)
const last = {
  name: "everything was given back, and nothing used as it may not be",
  check: Effect.sync(() => ledger?.assertClean())
}

const program = Effect.forEach(ledger === undefined ? contract : [...contract, last], ({ check, name }) =>
  Effect.map(Effect.exit(check), (exit) => report(name, exit))
)

const kept = await Effect.runPromise(program)
const passed = kept.filter((is) => is).length
console.log(`${passed} passed, ${kept.length - passed} failed`)
process.exitCode = passed === kept.length ? 0 : 1
