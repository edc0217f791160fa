import * as Cause from "effect/Cause"
import { MsmqError } from "../../MsmqError.ts"

/** Whether the queue may have to be opened anew. */
export const isLoss = ({ outlook: { restart }, reason }: MsmqError): boolean =>
  restart === "receive" ? "function" in reason && reason.function.startsWith("MQReceiveMessage") : restart === true

/** Whether it makes sense to wait and to try again. */
export const passes = (error: MsmqError): boolean => isLoss(error) || error.isRetryable

/** The failure of the service that a handler failed with, which is none of its message's fault. */
export const serviceFailure = (cause: Cause.Cause<unknown>): MsmqError | undefined => {
  const error = Cause.squash(cause)
  return error instanceof MsmqError && error.outlook.service === true ? error : undefined
}
