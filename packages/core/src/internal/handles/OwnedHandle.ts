/**
 * Ownership of handles: the one place that knows which are open, who uses them and when they may go.
 *
 * A handle is open, then closing (new uses are refused, the running ones finish), then released. Handles form a tree:
 * whoever closes closes its children first, the youngest first. There are two kinds of use. A lease lasts as long as what
 * the user asked for, such as a batch, and an orderly closing waits for it. A call lasts as long as one native call, and
 * even a disposal on the spot waits for that.
 *
 * Something that goes on by itself, such as consuming a queue, is a run: a closing, also of what is above, asks it to come
 * to its end, and waits for that, before it begins.
 *
 * A queue's handle may go stale, as with a restart of the service. Then its next use takes another in its place, so that
 * whoever holds it need not know.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Scope from "effect/Scope"
import { MsmqError } from "../../MsmqError.ts"
import { CallSite } from "../../CallSite.ts"
import { handleOpened } from "../observing/Meter.ts"

/** Where the things that users hold keep their handle, out of sight of whoever prints them. */
export const symbol: unique symbol = Symbol.for("~@effect-msmq/core/OwnedHandle")

/** What to take, how to give it back, and what to call it in an error. */
export interface Resource<H, E> {
  readonly kind: string
  /** `null`: there is nothing to tell it by. */
  readonly name: string | null
  readonly acquire: Effect.Effect<H, E>
  readonly release: (native: NoInfer<H>) => Effect.Effect<void>
  /** Takes another in the place of one that went stale; left out: there is no other. */
  readonly renew?: Effect.Effect<NoInfer<H>, MsmqError>
}

/** What was taken, and how it is given back. */
interface Taken<out H> {
  readonly native: H
  readonly release: Effect.Effect<void>
}

const takenBy =
  <H>(release: (native: H) => Effect.Effect<void>) =>
  (native: H): Taken<H> => ({ native, release: Effect.suspend(() => release(native)) })

/** Something that goes on by itself. `end`: asks it to take on nothing new, and waits until it has ended. */
export interface Run {
  readonly end: Effect.Effect<void>
}

/** The runs that an effect is a part of: what closes a handle from within a run must not wait for it. */
export const Runs = Context.Reference<ReadonlyArray<Run>>("@effect-msmq/core/OwnedHandle/Runs", {
  defaultValue: () => []
})

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
  /** What must come to its end before a closing begins, here or below. */
  readonly runs = new Set<Run>()
  /** Done when another has been taken in its place, or could not be. */
  renewing: Deferred.Deferred<void> | undefined = undefined
  /** How often another was taken in its place. */
  renewals = 0

  readonly parent: OwnedHandle<unknown> | undefined
  readonly #onGivenBack: () => void
  readonly #another: Effect.Effect<Taken<H>, MsmqError> | undefined
  #taken: Taken<H>
  #stale = false
  /** Whether it was given back and nothing is in its place yet. */
  #vacant = false

  constructor(
    description: string,
    taken: Taken<H>,
    parent: OwnedHandle<unknown> | undefined,
    openedAt: CallSite,
    onGivenBack: () => void,
    another?: Effect.Effect<Taken<H>, MsmqError>
  ) {
    this.description = description
    this.#taken = taken
    this.parent = parent
    this.openedAt = openedAt
    this.#onGivenBack = onGivenBack
    this.#another = another
    parent?.children.add(this)
  }

  get native(): H {
    return this.#taken.native
  }

  /** Says that what was used is good for nothing any more. */
  outdate(native: H): void {
    if (native === this.native && this.#another !== undefined) this.#stale = true
  }

  /** Whether another is to be taken in its place, and nothing is in the way of that. */
  get isDue(): boolean {
    return this.#stale && this.isIdle
  }

  get isIdle(): boolean {
    return this.leases === 0 && [...this.children].every((child) => child.isIdle)
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
    return this.#empty.pipe(
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

  /** Takes another in its place. Between the two there is none, since one that is not shared keeps others out. */
  renew(): Effect.Effect<void, MsmqError> {
    return this.#another === undefined
      ? Effect.void
      : Effect.map(Effect.andThen(this.#empty, this.#another), (taken) => {
          this.#taken = taken
          this.#stale = this.#vacant = false
          this.renewals++
        })
  }

  get #empty(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#vacant) return Effect.void
      this.#vacant = true
      return Effect.catchCause(this.#taken.release, (cause) =>
        Effect.logError(`the ${this.description} could not be given back`, cause)
      )
    })
  }
}

/** The handle at the top of the tree, which stands for the loaded backend. */
export interface Root extends OwnedHandle<void> {}

export const makeRoot: Effect.Effect<Root, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(
    () =>
      new OwnedHandle<void>(
        "backend",
        { native: undefined, release: Effect.void },
        undefined,
        new CallSite(),
        constVoid
      )
  ),
  (root) => close(root)
)

