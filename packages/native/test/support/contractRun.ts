/** Runs the contract without a test runner, and removes what a run left behind. */
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as QueueManager from "@effect-msmq/core/QueueManager"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"

/** Numbers of promises that were kept, broken and not tried. */
export interface Sum {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Needs of a run: `missing` has a reason for each capability that the machine lacks; `print` gets each line. */
export interface Run {
  readonly promises: ReadonlyArray<MqrtContract.ContractPromise>
  readonly layer: Layer.Layer<Mqrt, MsmqError>
  readonly missing: ReadonlyMap<MqrtContract.Capability, string>
  readonly print: (line: string) => void
}

/** Returns the text of a problem. */
const problemOf = (cause: Cause.Cause<unknown>): string => {
  const problem = Cause.squash(cause)
  return problem instanceof Error ? problem.message : String(problem)
}

/** Runs one promise after the other, each with a backend of its own, which so is opened and closed as often. */
export const runContract = ({ layer, missing, print, promises }: Run): Effect.Effect<Sum> =>
  Effect.gen(function* () {
    const sum = { passed: 0, failed: 0, skipped: 0 }
    for (const { check, name, needs } of promises) {
      const reasons = needs.flatMap((capability) => missing.get(capability) ?? [])
      if (reasons.length > 0) {
        sum.skipped++
        print(`skipped - ${name}: ${reasons.join("; ")}`)
        continue
      }
      const exit = yield* Effect.exit(check.pipe(Effect.scoped, Effect.provide(layer, { local: true })))
      if (Exit.isSuccess(exit)) {
        sum.passed++
        print(`ok - ${name}`)
      } else {
        sum.failed++
        print(`not ok - ${name}\n${problemOf(exit.cause).replaceAll(/^/gm, "  ")}`)
      }
    }
    return sum
  })

/** Writes a sum as one line. */
export const sumLine = ({ failed, passed, skipped }: Sum): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`

const isOfTheContract = (name: string): boolean => name.toLowerCase().startsWith(MqrtContract.queuePrefix)

/** Deletes the queues of the contract and no others, and returns the names of those that were there. */
export const sweep: Effect.Effect<ReadonlyArray<string>, MsmqError, Mqrt> = Effect.gen(function* () {
  const names = (yield* QueueManager.privateQueues())
    .map((pathName) => pathName.split("\\").at(-1) ?? "")
    .filter(isOfTheContract)
  yield* Effect.forEach(names, (name) => MessageQueue.delete(`.\\private$\\${name}`), { discard: true })
  return names
})
