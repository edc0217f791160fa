import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { CallSite } from "../../mqrt/CallSite.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import { MsmqError } from "../../MsmqError.ts"
import { forgetHandle } from "./droppedHandle.ts"
import { reportFailedRelease } from "./failedRelease.ts"
import type { Run } from "./Run.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** The name of a handle, and the place that opened it. */
export interface Description {
  readonly kind: string
  readonly description: string
  readonly queue: string | undefined
  readonly openedAt: CallSite
}

/** A handle that was taken, and the effect that gives it back. */
export interface Taken<out H> {
  readonly native: H
  readonly release: Effect.Effect<void, MqrtFailure>
}

export const takenBy =
  <H>(release: (native: H) => Effect.Effect<void, MqrtFailure>) =>
  (native: H): Taken<H> => ({ native, release: Effect.suspend(() => release(native)) })

/**
 * The node of an open handle in the tree of what is open. Its parent holds it, so it holds nothing of what the program was
 * given: see {@link OwnedHandle}.
 */
export class HandleNode<H> {
  readonly kind: string
  readonly description: string
  readonly queue: string | undefined
  readonly openedAt: CallSite
  leases = 0
  calls = 0
  readonly children = new Set<HandleNode<unknown>>()
  /** `disposed`: to be given back at the end of the call that runs. */
  state: "open" | "closing" | "disposed" | "released" = "open"
  /** Fibers that give up when the closing begins. */
  readonly waiting = new Set<Fiber.Fiber<unknown, unknown>>()
  /** Functions that the beginning of a closing calls: for what would use the handle again, and does not use it now. */
  readonly onClosing = new Set<() => void>()
  /** The place where the closing began. */
  releasedAt: CallSite | undefined = undefined
  /** Done when the handle has been given back. */
  readonly released = Deferred.makeUnsafe<void>()
  /** Done when the last use of a closing handle ends. */
  drained: Deferred.Deferred<void> | undefined = undefined
  /** Runs that must come to their end before a closing begins, here or below. */
  readonly runs = new Set<Run>()
  /** Closes it when nothing runs on it any more: set when a part of what runs has closed it. */
  closedFromWithin: Effect.Effect<void> | undefined = undefined
  /** Done when another has been taken in its place, or could not be. */
  renewing: Deferred.Deferred<void> | undefined = undefined
  /** Done when nobody but the renewal uses the handle. */
  quiet: Deferred.Deferred<void> | undefined = undefined
  /** The number of times that another was taken in its place. */
  renewals = 0
  /** `true` once a call has shown that the service knows the handle, or one that was in its place before. */
  hasServed = false

  readonly parent: HandleNode<unknown> | undefined
  readonly #onGivenBack: () => void
  readonly #another: Effect.Effect<Taken<H>, MsmqError> | undefined
  #taken: Taken<H>
  #stale = false
  /** `true` where it was given back and nothing is in its place yet. */
  #vacant = false

  constructor(
    { description, kind, openedAt, queue }: Description,
    taken: Taken<H>,
    parent: HandleNode<unknown> | undefined,
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
  refusal(operation: Operation): MsmqError {
    return operation.error({
      _tag: "Released",
      resource: this.description,
      openedAt: this.openedAt.toString(),
      releasedAt: String(this.closedAt)
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
          forgetHandle(this)
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
