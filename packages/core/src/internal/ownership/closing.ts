/** Closing of a handle: its runs end first, then its children close, then its uses end, then it is released. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CallSite } from "../../mqrt/CallSite.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { Operation } from "../telemetry/Operation.ts"
import type { HandleNode, HandleOwner, Release } from "./HandleNode.ts"
import type { Run } from "./Run.ts"

/** Registers a run until the scope closes. A closing of this handle, or of one of its parents, ends the run first. */
export const registerRun = <H>(
  self: HandleOwner<H>,
  operation: Operation,
  run: Run
): Effect.Effect<void, MsmqError, Scope.Scope> => {
  const nodes: Array<HandleNode<unknown>> = []
  for (let node: HandleNode<unknown> | undefined = self.node; node !== undefined; node = node.parent) nodes.push(node)
  return Effect.acquireRelease(
    Effect.suspend(() => {
      const closed = nodes.some((node) => node.state !== "open" || node.closingAfterRuns !== undefined)
      if (closed) return Effect.fail(self.node.refusal(operation))
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
 * Closes a handle: ends its runs, refuses new uses, interrupts waits, closes the children, waits for the uses that run, and
 * releases it. It may be called any number of times; each call returns when the handle has been released. `at`: the place
 * that asked for it, if not the caller's.
 */
export const close = (self: HandleOwner<unknown>, at?: CallSite): Effect.Effect<void> => closeNode(self.node, at)

/** Closes a handle as {@link close} does, and releases it in another way than its own, unless it is closed already. */
export const closeBy = <H>(self: HandleOwner<H>, release: Release<H>, at: CallSite): Effect.Effect<void> =>
  closeNode(self.node, at, release)

const closeNode = <H>(
  self: HandleNode<H>,
  at: CallSite | undefined,
  release?: Release<H> | undefined
): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      if (self.state !== "open") return Deferred.await(self.released)
      const site = at ?? new CallSite()
      if (!self.hasRuns) return closeIdleNow(self, site, release)
      // The backend goes with its root, so nothing below can outlive the root.
      const isRoot = self.parent === undefined
      return isRoot
        ? Effect.andThen(stopRuns(self, site), closeIdle(self, site, release))
        : stopRunsOfThen(self, closeIdle(self, site, release), site)
    })
  )

/**
 * Ends the runs on a handle, then runs an effect that closes it. Where a part of a run asks, it returns at once, and the
 * effect runs when that run has ended.
 */
export const stopRunsThen = (self: HandleOwner<unknown>, closing: Effect.Effect<void>): Effect.Effect<void> =>
  stopRunsOfThen(self.node, closing, new CallSite())

const stopRunsOfThen = (self: HandleNode<unknown>, closing: Effect.Effect<void>, at: CallSite): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.flatMap(stopRuns(self, at), (stopped) => {
      if (stopped) return closing
      self.closingAfterRuns = closing
      return closeAfterRuns(self)
    })
  )

/** Closes a handle that a part of a run has closed, once its last run has ended. */
const closeAfterRuns = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => (self.hasRuns ? Effect.void : (self.closingAfterRuns ?? Effect.void)))

/** Stops all runs on a handle. Returns `false` where one of them has not ended, since a part of it asks. */
const stopRuns = (self: HandleNode<unknown>, at: CallSite): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    self.closing.at ??= at
    return Effect.map(
      Effect.forEach([...self.runs], (run) => run.stopAndAwaitEnd(), { concurrency: "unbounded" }),
      (stopped) => stopped.every(Boolean)
    )
  })

const closeIdle = <H>(self: HandleNode<H>, at: CallSite, release: Release<H> | undefined): Effect.Effect<void> =>
  Effect.suspend(() => closeIdleNow(self, at, release))

const closeIdleNow = <H>(self: HandleNode<H>, at: CallSite, release: Release<H> | undefined): Effect.Effect<void> => {
  if (self.state !== "open") return Deferred.await(self.released)
  self.beginClosing("closing", at)
  return self.leases === 0 && !self.hasChildren
    ? self.release(release)
    : Effect.andThen(
        drain(self),
        Effect.suspend(() => self.release(release))
      )
}

/** Closes the handles that were opened through a handle, the youngest first. */
export const closeChildren = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const youngest = [...self.children].at(-1)
    return youngest === undefined
      ? Effect.void
      : Effect.andThen(closeNode(youngest, self.closing.at), closeChildren(self))
  })

/** Closes the children of a handle that closes, and waits for its uses, through which new children may come. */
const drain = (self: HandleNode<unknown>): Effect.Effect<void> =>
  Effect.andThen(
    closeChildren(self),
    Effect.suspend(() => {
      if (self.leases === 0 || self.state !== "closing") return Effect.void
      self.drained = Deferred.makeUnsafe<void>()
      return Effect.andThen(Effect.raceFirst(Deferred.await(self.drained), Deferred.await(self.released)), drain(self))
    })
  )

/**
 * Closes a handle at once, or at the end of the native call that runs; leases are cut short. For handles without children. A release
 * that waits, as through a gateway, goes on by itself, and closing the connection waits for it. `context`: has the loggers and metrics
 * that a failed release is reported to.
 */
export const closeNow = (self: HandleOwner<unknown>, context: Context.Context<never> = Context.empty()): void => {
  const { node } = self
  if (node.state === "disposed" || node.state === "released") return
  node.beginClosing("disposed", new CallSite())
  if (node.calls === 0) Effect.runForkWith(context)(node.release())
}
