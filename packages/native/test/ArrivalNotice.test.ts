import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ArrivalNotice } from "../src/internal/ArrivalNotice.ts"
import type { Ended } from "../src/internal/CompletionPort.ts"
import { Overlapped } from "../src/internal/CompletionPort.ts"

const pending = 0x400e0006
const cancelled = 0xc00e0008
const noResources = 0xc00e0027

/** A notice over peeks that the test ends. `result`: what the function that begins one returns, at once. */
const setup = (result: number | undefined = pending) => {
  const endings: Array<Ended> = []
  const state = { holds: 0, peeks: 0, arrived: 0, isDismissed: false, isSet: 0 }
  const begun: Array<(hresult: number) => void> = []
  const port = {
    expect: (_: Overlapped, ended: Ended) => void endings.push(ended),
    markBegun: () => void state.isSet++,
    dismiss: () => {
      state.isDismissed = true
    },
    hold: () => void state.holds++,
    release: () => void state.holds--
  }
  const notice = new ArrivalNotice(
    port,
    () => new Overlapped(true, 0n),
    (_, began) => {
      state.peeks++
      begun.push(began)
      if (result !== undefined) began(result)
      return undefined
    }
  )
  const notify = () => notice.notify(() => void state.arrived++)
  return {
    notice,
    begin: (hresult: number) => begun.at(-1)?.(hresult),
    end: (status: number) => endings.at(-1)?.(status),
    notify,
    state
  }
}

describe("the notice of arrivals in a queue", () => {
  it("holds the port from the request to the arrival", () => {
    const { end, notify, state } = setup()
    notify()
    assert.deepStrictEqual([state.holds, state.arrived], [1, 0])
    end(0)
    assert.deepStrictEqual([state.holds, state.arrived], [0, 1])
  })

  it("releases the port when there are no waits, and its peek serves the next wait", () => {
    const { end, notice, notify, state } = setup()
    notify()
    notice.cancel()
    assert.strictEqual(state.holds, 0)
    notify()
    assert.deepStrictEqual([state.holds, state.peeks], [1, 1])
    end(0)
    assert.strictEqual(state.arrived, 1)
  })

  it("begins another peek after one that ended without waits", () => {
    const { end, notice, notify, state } = setup()
    notify()
    notice.cancel()
    end(0)
    assert.strictEqual(state.arrived, 0)
    notify()
    assert.strictEqual(state.peeks, 2)
  })

  it("reports a peek that ended with an error at once, and peeks again after a pause", () => {
    vi.useFakeTimers()
    try {
      const { end, notify, state } = setup()
      notify()
      end(noResources)
      assert.strictEqual(state.arrived, 1)
      notify()
      assert.strictEqual(state.peeks, 1)
      vi.advanceTimersByTime(50)
      assert.strictEqual(state.peeks, 2)
    } finally {
      vi.useRealTimers()
    }
  })

  it("reports a peek that could not begin after a pause", () => {
    vi.useFakeTimers()
    try {
      const { notify, state } = setup(noResources)
      notify()
      assert.deepStrictEqual([state.peeks, state.arrived, state.isDismissed], [1, 0, true])
      vi.advanceTimersByTime(50)
      assert.deepStrictEqual([state.arrived, state.holds], [1, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it("waits after the closing of its queue until the peek has ended", async () => {
    const { end, notice, notify, state } = setup()
    notify()
    await Effect.runPromise(notice.detach())
    assert.strictEqual(state.holds, 0)
    const forgotten = Effect.runPromise(notice.settle())
    assert.strictEqual(state.holds, 1)
    end(cancelled)
    await forgotten
    assert.deepStrictEqual([state.holds, state.arrived], [0, 0])
  })

  it("does not wait for a peek that has ended or never began", async () => {
    const { end, notice, notify } = setup()
    await Effect.runPromise(setup().notice.settle())
    notify()
    end(0)
    await Effect.runPromise(notice.settle())
  })

  it("goes on with the closing if a peek does not end, and keeps its memory", async () => {
    vi.useFakeTimers()
    try {
      const { notice, notify, state } = setup()
      notify()
      const forgotten = Effect.runPromise(notice.settle())
      vi.advanceTimersByTime(5000)
      await forgotten
      assert.deepStrictEqual([state.holds, state.isDismissed], [0, true])
    } finally {
      vi.useRealTimers()
    }
  })
})
