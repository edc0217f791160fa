import { reasonOf } from "@effect-msmq/core/MsmqError"
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { bind, parsePrototype } from "../src/internal/bindings.ts"
import type { Bound } from "../src/internal/declarations.ts"
import { prototypes } from "../src/internal/declarations.ts"
import { makeLanes } from "../src/internal/lanes.ts"
import { callOffMainThread, callOffMainThreadAndTake } from "../src/internal/offMainThread.ts"
import { RunningCalls } from "../src/internal/RunningCalls.ts"
import { openQueues } from "../src/internal/openQueues.ts"
import { start } from "../../core/test/support/settled.ts"

const someLibrary =
  process.platform === "win32" ? "ntdll.dll" : process.platform === "darwin" ? "libSystem.B.dylib" : "libm.so.6"

describe("declarations", () => {
  it("are legal prototypes, each of one function", () => {
    const all = Object.values(prototypes).flat()
    const names = all.map((prototype) => {
      const { name, returns, takes } = parsePrototype(prototype)
      assert.match(returns, /^[A-Z]+(?:_[A-Z]+)*$/)
      for (const type of takes) assert.match(type, /^\w+\*{0,2}$/, prototype)
      return name
    })
    assert.strictEqual(new Set(names).size, all.length)
    assert.strictEqual(prototypes.mqrt.length, 31)
  })
})

describe("bind", () => {
  it("throws if the library does not exist", () => {
    assert.throws(() => bind({ library: "/nowhere/mqrt.so" }), /cannot open|not find|no such file/i)
  })

  it.effect("a function that the library lacks fails when it is called, with its name", () =>
    Effect.gen(function* () {
      const bindings = bind({ library: someLibrary })
      const failure = yield* Effect.flip(openQueues(bindings).purgeQueue(1n as QueueHandle))
      assert.deepStrictEqual(reasonOf(failure), { _tag: "FunctionMissing", function: "MQPurgeQueue" })
      assert.strictEqual(bindings.functions.MQSendMessage(1n, 0n, 0n), 0x8007_007f)
      bindings.close()
    })
  )

  it("can be done twice", () => {
    bind({ library: someLibrary }).close()
    bind({ library: someLibrary }).close()
  })
})

/** A function whose calls end when the test says so. */
const heldBack = () => {
  const pending: Array<() => void> = []
  const held: Array<WeakRef<ArrayBuffer>> = []
  const async: Bound<[memory: ArrayBuffer], number>["async"] = (memory, done) => {
    held.push(new WeakRef(memory))
    pending.push(() => done(null, 0))
  }
  const callable: Bound<[memory: ArrayBuffer], number> = Object.assign(() => 0, { async })
  return { callable, pending, held }
}

/** Waits until something is so; the test's own time limit ends it. */
const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.andThen(Effect.sleep(1), until(condition))))

describe("offMainThread", () => {
  it.live("runs a limited number of calls at once, and others wait", () =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(4))
      const { callable, pending } = heldBack()
      const fibers = yield* Effect.forEach([1, 2, 3], () =>
        start(callOffMainThread(calls, "MQOpenQueue", () => callable, new ArrayBuffer(8)))
      )
      assert.strictEqual(pending.length, 2)
      pending[0]?.()
      yield* until(() => pending.length === 3)
      pending[1]?.()
      pending[2]?.()
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [0, 0, 0])
    })
  )

  it.live.each([
    [1, { slow: 1, prompt: 0 }],
    [2, { slow: 1, prompt: 1 }],
    [3, { slow: 1, prompt: 2 }],
    [4, { slow: 2, prompt: 2 }],
    [64, { slow: 2, prompt: 2 }]
  ] as const)("with room for %i calls, those that end something have room of their own", ([atOnce, expected]) =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(atOnce))
      const [slow, prompt] = [heldBack(), heldBack()]
      const fork = (call: Effect.Effect<number>) => start(call)
      for (let index = 0; index < 4; index++) {
        yield* fork(callOffMainThread(calls, "MQOpenQueue", () => slow.callable, new ArrayBuffer(8)))
        yield* fork(callOffMainThread(calls, "MQCloseQueue", () => prompt.callable, new ArrayBuffer(8)))
      }
      assert.deepStrictEqual({ slow: slow.pending.length, prompt: prompt.pending.length }, expected)
      while (slow.pending.length > 0 || prompt.pending.length > 0) {
        slow.pending.shift()?.()
        prompt.pending.shift()?.()
        yield* Effect.sleep(1)
      }
    })
  )

  it.live("can be interrupted while it waits for its turn", () =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(2))
      const { callable, pending } = heldBack()
      const first = yield* start(callOffMainThread(calls, "MQOpenQueue", () => callable, new ArrayBuffer(8)))
      const second = yield* start(callOffMainThread(calls, "MQOpenQueue", () => callable, new ArrayBuffer(8)))
      yield* Fiber.interrupt(second)
      assert.strictEqual(pending.length, 1)
      pending[0]?.()
      yield* Fiber.join(first)
    })
  )

  it.live("waits for a call that has begun, and takes its result, even if the caller was interrupted", () =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(2))
      const { callable, pending } = heldBack()
      let taken = false
      const take = () => void (taken = true)
      const fiber = yield* start(
        callOffMainThreadAndTake(calls, "MQOpenQueue", take, () => callable, new ArrayBuffer(8))
      )
      const interruption = yield* start(Fiber.interrupt(fiber))
      yield* Effect.sleep(5)
      assert.isUndefined(interruption.pollUnsafe())
      pending[0]?.()
      yield* Fiber.join(interruption)
      assert.isTrue(taken)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    })
  )

  it.live("keeps the memory of a call until it has returned", () =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(2))
      const { callable, held, pending } = heldBack()
      const fiber = yield* start(
        Effect.suspend(() => callOffMainThread(calls, "MQOpenQueue", () => callable, new ArrayBuffer(1024 * 1024)))
      )
      yield* Effect.sleep(1)
      globalThis.gc?.()
      yield* Effect.sleep(1)
      assert.isDefined(held[0]?.deref())
      pending[0]?.()
      yield* Fiber.join(fiber)
    })
  )

  it.effect("an error of koffi is a defect", () =>
    Effect.gen(function* () {
      const calls = new RunningCalls(makeLanes(2))
      const callable: Bound<[], number> = Object.assign(() => 0, {
        async: (done: (error: unknown, result: number) => void) => done(new TypeError("bad argument"), 0)
      })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(callOffMainThread(calls, "MQOpenQueue", () => callable))))
    })
  )
})
