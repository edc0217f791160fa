/** Uses of a handle, which an orderly closing waits for, and waits, which it ends. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { MsmqError } from "../../MsmqError.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { closeChildren } from "./closing.ts"
import type { HandleNode, HandleOwner } from "./HandleNode.ts"
import { beginWait, endWait } from "./liveness.ts"
import { IsOwnWork } from "./Run.ts"

/** Uses the handle. An orderly closing waits for the end of the use; once a closing has begun, the use is refused. */
export const lease = <H, A, E, R>(
  self: HandleOwner<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> => Effect.suspend(() => leaseOnce(self, operation, use))

/** Uses the handle as {@link lease} does, by an effect that is run only once. */
export const leaseOnce = <H, A, E, R>(
  self: HandleOwner<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> => {
  let isLeased = false
  const hold = (node: HandleNode<H>): void => {
    node.leases++
    isLeased = true
  }
  // The lease begins inside of what ends it, so that nothing can come between: `Effect.acquireUseRelease` takes 0.5 µs longer.
  return Effect.onExitPrimitive(
    Effect.suspend((): Effect.Effect<A, E | MsmqError, R> => {
      const { node } = self
      if (node.isAtHand) {
        hold(node)
        return use(node.native)
      }
      return Effect.andThen(
        Effect.uninterruptible(beginLease(node, operation, hold)),
        Effect.suspend(() => use(self.node.native))
      )
    }),
    () => {
      if (isLeased) self.node.endLease()
      return undefined
    }
  )
}

/**
 * Begins a lease where the handle may be used at once. Returns `false` where it may not. The fiber must not yield before it runs
 * the effect that {@link thenEndLease} returns.
 */
export const beginLeaseAtHand = ({ node }: HandleOwner<unknown>): boolean => {
  if (!node.isAtHand) return false
  node.leases++
  return true
}

/** Runs an effect in a lease that has begun, and ends the lease. */
export const thenEndLease = <A, E, R>(
  self: HandleOwner<unknown>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.onExitPrimitive(effect, () => {
    self.node.endLease()
    return undefined
  })

/** Makes an attempt in a lease that has begun, and ends the lease if the attempt is one: the lease goes on after `undefined`. */
export const attemptInLease = <A, B>(
  self: HandleOwner<unknown>,
  attempt: (given: B) => A | undefined,
  given: B
): A | undefined => {
  let goesOn = false
  try {
    const outcome = attempt(given)
    goesOn = outcome === undefined
    return outcome
  } finally {
    if (!goesOn) self.node.endLease()
  }
}

/**
 * Uses the handle for a wait, and keeps the process alive meanwhile. A closing interrupts the wait, which then fails as a use
 * after the closing does, unless it had succeeded by then. When the handle is reopened, the wait begins again.
 */
export const leaseWaiting = <H, A, E, R>(
  self: HandleOwner<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.filterOrElse(
    lease(self, operation, (native) => waitWith(self.node, operation, use(native))),
    (result): result is A => result !== again,
    () => leaseWaiting(self, operation, use)
  )

/** Result of a wait that a reopening interrupted. */
const again: unique symbol = Symbol("again")

const waitWith = <H, A, E, R>(
  self: HandleNode<H>,
  operation: Operation,
  wait: Effect.Effect<A, E, R>
): Effect.Effect<A | typeof again, E | MsmqError, R> =>
  Effect.uninterruptibleMask((restore): Effect.Effect<A | typeof again, E | MsmqError, R> =>
    Effect.flatMap(Effect.forkChild(restore(wait), { startImmediately: true }), (fiber) => {
      self.waiting.add(fiber)
      beginWait(fiber)
      if (self.state !== "open" || self.reopening !== undefined) fiber.interruptUnsafe()
      return restore(Fiber.await(fiber)).pipe(
        Effect.onInterrupt(() => Fiber.interrupt(fiber)),
        Effect.ensuring(
          Effect.sync(() => {
            self.waiting.delete(fiber)
            endWait(fiber)
          })
        ),
        Effect.flatMap((exit): Effect.Effect<A | typeof again, E | MsmqError> => {
          if (!Exit.hasInterrupts(exit)) return exit
          if (self.state !== "open") return Effect.fail(self.refusal(operation))
          return self.reopening === undefined ? exit : Effect.succeed(again)
        })
      )
    })
  )

/** Uses the handle for one native call inside of a lease that `closeNow` may have cut short. */
export const call = <H, A, E, R>(
  self: HandleOwner<H>,
  operation: Operation,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.uninterruptible(
    Effect.suspend((): Effect.Effect<A, E | MsmqError, R> => {
      const { node } = self
      if (node.state === "disposed" || node.state === "released") return Effect.fail(node.refusal(operation))
      node.calls++
      return Effect.ensuring(
        Effect.suspend(() => use(self.node.native)),
        Effect.suspend(() => node.endCall())
      )
    })
  )

/** Calls `hold` as soon as the handle may be used; fails where it may not. */
const beginLease = <H>(
  self: HandleNode<H>,
  operation: Operation,
  hold: (node: HandleNode<H>) => void
): Effect.Effect<void, MsmqError> =>
  Effect.suspend(() => {
    if (self.state !== "open") return Effect.fail(self.refusal(operation))
    if (self.closingAfterRuns !== undefined) {
      return Effect.flatMap(IsOwnWork, (isOwnWork) =>
        isOwnWork ? takeLease(self, operation, hold) : Effect.fail(self.refusal(operation))
      )
    }
    return takeLease(self, operation, hold)
  })

const takeLease = <H>(
  self: HandleNode<H>,
  operation: Operation,
  hold: (node: HandleNode<H>) => void
): Effect.Effect<void, MsmqError> =>
  Effect.suspend(() => {
    if (self.needsReopen) return Effect.andThen(reopen(self), beginLease(self, operation, hold))
    hold(self)
    return Effect.void
  })

/**
 * Reopens a handle, or waits for the reopening that runs. First its children are closed and its other uses end; waits
 * begin again afterwards.
 */
export const reopen = (self: HandleNode<unknown>): Effect.Effect<void, MsmqError> =>
  Effect.suspend((): Effect.Effect<void, MsmqError> => {
    if (self.reopening !== undefined) return Deferred.await(self.reopening)
    const reopening = (self.reopening = Deferred.makeUnsafe<void>())
    // A closing that begins meanwhile waits for the new native handle, and releases that.
    self.leases++
    for (const fiber of self.waiting) fiber.interruptUnsafe()
    return closeChildren(self).pipe(
      Effect.andThen(awaitOtherUses(self)),
      // A handle that closes is not reopened.
      Effect.andThen(Effect.suspend(() => (self.state === "open" ? self.reopen() : Effect.void))),
      Effect.ensuring(
        Effect.sync(() => {
          self.reopening = undefined
          self.endLease()
          Deferred.doneUnsafe(reopening, Exit.void)
        })
      )
    )
  })

/** Waits until nothing but the reopening uses the handle. */
const awaitOtherUses = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (self.leases === 1) return Effect.void
    self.quiet = Deferred.makeUnsafe<void>()
    return Effect.andThen(Deferred.await(self.quiet), awaitOtherUses(self))
  })
