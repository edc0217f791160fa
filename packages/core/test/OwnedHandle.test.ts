import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Latch, Layer, Logger, Queue, Schema, Scope } from "effect"
import type { MsmqError } from "../src/MsmqError.ts"
import * as OwnedHandle from "../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "./support/settled.ts"
import { Operation } from "../src/internal/telemetry/Operation.ts"

type Handle = OwnedHandle.OwnedHandle<string>

/** What happened, in order. */
class Events {
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

const isRelease = (event: string): boolean => event.startsWith("release ")

const setup = Effect.map(OwnedHandle.makeRoot(undefined), (root) => {
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

const refusedAs = (error: MsmqError): string => {
  assert(error.reason._tag === "Released")
  return `${error.operation}: ${error.reason.resource}`
}

describe("a handle is acquired once and released once", () => {
  const endings = [
    { ending: "success", body: Effect.void, exit: Exit.void },
    { ending: "failure", body: Effect.fail("no"), exit: Exit.fail("no") },
    { ending: "defect", body: Effect.die("bug"), exit: Exit.die("bug") },
    { ending: "interruption", body: Effect.interrupt, exit: Exit.interrupt(1) }
  ] as const

  it.effect.each(endings)("when its scope ends in $ending", ({ body, exit }) =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const ended = yield* own("a").pipe(
        Effect.andThen(events.note("use a")),
        Effect.andThen(body as Effect.Effect<void, string>),
        Effect.scoped,
        Effect.exit
      )
      assert.deepStrictEqual(events.seen, ["acquire a", "use a", "release a"])
      if (Exit.hasInterrupts(exit)) assert.isTrue(Exit.hasInterrupts(ended))
      else assert.deepStrictEqual(ended, exit)
    })
  )

  it.effect(
    "when the owner is interrupted while the acquiring runs: it is finished, then released, and never used",
    () =>
      Effect.gen(function* () {
        const { events, root } = yield* setup
        const latch = yield* Latch.make()
        const acquire = Effect.andThen(events.note("acquiring a"), latch.await)
        const owner = yield* OwnedHandle.scoped(
          root,
          Operation.make("Test.own"),
          events.resource("a", { acquire })
        ).pipe(Effect.andThen(events.note("use a")), Effect.scoped, start)
        const interruption = yield* start(Fiber.interrupt(owner))
        yield* settled
        assert.deepStrictEqual(events.seen, ["acquiring a"])
        yield* latch.open
        yield* Fiber.join(interruption)
        assert.deepStrictEqual(events.seen, ["acquiring a", "acquire a", "release a"])
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(owner)))
      })
  )

  it.effect("when the owner is interrupted between the acquiring and the registration", () =>
    Effect.gen(function* () {
      const { events, root } = yield* setup
      const resource = events.resource("a")
      const acquire = Effect.map(resource.acquire, (native) => {
        Fiber.getCurrent()?.interruptUnsafe()
        return native
      })
      const owner = yield* OwnedHandle.scoped(root, Operation.make("Test.own"), { ...resource, acquire }).pipe(
        Effect.andThen(events.note("use a")),
        Effect.scoped,
        Effect.forkChild
      )
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(owner)))
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
      assert.strictEqual(root.node.children.size, 0)
    })
  )

  it.effect("when its scope closes while the acquiring runs", () =>
    Effect.gen(function* () {
      const { events, root } = yield* setup
      const latch = yield* Latch.make()
      const scope = yield* Scope.make()
      const owner = yield* OwnedHandle.scoped(
        root,
        Operation.make("Test.own"),
        events.resource("a", { acquire: latch.await })
      ).pipe(Scope.provide(scope), start)
      yield* Scope.close(scope, Exit.void)
      yield* latch.open
      const handle = yield* Fiber.join(owner)
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
      assert.strictEqual(handle.state, "released")
    })
  )

  it.effect("when it is closed by hand and then by its scope", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      yield* own("a").pipe(
        Effect.tap((handle) => OwnedHandle.close(handle)),
        Effect.tap((handle) => OwnedHandle.close(handle)),
        Effect.tap(() => events.note("the scope ends")),
        Effect.scoped
      )
      assert.deepStrictEqual(events.seen, ["acquire a", "release a", "the scope ends"])
    })
  )

  it.effect("and not at all when the acquiring failed, which leaves the parent free to close", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      const failed = yield* OwnedHandle.scoped(
        parent,
        Operation.make("Test.own"),
        events.resource("a", { acquire: Effect.fail("no memory") })
      ).pipe(Effect.flip)
      assert.strictEqual(failed, "no memory")
      yield* OwnedHandle.close(parent)
      assert.deepStrictEqual(events.seen, ["acquire parent", "release parent"])
    })
  )

  it.effect("also when making its release throws", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const resource: OwnedHandle.Resource<string, never> = {
        ...events.resource("a"),
        release: (native) => {
          events.seen.push(`release ${native}`)
          throw new Error("no such function")
        }
      }
      const parent = yield* own("parent")
      const exit = yield* Effect.exit(Effect.scoped(OwnedHandle.scoped(parent, Operation.make("Test.own"), resource)))
      assert.isTrue(Exit.isSuccess(exit))
      yield* OwnedHandle.close(parent)
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire a", "release a", "release parent"])
    }).pipe(Effect.provide(Logger.layer([])))
  )
})

