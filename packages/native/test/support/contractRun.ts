/** Runs the contract without a test runner, and prints a line for each promise. */
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { MsmqError } from "@effect-msmq/core/MsmqError"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

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

const lines: Readonly<Record<MqrtContract.RunResult["outcome"], (result: MqrtContract.RunResult) => string>> = {
  kept: ({ name }) => `ok - ${name}`,
  broken: ({ detail, name }) => `not ok - ${name}\n${detail.replaceAll(/^/gm, "  ")}`,
  skipped: ({ detail, name }) => `skipped - ${name}: ${detail}`
}

const counters = { kept: "passed", broken: "failed", skipped: "skipped" } as const

/** Tries one promise after the other. */
export const runContract = ({ layer, missing, print, promises }: Run): Effect.Effect<Sum> =>
  Stream.runFold(
    MqrtContract.run({ layer, missing, promises }),
    (): Sum => ({ passed: 0, failed: 0, skipped: 0 }),
    (sum, result) => {
      print(lines[result.outcome](result))
      const counter = counters[result.outcome]
      return { ...sum, [counter]: sum[counter] + 1 }
    }
  )

/** Writes a sum as one line. */
export const sumLine = ({ failed, passed, skipped }: Sum): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`
