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
  const { answers, outdates } = error.outlook
  if (answers === true) self.hasServed = true
  if (outdates === undefined) return
  self.outdate(native)
  const repeats = outdates === "handle" || (outdates === "served" && self.hasServed)
  if (repeats && self.isRenewable) losses.add(error)
}

/** Tells whether a call failed because its handle was lost, so that it can be made again with another. */
export const isLoss = (error: MsmqError): boolean => losses.has(error)

/** Makes a call again, once, if its handle was lost: its second failure stands. */
export const reopening = <A, R>(call: Effect.Effect<A, MsmqError, R>): Effect.Effect<A, MsmqError, R> =>
  Effect.catchIf(call, isLoss, () => call)
