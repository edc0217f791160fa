/** Calls with a queue's handle that the service no longer knows, as after a restart (behaviours C-37, C-38). */
import * as Effect from "effect/Effect"
import type { MsmqError } from "../../MsmqError.ts"
import type { HandleOwner } from "./HandleNode.ts"

/** Failures of calls that did nothing because their handle was lost. */
const losses = new WeakSet<MsmqError>()

/**
 * Notes that a call with a handle failed. If the failure means that the handle is lost, the next use reopens it, and
 * {@link retryIfLost} makes the call again.
 */
export const noteFailure = <H>({ node }: HandleOwner<H>, native: H, error: MsmqError): void => {
  const { makesStale } = error.outlook
  if (makesStale === undefined || (makesStale === "served" && !node.hasServed)) return
  node.markStale(native)
  if (makesStale !== "queue" && node.canReopen) losses.add(error)
}

/** Returns `true` where a call failed because its handle was lost, so that it can be made again with another. */
export const isLoss = (error: MsmqError): boolean => losses.has(error)

/** Returns `true` where a call with a handle is to be made again after a failure, once, since the handle was lost. */
export const mayRetry = ({ node }: HandleOwner<unknown>, error: MsmqError): boolean => {
  if (error.outlook.answers === true) node.hasServed = true
  return isLoss(error)
}

/** Makes a call with a handle again, once, if the handle was lost. A second failure is returned. */
export const retryIfLost = <H, A, R>(
  handle: HandleOwner<H>,
  call: Effect.Effect<A, MsmqError, R>
): Effect.Effect<A, MsmqError, R> =>
  Effect.catchIf(
    call,
    (error) => mayRetry(handle, error),
    () => call
  )
