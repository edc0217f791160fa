import { errors } from "@effect-msmq/core/ErrorCode"
import type { CursorHandle } from "@effect-msmq/core/Mqrt"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Ended } from "../src/internal/CompletionPort.ts"
import { Overlapped } from "../src/internal/CompletionPort.ts"
import { EndNotice } from "../src/internal/EndNotice.ts"

const pending = 0x400e0006

/** A notice on a queue with so many messages, whose peek begins when the test says so. */
const setup = (messages: number) => {
  const state = { steps: 0, peeks: 0, armed: 0, arrived: 0, left: messages, holds: 0 }
  let ended: Ended | undefined
  let begun: ((hresult: number) => void) | undefined
  const port = {
    expect: (_: Overlapped, end: Ended) => {
      ended = end
    },
    markBegun: () => {},
    dismiss: () => {},
    hold: () => void state.holds++,
    release: () => void state.holds--
  }
  const notice = new EndNotice(port, () => new Overlapped(true, 0n), {
    createCursor: Effect.sync(() => 7n as CursorHandle),
    step: (_, __, returned) => {
      state.steps++
      returned(state.left-- > 0 ? 0 : errors.MQ_ERROR_IO_TIMEOUT)
      return undefined
    },
    beginPeek: () => (_, began) => {
      state.peeks++
      begun = began
      return undefined
    }
  })
  const notify = () =>
    notice.notify(
      () => void state.armed++,
      () => void state.arrived++
    )
  return { begin: () => begun?.(pending), end: () => ended?.(0), notice, notify, state }
}

describe("the notice of arrivals at the end of a queue", () => {
  it("passes the messages that are there, and tells when it has come to the end", () => {
    const { begin, end, notice, notify, state } = setup(3)
    notify()
    assert.deepStrictEqual([state.steps, state.peeks, state.armed], [4, 1, 0])
    begin()
    assert.deepStrictEqual([state.armed, notice.isArmed, state.arrived], [1, true, 0])
    end()
    assert.deepStrictEqual([state.arrived, notice.isArmed, state.holds], [1, false, 0])
  })

  it("does not use its cursor again while its peek begins, even if it is requested again", () => {
    const { begin, notice, notify, state } = setup(0)
    notify()
    notice.cancel()
    notify()
    assert.deepStrictEqual([state.steps, state.peeks], [1, 1])
    begin()
    assert.deepStrictEqual([state.armed, state.holds], [1, 1])
  })

  it("releases the port when there are no waits", () => {
    const { begin, notice, notify, state } = setup(0)
    notify()
    begin()
    notice.cancel()
    assert.strictEqual(state.holds, 0)
  })

  it("lets the event loop run in a long queue, and pauses in a very long one", () => {
    vi.useFakeTimers()
    try {
      const { notify, state } = setup(100_000)
      notify()
      assert.strictEqual(state.steps, 64)
      vi.advanceTimersByTime(1000)
      assert.isAtMost(state.steps, 1024 + (64 * 1000) / 5)
      vi.advanceTimersByTime(10_000)
      assert.strictEqual(state.peeks, 1)
    } finally {
      vi.useRealTimers()
    }
  })
})
