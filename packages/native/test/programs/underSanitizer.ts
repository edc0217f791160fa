/**
 * The contract and random messages on a test double that checks its memory, without a test runner:
 * `node underSanitizer.ts LIBRARY IDENTITY SEED COUNT`. One line for each promise, and the sum.
 */
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { NativeMqrt } from "@effect-msmq/native"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { cutSends } from "../support/cutSends.ts"
import { doubleLedger } from "../support/doubleLedger.ts"
import { sendAndReceive } from "../support/randomMessages.ts"

const [library = "", identityLibrary = "", seed = "1", count = "0"] = process.argv.slice(2)

const ledger = doubleLedger(library)

const layer = NativeMqrt.layerWith({ library, identityLibrary })

const random = {
  name: `${count} random messages arrive as they were sent`,
  check: Effect.flatMap(Mqrt.Mqrt, (mqrt) => sendAndReceive(mqrt, Number(seed), Number(count)))
}

/** On connections of its own: sends on and off the main thread, each with memory of its own. */
const cut = {
  name: "200 batches that are cut short tell exactly what has arrived",
  check: Effect.promise(() => cutSends(library, Number(seed), 200))
}

const promises = [...MqrtContract.promises, MqrtContract.waitingReceives(1000), random].map(({ check, name }) => ({
  name,
  // With a backend of its own, which so is opened and closed as often.
  check: Effect.asVoid(check).pipe(Effect.scoped, Effect.provide(layer, { local: true }))
}))

const last = {
  name: "everything was given back, and nothing used as it may not be",
  check: Effect.sync(() => ledger.assertClean())
}

const report = (name: string, exit: Exit.Exit<unknown, unknown>): boolean => {
  console.log(Exit.isSuccess(exit) ? `ok - ${name}` : `not ok - ${name}\n${Cause.pretty(exit.cause)}`)
  return Exit.isSuccess(exit)
}

const kept = await Effect.runPromise(
  Effect.forEach([...promises, cut, last], ({ check, name }) =>
    Effect.map(Effect.exit(check), (exit) => report(name, exit))
  )
)
const passed = kept.filter((is) => is).length
console.log(`${passed} passed, ${kept.length - passed} failed`)
process.exitCode = passed === kept.length ? 0 : 1
