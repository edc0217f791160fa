import { MessageQueue, Mqrt } from "@effect-msmq/core"
import { FaultInjection, HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as CallLog from "../support/CallLog.ts"
import { interruptAtEveryStep } from "../support/everyStep.ts"
import { start } from "../support/settled.ts"

const orders = ".\\private$\\orders"

const backend = HandleLedger.layer(FaultInjection.layer(CallLog.layer(InMemoryMqrt.layer)))

describe("locate", () => {
  const pathNames = (restrictions?: ReadonlyArray<MessageQueue.Restriction>) =>
    Effect.map(Stream.runCollect(MessageQueue.locate(restrictions)), (queues) => queues.map(({ pathName }) => pathName))

  const createMany = (count: number) =>
    Effect.forEach(Array.from({ length: count }), (_, index) =>
      MessageQueue.create(`MACHINE\\q${index}`, { label: `Queue ${index}` })
    )

  const searches = Effect.map(CallLog.calls, (calls) => calls.filter((call) => call.startsWith("locate")))
  const ended = Effect.map(HandleLedger.counts, ({ locate }) => locate)

  it.effect("finds public queues of every machine, with their names, and no private ones (C-49)", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_000)
      yield* MessageQueue.create(orders)
      const type = "01234567-89ab-cdef-0123-456789abcdef"
      const created = yield* MessageQueue.create("MACHINE\\orders", { label: "Orders", type, transactional: true })
      const [found, ...others] = yield* Stream.runCollect(MessageQueue.locate())
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(found, {
        formatName: created,
        instance: created.replace("PUBLIC=", ""),
        pathName: "MACHINE\\orders",
        label: "Orders",
        type,
        createTime: new Date(1_700_000_000_000),
        modifyTime: new Date(1_700_000_000_000),
        transactional: true
      })
      yield* Effect.scoped(MessageQueue.openSender(found?.formatName ?? ""))
    }).pipe(Effect.provide(backend))
  )

  it.effect("all restrictions must hold (C-49)", () =>
    Effect.gen(function* () {
      for (const second of [0, 1, 2]) {
        yield* TestClock.setTime(1_700_000_000_000 + 1000 * second)
        yield* MessageQueue.create(`MACHINE\\q${second}`, { label: second === 1 ? "Odd" : "Even" })
      }
      const even = { property: "label", relation: "equal", value: "Even" } as const
      const late = { property: "createTime", relation: "greater", value: new Date(1_700_000_000_000) } as const
      assert.deepStrictEqual(yield* pathNames([even]), ["MACHINE\\q0", "MACHINE\\q2"])
      assert.deepStrictEqual(yield* pathNames([late]), ["MACHINE\\q1", "MACHINE\\q2"])
      assert.deepStrictEqual(yield* pathNames([even, late]), ["MACHINE\\q2"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a queue is found by its GUID, in any letter case, and queues by their multicast address (C-49)", () =>
    Effect.gen(function* () {
      const first = yield* MessageQueue.create("MACHINE\\first", { multicastAddress: "234.1.1.1:8001" })
      yield* MessageQueue.create("MACHINE\\second", { multicastAddress: "234.1.1.1:8002" })
      yield* MessageQueue.create("MACHINE\\third")
      const value = first.replace("PUBLIC=", "").toUpperCase()
      assert.deepStrictEqual(yield* pathNames([{ property: "instance", relation: "equal", value }]), ["MACHINE\\first"])
      const address = { property: "multicastAddress", value: "234.1.1.1:8001" } as const
      const found = (relation: MessageQueue.Restriction["relation"]) => pathNames([{ ...address, relation }])
      assert.deepStrictEqual(yield* found("equal"), ["MACHINE\\first"])
      assert.deepStrictEqual(yield* found("notEqual"), ["MACHINE\\second", "MACHINE\\third"])
      assert.deepStrictEqual(yield* found("greaterOrEqual"), ["MACHINE\\first", "MACHINE\\second"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a value that no queue can have is refused, and no search begins", () =>
    Effect.gen(function* () {
      for (const restriction of [
        { property: "instance", relation: "equal", value: "{01234567-89ab-cdef-0123-456789abcdef}" },
        { property: "multicastAddress", relation: "equal", value: "10.0.0.1:80" }
      ] as const) {
        const error = yield* Effect.flip(pathNames([restriction]))
        assert(error.reason._tag === "IllegalOption")
        assert.strictEqual(error.reason.option, "restrictions[0].value")
      }
      assert.deepStrictEqual(yield* searches, [])
    }).pipe(Effect.provide(backend))
  )

  const compare: Record<MessageQueue.Restriction["relation"], (one: number, other: number) => boolean> = {
    less: (one, other) => one < other,
    lessOrEqual: (one, other) => one <= other,
    greater: (one, other) => one > other,
    greaterOrEqual: (one, other) => one >= other,
    equal: (one, other) => one === Math.floor(other / 1000) * 1000,
    notEqual: (one, other) => one !== Math.floor(other / 1000) * 1000
  }

  it.effect.prop(
    "a time between two seconds is not rounded in comparisons",
    {
      relation: Schema.Literals(["less", "lessOrEqual", "greater", "greaterOrEqual", "equal", "notEqual"]),
      value: Schema.Literals([0, 9000, 9999, 10_000, 10_001, 10_500, 11_000, 11_001, 12_000, 1e15])
    },
    ({ relation, value }) =>
      Effect.gen(function* () {
        for (const second of [9, 10, 11, 12]) {
          yield* TestClock.setTime(1000 * second)
          yield* MessageQueue.create(`MACHINE\\q${second}`)
        }
        const found = yield* Stream.runCollect(
          MessageQueue.locate([{ property: "modifyTime", relation, value: new Date(value) }])
        )
        assert.deepStrictEqual(
          found.map(({ modifyTime }) => modifyTime.getTime()),
          [9000, 10_000, 11_000, 12_000].filter((time) => compare[relation](time, value))
        )
      }).pipe(Effect.provide(backend, { local: true }))
  )

  it.effect("an invalid date is refused, and no search begins", () =>
    Effect.gen(function* () {
      const value = new Date(Number.NaN)
      const error = yield* Effect.flip(pathNames([{ property: "createTime", relation: "less", value }]))
      assert.strictEqual(
        error.message,
        "MessageQueue.locate: restrictions[0].value is an invalid Date, but it must be a valid Date"
      )
      assert.deepStrictEqual(yield* searches, [])
      assert.deepStrictEqual(yield* ended, { acquired: 0, freed: 0, open: 0 })
    }).pipe(Effect.provide(backend))
  )

  it.effect("the search ends once, with the stream, which has every queue once and in order", () =>
    Effect.gen(function* () {
      yield* createMany(200)
      const found = yield* pathNames()
      assert.deepStrictEqual(
        found,
        Array.from({ length: 200 }, (_, index) => `MACHINE\\q${index}`)
      )
      assert.deepStrictEqual(yield* ended, { acquired: 1, freed: 1, open: 0 })
      assert.strictEqual((yield* searches).at(-1), "locateEnd")
    }).pipe(Effect.provide(backend))
  )

  it.effect("the directory is asked for as many queues as are used, and the search ends once", () =>
    Effect.gen(function* () {
      yield* createMany(200)
      const first = yield* Stream.runCollect(Stream.take(MessageQueue.locate(), 3))
      assert.strictEqual(first.length, 3)
      assert.deepStrictEqual(yield* searches, ["locateBegin", "locateNext", "locateEnd"])
      yield* HandleLedger.expectNoLeaks
      const pages: Array<number> = []
      const seen = Effect.map(searches, (calls) => pages.push(calls.filter((call) => call === "locateNext").length))
      yield* MessageQueue.locate().pipe(
        Stream.tap(() => seen),
        Stream.runDrain
      )
      // One page is fetched before the first queue is handed out, and the next only behind its last one.
      assert.deepStrictEqual([pages[0], pages[63], pages[64], pages[199]], [2, 2, 3, 5])
    }).pipe(Effect.provide(backend))
  )

  it.effect("a page that is not full is not the end of the search", () =>
    Effect.gen(function* () {
      yield* createMany(3)
      const mqrt = yield* Mqrt.Mqrt
      const oneByOne = Mqrt.Mqrt.of({ ...mqrt, locateNext: (search) => mqrt.locateNext(search, 1) })
      assert.strictEqual((yield* Effect.provideService(pathNames(), Mqrt.Mqrt, oneByOne)).length, 3)
    }).pipe(Effect.provide(backend))
  )

  it.effect("a failure between two pages fails the stream, and ends the search once", () =>
    Effect.gen(function* () {
      yield* createMany(100)
      yield* FaultInjection.inject({ function: "MQLocateNext", call: 2, code: "MQ_ERROR_NO_DS" })
      const seen: Array<string> = []
      const error = yield* MessageQueue.locate().pipe(
        Stream.runForEach(({ label }) => Effect.sync(() => seen.push(label))),
        Effect.flip
      )
      assert.deepStrictEqual([error.operation, error.reason._tag, seen.length], ["MessageQueue.locate", "NoDs", 64])
      assert.deepStrictEqual(yield* ended, { acquired: 1, freed: 1, open: 0 })
    }).pipe(Effect.provide(backend))
  )

  it.effect("a search that cannot begin leaves nothing to end", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(pathNames())
      assert.strictEqual(error.reason._tag, "NoDs")
      assert.include(error.message, "workgroup")
      assert.deepStrictEqual(yield* ended, { acquired: 0, freed: 0, open: 0 })
    }).pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layerWith({ workgroup: true }))))
  )

  it.effect("a search that fails to end counts as ended, and its queues are found", () =>
    Effect.gen(function* () {
      yield* createMany(1)
      yield* FaultInjection.inject({ function: "MQLocateEnd", call: 1, code: "MQ_ERROR_INVALID_HANDLE" })
      assert.deepStrictEqual(yield* pathNames(), ["MACHINE\\q0"])
    }).pipe(Effect.provide(backend))
  )

  it.effect("interrupted while it waits for a page or for its consumer, it ends the search once", () =>
    Effect.gen(function* () {
      yield* createMany(100)
      for (const stall of [true, false]) {
        if (stall) yield* FaultInjection.inject({ function: "MQLocateNext", call: 1, stall: "1 hour" })
        const fiber = yield* start(Stream.runForEach(MessageQueue.locate(), () => Effect.never))
        assert.strictEqual((yield* ended).open, 1)
        const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
        assert.isTrue(Exit.hasInterrupts(exit))
        assert.deepStrictEqual(yield* ended, { acquired: stall ? 1 : 2, freed: stall ? 1 : 2, open: 0 })
      }
      yield* HandleLedger.expectNoLeaks
    }).pipe(Effect.provide(backend))
  )

  it.effect("closing the layer ends an open search once, and the stream fails with the place of the closing", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(backend, scope)
      yield* Effect.gen(function* () {
        yield* createMany(100)
        const first = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const fiber = yield* MessageQueue.locate().pipe(
          Stream.runForEach(() => Effect.andThen(Deferred.succeed(first, undefined), Deferred.await(goOn))),
          Effect.flip,
          Effect.forkChild
        )
        yield* Deferred.await(first)
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* ended, { acquired: 1, freed: 1, open: 0 })
        yield* Deferred.succeed(goOn, undefined)
        const { reason } = yield* Fiber.join(fiber)
        assert(reason._tag === "Released")
        assert.strictEqual(reason.resource, "locate of public queues")
        assert.strictEqual((yield* searches).filter((call) => call === "locateEnd").length, 1)
        assert.deepStrictEqual(yield* HandleLedger.violations, [])
      }).pipe(Effect.provide(context))
    })
  )

  it("interrupted after any step, the search that began has ended, once", () => {
    let began = 0
    const steps = interruptAtEveryStep(() =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* createMany(2)
          yield* Effect.exit(restore(pathNames()))
          yield* HandleLedger.expectNoLeaks
          const { acquired, freed } = yield* ended
          assert.strictEqual(freed, acquired)
          began += acquired
        })
      ).pipe(Effect.orDie, Effect.provide(backend))
    )
    assert.isAbove(steps, 100)
    assert.isAbove(began, 10)
  })
})
