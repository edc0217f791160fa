/**
 * Ownership of handles: the one place that knows which handles are open, what uses them, and when each is released.
 *
 * A handle is open, then closing (new uses are refused, running ones finish), then released. Handles form a tree: a closing
 * closes the children of a handle first, the youngest first. There are two kinds of use. A lease lasts as long as what the
 * caller asked for, such as a batch; an orderly closing waits for it. A call lasts as long as one native call; even an
 * immediate disposal waits for it.
 *
 * Something that goes on by itself, such as the consuming of a queue, is a run: a closing of its handle, or of a parent of
 * that, asks it to stop, and waits for its end before it begins.
 *
 * The handle of a queue can become stale, as when the service restarts. Its next use reopens it, so that its users
 * need not know.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import { CallSite, captureStack } from "../../mqrt/CallSite.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { countOpenHandle } from "../telemetry/Meter.ts"
import type { Operation } from "../telemetry/Operation.ts"
import { close } from "./closing.ts"
import { forgetHandle, reportIfDropped } from "./droppedHandle.ts"
import type { Acquired, Release } from "./HandleNode.ts"
import { HandleNode } from "./HandleNode.ts"
import { lease } from "./leases.ts"

export { close, closeBy, closeNow, registerRun, stopRunsThen } from "./closing.ts"
export { IntermittentUse } from "./IntermittentUse.ts"
export { attemptInLease, beginLeaseAtHand, call, lease, leaseOnce, leaseWaiting, thenEndLease } from "./leases.ts"
export type { Release } from "./HandleNode.ts"
export { isLoss, mayRetry, noteFailure, retryIfLost } from "./lostHandle.ts"
export { IsOwnWork, Run, Runs } from "./Run.ts"

/** Key under which the objects that programs hold keep their handle. Nothing prints it. */
export const symbol: unique symbol = Symbol.for("~@effect-msmq/core/OwnedHandle")

/** Resource behind a handle: its name in errors, and the effects that acquire and release it. */
export interface Resource<H, E> {
  /** Kind of the handle, such as `"sender"`. */
  readonly kind: string
  /** Name that follows the kind in errors; `null` where nothing tells one from another. */
  readonly name: string | null
  /** Name that the program used for the queue; left out where there is none. */
  readonly queue?: string
  readonly acquire: Effect.Effect<H, E>
  /** Releases the handle. A failure is reported once, and the handle counts as released all the same. */
  readonly release: Release<NoInfer<H>>
  /** Acquires another handle in place of a stale one; left out where that cannot be done. */
  readonly reopen?: Effect.Effect<NoInfer<H>, MsmqError>
}

/** Place that an effect opens handles for, where it is known before the effect runs. */
export const Opener = Context.Reference<CallSite | undefined>("@effect-msmq/core/OwnedHandle/Opener", {
  defaultValue: () => undefined
})

const currentOpener = (): CallSite | undefined => Fiber.getCurrent()?.getRef(Opener)

/** Captures the stack of the caller for {@link openerWith}, unless the place is known that the running fiber opens handles for. */
export const stackHere = (): Error | undefined => (currentOpener() === undefined ? captureStack() : undefined)

/** Returns the place that the running fiber opens handles for, or else the place with a stack, by default that of the caller. */
export const openerWith = (stack?: Error): CallSite => currentOpener() ?? new CallSite(stack)

/**
 * Handle as it is held by everything that may use or close it: the scope that it was opened in, what the program was given
 * for it, the handles that were opened through it, and each call that runs. Its {@link HandleNode} does not refer to it,
 * nor does anything else that outlives those. Once it is collected, nothing can close the handle, and that is reported.
 */
export class OwnedHandle<H> {
  /** Node with the state of the handle. */
  readonly node: HandleNode<H>
  /** Handle that this one was opened through; `undefined` for the root. */
  readonly parent: OwnedHandle<unknown> | undefined

  constructor(node: HandleNode<H>, parent: OwnedHandle<unknown> | undefined) {
    this.node = node
    this.parent = parent
    reportIfDropped(this, node)
  }

  /** Handle as the backend knows it. */
  get native(): H {
    return this.node.native
  }
  /** `true` until a closing begins, or is to begin once the runs of the handle have ended. */
  get isOpen(): boolean {
    return this.node.state === "open" && this.node.closingAfterRuns === undefined
  }
  /** State of the handle. */
  get state(): HandleNode<H>["state"] {
    return this.node.state
  }
}

/** Handle at the top of the tree, which stands for the loaded backend. */
export interface Root extends OwnedHandle<void> {}

/**
 * Makes the root of a backend. `decorated`: the root of the backend behind it. Where both are dropped, only the new root is
 * reported.
 */
export const makeRoot = (decorated: Root | undefined): Effect.Effect<Root, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(Opener, (opener) => {
      const openedAt = opener ?? new CallSite()
      const described = { kind: "connection", description: "connection", queue: undefined, openedAt }
      if (decorated !== undefined) forgetHandle(decorated.node)
      return new OwnedHandle<void>(new HandleNode(described, nothing, undefined, constVoid), undefined)
    }),
    (root) => close(root)
  )

const nothing: Acquired<void> = { native: undefined, release: Effect.void }

/**
 * Makes the function that pairs a native handle with its release. A closure inside of {@link open} would refer to all that
 * `open` refers to, and so the node to its own handle, which then would never be reported as dropped.
 */
const ownWith =
  <H>(release: Release<H>) =>
  (native: H): Acquired<H> => ({ native, release: Effect.suspend(() => release(native)) })

/** Acquires a handle and owns it from that moment on, until the scope closes or something closes it before. */
export const scoped = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: Operation,
  resource: Resource<H, E>
): Effect.Effect<OwnedHandle<H>, E | MsmqError, Scope.Scope> =>
  Effect.acquireRelease(open(parent, operation, resource, openerWith()), (handle) => close(handle))

/** Acquires a handle, which the caller must close. Nothing may interrupt it before that is sure. `here`: the place that opens it. */
export const open = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: Operation,
  resource: Resource<H, E>,
  here: CallSite
): Effect.Effect<OwnedHandle<H>, E | MsmqError> => {
  const { acquire, kind, name, queue, release, reopen } = resource
  const description = name === null ? kind : `${kind} ${name}`
  const own = ownWith<H>(release)
  const reacquire = reopen === undefined ? undefined : Effect.map(reopen, own)
  return lease(parent, operation, () =>
    Effect.withFiber(({ context }) =>
      Effect.map(acquire, (native) => {
        const openedAt = Context.get(context, Opener) ?? here
        const onReleased = countOpenHandle(kind, context)
        const described = { kind, description, queue, openedAt }
        const node = new HandleNode(described, own(native), parent.node, onReleased, reacquire)
        return new OwnedHandle(node, parent)
      })
    )
  )
}
