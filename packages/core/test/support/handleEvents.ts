/** Handles whose taking, use and release are noted in order. */
import { assert } from "@effect/vitest"
import { Effect, Latch } from "effect"
import type { MsmqError } from "../../src/MsmqError.ts"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"

export type Handle = OwnedHandle.OwnedHandle<string>

/** Events, in order. */
export class Events {
  readonly seen: Array<string> = []

  note(event: string): Effect.Effect<void> {
    return Effect.sync(() => {
      this.seen.push(event)
    })
  }

  /** A handle called `name`, whose taking and giving back are noted when they are done. */
  resource<E = never>(
    name: string,
    options: { readonly acquire?: Effect.Effect<unknown, E>; readonly release?: Effect.Effect<unknown> } = {}
  ): OwnedHandle.Resource<string, E> {
    return {
      kind: "thing",
      name,
      acquire: Effect.as(
        Effect.andThen(options.acquire ?? Effect.void, this.note(`acquire ${name}`)),
        name
      ) as Effect.Effect<string, E>,
      release: (native) => Effect.andThen(options.release ?? Effect.void, this.note(`release ${native}`))
    }
  }
}

export const setup = Effect.map(OwnedHandle.makeRoot(undefined), (root) => {
  const events = new Events()
  return {
    root,
    events,
    own: (
      name: string,
      parent: OwnedHandle.OwnedHandle<unknown> = root,
      options: { readonly release?: Effect.Effect<unknown> } = {}
    ) => OwnedHandle.scoped(parent, Operation.make("Test.own"), events.resource(name, options)),
    /** A use that runs until the latch opens. */
    use: (handle: Handle, latch: Latch.Latch, name = "use") =>
      OwnedHandle.lease(handle, Operation.make("Test.use"), (native) =>
        events
          .note(`${name} ${native} begins`)
          .pipe(Effect.andThen(latch.await), Effect.andThen(events.note(`${name} ${native} ends`)))
      )
  }
})

export const refusedAs = (error: MsmqError): string => {
  assert(error.reason._tag === "Released")
  return `${error.operation}: ${error.reason.resource}`
}