describe("a use after the release", () => {
  const openIt = Effect.fn("openIt")(function* (own: (name: string) => Effect.Effect<Handle, MsmqError, Scope.Scope>) {
    return yield* own("a")
  })
  const closeIt = Effect.fn("closeIt")(function* (handle: Handle) {
    yield* OwnedHandle.close(handle)
  })

  it.effect("is refused, whatever it is, and names the resource and both places", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* openIt((name) => Effect.suspend(() => own(name)))
      yield* closeIt(handle)
      const use = (native: string) => events.note(`use ${native}`)
      const uses = [
        OwnedHandle.lease(handle, Operation.make("Test.lease"), use),
        OwnedHandle.leaseWaiting(handle, Operation.make("Test.leaseWaiting"), use),
        OwnedHandle.call(handle, Operation.make("Test.call"), use),
        new OwnedHandle.IntermittentUse([handle], Operation.make("Test.begin")).begin(),
        Effect.asVoid(Effect.scoped(own("child", handle)))
      ]
      const errors = yield* Effect.forEach(uses, Effect.flip)
      assert.deepStrictEqual(errors.map(refusedAs), [
        "Test.lease: thing a",
        "Test.leaseWaiting: thing a",
        "Test.call: thing a",
        "Test.begin: thing a",
        "Test.own: thing a"
      ])
      for (const { message, reason } of errors) {
        assert(reason._tag === "Released")
        assert.match(reason.openedAt, /at openIt \(.*OwnedHandle\.test\.ts/)
        assert.notInclude(reason.openedAt, "closeIt")
        assert.match(reason.releasedAt, /at closeIt \(.*OwnedHandle\.test\.ts/)
        assert.notInclude(reason.releasedAt, "openIt")
        assert.include(message, "the thing a is closed: it was released (at closeIt")
      }
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
    })
  )
})

