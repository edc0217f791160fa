/** How a handle goes: what runs ends first, then its children, then its uses, then it is given back. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { HandleNode } from "./HandleNode.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"
import type { Run } from "./Run.ts"
import type { Operation } from "../telemetry/Operation.ts"

/** Something runs until the scope closes, which a closing of this handle, or of what is above it, has to end first. */
export const running = <H>(
  self: OwnedHandle<H>,
  operation: Operation,
  run: Run
): Effect.Effect<void, MsmqError, Scope.Scope> => {
  const nodes: Array<HandleNode<unknown>> = []
  for (let node: HandleNode<unknown> | undefined = self.node; node !== undefined; node = node.parent) nodes.push(node)
  return Effect.acquireRelease(
    Effect.suspend(() => {
      const closed = nodes.some((node) => node.state !== "open" || node.closedFromWithin !== undefined)
      if (closed) return Effect.fail(self.refusal(operation))
      for (const node of nodes) node.runs.add(run)
      return Effect.void
    }),
    () =>
      Effect.suspend(() => {
        run.end()
        for (const node of nodes) node.runs.delete(run)
        return Effect.forEach(nodes, closeAfterRuns, { discard: true })
      })
  )
}

/**
 * Closes: ends what runs, refuses new uses, cancels what waits, closes the children, waits for the uses that run, gives
 * back. Any number of callers may close; each returns when the handle has been given back. `at`: where it was asked for,
 * if not here.
 */
export const close = (self: OwnedHandle<unknown>, at?: CallSite): Effect.Effect<void> => closeNode(self.node, at)

const closeNode = (self: HandleNode<unknown>, at: CallSite | undefined): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      if (self.state !== "open") return Deferred.await(self.released)
      const site = at ?? new CallSite()
      if (self.runs.size === 0) return closeIdle(self, site)
      // The backend goes with its root, so that nothing below can outlive that.
      const isRoot = self.parent === undefined
      return isRoot
        ? Effect.andThen(stopRuns(self, site), closeIdle(self, site))
        : afterRunsOf(self, closeIdle(self, site), site)
    })
  )

/**
 * Ends what runs on a handle, then runs an effect that closes it. Asked for by a part of what runs, it returns at once, and
 * the effect runs when that has ended.
 */
export const afterRuns = (self: OwnedHandle<unknown>, closing: Effect.Effect<void>): Effect.Effect<void> =>
  afterRunsOf(self.node, closing, new CallSite())

const afterRunsOf = (self: HandleNode<unknown>, closing: Effect.Effect<void>, at: CallSite): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.flatMap(stopRuns(self, at), (stopped) => {
      if (stopped) return closing
      self.closedFromWithin = closing
      return closeAfterRuns(self)
    })
  )

/** Closes what a part of a run has closed, once nothing runs on it any more. */
const closeAfterRuns = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => (self.runs.size === 0 ? (self.closedFromWithin ?? Effect.void) : Effect.void))

/** `false`: not all have ended, since a part of them asks. */
const stopRuns = (self: HandleNode<unknown>, at: CallSite): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    self.releasedAt ??= at
    return Effect.map(
      Effect.forEach([...self.runs], (run) => run.stopped, { concurrency: "unbounded" }),
      (stopped) => stopped.every(Boolean)
    )
  })

const closeIdle = (self: HandleNode<unknown>, at: CallSite): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (self.state !== "open") return Deferred.await(self.released)
    self.beginClosing("closing", at)
    return Effect.andThen(
      settle(self),
      Effect.suspend(() => self.giveBack())
    )
  })

/** Closes what was opened through a handle, the youngest first. */
export const closeChildren = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const youngest = [...self.children].at(-1)
    return youngest === undefined
      ? Effect.void
      : Effect.andThen(closeNode(youngest, self.releasedAt), closeChildren(self))
  })

const settle = (self: HandleNode<unknown>): Effect.Effect<void> =>
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
 * release does not wait. `context`: has the loggers and metrics that a release which fails is reported to.
 */
export const closeNow = (self: OwnedHandle<unknown>, context: Context.Context<never> = Context.empty()): void => {
  const { node } = self
  if (node.state === "disposed" || node.state === "released") return
  node.beginClosing("disposed", new CallSite())
  if (node.calls === 0) Effect.runSyncWith(context)(node.giveBack())
}
