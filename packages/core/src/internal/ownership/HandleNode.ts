import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { CallSite } from "../../mqrt/CallSite.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { forgetHandle } from "./droppedHandle.ts"
import { reportFailedRelease } from "./failedRelease.ts"
import type { Run } from "./Run.ts"

/** Name of a handle, and the place that opened it. */
export interface Description {
  /** Kind of the handle, such as `"sender"`, for metrics. */
  readonly kind: string
  /** Kind and name of the handle, for errors. */
  readonly description: string
  /** Name that the program used for the queue, where there is one. */
  readonly queue: string | undefined
  /** Place that opened the handle. */
  readonly openedAt: CallSite
}

/** Handle that a backend returned. */
export interface Acquired<out H> {
  /** Handle as the backend knows it. */
  readonly native: H
  /** Effect that releases it. */
  readonly release: Effect.Effect<void, MqrtFailure>
}

/** Way to release a handle, in place of its own. */
export type Release<in H> = (native: H) => Effect.Effect<void, MqrtFailure>

/** Beginning of a closing. It refers to no node, so that the warning for a dropped handle can keep it. */
export class Closing {
  /** Place where the closing of the handle itself began. */
  at: CallSite | undefined = undefined
  readonly #ofParent: Closing | undefined

  constructor(ofParent: Closing | undefined) {
    this.#ofParent = ofParent
  }

  /** Place where the closing of the handle, or of one of its parents, began. */
  get began(): CallSite | undefined {
    return this.at ?? this.#ofParent?.began
  }
}

/** Object that holds the node of a handle. As long as it is reachable, the handle can be closed. */
export interface HandleOwner<H> {
  readonly node: HandleNode<H>
}

/**
 * Node of an open handle in the tree of what is open. Its parent refers to it, so it refers to nothing that the program was
 * given: see `OwnedHandle`.
 */
export class HandleNode<H> {
  /** Kind of the handle, such as `"sender"`. */
  readonly kind: string
  /** Kind and name of the handle, for errors. */
  readonly description: string
  /** Name that the program used for the queue, where there is one. */
  readonly queue: string | undefined
  /** Place that opened the handle. */
  readonly openedAt: CallSite
  /** Number of leases that run. */
  leases = 0
  /** Number of native calls that run. */
  calls = 0
  /** State of the handle; `"disposed"`: it is released at the end of the call that runs. */
  state: "open" | "closing" | "disposed" | "released" = "open"
  /** Beginning of the closing. */
  readonly closing: Closing
  /** Done when the handle has been released. */
  readonly released = Deferred.makeUnsafe<void>()
  /** Done when the last lease of a closing handle ends. */
  drained: Deferred.Deferred<void> | undefined = undefined
  /** Effect that closes the handle when its last run has ended; set where a part of a run has closed the handle. */
  closingAfterRuns: Effect.Effect<void> | undefined = undefined
  /** Done when the handle has been reopened, or could not be. */
  reopening: Deferred.Deferred<void> | undefined = undefined
  /** Done when nothing but the reopening uses the handle. */
  quiet: Deferred.Deferred<void> | undefined = undefined
  /** Number of times that the handle was reopened. */
  reopenCount = 0
  /** `true` once a call succeeded with the handle, or with one that it replaced: the service knows it, or did. */
  hasServed = false

  /** Node of the handle that this one was opened through; `undefined` for the root. */
  readonly parent: HandleNode<unknown> | undefined
  readonly #onReleased: () => void
  readonly #reacquire: Effect.Effect<Acquired<H>, MsmqError> | undefined
  #acquired: Acquired<H>
  // Made when they are needed: a transaction is opened for each message of a consumer, and mostly has none of these.
  #children: Set<HandleNode<unknown>> | undefined
  #waiting: Set<Fiber.Fiber<unknown, unknown>> | undefined
  #onClosing: Set<() => void> | undefined
  #runs: Set<Run> | undefined
  #isStale = false
  /** `true` where the native handle was released and no other has replaced it yet. */
  #isReleased = false

  constructor(
    { description, kind, openedAt, queue }: Description,
    acquired: Acquired<H>,
    parent: HandleNode<unknown> | undefined,
    onReleased: () => void,
    reacquire?: Effect.Effect<Acquired<H>, MsmqError>
  ) {
    this.kind = kind
    this.description = description
    this.queue = queue
    this.openedAt = openedAt
    this.#acquired = acquired
    this.parent = parent
    this.closing = new Closing(parent?.closing)
    this.#onReleased = onReleased
    this.#reacquire = reacquire
    parent?.children.add(this)
  }

