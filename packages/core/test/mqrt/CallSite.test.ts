import * as CallSite from "@effect-msmq/core/mqrt/CallSite"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { setImmediate } from "node:timers/promises"

const collectGarbage = async (): Promise<void> => {
  // What a weak reference was asked for stays alive until the turn of the event loop is over.
  await setImmediate()
  globalThis.gc?.()
}

const take = (): CallSite.CallSite => new CallSite.CallSite()

describe("a call site", () => {
  it("has the functions of the program on the stack, the innermost first", () => {
    const outer = () => take()
    const [first = "", second = ""] = outer().toString().split("\n")
    assert.match(first, /^at take .*CallSite\.test\.ts/)
    assert.match(second, /^at outer .*CallSite\.test\.ts/)
  })

  it.effect("has the named functions of Effect, even after the fiber has yielded", () =>
    Effect.gen(function* () {
      const inner = Effect.fn("inner")(function* () {
        yield* Effect.yieldNow
        return yield* Effect.sync(take)
      })
      const outer = Effect.fn("outer")(function* () {
        return yield* inner()
      })
      const site = (yield* outer()).toString()
      const [innerAt, outerAt] = [site.indexOf("at inner ("), site.indexOf("at outer (")]
      assert.isAtLeast(innerAt, 0)
      assert.isAbove(outerAt, innerAt)
      assert.include(site, "CallSite.test.ts")
    })
  )

  it.effect("hides the frames of Effect, of Node and of the SDK", () =>
    Effect.gen(function* () {
      const site = (yield* Effect.sync(take)).toString()
      assert.notInclude(site, "node_modules/effect/")
      assert.notInclude(site, "node:")
      assert.notInclude(site, "packages/core/src")
      assert.notInclude(site, "(definition)")
    })
  )

  it("that was read keeps no object of the program alive, and stays the same", async () => {
    class Service {
      take(): CallSite.CallSite {
        return take()
      }
    }
    const read = (): readonly [CallSite.CallSite, string, WeakRef<Service>] => {
      const service = new Service()
      const site = service.take()
      return [site, site.toString(), new WeakRef(service)]
    }
    const [site, text, service] = read()
    assert.include(text, "Service.take")
    await collectGarbage()
    assert.isUndefined(service.deref())
    assert.strictEqual(site.toString(), text)
  })
})