describe("close", () => {
  it.effect("waits for the leases, the last of several, and refuses new ones meanwhile", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const [first, second, never] = [yield* Latch.make(), yield* Latch.make(), yield* Latch.make()]
      const uses = [yield* start(use(handle, first, "first")), yield* start(use(handle, second, "second"))]
      const batch = new OwnedHandle.IntermittentUse([handle], Operation.make("Test.batch"))
      yield* batch.begin()
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(use(handle, never))), "Test.use: thing a")
      yield* second.open
      yield* settled
      yield* first.open
      yield* settled
      yield* events.note("batch ends")
      batch.end()
      yield* Fiber.joinAll([closing, ...uses])
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "first a begins",
        "second a begins",
        "second a ends",
        "first a ends",
        "batch ends",
        "release a",
        "closed"
      ])
    })
  )

  it.effect("lets the calls of the leases that run go on", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        Effect.andThen(
          latch.await,
          OwnedHandle.call(handle, Operation.make("Test.call"), (native) => events.note(`call ${native}`))
        )
      ).pipe(start)
      const closing = yield* start(OwnedHandle.close(handle))
      yield* latch.open
      yield* Fiber.joinAll([batch, closing])
      assert.deepStrictEqual(events.seen, ["acquire a", "call a", "release a"])
    })
  )

  it.effect("by two returns to both after the one release", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const release = yield* Latch.make()
      const handle = yield* own("a", undefined, { release: release.await })
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closers = yield* Effect.forEach(["first", "second"], (name) =>
        OwnedHandle.close(handle).pipe(Effect.andThen(events.note(`${name} closer returns`)), start)
      )
      yield* latch.open
      yield* Fiber.join(running)
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "use a ends"])
      yield* release.open
      yield* Fiber.joinAll(closers)
      assert.strictEqual(events.seen[3], "release a")
      assert.sameMembers(events.seen.slice(4), ["first closer returns", "second closer returns"])
    })
  )

  it.effect("cannot be interrupted half way", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closing = yield* start(OwnedHandle.close(handle))
      const interruption = yield* start(Fiber.interrupt(closing))
      yield* latch.open
      yield* Fiber.joinAll([running, interruption])
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "use a ends", "release a"])
    })
  )

  it.effect("returns after an interrupted use has cleaned up", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const cleanUp = yield* Latch.make()
      const running = yield* OwnedHandle.lease(handle, Operation.make("Test.use"), () => Effect.never).pipe(
        Effect.onInterrupt(() => events.note("the lease has ended")),
        start
      )
      const slow = yield* OwnedHandle.lease(handle, Operation.make("Test.use"), () =>
        Effect.onInterrupt(Effect.never, () => Effect.andThen(cleanUp.await, events.note("cleaned up")))
      ).pipe(start)
      const closing = yield* start(OwnedHandle.close(handle))
      yield* Fiber.interrupt(running)
      const interruption = yield* start(Fiber.interrupt(slow))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a", "the lease has ended"])
      yield* cleanUp.open
      yield* Fiber.joinAll([closing, interruption])
      assert.deepStrictEqual(events.seen.slice(2), ["cleaned up", "release a"])
    })
  )
})