/** Takes a handle and owns it from that instant, until the scope closes or somebody closes it before. */
export const scoped = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: string,
  resource: Resource<H, E>
): Effect.Effect<OwnedHandle<H>, E | MsmqError, Scope.Scope> => {
  const openedAt = new CallSite()
  const { acquire, kind, name, release, renew } = resource
  const description = name === null ? kind : `${kind} ${name}`
  const taken = takenBy<H>(release)
  const another = renew === undefined ? undefined : Effect.map(renew, taken)
  return Effect.acquireRelease(
    lease(parent, operation, () =>
      Effect.withFiber(({ context }) =>
        Effect.map(
          acquire,
          (native) =>
            new OwnedHandle(description, taken(native), parent, openedAt, handleOpened(kind, context), another)
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
    if (self.renewing !== undefined || self.isDue) return Effect.andThen(renewed(self), beginLease(self, operation))
    self.leases++
    return Effect.void
  })

/** Takes another in the place of one that went stale, its children closed, or waits while somebody else does. */
const renewed = <H>(self: OwnedHandle<H>): Effect.Effect<void, MsmqError> =>
  Effect.suspend((): Effect.Effect<void, MsmqError> => {
    if (self.renewing !== undefined) return Deferred.await(self.renewing)
    const renewing = (self.renewing = Deferred.makeUnsafe<void>())
    // A closing that begins meanwhile waits for what is taken, and gives that back.
    self.leases++
    return closeChildren(self).pipe(
      Effect.andThen(Effect.suspend(() => self.renew())),
      Effect.ensuring(
        Effect.sync(() => {
          self.renewing = undefined
          self.endLease()
          Deferred.doneUnsafe(renewing, Exit.void)
        })
      )
    )
  })

/** For as long as the scope is open something runs that a closing, of this or of what is above it, has to end first. */
export const running = <H>(
  self: OwnedHandle<H>,
  operation: string,
  run: Run
): Effect.Effect<void, MsmqError, Scope.Scope> => {
  const handles: Array<OwnedHandle<unknown>> = []
  for (let handle: OwnedHandle<unknown> | undefined = self; handle !== undefined; handle = handle.parent) {
    handles.push(handle)
  }
  return Effect.acquireRelease(
    Effect.suspend(() => {
      if (self.state !== "open") return Effect.fail(self.refusal(operation))
      for (const handle of handles) handle.runs.add(run)
      return Effect.void
    }),
    () =>
      Effect.sync(() => {
        for (const handle of handles) handle.runs.delete(run)
      })
  )
}

/**
 * Closes: ends what runs, refuses new uses, cancels what waits, closes the children, waits for the uses that run, gives
 * back. Any number of callers may close; each returns when the handle has been given back. `at`: where it was asked for,
 * if not here.
 */
export const close = <H>(self: OwnedHandle<H>, at?: CallSite): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      if (self.state !== "open") return Deferred.await(self.released)
      const site = at ?? new CallSite()
      return self.runs.size > 0 ? Effect.andThen(endRuns(self, site), closeIdle(self, site)) : closeIdle(self, site)
    })
  )

const endRuns = <H>(self: OwnedHandle<H>, at: CallSite): Effect.Effect<void> =>
  Effect.suspend(() => {
    self.releasedAt ??= at
    return Effect.forEach([...self.runs], (run) => run.end, { concurrency: "unbounded", discard: true })
  })

const closeIdle = <H>(self: OwnedHandle<H>, at: CallSite): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (self.state !== "open") return Deferred.await(self.released)
    self.beginClosing("closing", at)
    return Effect.andThen(
      settle(self),
      Effect.suspend(() => self.giveBack())
    )
  })

const closeChildren = <H>(self: OwnedHandle<H>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const youngest = [...self.children].at(-1)
    return youngest === undefined ? Effect.void : Effect.andThen(close(youngest), closeChildren(self))
  })

const settle = <H>(self: OwnedHandle<H>): Effect.Effect<void> =>
  Effect.andThen(
    closeChildren(self),
    Effect.suspend(() => {
      if (self.leases === 0 || self.state !== "closing") return Effect.void
      self.drained = Deferred.makeUnsafe<void>()
      return Effect.andThen(Effect.raceFirst(Deferred.await(self.drained), Deferred.await(self.released)), settle(self))
    })
  )

/**
 * Closes at once, or at the end of the native call that runs; leases are cut short. For handles without children whose
 * release does not wait.
 */
export const closeNow = <H>(self: OwnedHandle<H>): void => {
  if (self.state === "disposed" || self.state === "released") return
  self.beginClosing("disposed", new CallSite())
  if (self.calls === 0) Effect.runSync(self.giveBack())
}
