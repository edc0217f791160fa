/** The uses of a handle: what an orderly closing waits for, and what it takes back. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { MsmqError } from "../../MsmqError.ts"
import { closeChildren } from "./closing.ts"
import type { HandleNode } from "./HandleNode.ts"
import { hold, letGo } from "./liveness.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"
import { IsOwnWork } from "./Run.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Uses the handle: an orderly closing waits until the use has ended. Refused once the closing has begun. */
export const lease = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.acquireUseRelease(
    beginLease(self, operation),
    () => use(self.native),
    () => Effect.sync(() => self.node.endLease())
  )

/**
 * Uses the handle for something that waits, and keeps the process alive meanwhile. The closing takes the wait back, and
 * it fails as a use after release does, unless it had succeeded by then. When another handle is taken in the place of one
 * that went stale, the wait begins anew.
 */
export const leaseWaiting = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.filterOrElse(
    lease(self, operation, (native) => waited(self, operation, use(native))),
    (result): result is A => result !== anew,
    () => leaseWaiting(self, operation, use)
  )

const anew: unique symbol = Symbol("anew")

const waited = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: Operation,
  wait: Effect.Effect<A, E, R>
): Effect.Effect<A | typeof anew, E | MsmqError, R> =>
  Effect.uninterruptibleMask((restore): Effect.Effect<A | typeof anew, E | MsmqError, R> =>
    Effect.flatMap(Effect.forkChild(restore(wait), { startImmediately: true }), (fiber) => {
      self.node.waiting.add(fiber)
      hold(fiber)
      if (self.state !== "open" || self.renewing !== undefined) fiber.interruptUnsafe()
      return restore(Fiber.await(fiber)).pipe(
        Effect.onInterrupt(() => Fiber.interrupt(fiber)),
        Effect.ensuring(
          Effect.sync(() => {
            self.node.waiting.delete(fiber)
            letGo(fiber)
          })
        ),
        Effect.flatMap((exit): Effect.Effect<A | typeof anew, E | MsmqError> => {
          if (!Exit.hasInterrupts(exit)) return exit
          if (self.state !== "open") return Effect.fail(self.refusal(operation))
          return self.renewing === undefined ? exit : Effect.succeed(anew)
        })
      )
    })
  )

/** Uses the handle for one native call inside a lease, which a `closeNow` may have cut short. */
export const call = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.uninterruptible(
    Effect.suspend((): Effect.Effect<A, E | MsmqError, R> => {
      if (self.state === "disposed" || self.state === "released") return Effect.fail(self.refusal(operation))
      self.node.calls++
      return Effect.ensuring(
        Effect.suspend(() => use(self.native)),
        Effect.suspend(() => self.node.endCall())
      )
    })
  )

const beginLease = <H>(self: OwnedHandle<H>, operation: Operation): Effect.Effect<void, MsmqError> =>
  Effect.suspend(() => {
    if (self.state !== "open") return Effect.fail(self.refusal(operation))
    if (self.node.closedFromWithin !== undefined) {
      return Effect.flatMap(IsOwnWork, (isOwnWork) =>
        isOwnWork ? takeLease(self, operation) : Effect.fail(self.refusal(operation))
      )
    }
    return takeLease(self, operation)
  })

const takeLease = <H>(self: OwnedHandle<H>, operation: Operation): Effect.Effect<void, MsmqError> =>
  Effect.suspend(() => {
    if (self.isDue) return Effect.andThen(renewed(self.node), beginLease(self, operation))
    self.node.leases++
    return Effect.void
  })

/**
 * Takes another in the place of one that went stale, or waits while somebody else does. First its children are closed,
 * and its other uses end: what waits begins anew afterwards.
 */
export const renewed = (self: HandleNode<unknown>): Effect.Effect<void, MsmqError> =>
  Effect.suspend((): Effect.Effect<void, MsmqError> => {
    if (self.renewing !== undefined) return Deferred.await(self.renewing)
    const renewing = (self.renewing = Deferred.makeUnsafe<void>())
    // A closing that begins meanwhile waits for what is taken, and gives that back.
    self.leases++
    for (const fiber of self.waiting) fiber.interruptUnsafe()
    return closeChildren(self).pipe(
      Effect.andThen(othersEnded(self)),
      // For a handle that closes, none is taken.
      Effect.andThen(Effect.suspend(() => (self.state === "open" ? self.renew() : Effect.void))),
      Effect.ensuring(
        Effect.sync(() => {
          self.renewing = undefined
          self.endLease()
          Deferred.doneUnsafe(renewing, Exit.void)
        })
      )
    )
  })

/** Waits until nobody uses the handle but the renewal itself. */
const othersEnded = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (self.leases === 1) return Effect.void
    self.quiet = Deferred.makeUnsafe<void>()
    return Effect.andThen(Deferred.await(self.quiet), othersEnded(self))
  })