  /** Handle as the backend knows it. */
  get native(): H {
    return this.#acquired.native
  }

  /** Nodes of the handles that were opened through this one, the youngest last. */
  get children(): Set<HandleNode<unknown>> {
    return (this.#children ??= new Set())
  }

  /** `true` while a handle that was opened through this one is open. */
  get hasChildren(): boolean {
    return this.#children !== undefined && this.#children.size > 0
  }

  /** Fibers that the beginning of a closing interrupts. */
  get waiting(): Set<Fiber.Fiber<unknown, unknown>> {
    return (this.#waiting ??= new Set())
  }

  /** Functions that the beginning of a closing calls, for callers that wait between two uses. */
  get onClosing(): Set<() => void> {
    return (this.#onClosing ??= new Set())
  }

  /** Runs that must end before a closing begins, on this handle or on its children. */
  get runs(): Set<Run> {
    return (this.#runs ??= new Set())
  }

  /** `true` while a run goes on. */
  get hasRuns(): boolean {
    return this.#runs !== undefined && this.#runs.size > 0
  }

  /** Marks the native handle as useless, unless another has replaced it already. The next use reopens it. */
  markStale(native: H): void {
    if (native === this.native && this.canReopen) this.#isStale = true
  }

  /** `true` where another native handle can replace this one. */
  get canReopen(): boolean {
    return this.#reacquire !== undefined
  }

  /** `true` where the next use reopens the handle, or waits for the reopening that runs. */
  get needsReopen(): boolean {
    return this.#isStale || this.reopening !== undefined
  }

  /** `true` where the next use may begin at once. */
  get isAtHand(): boolean {
    return this.state === "open" && this.closingAfterRuns === undefined && !this.needsReopen
  }

  /** Returns the error for a use after the closing began. */
  refusal(operation: Operation): MsmqError {
    return operation.error({
      _tag: "Released",
      resource: this.description,
      openedAt: this.openedAt.toString(),
      releasedAt: String(this.closedAt)
    })
  }

  /** Place where the closing of the handle, or of one of its parents, began. */
  get closedAt(): CallSite | undefined {
    return this.closing.began
  }

  /** Ends a lease, and wakes what waits for the last one. */
  endLease(): void {
    this.leases--
    if (this.leases === 0 && this.drained !== undefined) {
      Deferred.doneUnsafe(this.drained, Exit.void)
    }
    if (this.leases === 1 && this.quiet !== undefined) {
      Deferred.doneUnsafe(this.quiet, Exit.void)
    }
  }

  /** Ends a native call. The last call of a disposed handle releases it. */
  endCall(): Effect.Effect<void> {
    this.calls--
    return this.calls === 0 && this.state === "disposed" ? this.release() : Effect.void
  }

  /** Begins a closing: refuses new uses and ends waits. */
  beginClosing(state: "closing" | "disposed", at: CallSite): void {
    this.state = state
    this.closing.at ??= at
    for (const fiber of this.#waiting ?? []) fiber.interruptUnsafe()
    for (const listener of this.#onClosing ?? []) listener()
  }

  /** Releases the handle, by default in its own way. Only the first call does anything. */
  release(release?: Release<H>): Effect.Effect<void> {
    if (this.state === "released") return Effect.void
    this.state = "released"
    return Effect.onExitPrimitive(this.#releaseNative(release), () => {
      // The parent may close from here on.
      this.parent?.children.delete(this)
      forgetHandle(this)
      this.#onReleased()
      Deferred.doneUnsafe(this.released, Exit.void)
      return undefined
    })
  }

  /** Replaces the native handle. The old one is released first, since an exclusive one keeps all others out. */
  reopen(): Effect.Effect<void, MsmqError> {
    return this.#reacquire === undefined
      ? Effect.void
      : Effect.map(Effect.andThen(this.#releaseNative(), this.#reacquire), (acquired) => {
          this.#acquired = acquired
          this.#isStale = this.#isReleased = false
          this.reopenCount++
        })
  }

  #releaseNative(release?: Release<H>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isReleased) return Effect.void
      this.#isReleased = true
      const { native, release: own } = this.#acquired
      return Effect.catchCause(release === undefined ? own : Effect.suspend(() => release(native)), (cause) =>
        reportFailedRelease(this, cause)
      )
    })
  }
}
