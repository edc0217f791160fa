/** Calls whose queue's handle the service no longer knows, as after a restart (behaviours C-37, C-38). */
import * as Effect from "effect/Effect"
import type { MsmqError } from "../../MsmqError.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"

/** Failures of calls that did nothing because their handle was lost. */
const losses = new WeakSet<MsmqError>()

/**
 * Notes that a call with a handle failed. If the failure says that the handle is lost, the next use takes another in its
 * place; {@link reopening} then makes the call again.
 */
export const noteFailure = <H>(self: OwnedHandle<H>, native: H, error: MsmqError): void => {
  const { outdates } = error.outlook
  if (outdates === undefined || (outdates === "served" && !self.hasServed)) return
  self.outdate(native)
  if (outdates !== "queue" && self.node.isRenewable) losses.add(error)
}

/** Tells whether a call failed because its handle was lost, so that it can be made again with another. */
export const isLoss = (error: MsmqError): boolean => losses.has(error)

/** Makes a call with a handle again, once, if the handle was lost: its second failure stands. */
export const reopening = <H, A, R>(
  self: OwnedHandle<H>,
  call: Effect.Effect<A, MsmqError, R>
): Effect.Effect<A, MsmqError, R> =>
  Effect.catchIf(
    call,
    (error) => {
      if (error.outlook.answers === true) self.hasServed = true
      return isLoss(error)
    },
    () => call
  )
