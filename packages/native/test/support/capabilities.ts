/** Finds out what a machine lacks of what promises of the contract need. */
import * as ErrorCode from "@effect-msmq/core/ErrorCode"
import { type Mqrt, MqrtFailure } from "@effect-msmq/core/Mqrt"
import * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import * as Effect from "effect/Effect"

/** Returns a failure as a person reads it. */
export const textOf = (failure: unknown): string => {
  if (failure instanceof MqrtFailure) {
    return `${failure.function} returned ${ErrorCode.nameOf(failure.code) ?? ErrorCode.format(failure.code)}`
  }
  return failure instanceof Error ? failure.message : String(failure)
}

/** The environment variable by which whoever runs the tests allows copies in the machine's own journal. */
const journalVariable = "EFFECT_MSMQ_MACHINE_JOURNAL"

/** Asks a machine for everything that the contract needs. `isReal`: `true` for a real machine, `false` for a double. */
export const whatIsMissing = (
  isReal: boolean
): Effect.Effect<ReadonlyMap<MqrtContract.Capability, string>, never, Mqrt> =>
  Effect.map(
    MqrtContract.missingCapabilities({ mayFillJournal: !isReal || process.env[journalVariable] === "1" }),
    (missing) =>
      new Map(
        [...missing].map(([capability, reason]) => [
          capability,
          capability === "journal of the machine" ? `${reason}: ${journalVariable} is not 1` : reason
        ])
      )
  )