describe("closeNow", () => {
  it.effect("releases on the spot, though a lease runs, and only once", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      OwnedHandle.closeNow(handle)
      events.seen.push("closeNow returned")
      OwnedHandle.closeNow(handle)
      yield* latch.open
      yield* Fiber.join(running)
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "release a", "closeNow returned", "use a ends"])
    })
  )

  it.effect("during a call defers the release to the call's end, and refuses the lease its next call", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const call = OwnedHandle.call(handle, Operation.make("Test.call"), (native) =>
        events.note(`call ${native} begins`).pipe(Effect.andThen(latch.await), Effect.andThen(events.note("call ends")))
      )
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        Effect.andThen(call, Effect.andThen(events.note("next call"), call))
      ).pipe(start)
      OwnedHandle.closeNow(handle)
      OwnedHandle.closeNow(handle)
      events.seen.push("closeNow returned")
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(call)), "Test.call: thing a")
      yield* latch.open
      const refused = yield* Effect.flip(Fiber.join(batch))
      assert.strictEqual(refusedAs(refused), "Test.call: thing a")
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "call a begins",
        "closeNow returned",
        "call ends",
        "release a",
        "next call"
      ])
    })
  )

  it.effect("during two calls defers the release to the end of the later one", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latches = [yield* Latch.make(), yield* Latch.make()]
      const calls = yield* Effect.forEach(latches, (latch, index) =>
        OwnedHandle.call(handle, Operation.make("Test.call"), () =>
          Effect.andThen(latch.await, events.note(`call ${index} ends`))
        ).pipe(start)
      )
      OwnedHandle.closeNow(handle)
      for (const latch of latches) {
        yield* latch.open
        yield* settled
      }
      yield* Fiber.joinAll(calls)
      assert.deepStrictEqual(events.seen, ["acquire a", "call 0 ends", "call 1 ends", "release a"])
    })
  )

  const endings = [
    { ending: "fails", use: Effect.fail("no") },
    { ending: "dies", use: Effect.die("bug") },
    {
      ending: "throws",
      get use(): Effect.Effect<never> {
        throw new Error("bug")
      }
    }
  ] as const

  it.effect.each(endings)("still releases after a call that $ending", (given) =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const exit = yield* Effect.exit(
        OwnedHandle.call(handle, Operation.make("Test.call"), (): Effect.Effect<never, string> => given.use)
      )
      assert.isTrue(Exit.isFailure(exit))
      OwnedHandle.closeNow(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
    })
  )

  it.effect("a call cannot be interrupted half way, even while a closeNow waits for it", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* OwnedHandle.call(handle, Operation.make("Test.call"), () =>
        Effect.andThen(latch.await, events.note("call ends"))
      ).pipe(start)
      OwnedHandle.closeNow(handle)
      const interruption = yield* start(Fiber.interrupt(running))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a"])
      yield* latch.open
      yield* Fiber.join(interruption)
      assert.deepStrictEqual(events.seen, ["acquire a", "call ends", "release a"])
    })
  )

  it.effect("while a close waits for leases releases once, and both are done", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      OwnedHandle.closeNow(handle)
      yield* Fiber.join(closing)
      yield* latch.open
      yield* Fiber.join(running)
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "release a", "closed", "use a ends"])
    })
  )

  it.effect("while a close waits for leases and a call runs releases once, at the call's end", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        OwnedHandle.call(handle, Operation.make("Test.call"), () =>
          Effect.andThen(latch.await, events.note("call ends"))
        )
      ).pipe(start)
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      OwnedHandle.closeNow(handle)
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a"])
      yield* latch.open
      yield* Fiber.joinAll([batch, closing])
      assert.deepStrictEqual(events.seen, ["acquire a", "call ends", "release a", "closed"])
    })
  )
})

describe("a parent", () => {
  it.effect("closes its children before itself, the youngest first, and theirs before them", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      const older = yield* own("older", parent)
      yield* own("older's older", older)
      const younger = yield* own("younger", parent)
      yield* own("younger's child", younger)
      yield* own("older's younger", older)
      events.seen.length = 0
      yield* OwnedHandle.close(parent)
      assert.deepStrictEqual(events.seen, [
        "release younger's child",
        "release younger",
        "release older's younger",
        "release older's older",
        "release older",
        "release parent"
      ])
    })
  )

  it.effect("is closed with all that is open under it when the root's scope closes", () =>
    Effect.gen(function* () {
      const longer = yield* Effect.scope
      const { events } = yield* Effect.gen(function* () {
        const given = yield* setup
        const parent = yield* Scope.provide(given.own("parent"), longer)
        yield* Scope.provide(given.own("child", parent), longer)
        return given
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire child", "release child", "release parent"])
    })
  )

  it.effect("waits for the leases of its children, and refuses new children meanwhile", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const parent = yield* own("parent")
      const child = yield* own("child", parent)
      const latch = yield* Latch.make()
      const running = yield* start(use(child, latch))
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(Effect.scoped(own("late", parent)))), "Test.own: thing parent")
      yield* latch.open
      yield* Fiber.joinAll([running, closing])
      assert.deepStrictEqual(events.seen.slice(2), [
        "use child begins",
        "use child ends",
        "release child",
        "release parent"
      ])
    })
  )

  it.effect("waits for a child that is being acquired, and closes it too", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      yield* own("older", parent)
      const latch = yield* Latch.make()
      const owner = yield* OwnedHandle.scoped(
        parent,
        Operation.make("Test.own"),
        events.resource("late", { acquire: latch.await })
      ).pipe(
        Effect.andThen((late) =>
          Effect.andThen(
            Deferred.await(late.node.released),
            Effect.flip(OwnedHandle.lease(late, Operation.make("Test.use"), () => Effect.void))
          )
        ),
        Effect.scoped,
        start
      )
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire older", "release older"])
      yield* latch.open
      yield* Fiber.join(closing)
      assert.deepStrictEqual(events.seen.slice(3), ["acquire late", "release late", "release parent"])
      assert.strictEqual(refusedAs(yield* Fiber.join(owner)), "Test.use: thing late")
    })
  )

  it.effect("waits for a child whose release, begun by another, takes its time", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const latch = yield* Latch.make()
      const parent = yield* own("parent")
      const child = yield* own("child", parent, { release: latch.await })
      const closers = [yield* start(OwnedHandle.close(child)), yield* start(OwnedHandle.close(parent))]
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire child"])
      yield* latch.open
      yield* Fiber.joinAll(closers)
      assert.deepStrictEqual(events.seen.slice(2), ["release child", "release parent"])
    })
  )

  it.effect("waits for the call of a child that was closed on the spot", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      const child = yield* own("child", parent)
      const latch = yield* Latch.make()
      const running = yield* OwnedHandle.call(child, Operation.make("Test.call"), () =>
        Effect.andThen(latch.await, events.note("call ends"))
      ).pipe(start)
      OwnedHandle.closeNow(child)
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      yield* latch.open
      yield* Fiber.joinAll([running, closing])
      assert.deepStrictEqual(events.seen.slice(2), ["call ends", "release child", "release parent"])
    })
  )

  it.effect("forgets the children that were closed before", () =>
    Effect.gen(function* () {
      const { own } = yield* setup
      const parent = yield* own("parent")
      yield* Effect.scoped(own("first", parent))
      const second = yield* own("second", parent)
      OwnedHandle.closeNow(second)
      assert.strictEqual(parent.node.children.size, 0)
      assert.strictEqual(parent.node.leases, 0)
    })
  )
})

