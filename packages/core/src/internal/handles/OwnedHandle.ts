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
import type * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import { CallSite } from "../../CallSite.ts"
import type { MqrtFailure } from "../../MqrtFailure.ts"
import { MsmqError } from "../../MsmqError.ts"
import { handleOpened } from "../observing/Meter.ts"
import { close } from "./closing.ts"
import { forgetOwner, reportIfDropped } from "./droppedHandle.ts"
import { reportFailedRelease } from "./failedRelease.ts"
import { lease } from "./leases.ts"
import type { Run } from "./Run.ts"

export { afterRuns, close, closeNow, running } from "./closing.ts"
export { IntermittentUse } from "./IntermittentUse.ts"
export { call, lease, leaseWaiting } from "./leases.ts"
export { isLoss, noteFailure, reopening } from "./lostHandle.ts"
export { IsOwnWork, Run, Runs } from "./Run.ts"

/** Where the things that users hold keep their handle, out of sight of whoever prints them. */
export const symbol: unique symbol = Symbol.for("~@effect-msmq/core/OwnedHandle")

/** What to take, how to give it back, and what to call it in an error. */
export interface Resource<H, E> {
  readonly kind: string
  /** `null`: there is nothing to tell it by. */
  readonly name: string | null
  /** The queue, by the name that the program used; left out where there is none. */
  readonly queue?: string
  readonly acquire: Effect.Effect<H, E>
  /** Gives it back. A failure is reported, once, and the handle counts as released all the same. */
  readonly release: (native: NoInfer<H>) => Effect.Effect<void, MqrtFailure>
  /** Takes another in the place of one that went stale; left out: there is no other. */
  readonly renew?: Effect.Effect<NoInfer<H>, MsmqError>
}

/** The place that an effect opens handles for, where it is known before the effect runs. */
export const Opener = Context.Reference<CallSite | undefined>("@effect-msmq/core/OwnedHandle/Opener", {
  defaultValue: () => undefined
})

/** The name of a handle, and the place that opened it. */
interface Description {
  readonly kind: string
  readonly description: string
  readonly queue: string | undefined
  readonly openedAt: CallSite
}

/** What was taken, and how it is given back. */
interface Taken<out H> {
  readonly native: H
  readonly release: Effect.Effect<void, MqrtFailure>
}

const takenBy =
  <H>(release: (native: H) => Effect.Effect<void, MqrtFailure>) =>
  (native: H): Taken<H> => ({ native, release: Effect.suspend(() => release(native)) })

export class OwnedHandle<H> {
  readonly kind: string
  readonly description: string
  readonly queue: string | undefined
  readonly openedAt: CallSite
  leases = 0
  calls = 0
  readonly children = new Set<OwnedHandle<unknown>>()
  /** `disposed`: to be given back at the end of the call that runs. */
  state: "open" | "closing" | "disposed" | "released" = "open"
  /** What gives up when the closing begins. */
  readonly waiting = new Set<Fiber.Fiber<unknown, unknown>>()
  /** Functions that the beginning of a closing calls: for what would use the handle again, and does not use it now. */
  readonly onClosing = new Set<() => void>()
  /** Where the closing began. */
  releasedAt: CallSite | undefined = undefined
  /** Done when the handle has been given back. */
  readonly released = Deferred.makeUnsafe<void>()
  /** Done when the last use of a closing handle ends. */
  drained: Deferred.Deferred<void> | undefined = undefined
  /** What must come to its end before a closing begins, here or below. */
  readonly runs = new Set<Run>()
  /** Closes it when nothing runs on it any more: set when a part of what runs has closed it. */
  closedFromWithin: Effect.Effect<void> | undefined = undefined
  /** Done when another has been taken in its place, or could not be. */
  renewing: Deferred.Deferred<void> | undefined = undefined
  /** Done when nobody but the renewal uses the handle. */
  quiet: Deferred.Deferred<void> | undefined = undefined
  /** How often another was taken in its place. */
  renewals = 0
  /** `true` once a call has shown that the service knows the handle, or one that was in its place before. */
  hasServed = false

