/**
 * Ownership of handles: the one place that knows which are open, who uses them and when they may go.
 *
 * A handle is open, then closing (new uses are refused, the running ones finish), then released. Handles form a tree:
 * whoever closes closes its children first, the youngest first. There are two kinds of use. A lease lasts as long as what
 * the user asked for, such as a batch, and an orderly closing waits for it. A call lasts as long as one native call, and
 * even a disposal on the spot waits for that.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Scope from "effect/Scope"
import { MsmqError } from "../MsmqError.ts"
import { CallSite } from "../CallSite.ts"
import { handleOpened } from "./telemetry.ts"

/** Where the things that users hold keep their handle, out of sight of whoever prints them. */
export const symbol: unique symbol = Symbol.for("~@effect-msmq/core/OwnedHandle")

/** What to take, how to give it back, and what to call it in an error. */
export interface Resource<H, E> {
  readonly kind: string
  /** `null`: there is nothing to tell it by. */
  readonly name: string | null
  readonly acquire: Effect.Effect<H, E>
  readonly release: (native: NoInfer<H>) => Effect.Effect<void>
}

export class OwnedHandle<H> {
  readonly description: string
  readonly openedAt: CallSite
  leases = 0
  calls = 0
  readonly children = new Set<OwnedHandle<unknown>>()
  /** `disposed`: to be given back at the end of the call that runs. */
  state: "open" | "closing" | "disposed" | "released" = "open"
  /** What gives up when the closing begins. */
  readonly waiting = new Set<Fiber.Fiber<unknown, unknown>>()
  /** Where the closing began. */
  releasedAt: CallSite | undefined = undefined
  /** Done when the handle has been given back. */
  readonly released = Deferred.makeUnsafe<void>()
  /** Done when the last use of a closing handle ends. */
  drained: Deferred.Deferred<void> | undefined = undefined

  readonly native: H
  readonly parent: OwnedHandle<unknown> | undefined
  readonly #release: Effect.Effect<void>
  readonly #onGivenBack: () => void

  constructor(
    description: string,
    native: H,
    parent: OwnedHandle<unknown> | undefined,
    release: Effect.Effect<void>,
    openedAt: CallSite,
    onGivenBack: () => void
  ) {
    this.description = description
    this.native = native
    this.parent = parent
    this.#release = release
    this.openedAt = openedAt
    this.#onGivenBack = onGivenBack
    parent?.children.add(this)
  }

  /** The error for a use after release. */
  refusal(operation: string): MsmqError {
    return new MsmqError({
      operation,
      reason: {
        _tag: "Released",
        resource: this.description,
        openedAt: this.openedAt.toString(),
        releasedAt: String(this.releasedAt)
      }
    })
  }

  endLease(): void {
    this.leases--
    if (this.leases === 0 && this.drained !== undefined) {
      Deferred.doneUnsafe(this.drained, Exit.void)
    }
  }

  endCall(): Effect.Effect<void> {
    this.calls--
    return this.calls === 0 && this.state === "disposed" ? this.giveBack() : Effect.void
  }

  beginClosing(state: "closing" | "disposed", at: CallSite): void {
    this.state = state
    this.releasedAt ??= at
    for (const fiber of this.waiting) fiber.interruptUnsafe()
  }

  /** Gives the handle back; whoever calls first does it, nobody does it twice. */
  giveBack(): Effect.Effect<void> {
    if (this.state === "released") return Effect.void
    this.state = "released"
    return this.#release.pipe(
      Effect.catchCause((cause) => Effect.logError(`the ${this.description} could not be given back`, cause)),
      Effect.ensuring(
        Effect.sync(() => {
          // Only now may the parent go.
          this.parent?.children.delete(this)
          this.#onGivenBack()
          Deferred.doneUnsafe(this.released, Exit.void)
        })
      )
    )
  }
}

/** The handle at the top of the tree, which stands for the loaded backend. */
export interface Root extends OwnedHandle<void> {}

export const makeRoot: Effect.Effect<Root, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => new OwnedHandle<void>("backend", undefined, undefined, Effect.void, new CallSite(), constVoid)),
  (root) => close(root)
)

