import * as Cause from "effect/Cause"
import { MsmqError, type Reason } from "../../MsmqError.ts"

/** What a restart of the service, or of another machine, leaves behind (behaviours C-37, C-38, E-51 to E-53, E-76, H-25). */
const passing: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>([
  "StaleHandle",
  "InvalidHandle",
  "QueueDeleted",
  "OperationCancelled",
  "ServiceNotAvailable",
  "QueueNotAvailable",
  "RemoteMachineNotAvailable",
  "TransactionSequence"
])

/** A receive whose parameters are right all the same (behaviour C-38). */
const isLostReceive = ({ reason }: MsmqError): boolean =>
  reason._tag === "InvalidParameter" && reason.function.startsWith("MQReceiveMessage")

/** Whether the queue may have to be opened anew. */
export const isLoss = (error: MsmqError): boolean => passing.has(error.reason._tag) || isLostReceive(error)

/** Whether it makes sense to wait and to try again. */
export const passes = (error: MsmqError): boolean => isLoss(error) || error.isRetryable

/** A send or a receive whose own handle was opened anew fails by its transaction, which the restart ended. */
const ofTheService: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>([
  "StaleHandle",
  "ServiceNotAvailable",
  "TransactionSequence"
])

/** The failure of the service that a handler failed with, which is none of its message's fault. */
export const serviceFailure = (cause: Cause.Cause<unknown>): MsmqError | undefined => {
  const error = Cause.squash(cause)
  return error instanceof MsmqError && ofTheService.has(error.reason._tag) ? error : undefined
}
