/** Reports of handles that could not be given back. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import { failedReleases, system } from "../telemetry/Meter.ts"

/** The handle that could not be given back. */
interface Failed {
  readonly kind: string
  readonly description: string
  /** The queue, by the name that the program used, where there is one. */
  readonly queue: string | undefined
}

/**
 * Logs and counts a release that failed. One that failed because the handle is gone already, as after a restart of the
 * service, is what a release is for: only those who log at level "Debug" read of it.
 */
export const reportFailedRelease = (
  { description, kind, queue }: Failed,
  cause: Cause.Cause<MqrtFailure>
): Effect.Effect<void> => {
  const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (failure?.saysReleased === true) {
    return Effect.logDebug(`the ${description} was gone before it was given back: ${failure.function}`)
  }
  const error = failure && new MsmqError({ operation: `closing the ${description}`, reason: reasonOf(failure), queue })
  const type = error?.code ?? "_OTHER"
  return Metric.update(failedReleases(kind, type), 1).pipe(
    Effect.andThen(
      Effect.logError(
        `the ${description} could not be given back and may stay open until the process ends`,
        error === undefined ? cause : Cause.fail(error)
      )
    ),
    Effect.annotateLogs({
      ...system,
      "msmq.handle.kind": kind,
      ...(queue === undefined ? {} : { "messaging.destination.name": queue }),
      ...(failure === undefined ? {} : { "code.function.name": failure.function }),
      "error.type": type
    })
  )
}