  readonly parent: OwnedHandle<unknown> | undefined
  readonly #onGivenBack: () => void
  readonly #another: Effect.Effect<Taken<H>, MsmqError> | undefined
  #taken: Taken<H>
  #stale = false
  /** Whether it was given back and nothing is in its place yet. */
  #vacant = false

  constructor(
    { description, kind, openedAt, queue }: Description,
    taken: Taken<H>,
    parent: OwnedHandle<unknown> | undefined,
    onGivenBack: () => void,
    another?: Effect.Effect<Taken<H>, MsmqError>
  ) {
    this.kind = kind
    this.description = description
    this.queue = queue
    this.openedAt = openedAt
    this.#taken = taken
    this.parent = parent
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

  /** `true` where another can be taken in its place. */
  get isRenewable(): boolean {
    return this.#another !== undefined
  }

  /** `true` where the next use takes another in its place, or waits while somebody else does. */
  get isDue(): boolean {
    return this.#stale || this.renewing !== undefined
  }

  /** The error for a use after release. */
  refusal(operation: string): MsmqError {
    return new MsmqError({
      operation,
      reason: {
        _tag: "Released",
        resource: this.description,
        openedAt: this.openedAt.toString(),
        releasedAt: String(this.closedAt)
      }
    })
  }

  /** Place where its closing began, or that of its parents. */
  get closedAt(): CallSite | undefined {
    return this.releasedAt ?? this.parent?.closedAt
  }

  endLease(): void {
    this.leases--
    if (this.leases === 0 && this.drained !== undefined) {
      Deferred.doneUnsafe(this.drained, Exit.void)
    }
    if (this.leases === 1 && this.quiet !== undefined) {
      Deferred.doneUnsafe(this.quiet, Exit.void)
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
    for (const tell of this.onClosing) tell()
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
          forgetOwner(this)
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
      return Effect.catchCause(this.#taken.release, (cause) => reportFailedRelease(this, cause))
    })
  }
}

/** The hold of a scope on a handle that it closes. Nothing else leads to it, so that it is collected with its scope. */
class Owner<H> {
  readonly handle: OwnedHandle<H>

  constructor(handle: OwnedHandle<H>) {
    this.handle = handle
    reportIfDropped(this, handle)
  }

  get close(): Effect.Effect<void> {
    return close(this.handle)
  }
}

const handleOf = <H>({ handle }: Owner<H>): OwnedHandle<H> => handle

/** The handle at the top of the tree, which stands for the loaded backend. */
export interface Root extends OwnedHandle<void> {}

/**
 * Makes the root of a backend. `decorated`: the root of the one behind it, in whose place this one is reported when both
 * are dropped.
 */
export const makeRoot = (decorated: Root | undefined): Effect.Effect<Root, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.map(Opener, (opener) => {
        const openedAt = opener ?? new CallSite()
        const described = { kind: "connection", description: "connection", queue: undefined, openedAt }
        if (decorated !== undefined) forgetOwner(decorated)
        return new Owner(new OwnedHandle<void>(described, nothing, undefined, constVoid))
      }),
      (owner) => owner.close
    ),
    handleOf
  )

const nothing: Taken<void> = { native: undefined, release: Effect.void }

/** Takes a handle and owns it from that instant, until the scope closes or somebody closes it before. */
export const scoped = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: string,
  resource: Resource<H, E>
): Effect.Effect<OwnedHandle<H>, E | MsmqError, Scope.Scope> => {
  const here = new CallSite()
  const { acquire, kind, name, queue, release, renew } = resource
  const description = name === null ? kind : `${kind} ${name}`
  const taken = takenBy<H>(release)
  const another = renew === undefined ? undefined : Effect.map(renew, taken)
  return Effect.acquireRelease(
    lease(parent, operation, () =>
      Effect.withFiber(({ context }) =>
        Effect.map(acquire, (native) => {
          const openedAt = Context.get(context, Opener) ?? here
          const onGivenBack = handleOpened(kind, context)
          const described = { kind, description, queue, openedAt }
          return new Owner(new OwnedHandle(described, taken(native), parent, onGivenBack, another))
        })
      )
    ),
    (owner) => owner.close
  ).pipe(Effect.map(handleOf))
}
