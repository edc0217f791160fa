/** Sends at once, over a function that takes as long as a test wants. */
import type { QueueHandle } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scheduler } from "effect"
import { sending } from "../src/internal/sending.ts"
import { fakeBindings } from "./fakeBindings.ts"
import { plainMessage, plainSend } from "../../testing/src/contract/plainRecords.ts"

const queue = 7n as QueueHandle

/** Sends over a function that takes so many milliseconds, and the queue of each call, in order. */
const make = () => {
  const state = { milliseconds: 0, calls: 0 }
  const { close, closeQueue, sendMessages } = sending(
    fakeBindings({
      MQSendMessage: () => {
        state.calls++
        for (const until = performance.now() + state.milliseconds; performance.now() < until;) continue
        return 0
      }
    }),
    () => 0n
  )
  /** Begins to send so many messages without a yield, and tells how many of them were sent at once. */
  const start = (count: number) =>
    Effect.gen(function* () {
      const before = state.calls
      const send = sendMessages(
        queue,
        Array.from({ length: count }, () => plainMessage),
        plainSend
      )
      const fiber = yield* Effect.forkChild(send, { startImmediately: true })
      return { atOnce: state.calls - before, fiber }
    }).pipe(Effect.provideService(Scheduler.PreventSchedulerYield, true))
  return { state, start, sendMessages, closeQueue, close }
}

describe("a queue and a transaction", () => {
  const wide = [0x7fff_ffffn, 0xffff_ffffn, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n + 1n, 2n ** 64n - 3n]

  it.live.each(wide)("of any 64 bits reach the function unchanged, on both threads: %s", (handle) =>
    Effect.gen(function* () {
      const passed: Array<readonly [queue: bigint, transaction: bigint]> = []
      const { close, sendMessages } = sending(
        fakeBindings({
          MQSendMessage: (queue, _, transaction) => {
            passed.push([BigInt(queue), BigInt(transaction)])
            return 0
          }
        }),
        () => handle - 1n
      )
      const here = yield* sendMessages(handle as QueueHandle, [plainMessage], plainSend)
      const elsewhere = yield* sendMessages(handle as QueueHandle, [plainMessage], {
        ...plainSend,
        privacyLevel: "bodyBase"
      })
      assert.deepStrictEqual([here.accepted, elsewhere.accepted], [1, 1])
      assert.deepStrictEqual(passed, [
        [handle, handle - 1n],
        [handle, handle - 1n]
      ])
      close()
    })
  )
})

describe("sends", () => {
  it.live("that were slow do not count for a queue that has the same handle later", () =>
    Effect.gen(function* () {
      const { close, closeQueue, start, state } = make()
      state.milliseconds = 3
      const first = yield* start(1)
      assert.strictEqual(first.atOnce, 1)
      const second = yield* start(1)
      assert.strictEqual(second.atOnce, 0)
      yield* Fiber.join(second.fiber)
      yield* closeQueue(queue, Effect.void)
      assert.strictEqual((yield* start(1)).atOnce, 1)
      close()
    })
  )

  it.live("leave the main thread after one slow send, however many quick ones came before", () =>
    Effect.gen(function* () {
      const { close, start, state } = make()
      for (let round = 0; round < 50; round++) yield* (yield* start(256)).fiber.pipe(Fiber.join)
      state.milliseconds = 3
      const { atOnce, fiber } = yield* start(20)
      assert.isAtMost(atOnce, 1)
      assert.strictEqual((yield* Fiber.join(fiber)).accepted, 20)
      close()
    })
  )

  it.live("that become slow block the event loop twice at most, however many were sent one by one before", () =>
    Effect.gen(function* () {
      const { close, start, state } = make()
      for (let round = 0; round < 500; round++) yield* (yield* start(1)).fiber.pipe(Fiber.join)
      state.milliseconds = 3
      let atOnce = 0
      for (let round = 0; round < 10; round++) {
        const send = yield* start(1)
        atOnce += send.atOnce
        yield* Fiber.join(send.fiber)
      }
      assert.isAtMost(atOnce, 2)
      close()
    })
  )

  it.live("that are interrupted before they wait for others do not delay later sends", () =>
    Effect.gen(function* () {
      for (const steps of [2, 3, 4, 5]) {
        for (let cut = 0; cut < 20; cut++) {
          const { close, sendMessages, start, state } = make()
          state.milliseconds = 3
          yield* start(1)
          const send = Effect.provideService(
            sendMessages(queue, [plainMessage], plainSend),
            Scheduler.MaxOpsBeforeYield,
            steps
          )
          const cutShort = yield* Effect.forkChild(send, { startImmediately: true })
          for (let turn = 0; turn < cut; turn++) yield* Effect.yieldNow
          yield* Fiber.interrupt(cutShort)
          state.milliseconds = 0
          const { fiber } = yield* start(1)
          assert.strictEqual((yield* Fiber.join(fiber)).accepted, 1)
          assert.isTrue(Exit.isExit(yield* Fiber.await(cutShort)))
          close()
        }
      }
    })
  )
})
