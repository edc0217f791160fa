import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Latch, Layer, Logger, Scope } from "effect"
import type { MsmqError } from "../../src/MsmqError.ts"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"
import { type Handle, refusedAs, setup } from "../support/handleEvents.ts"

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
    "when the owner is interrupted while the acquiring runs, which is finished, then released, and never used",
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

  it.effect("and not at all when the acquiring failed, and then the parent can close", () =>
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

  it.effect("even if the function that makes its release throws", () =>
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

  it.effect("is refused, and names the resource and both places", () =>
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

describe("a release that fails", () => {
  it.effect("is logged with the name of the resource, and the siblings and the parent are released", () =>
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
      assert.match(logged[0]!, /^Error the thing interrupted could not be released/)
      assert.match(logged[1]!, /^Error the thing dying could not be released .*access violation/)
    })
  )
})
