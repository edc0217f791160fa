/** How a handle goes: what runs ends first, then its children, then its uses, then it is given back. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CallSite } from "../../CallSite.ts"
import type { MsmqError } from "../../MsmqError.ts"
import type { OwnedHandle } from "./OwnedHandle.ts"

/** Something that goes on by itself. `end`: asks it to take on nothing new, and waits until it has ended. */
export interface Run {
  readonly end: Effect.Effect<void>
}

/** The runs that an effect is a part of: what closes a handle from within a run must not wait for it. */
export const Runs = Context.Reference<ReadonlyArray<Run>>("@effect-msmq/core/OwnedHandle/Runs", {
  defaultValue: () => []
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

/** Closes what was opened through a handle, the youngest first. */
export const closeChildren = <H>(self: OwnedHandle<H>): Effect.Effect<void> =>
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
 * release does not wait. `context`: has the loggers and metrics that a release which fails is reported to.
 */
export const closeNow = <H>(self: OwnedHandle<H>, context: Context.Context<never> = Context.empty()): void => {
  if (self.state === "disposed" || self.state === "released") return
  self.beginClosing("disposed", new CallSite())
  if (self.calls === 0) Effect.runSyncWith(context)(self.giveBack())
}
