import { CallSite } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const take = (): CallSite.CallSite => new CallSite.CallSite()

describe("a call site", () => {
  it("shows the functions of the program that led to it, the innermost first", () => {
    const outer = () => take()
    const [first = "", second = ""] = outer().toString().split("\n")
    assert.match(first, /^at take .*CallSite\.test\.ts/)
    assert.match(second, /^at outer .*CallSite\.test\.ts/)
  })

  it.effect("shows Effect's named functions, also after the fiber has yielded", () =>
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
})
