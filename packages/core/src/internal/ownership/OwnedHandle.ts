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
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { MqrtFailure } from "../../mqrt/MqrtFailure.ts"
import type { MsmqError } from "../../MsmqError.ts"
import { handleOpened } from "../telemetry/Meter.ts"
import { close } from "./closing.ts"
import { forgetHandle, reportIfDropped } from "./droppedHandle.ts"
import type { Taken } from "./HandleNode.ts"
import { HandleNode, takenBy } from "./HandleNode.ts"
import { lease } from "./leases.ts"

export { afterRuns, close, closeNow, running } from "./closing.ts"
export { IntermittentUse } from "./IntermittentUse.ts"
export { call, lease, leaseWaiting } from "./leases.ts"
export { isLoss, noteFailure, reopening } from "./lostHandle.ts"
export { IsOwnWork, Run, Runs } from "./Run.ts"
import type { Operation } from "../telemetry/Operation.ts"

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

/**
 * A handle as those hold it who may use it or close it: the scope that it was opened in, what the program was given for it,
 * the handles that were opened through it, and each call that is under way. Its {@link HandleNode} does not lead to it, nor
 * does anything else that outlives those. Once it is collected, nobody can close the handle, which is then reported.
 */
export class OwnedHandle<H> {
  readonly node: HandleNode<H>
  readonly parent: OwnedHandle<unknown> | undefined

  constructor(node: HandleNode<H>, parent: OwnedHandle<unknown> | undefined) {
    this.node = node
    this.parent = parent
    reportIfDropped(this, node)
  }

  get native(): H {
    return this.node.native
  }
  get description(): string {
    return this.node.description
  }
  get state(): HandleNode<H>["state"] {
    return this.node.state
  }
  get openedAt(): CallSite {
    return this.node.openedAt
  }
  get releasedAt(): CallSite | undefined {
    return this.node.releasedAt
  }
  get closedAt(): CallSite | undefined {
    return this.node.closedAt
  }
  get isDue(): boolean {
    return this.node.isDue
  }
  get renewing(): HandleNode<H>["renewing"] {
    return this.node.renewing
  }
  get renewals(): number {
    return this.node.renewals
  }

  get hasServed(): boolean {
    return this.node.hasServed
  }
  set hasServed(hasServed: boolean) {
    this.node.hasServed = hasServed
  }

  /** See `outdate` of {@link HandleNode}. */
  outdate(native: H): void {
    this.node.outdate(native)
  }

  /** Returns the error for a use after release. */
  refusal(operation: Operation): MsmqError {
    return this.node.refusal(operation)
  }
}

/** The handle at the top of the tree, which stands for the loaded backend. */
export interface Root extends OwnedHandle<void> {}

/**
 * Makes the root of a backend. `decorated`: the root of the one behind it, in whose place this one is reported when both
 * are dropped.
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

const nothing: Taken<void> = { native: undefined, release: Effect.void }

/** Takes a handle and owns it from that instant, until the scope closes or somebody closes it before. */
export const scoped = <H, E>(
  parent: OwnedHandle<unknown>,
  operation: Operation,
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
          const node = new HandleNode(described, taken(native), parent.node, onGivenBack, another)
          return new OwnedHandle(node, parent)
        })
      )
    ),
    (handle) => close(handle)
  )
}