const waiting = (events: Events, handle: Handle, wait: Effect.Effect<string, string>) =>
  OwnedHandle.leaseWaiting(handle, Operation.make("Test.wait"), (native) =>
    events.note(`wait for ${native}`).pipe(
      Effect.andThen(wait),
      Effect.onInterrupt(() => events.note("wait taken back"))
    )
  )

describe("leaseWaiting", () => {
  it.effect("gives what the wait gives, value or failure, and ends its lease", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const wait = (use: Effect.Effect<string, string>) =>
        OwnedHandle.leaseWaiting(handle, Operation.make("Test.wait"), () => use)
      assert.strictEqual(yield* wait(Effect.as(Effect.yieldNow, "message")), "message")
      assert.strictEqual(yield* Effect.flip(wait(Effect.andThen(Effect.yieldNow, Effect.fail("no")))), "no")
      assert.deepStrictEqual([handle.node.leases, handle.node.waiting.size], [0, 0])
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
    })
  )

  it.effect("is taken back by a close, and fails as a use after the release; the release follows", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const first = yield* start(waiting(events, handle, Effect.never))
      const second = yield* start(waiting(events, handle, Effect.never))
      yield* OwnedHandle.close(handle)
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(first))) as MsmqError), "Test.wait: thing a")
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(second))) as MsmqError), "Test.wait: thing a")
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "wait for a",
        "wait for a",
        "wait taken back",
        "wait taken back",
        "release a"
      ])
    })
  )

  it.effect("is taken back by a closeNow, too", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(waiting(events, handle, Effect.never))
      OwnedHandle.closeNow(handle)
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(waiter))) as MsmqError), "Test.wait: thing a")
      assert.sameMembers(events.seen, ["acquire a", "wait for a", "wait taken back", "release a"])
    })
  )

  it.effect("is taken back by a close that its own beginning brings about", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(
        waiting(
          events,
          handle,
          Effect.suspend(() => {
            OwnedHandle.closeNow(handle)
            return Effect.never
          })
        )
      )
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(waiter))) as MsmqError), "Test.wait: thing a")
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "release a", "wait taken back"])
    })
  )

  it.effect("keeps its value if the wait has succeeded when the close begins", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const arrival = yield* Deferred.make<string>()
      const waiter = yield* start(waiting(events, handle, Deferred.await(arrival)))
      yield* Deferred.succeed(arrival, "message")
      const closing = yield* start(OwnedHandle.close(handle))
      assert.strictEqual(yield* Fiber.join(waiter), "message")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "release a"])
    })
  )

  it.effect("is interrupted with the fiber that waits, and ends its lease after that", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(waiting(events, handle, Effect.never))
      assert.strictEqual(handle.node.leases, 1)
      yield* Fiber.interrupt(waiter)
      const exit = yield* Fiber.await(waiter)
      assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.deepStrictEqual([handle.node.leases, handle.node.waiting.size, handle.state], [0, 0, "open"])
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "wait taken back", "release a"])
    })
  )
})

