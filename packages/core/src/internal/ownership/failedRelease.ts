/** Reports of handles that could not be released. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import { MsmqError, reasonOf } from "../../MsmqError.ts"
import { failedReleases } from "../telemetry/Meter.ts"
import { system } from "../telemetry/Operation.ts"

/** Handle that could not be released. */
interface Failed {
  /** Kind of the handle, such as `"sender"`. */
  readonly kind: string
  /** Kind and name of the handle. */
  readonly description: string
  /** Name that the program used for the queue, where there is one. */
  readonly queue: string | undefined
}

/**
 * Logs and counts a release that failed. A release that failed because the handle was gone already, as after a restart of the
 * service, is logged at level "Debug" only and not counted.
 */
export const reportFailedRelease = (
  { description, kind, queue }: Failed,
  cause: Cause.Cause<MqrtFailure>
): Effect.Effect<void> => {
  const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (failure?.saysReleased === true) {
    return Effect.logDebug(`the ${description} was gone before its release: ${failure.function}`)
  }
  const error = failure && new MsmqError({ operation: `closing the ${description}`, reason: reasonOf(failure), queue })
  const type = error?.code ?? "_OTHER"
  return Metric.update(failedReleases(kind, type), 1).pipe(
    Effect.andThen(
      Effect.logError(
        `the ${description} could not be released and may stay open until the process ends`,
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
