import { type MsmqError, SecurityContexts } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import * as CallLog from "./support/CallLog.ts"
import { alice, bob, certificates } from "./support/certificates.ts"
import { elapse, start } from "./support/settled.ts"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layerWith({ certificates }))))
const cached = SecurityContexts.layer({ idleTimeToLive: "1 minute" }).pipe(Layer.provideMerge(backend))

const get = (...certificate: Parameters<SecurityContexts.SecurityContexts["Service"]["get"]>) =>
  SecurityContexts.SecurityContexts.use((contexts) => contexts.get(...certificate))
const invalidate = (...certificate: Parameters<SecurityContexts.SecurityContexts["Service"]["invalidate"]>) =>
  SecurityContexts.SecurityContexts.use((contexts) => contexts.invalidate(...certificate))

const acquiredAndFreed = Effect.map(HandleLedger.counts, ({ "security context": { acquired, freed } }) => ({
  acquired,
  freed
}))

describe("SecurityContexts", () => {
  it.effect("a hundred first uses of one certificate at once acquire one context", () =>
    Effect.gen(function* () {
      yield* FaultInjection.inject({ function: "MQGetSecurityContextEx", call: 1, stall: "1 second" })
      const uses = yield* Effect.forEach(Array.from({ length: 100 }), () => get(alice), { concurrency: 100 }).pipe(
        start
      )
      yield* elapse("1 second")
      const contexts = new Set(yield* Fiber.join(uses))
      assert.strictEqual(contexts.size, 1)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 0 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("two certificates and the internal one acquire three contexts (A-06)", () =>
    Effect.gen(function* () {
      const contexts = yield* Effect.all([get(alice), get(bob), get(), get(alice), get()])
      assert.strictEqual(new Set(contexts).size, 3)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 3, freed: 0 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("a context nobody uses is freed once, after the idle time; a use in between renews it", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(get(alice))
      yield* elapse("59 seconds")
      yield* Effect.scoped(get(alice))
      yield* elapse("59 seconds")
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 0 })
      yield* elapse("1 second")
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 1 })
      yield* elapse("1 hour")
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 1 })
      yield* Effect.scoped(get(alice))
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 2, freed: 1 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("a context in use outlives the idle time", () =>
    Effect.gen(function* () {
      const context = yield* get(alice)
      yield* elapse("1 hour")
      assert.isTrue(context.isOpen)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 0 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("an invalidated context is freed at once if idle, after its last user if not, each once (A-59)", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(get(alice))
      yield* invalidate(alice)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 1 })

      const scope = yield* Scope.make()
      const old = yield* Scope.provide(get(alice), scope)
      yield* invalidate(alice)
      const renewed = yield* get(alice)
      assert.notStrictEqual(renewed, old)
      assert.isTrue(old.isOpen)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 3, freed: 1 })
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(old.isOpen)
      assert.isTrue(renewed.isOpen)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 3, freed: 2 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("a failed acquire is not kept: the next use tries again", () =>
    Effect.gen(function* () {
      yield* FaultInjection.inject({
        function: "MQGetSecurityContextEx",
        call: 1,
        code: "MQ_ERROR_CORRUPTED_SECURITY_DATA"
      })
      const error = yield* Effect.flip(Effect.scoped(get(alice)))
      assert.strictEqual(error.reason._tag, "CorruptedSecurityData")
      assert.isTrue((yield* get(alice)).isOpen)
      assert.deepStrictEqual(yield* acquiredAndFreed, { acquired: 1, freed: 0 })
    }).pipe(Effect.provide(cached))
  )

  it.effect("closing the layer frees every context once, also one that is still in use", () =>
    Effect.gen(function* () {
      const longer = yield* Scope.make()
      const calls = yield* Effect.gen(function* () {
        yield* Effect.scoped(get(alice))
        const inUse = yield* Scope.provide(get(bob), longer)
        assert.isTrue(inUse.isOpen)
        return (yield* CallLog.CallLog).calls
      }).pipe(Effect.provide(cached))
      const expected = ["getSecurityContext", "getSecurityContext", "freeSecurityContext", "freeSecurityContext"]
      assert.deepStrictEqual(calls, expected)
      yield* Scope.close(longer, Exit.void)
      assert.deepStrictEqual(calls, expected)
    })
  )

  /** The cache in a scope of its own, and all that it stands on. */
  const inScope = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const services = yield* Layer.buildWithScope(cached, scope)
    return {
      close: Scope.close(scope, Exit.void),
      contexts: Context.get(services, SecurityContexts.SecurityContexts),
      services
    }
  })

  const refused = (exit: Exit.Exit<unknown, MsmqError.MsmqError>) => {
    const error = Exit.findErrorOption(exit)
    assert(Option.isSome(error) && error.value.reason._tag === "Released", "it is not refused")
    const { operation, reason } = error.value
    assert.deepStrictEqual([operation, reason.resource], ["SecurityContexts.get", "cache of security contexts"])
    assert.notStrictEqual(reason.releasedAt, "undefined")
  }

  it.effect("after its layer has closed refuses with Released, and interrupts nobody", () =>
    Effect.gen(function* () {
      const { close, contexts } = yield* inScope
      yield* Effect.scoped(contexts.get(alice))
      yield* close
      refused(yield* Effect.exit(contexts.get(alice)))
      refused(yield* Effect.exit(contexts.get()))
      yield* contexts.invalidate(alice)
      yield* contexts.invalidate()
    })
  )

  it.effect("whose layer closes while somebody waits for a context refuses with Released, and frees what comes", () =>
    Effect.gen(function* () {
      const { close, contexts, services } = yield* inScope
      const faults = Context.get(services, FaultInjection.FaultInjection)
      yield* faults.inject({ function: "MQGetSecurityContextEx", call: 1, stall: "1 second" })
      const waiting = yield* Effect.forEach([alice, alice], (certificate) =>
        start(Effect.scoped(contexts.get(certificate)))
      )
      const closing = yield* start(close)
      refused(yield* Effect.exit(contexts.get(bob)))
      yield* elapse("1 second")
      yield* Fiber.join(closing)
      for (const fiber of waiting) refused(yield* Fiber.await(fiber))
      const { acquired, freed } = (yield* Effect.provideContext(HandleLedger.counts, services))["security context"]
      assert.strictEqual(freed, acquired)
    })
  )

  it.effect("is interrupted as anything else where nothing closes", () =>
    Effect.gen(function* () {
      const { contexts, services } = yield* inScope
      const faults = Context.get(services, FaultInjection.FaultInjection)
      yield* faults.inject({ function: "MQGetSecurityContextEx", call: 1, stall: "1 second" })
      const waiting = yield* start(Effect.scoped(contexts.get(alice)))
      const interrupting = yield* start(Fiber.interrupt(waiting))
      yield* elapse("1 second")
      yield* Fiber.join(interrupting)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiting)))
    })
  )
})