/** Takes a handle and owns it from that instant, until the scope closes or somebody closes it before. */
export const scoped = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: string,
  resource: Resource<H, E>
): Effect.Effect<OwnedHandle<H>, E | MsmqError, Scope.Scope> => {
  const openedAt = new CallSite()
  return Effect.acquireRelease(
    lease(parent, operation, () =>
      Effect.withFiber(({ context }) =>
        Effect.map(
          resource.acquire,
          (native) =>
            new OwnedHandle(
              resource.name === null ? resource.kind : `${resource.kind} ${resource.name}`,
              native,
              parent,
              Effect.suspend(() => resource.release(native)),
              openedAt,
              handleOpened(resource.kind, context)
            )
        )
      )
    ),
    (handle) => close(handle)
  )
}

/** Uses the handle: an orderly closing waits until the use has ended. Refused once the closing has begun. */
export const lease = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: string,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.acquireUseRelease(
    beginLease(self, operation),
    () => use(self.native),
    () => Effect.sync(() => self.endLease())
  )

/**
 * Uses the handle for something that waits. The closing takes the wait back, and it fails as a use after release does,
 * unless it had succeeded by then.
 */
export const leaseWaiting = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: string,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  lease(self, operation, (native) =>
    Effect.uninterruptibleMask((restore): Effect.Effect<A, E | MsmqError, R> =>
      Effect.flatMap(Effect.forkChild(restore(use(native)), { startImmediately: true }), (fiber) => {
        self.waiting.add(fiber)
        if (self.state !== "open") fiber.interruptUnsafe()
        return restore(Fiber.await(fiber)).pipe(
          Effect.onInterrupt(() => Fiber.interrupt(fiber)),
          Effect.ensuring(Effect.sync(() => self.waiting.delete(fiber))),
          Effect.flatMap((exit): Effect.Effect<A, E | MsmqError> =>
            self.state !== "open" && Exit.hasInterrupts(exit) ? Effect.fail(self.refusal(operation)) : exit
          )
        )
      })
    )
  )

/** Uses the handle for one native call inside a lease, which a `closeNow` may have cut short. */
export const call = <H, A, E, R>(
  self: OwnedHandle<H>,
  operation: string,
  use: (native: H) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | MsmqError, R> =>
  Effect.uninterruptible(
    Effect.suspend((): Effect.Effect<A, E | MsmqError, R> => {
      if (self.state === "disposed" || self.state === "released") return Effect.fail(self.refusal(operation))
      self.calls++
      return Effect.ensuring(
        Effect.suspend(() => use(self.native)),
        Effect.suspend(() => self.endCall())
      )
    })
  )

/** A lease for as long as the scope is open. */
export const leaseScoped = <H>(self: OwnedHandle<H>, operation: string): Effect.Effect<void, MsmqError, Scope.Scope> =>
  Effect.acquireRelease(beginLease(self, operation), () => Effect.sync(() => self.endLease()))

const beginLease = <H>(self: OwnedHandle<H>, operation: string): Effect.Effect<void, MsmqError> =>
  Effect.suspend(() => {
    if (self.state !== "open") return Effect.fail(self.refusal(operation))
    self.leases++
    return Effect.void
  })

/**
 * Closes: refuses new uses, cancels what waits, closes the children, waits for the uses that run, gives back. Any number
 * of callers may close; each returns when the handle has been given back. `at`: where it was asked for, if not here.
 */
export const close = <H>(self: OwnedHandle<H>, at?: CallSite): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      if (self.state !== "open") return Deferred.await(self.released)
      self.beginClosing("closing", at ?? new CallSite())
      return Effect.andThen(
        settle(self),
        Effect.suspend(() => self.giveBack())
      )
    })
  )

const settle = <H>(self: OwnedHandle<H>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const youngest = [...self.children].at(-1)
    if (youngest !== undefined) return Effect.andThen(close(youngest), settle(self))
    if (self.leases === 0 || self.state !== "closing") return Effect.void
    self.drained = Deferred.makeUnsafe<void>()
    return Effect.andThen(Effect.raceFirst(Deferred.await(self.drained), Deferred.await(self.released)), settle(self))
  })

/**
 * Closes at once, or at the end of the native call that runs; leases are cut short. For handles without children whose
 * release does not wait.
 */
export const closeNow = <H>(self: OwnedHandle<H>): void => {
  if (self.state === "disposed" || self.state === "released") return
  self.beginClosing("disposed", new CallSite())
  if (self.calls === 0) Effect.runSync(self.giveBack())
}
