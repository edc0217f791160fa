import { assert, describe, it, vi } from "@effect/vitest"
import { peekingArrivals } from "../src/internal/Arrivals.ts"
import type { Ended } from "../src/internal/CompletionPort.ts"
import { fakeBindings } from "./fakeBindings.ts"

const pending = 0x400e0006
const cancelled = 0xc00e0008
const noResources = 0xc00e0027

/** Notices over peeks that the test ends. */
const setup = (result = pending) => {
  const endings: Array<Ended> = []
  const state = { holds: 0, peeks: 0, arrived: 0, isDismissed: false }
  const { functions } = fakeBindings({
    MQReceiveMessage: () => {
      state.peeks++
      return result
    }
  })
  const arrivals = peekingArrivals(functions, {
    associate: () => true,
    expect: (_, ended) => endings.push(ended),
    dismiss: () => {
      state.isDismissed = true
    },
    hold: () => {
      state.holds++
    },
    release: () => {
      state.holds--
    }
  })
  const notify = () =>
    arrivals.notify(1n, () => {
      state.arrived++
    })
  return { arrivals, end: (status: number) => endings.at(-1)?.(status), notify, state }
}

describe("the notice of a queue", () => {
  it("holds the port from the asking to the arrival", () => {
    const { end, notify, state } = setup()
    notify()
    assert.deepStrictEqual([state.holds, state.arrived], [1, 0])
    end(0)
    assert.deepStrictEqual([state.holds, state.arrived], [0, 1])
  })

  it("holds nothing when nobody waits any more, and its peek serves the next who does", () => {
    const { arrivals, end, notify, state } = setup()
    notify()
    arrivals.rest(1n)
    assert.strictEqual(state.holds, 0)
    notify()
    assert.deepStrictEqual([state.holds, state.peeks], [1, 1])
    end(0)
    assert.strictEqual(state.arrived, 1)
  })

  it("a peek that ended while nobody waited is followed by another", () => {
    const { arrivals, end, notify, state } = setup()
    notify()
    arrivals.rest(1n)
    end(0)
    assert.strictEqual(state.arrived, 0)
    notify()
    assert.strictEqual(state.peeks, 2)
  })

  it("tells at once of a peek that ended with an error, and peeks again after a pause", () => {
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

  it("tells after a pause of a peek that could not begin", () => {
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
    const { arrivals, end, notify, state } = setup()
    notify()
    const forget = arrivals.detach(1n)
    assert.strictEqual(state.holds, 0)
    const forgotten = forget()
    assert.strictEqual(state.holds, 1)
    end(cancelled)
    await forgotten
    assert.deepStrictEqual([state.holds, state.arrived], [0, 0])
  })

  it("does not wait for a peek that has ended, nor for one that never began", async () => {
    const { arrivals, end, notify } = setup()
    await arrivals.detach(1n)()
    notify()
    end(0)
    await arrivals.detach(1n)()
  })

  it("goes on with the closing where a peek does not end, and keeps its memory", async () => {
    vi.useFakeTimers()
    try {
      const { arrivals, notify, state } = setup()
      notify()
      const forgotten = arrivals.detach(1n)()
      vi.advanceTimersByTime(5000)
      await forgotten
      assert.deepStrictEqual([state.holds, state.isDismissed], [0, true])
    } finally {
      vi.useRealTimers()
    }
  })
})
