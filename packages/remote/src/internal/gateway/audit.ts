/** Lines of the log that say who used a gateway, and what was refused. */
import * as Effect from "effect/Effect"
import type { WireFailure } from "../wire/Failure.ts"
import type { Refused } from "./Admission.ts"
import type { Arrival } from "./Arrival.ts"

/** Client that a line is about. */
interface Facts {
  readonly client: string
  readonly address: string
}

/** Logs that a client has begun a session. */
export const sessionOpened = (facts: Facts): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logInfo("session opened"), { ...facts })

/** Logs that the session of a client has ended. */
export const sessionEnded = (facts: Facts & { readonly reason: string }): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logInfo("session ended"), { ...facts })

/** Logs that a connection is refused. */
export const connectionRefused = ({ address }: Arrival, { client, detail }: Refused): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning("connection refused"), {
    ...(client === undefined ? {} : { client }),
    address,
    reason: detail
  })

/** Logs that a call is refused, where that is what a failure says. */
export const refused = (facts: Facts, failure: unknown): Effect.Effect<void> => {
  const { function: name, refusal } = failure as Partial<WireFailure>
  if (typeof refusal !== "string") return Effect.void
  return Effect.annotateLogs(Effect.logWarning("call refused"), { ...facts, function: name, reason: refusal })
}