describe("a release that goes wrong", () => {
  it.effect("is logged with the resource's name, and the siblings and the parent are released all the same", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
        logged.push(`${logLevel} ${String(message)} ${Cause.pretty(cause).split("\n")[0]}`)
      })
      yield* Effect.gen(function* () {
        const { events, own } = yield* setup
        const parent = yield* own("parent")
        yield* own("older", parent)
        yield* own("dying", parent, { release: Effect.die(new Error("access violation")) })
        const interrupted = yield* own("interrupted", parent, { release: Effect.interrupt })
        yield* own("younger", parent)
        events.seen.length = 0
        yield* OwnedHandle.close(parent)
        assert.deepStrictEqual(events.seen, ["release younger", "release older", "release parent"])
        assert.strictEqual(interrupted.state, "released")
      }).pipe(Effect.scoped, Effect.provide(Layer.fresh(Logger.layer([logger]))))
      assert.strictEqual(logged.length, 2)
      assert.match(logged[0]!, /^Error the thing interrupted could not be given back/)
      assert.match(logged[1]!, /^Error the thing dying could not be given back .*access violation/)
    })
  )
})

describe("whatever is done in whatever order", () => {
  const index = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 9 })))
  const Step = Schema.Union([
    Schema.TaggedStruct("Own", { parent: index, slow: Schema.Boolean }),
    Schema.TaggedStruct("Acquired", { handle: index }),
    Schema.TaggedStruct("Close", { handle: index, by: Schema.Literals(["hand", "owner"]) }),
    Schema.TaggedStruct("CloseNow", { handle: index }),
    Schema.TaggedStruct("Lease", { handle: index }),
    Schema.TaggedStruct("Call", { lease: index }),
    Schema.TaggedStruct("EndLease", { lease: index, by: Schema.Literals(["itself", "interruption"]) })
  ])

  /** What a handle ought to be: the whole theory of ownership, without fibers. */
  class Model {
    state: "acquiring" | "open" | "closing" | "disposed" | "released" = "acquiring"
    /** Its owner is gone, or its scope is closed: it is closed as soon as it is acquired. */
    unwanted = false
    draining = false
    /** The child that is being closed: the next one has its turn after it. */
    closingChild: Model | undefined
    readonly children: Array<Model> = []
    readonly leases = new Set<object>()
    calls = 0

    readonly id: number
    readonly parent: Model | undefined

    constructor(id: number, parent: Model | undefined) {
      this.id = id
      this.parent = parent
      if (parent === undefined) this.state = "open"
      else parent.leases.add(this)
    }

    acquired(): void {
      this.state = "open"
      this.parent?.leases.delete(this)
      this.parent?.children.push(this)
      if (this.unwanted) this.close()
    }

    close(): void {
      if (this.state === "open") this.state = "closing"
      if (this.state === "acquiring") this.unwanted = true
    }

    /** Goes as far as it can without anybody doing anything. */
    settle(released: Array<number>): void {
      for (const child of this.children) child.settle(released)
      if (this.closingChild?.state === "released") this.closingChild = undefined
      const youngest = this.closingChild ?? this.children.findLast(({ state }) => state !== "released")
      if (this.state === "closing" && !this.draining) this.closingChild = youngest
      // A child that comes while the uses end stays until the last of them has ended: it is still the youngest.
      this.draining = this.state === "closing" && this.leases.size > 0 && (this.draining || youngest === undefined)
      if (this.draining) return
      if (this.state === "closing" && youngest?.state === "open") {
        youngest.close()
        this.settle(released)
      } else if (
        (this.state === "closing" && youngest === undefined && this.leases.size === 0) ||
        (this.state === "disposed" && this.calls === 0)
      ) {
        this.state = "released"
        released.push(this.id)
      }
    }
  }

  interface Lease {
    readonly model: Model
    readonly fiber: Fiber.Fiber<void, MsmqError>
    readonly orders: Queue.Queue<"call" | "end">
    readonly latch: Latch.Latch
    calling: boolean
    interrupted: boolean
  }

  it.effect.prop(
    "every handle is released exactly once, when the model says so, never in a call, and never used afterwards",
    { steps: Schema.Array(Step).pipe(Schema.check(Schema.isMinLength(10), Schema.isMaxLength(60))) },
    ({ steps }) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const root = yield* Scope.provide(OwnedHandle.makeRoot(undefined), scope)
        const events: Array<string> = []
        const note = (event: string) => Effect.sync(() => events.push(event))
        const rootModel = new Model(0, undefined)
        const models: Array<Model> = [rootModel]
        const handles: Array<OwnedHandle.OwnedHandle<unknown> | undefined> = [root]
        const owners: Array<Fiber.Fiber<unknown, unknown> | undefined> = [undefined]
        const acquiring: Array<Latch.Latch | undefined> = [undefined]
        const leases: Array<Lease> = []
        const others: Array<Fiber.Fiber<unknown, unknown>> = []

        const handleAt = (at: number) => {
          const id = at % models.length
          return { id, model: models[id]!, handle: handles[id] }
        }

        const end = (lease: Lease) => {
          lease.model.leases.delete(lease)
          leases.splice(leases.indexOf(lease), 1)
        }

        const own = Effect.fnUntraced(function* (at: number, slow: boolean) {
          const parent = handleAt(at)
          if (parent.handle === undefined) return
          const id = models.length
          const latch = yield* Latch.make(!slow)
          const owned = OwnedHandle.scoped(parent.handle, Operation.make("Test.own"), {
            kind: "handle",
            name: String(id),
            acquire: Effect.as(Effect.andThen(latch.await, note(`acquire ${id}`)), id),
            release: (native) => note(`release ${native}`)
          })
          const owner = yield* owned.pipe(
            Effect.tap((handle) =>
              Effect.sync(() => {
                handles[id] = handle
              })
            ),
            Effect.uninterruptible,
            Effect.andThen(Effect.never),
            Effect.scoped,
            start
          )
          if (parent.model.state !== "open") {
            assert.isTrue(Exit.isFailure(yield* Fiber.await(owner)))
            return
          }
          models.push(new Model(id, parent.model))
          owners.push(owner)
          acquiring.push(latch)
          if (!slow) models[id]!.acquired()
        })

        const begin = Effect.fnUntraced(function* (at: number) {
          const { handle, id, model } = handleAt(at)
          if (handle === undefined) return
          const orders = yield* Queue.unbounded<"call" | "end">()
          const latch = yield* Latch.make()
          const call = OwnedHandle.call(handle, Operation.make("Test.call"), () =>
            note(`call ${id}`).pipe(Effect.andThen(latch.await), Effect.andThen(note(`called ${id}`)))
          )
          const obey: Effect.Effect<void> = Effect.flatMap(Queue.take(orders), (order) =>
            order === "end" ? Effect.void : Effect.andThen(Effect.exit(call), obey)
          )
          const fiber = yield* start(
            OwnedHandle.lease(handle, Operation.make("Test.use"), () => Effect.andThen(note(`use ${id}`), obey))
          )
          if (model.state !== "open") {
            assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
            return
          }
          const lease: Lease = { model, fiber, orders, latch, calling: false, interrupted: false }
          model.leases.add(lease)
          leases.push(lease)
        })

        /** Begins a call, or ends the one that runs. */
        const toggleCall = Effect.fnUntraced(function* (lease: Lease) {
          if (lease.calling) {
            lease.calling = false
            lease.model.calls--
            yield* lease.latch.open
            yield* settled
            yield* lease.latch.close
            if (lease.interrupted) end(lease)
          } else {
            yield* Queue.offer(lease.orders, "call")
            lease.calling = lease.model.state === "open" || lease.model.state === "closing"
            if (lease.calling) lease.model.calls++
          }
        })

        const take = Effect.fnUntraced(function* (step: typeof Step.Type) {
          switch (step._tag) {
            case "Own":
              return yield* own(step.parent, step.slow)
            case "Lease":
              return yield* begin(step.handle)
            case "Acquired": {
              const { id, model } = handleAt(step.handle)
              if (model.state !== "acquiring") return
              yield* acquiring[id]!.open
              return model.acquired()
            }
            case "Close": {
              const { handle, id, model } = handleAt(step.handle)
              const owner = owners[id]
              if (step.by === "owner" && owner !== undefined) others.push(yield* start(Fiber.interrupt(owner)))
              else if (handle === undefined) return
              else others.push(yield* start(OwnedHandle.close(handle)))
              return model.close()
            }
            case "CloseNow": {
              const { handle, model } = handleAt(step.handle)
              const isParent = model.children.some(({ state }) => state !== "released")
              const isToBe = models.some(({ parent, state }) => parent === model && state === "acquiring")
              if (handle === undefined || handle === root || isParent || isToBe) return
              OwnedHandle.closeNow(handle)
              if (model.state !== "released") model.state = "disposed"
              return
            }
            case "Call": {
              const lease = leases[step.lease % leases.length]
              return lease === undefined ? undefined : yield* toggleCall(lease)
            }
            case "EndLease": {
              const lease = leases[step.lease % leases.length]
              if (lease === undefined) return
              if (step.by === "interruption") {
                lease.interrupted = true
                others.push(yield* start(Fiber.interrupt(lease.fiber)))
              } else if (!lease.calling) yield* Queue.offer(lease.orders, "end")
              else return
              return lease.calling ? undefined : end(lease)
            }
          }
        })

        const expected: Array<number> = []
        const compare = Effect.fnUntraced(function* (after: string) {
          yield* settled
          rootModel.settle(expected)
          assert.sameMembers(
            events.filter(isRelease),
            expected.filter((id) => id !== 0).map((id) => `release ${id}`),
            after
          )
          const states = models.map(({ state }, id) => (state === "acquiring" ? state : handles[id]?.state))
          assert.deepStrictEqual(
            states,
            models.map(({ state }) => state),
            after
          )
        })

        for (const step of steps) {
          yield* take(step)
          yield* compare(JSON.stringify(step))
        }

        // At the end everything is let go, and the whole tree closes.
        for (const [id, model] of models.entries()) {
          if (model.state === "acquiring") yield* take({ _tag: "Acquired", handle: id })
        }
        yield* settled
        for (const lease of leases.slice()) {
          if (lease.calling) yield* toggleCall(lease)
          if (!lease.interrupted) {
            yield* Queue.offer(lease.orders, "end")
            end(lease)
          }
        }
        rootModel.close()
        yield* Scope.close(scope, Exit.void)
        yield* compare("the end")
        yield* Fiber.awaitAll(others)
        assert.isTrue(models.every(({ state }) => state === "released"))
        for (const { id, parent } of models.slice(1)) {
          const of = events.filter((event) => event.endsWith(` ${id}`))
          assert.strictEqual(of.at(0), `acquire ${id}`)
          assert.strictEqual(of.filter(isRelease).length, 1)
          assert.notMatch(of.slice(of.findIndex(isRelease)).join(), /call|use/)
          const child = events.indexOf(`release ${id}`)
          if (parent !== rootModel) assert.isBelow(child, events.indexOf(`release ${parent!.id}`))
        }
      }),
    { arbitrary: { runs: 200 } }
  )
})
